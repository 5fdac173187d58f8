import Networks

/// A survey's summary as text with aligned columns, for a terminal of a hundred columns.
public enum BoundSurveyTable {
  /// Tables of worst margins, of times, of unstable units and widths by layer, and of the regions' statistics; lines
  /// end with a newline.
  public static func text(_ summary: BoundSurveySummary) -> String {
    guard summary.samples > 0 else { return "0 samples\n" }
    let samples = "\(summary.samples) \(summary.samples == 1 ? "sample" : "samples")"
    var parts = [
      "worst margin: certified where it is below 0\n" + margins(summary),
      "milliseconds for a sample\n" + times(summary),
    ]
    let layers = summary.methods.first?.layers ?? []
    if layers.contains(where: { $0.unstable != nil }) {
      parts.append("unstable ReLUs, mean\n" + byLayer(summary) { $0.unstable.map { number($0) } ?? "-" })
    }
    if !layers.isEmpty {
      parts.append("width of the ranges of pre-activations, mean\n" + byLayer(summary) { number($0.meanWidth) })
    }
    if !summary.statistics.isEmpty { parts.append("by interval propagation\n" + statistics(summary)) }
    return parts.joined(separator: "\n")
      + "\(samples), \(summary.correct) classified as \(summary.correct == 1 ? "its label" : "their labels")\n"
  }

  private static func margins(_ summary: BoundSurveySummary) -> String {
    TextTable.text(
      header: ["method", "certified"] + Distribution.columnNames,
      rows: summary.methods.map { [$0.method.rawValue, "\($0.certified)"] + $0.worst.columns.map { number($0) } })
  }

  private static func times(_ summary: BoundSurveySummary) -> String {
    TextTable.text(
      header: ["method"] + Distribution.columnNames,
      rows: summary.methods.map { method in
        [method.method.rawValue] + method.seconds.columns.map { number($0 * 1000, digits: 3) }
      })
  }

  /// Layers side by side for all methods.
  private static func byLayer(_ summary: BoundSurveySummary, _ cell: (BoundSurveySummary.Layer) -> String) -> String {
    let layers = summary.methods.first?.layers ?? []
    return TextTable.text(
      header: ["layer", "units"] + summary.methods.map(\.method.rawValue),
      rows: layers.indices.map { position in
        // Names come from files, and some exporters write whole paths.
        [layers[position].name.printable(atMost: nameLength), "\(layers[position].units)"]
          + summary.methods.map { cell($0.layers[position]) }
      })
  }

  private static let nameLength = 20

  private static func statistics(_ summary: BoundSurveySummary) -> String {
    TextTable.text(
      header: ["statistic"] + Distribution.columnNames,
      rows: RegionStatistic.allCases.compactMap { statistic in
        summary.statistics[statistic].map { [statistic.title] + $0.columns.map { number($0) } }
      })
  }

  private static func number(_ value: Double, digits: Int = 4) -> String { NumberText.short(value, digits: digits) }
}
