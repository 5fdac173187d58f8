import Foundation
import Studies

/// The histograms of each method's approximation error over a study, one below the other on one axis of errors.
///
/// Methods differ by orders of magnitude, so each has a panel with its own scale of counts; the axis of errors is
/// shared, so that they compare at a glance, and logarithmic where it has to be.
public struct ErrorFigure: Sendable {
  /// The bins and counts.
  public let histogram: Histogram
  /// The size of the drawing in points of 1/96 inch; the PNG has twice as many pixels.
  public let width: Int
  public let height: Int
  private var canvas: FigureCanvas { FigureCanvas(width: width, height: height) }
  private let summary: StudySummary
  private let title: String
  private let subtitle: String

  /// The figure's files.
  static let files = FigureFiles(stem: "errors")

  private static let left = 92
  private static let right = 228
  private static let top = 70
  private static let bottom = 66
  private static let gap = 16

  /// Prepares the figure; an error that is only known as an interval counts at its middle.
  ///
  /// - Parameters:
  ///   - records: the samples.
  ///   - identity: what the study is about, for the title.
  ///   - axis: how errors are spaced; nil chooses.
  public init(_ records: [SampleRecord], identity: StudyIdentity, axis: FigureAxis? = nil) {
    summary = StudySummary(records)
    let errors = summary.methods.map { method in
      let errors = records.compactMap { $0.error(of: method.name) }
      return (name: method.name, values: errors.map { $0.lowerBound / 2 + $0.upperBound / 2 })
    }
    histogram = Histogram(errors, axis: axis)
    title = "Approximation error on \(identity.modelName)"
    var facts = "\(identity.dataset.name), ε = \(NumberText.short(identity.epsilon, digits: 6)), "
    facts += "n = \(summary.samples) \(summary.samples == 1 ? "sample" : "samples")"
    let open = summary.openBrackets - summary.withoutValue
    if open > 0 {
      facts += "; \(open) \(open == 1 ? "bracket" : "brackets") open by up to "
      facts += "\(NumberText.short(summary.largestGap, digits: 2)), drawn at the middle"
    }
    subtitle = facts
    width = 920
    height = Self.top + Self.bottom + summary.methods.count * Self.panel(summary.methods.count)
  }

  /// A panel's height with the gap above it: a single one has room to be a figure of its own.
  private static func panel(_ count: Int) -> Int {
    switch count {
    case 1: 300
    case 2: 180
    case 3: 130
    default: 96
    }
  }

  /// Draws the figure into a folder: script, data, SVG, PNG and PDF.
  ///
  /// - Throws: ``ReportError`` if the folder takes no files, or gnuplot is missing or fails.
  func draw(in folder: URL) throws(ReportError) {
    try Gnuplot().run(
      Self.files.script, beside: [(Self.files.data, dataText), (Self.files.script, scriptText)], in: folder)
  }

  /// The outlines: one block for each method, in it one closed step line for each run of bins that hold something.
  var dataText: String {
    var text = "# Outlines of the histograms: error (logits), samples per bin. One block for each method, in order:\n"
    text += summary.methods.map { "# " + Gnuplot.quoted($0.name) + "\n" }.joined()
    for series in histogram.series { text += histogram.outline(of: series) }
    return text
  }

  /// The script: all three files from one description of the drawing.
  var scriptText: String { Self.files.scriptText(width: width, height: height, drawing: drawing) }
}

// MARK: The drawing

extension ErrorFigure {
  /// The colours of Okabe & Ito (2008), which most colour-blind readers can tell apart, and then those of Tol (2021); a
  /// method keeps its own wherever it appears.
  static func colour(of method: String, at position: Int) -> String {
    switch method.lowercased() {
    case "ibp": return "#D55E00"
    case "crown-ibp": return "#E69F00"
    case "crown": return "#999999"
    case "alpha-crown": return "#7B68C8"
    case "zonotope": return "#F0E442"
    case "sabr": return "#009E73"
    case "taps": return "#0072B2"
    case "staps": return "#56B4E9"
    case "pgd": return "#CC79A7"
    default:
      let others = ["#117733", "#332288", "#AA4499", "#44AA99"]
      return others[position % others.count]
    }
  }

  /// The commands that draw all panels.
  private var drawing: [String] {
    var lines = [
      "set border 1 lc rgb '#444444' lw 1",
      "set style fill transparent solid 0.35 noborder",
      "set grid ytics lt 1 lc rgb '#dddddd' lw 1",
      "set tics nomirror out scale 0.5 textcolor rgb '#333333'",
      "unset key",
      "set lmargin at screen \(canvas.across(Self.left))",
      "set rmargin at screen \(canvas.across(width - Self.right))",
      "set xrange [\(histogram.edges[0]):\(histogram.edges[histogram.edges.count - 1])]",
    ]
    if case .symmetricLogarithmic(let threshold) = histogram.axis {
      lines.append("set nonlinear x via asinh(x/\(threshold)) inverse \(threshold)*sinh(x)")
    }
    lines.append("set multiplot")
    for (position, series) in histogram.series.enumerated() {
      lines += panel(series, summary.methods[position], at: position)
    }
    lines.append("unset multiplot")
    return lines
  }

