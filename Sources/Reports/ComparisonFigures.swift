import Studies

/// The figures of several networks' studies.
extension HistogramGrid {
  /// How far each estimate is from the exact value on each network: networks side by side, methods below each other.
  ///
  /// - Source: Mao et al. 2023, figures 1, 5 and 9.
  static func approximationErrors(_ comparison: StudyComparison) -> HistogramGrid {
    let rows = comparison.methods.enumerated().map { position, method in
      Row(
        name: method, colour: ErrorFigure.colour(of: method, at: position),
        panels: comparison.members.map { member in
          let errors = member.records.compactMap { $0.error(of: method) }
          let summary = member.summary.methods.first { $0.name == method }
          let note = summary.map { method in
            guard method.samples > 0 else { return "no finite estimate" }
            guard method.variance.upperBound.isFinite else { return "" }
            let deviation = method.variance.lowerBound / 2 + method.variance.upperBound / 2
            return "mean \(number(method.meanError)), deviation \(number(deviation.squareRoot()))"
          }
          return Panel(values: errors.map { $0.lowerBound / 2 + $0.upperBound / 2 }, note: note ?? "not estimated")
        })
    }
    return HistogramGrid(
      stem: "approximation-errors", title: "Approximation error of the worst-case margin",
      subtitle: facts(comparison, usesBrackets: true),
      axisTitle: "estimate − exact (logits)", zeroName: "exact", columns: comparison.members.map(\.name), rows: rows)
  }

  /// How much looser intervals are than an attack through the classifier, on each network; nil if no study has such a
  /// pair of estimates.
  ///
  /// - Source: Mao et al. 2023, figure 6.
  static func boundDifferences(_ comparison: StudyComparison) -> HistogramGrid? {
    let pairs = BoundDifference.pairs.filter { pair in
      comparison.members.contains { $0.differences.contains { $0.loose == pair.loose && $0.tight == pair.tight } }
    }
    guard !pairs.isEmpty else { return nil }
    let rows = pairs.enumerated().map { position, pair in
      Row(
        name: "\(pair.loose) − \(pair.tight)", colour: ErrorFigure.colour(of: pair.tight, at: position),
        panels: comparison.members.map { member in
          guard let found = member.differences.first(where: { $0.loose == pair.loose && $0.tight == pair.tight }) else {
            return Panel(values: [], note: "not estimated")
          }
          return Panel(
            values: found.values, note: "mean \(number(found.mean)), deviation \(number(found.variance.squareRoot()))")
        })
    }
    return HistogramGrid(
      stem: "classifier-bounds", title: "Difference of bounds through the classifier",
      subtitle: facts(comparison, usesBrackets: false),
      axisTitle: "difference of worst-case margins (logits)", zeroName: "equal",
      columns: comparison.members.map(\.name), rows: rows)
  }

  /// - Parameter usesBrackets: whether the figure is drawn from brackets, which may be open.
  private static func facts(_ comparison: StudyComparison, usesBrackets: Bool) -> String {
    guard let first = comparison.members.first else { return "" }
    let radii = Set(comparison.members.map(\.identity.epsilon))
    var text = first.identity.dataset.name
    if radii.count == 1 { text += ", ε = \(NumberText.short(first.identity.epsilon, digits: 6))" }
    let open = comparison.members.map { $0.summary.openBrackets - $0.summary.withoutValue }.reduce(0, +)
    text += ", n = \(first.summary.samples)"
    return open == 0 || !usesBrackets ? text : text + "; \(open) brackets open, drawn at the middle"
  }

  private static func number(_ value: Double) -> String { FigureAxis.label(value, digits: 3) }

  private static func number(_ interval: ClosedRange<Double>) -> String {
    number(interval.lowerBound / 2 + interval.upperBound / 2)
  }
}