  private func panel(_ series: Histogram.Series, _ method: MethodSummary, at position: Int) -> [String] {
    let panelHeight = Self.panel(histogram.series.count)
    let panelTop = Self.top + position * panelHeight
    let most = max(1, series.counts.max() ?? 1)
    let isLast = position == histogram.series.count - 1
    let colour = Self.colour(of: method.name, at: position)
    var lines = [
      "unset label",
      "unset arrow",
      "set tmargin at screen \(canvas.down(panelTop + Self.gap))",
      "set bmargin at screen \(canvas.down(panelTop + panelHeight))",
      "set yrange [0:\(Double(most) * 1.08)]",
      "set ytics \(Self.countStep(most, panelHeight))",
      "set xtics (\(tickList(labelled: isLast)))",
      "set arrow from 0, graph 0 to 0, graph 1 nohead lc rgb '#000000' lw 1 dt (7, 5) front",
    ]
    if position == 0 { lines += frame() }
    if isLast {
      lines += canvas.label(
        "over-approximation error of the worst-case margin, estimate − exact (logits)", size: 12, colour: "#111111",
        at: canvas.place((Self.left + width - Self.right) / 2, height - 18, "center"))
      if case .symmetricLogarithmic(let threshold) = histogram.axis {
        lines += canvas.label(
          "logarithmic beyond ±\(FigureAxis.label(threshold))", size: 11, colour: "#444444",
          at: canvas.place(width - Self.right + 14, height - Self.bottom + 19, "left"))
      }
    }
    let notes = [
      (method.name, 14, "#111111"),
      ("mean " + Self.compact(method.meanError), 11, "#444444"),
      ("mean |error| " + Self.compact(method.meanAbsoluteError), 11, "#444444"),
      (Self.outside(series), 11, "#444444"),
    ]
    for (row, note) in notes.enumerated() where !note.0.isEmpty {
      let y = panelTop + Self.gap + 10 + row * 17 + (row > 0 ? 3 : 0)
      lines += canvas.label(
        note.0, size: note.1, colour: note.2,
        at: canvas.place(width - Self.right + 14, y, "left"))
    }
    lines.append(
      "plot '\(Self.files.data)' index \(position) using 1:2 with filledcurves y1=0 lc rgb '\(colour)', "
        + "'' index \(position) using 1:2 with lines lc rgb '\(colour)' lw 1.6")
    return lines
  }

  /// What stands once around the panels: title, facts, the name of the counts, and the word at the line of zero.
  private func frame() -> [String] {
    let middle = (Self.top + Self.gap + height - Self.bottom) / 2
    return canvas.label(title, size: 15, colour: "#111111", at: canvas.place(Self.left, 22, "left"))
      + canvas.label(subtitle, size: 12, colour: "#444444", at: canvas.place(Self.left, 45, "left"))
      + canvas.label(
        "samples per bin", size: 12, colour: "#111111",
        at: canvas.place(20, middle, "center rotate by 90"))
      + canvas.label(
        "exact", size: 11, colour: "#444444", at: "first 0, screen \(canvas.down(Self.top + Self.gap - 9)) center")
  }

  private func tickList(labelled: Bool) -> String {
    let edges = histogram.edges
    return histogram.axis.ticks(from: edges[0], to: edges[edges.count - 1]).map { tick in
      "\(Gnuplot.quoted(labelled ? tick.label ?? "" : "")) \(tick.value) \(tick.label == nil ? 1 : 0)"
    }.joined(separator: ", ")
  }

  /// Whole steps, and as many as the panel's height has room for.
  private static func countStep(_ most: Int, _ panelHeight: Int) -> Int {
    let room = Double(panelHeight / 40)
    let step = FigureAxis.niceStep(atLeast: Double(most) / room)
    return max(1, Int(step.rounded(.up)))
  }

  /// What a panel does not show, if anything.
  private static func outside(_ series: Histogram.Series) -> String {
    var parts: [String] = []
    if series.below > 0 { parts.append("← \(series.below) beyond") }
    if series.above > 0 { parts.append("\(series.above) beyond →") }
    if series.unplaced > 0 { parts.append("\(series.unplaced) unbounded") }
    return parts.joined(separator: ", ")
  }

  /// An interval in the room of two numbers: its middle and radius, where both are finite.
  private static func compact(_ interval: ClosedRange<Double>) -> String {
    let radius = interval.upperBound / 2 - interval.lowerBound / 2
    let whole = NumberText.short(interval, digits: 3)
    guard radius > 0, radius.isFinite, whole.contains("…") else {
      return whole.replacingOccurrences(of: "-", with: "−")
    }
    let middle = FigureAxis.label(interval.lowerBound + radius, digits: 3)
    return "\(middle) ± \(NumberText.short(radius, digits: 1))"
  }
}
