import Foundation
import Studies

/// Histograms in rows and columns on one axis of values: what differs between columns is seen along a row, what differs
/// between rows down a column.
///
/// Each panel has a scale of counts of its own, for a method that is nearly exact has all its samples in a few bins.
struct HistogramGrid: Sendable {
  /// One panel.
  struct Panel: Sendable {
    /// What is counted; nothing where there is nothing to show.
    var values: [Double]
    /// The line above it.
    var note: String
  }

  /// One row of panels, as many as there are columns.
  struct Row: Sendable {
    var name: String
    /// The colour of its histograms, as `#rrggbb`.
    var colour: String
    var panels: [Panel]
  }

  /// The figure's files.
  let files: FigureFiles
  /// The paper that it is drawn on.
  private let canvas: FigureCanvas
  /// The size of the drawing in points of 1/96 inch.
  var width: Int { canvas.width }
  var height: Int { canvas.height }
  /// The bins that all panels share.
  let histogram: Histogram
  private let title, subtitle, axisTitle, zeroName: String
  private let columns: [String]
  private let rows: [Row]
  /// The width of a panel, and what stands left of the first: names of rows and counts.
  private let panelWidth, left: Int

  private static let right = 30
  private static let top = 96
  private static let bottom = 64
  private static let rowHeight = 104
  /// Between columns, with the next one's counts; and above a panel, with its note.
  private static let gap = 46
  private static let noteHeight = 26

  /// Prepares the figure.
  ///
  /// - Parameters:
  ///   - stem: the files' name without ending.
  ///   - axisTitle: what the values are.
  ///   - zeroName: what a value of zero means.
  ///   - columns: their names; `rows` have a panel for each.
  init(
    stem: String, title: String, subtitle: String, axisTitle: String, zeroName: String, columns: [String], rows: [Row]
  ) {
    files = FigureFiles(stem: stem)
    self.title = title
    self.subtitle = subtitle
    self.axisTitle = axisTitle
    self.zeroName = zeroName
    self.columns = columns
    self.rows = rows
    histogram = Histogram(rows.flatMap { row in row.panels.map { (name: row.name, values: $0.values) } })
    panelWidth =
      switch columns.count {
      case ...1: 520
      case 2: 340
      case 3: 250
      default: 210
      }
    left = 14 + 9 * (rows.map(\.name.count).max() ?? 0) + 56
    canvas = FigureCanvas(
      // Room for the title, however few the columns.
      width: max(640, left + columns.count * panelWidth + (columns.count - 1) * Self.gap + Self.right),
      height: Self.top + rows.count * Self.rowHeight + Self.bottom)
  }

  /// Draws the figure into a folder, in all formats.
  ///
  /// - Throws: ``ReportError`` if the folder takes no files, or gnuplot is missing or fails.
  func draw(in folder: URL) throws(ReportError) {
    try Gnuplot().run(files.script, beside: [(files.data, dataText), (files.script, scriptText)], in: folder)
  }

  /// The outlines: one block for each panel, row by row.
  var dataText: String {
    var text = "# Outlines of histograms: value, samples per bin. One block for each panel, row by row:\n"
    for row in rows {
      for column in columns { text += "# \(Gnuplot.quoted(row.name)) \(Gnuplot.quoted(column))\n" }
    }
    return text + histogram.series.map { histogram.outline(of: $0) }.joined()
  }

  /// The script.
  var scriptText: String { files.scriptText(width: width, height: height, drawing: drawing) }
}

// MARK: The drawing

extension HistogramGrid {
  private var drawing: [String] {
    let edges = histogram.edges
    var lines = [
      "set border 1 lc rgb '#444444' lw 1",
      "set style fill transparent solid 0.35 noborder",
      "set grid ytics lt 1 lc rgb '#dddddd' lw 1",
      "set tics nomirror out scale 0.5 textcolor rgb '#333333' font ',10'",
      "unset key",
      "set xrange [\(edges[0]):\(edges[edges.count - 1])]",
    ]
    if case .symmetricLogarithmic(let threshold) = histogram.axis {
      lines.append("set nonlinear x via asinh(x/\(threshold)) inverse \(threshold)*sinh(x)")
    }
    lines.append("set multiplot")
    for row in rows.indices {
      for column in columns.indices { lines += panel(row, column) }
    }
    lines.append("unset multiplot")
    return lines
  }

  private func panel(_ row: Int, _ column: Int) -> [String] {
    let number = row * columns.count + column
    let series = histogram.series[number]
    let most = max(1, series.counts.max() ?? 1)
    let x = left + column * (panelWidth + Self.gap)
    let y = Self.top + row * Self.rowHeight
    let isLast = row == rows.count - 1
    var lines = [
      "unset label",
      "unset arrow",
      "set lmargin at screen \(canvas.across(x))",
      "set rmargin at screen \(canvas.across(x + panelWidth))",
      "set tmargin at screen \(canvas.down(y + Self.noteHeight))",
      "set bmargin at screen \(canvas.down(y + Self.rowHeight))",
      "set yrange [0:\(Double(most) * 1.08)]",
      "set ytics \(max(1, Int(FigureAxis.niceStep(atLeast: Double(most) / 2).rounded(.up))))",
      "set xtics (\(tickList(labelled: isLast)))",
      "set arrow from 0, graph 0 to 0, graph 1 nohead lc rgb '#000000' lw 1 dt (7, 5) front",
    ]
    if number == 0 { lines += frame() }
    if row == 0 {
      lines += canvas.label(
        columns[column], size: 13, colour: "#111111", at: canvas.place(x + panelWidth / 2, 74, "center"))
    }
    if column == 0 {
      lines += canvas.label(
        rows[row].name, size: 13, colour: "#111111",
        at: canvas.place(14, y + (Self.noteHeight + Self.rowHeight) / 2, "left"))
    }
    let panel = rows[row].panels[column]
    lines += canvas.label(
      [panel.note, outside(series)].filter { !$0.isEmpty }.joined(separator: ", "), size: 10, colour: "#444444",
      at: canvas.place(x + panelWidth, y + 16, "right"))
    let colour = rows[row].colour
    lines.append(
      "plot '\(files.data)' index \(number) using 1:2 with filledcurves y1=0 lc rgb '\(colour)', "
        + "'' index \(number) using 1:2 with lines lc rgb '\(colour)' lw 1.4")
    return lines
  }

  /// What stands once around the panels.
  private func frame() -> [String] {
    var lines = canvas.label(title, size: 15, colour: "#111111", at: canvas.place(14, 20, "left"))
    lines += canvas.label(subtitle, size: 12, colour: "#444444", at: canvas.place(14, 44, "left"))
    let middle = (left + width - Self.right) / 2
    var name = axisTitle
    if case .symmetricLogarithmic(let threshold) = histogram.axis {
      name += "; logarithmic beyond ±\(FigureAxis.label(threshold))"
    }
    lines += canvas.label(name, size: 12, colour: "#111111", at: canvas.place(middle, height - 18, "center"))
    lines += canvas.label(
      "dashed: \(zeroName); heights: samples per bin", size: 11, colour: "#444444",
      at: canvas.place(width - Self.right, 44, "right"))
    return lines
  }

  /// The marks below a panel, labelled as far as labels have room: zero first, then from the ends inwards.
  private func tickList(labelled: Bool) -> String {
    let edges = histogram.edges
    let axis = histogram.axis
    let (low, high) = (edges[0], edges[edges.count - 1])
    let ticks = axis.ticks(from: low, to: high)
    let scale = Double(panelWidth) / (axis.position(high) - axis.position(low))
    var taken: [(middle: Double, half: Double)] = []
    var shown = Set<Double>()
    for tick in ticks.sorted(by: { $0.value == 0 || ($1.value != 0 && $0.value.magnitude > $1.value.magnitude) }) {
      guard labelled, let label = tick.label else { continue }
      let middle = axis.position(tick.value) * scale
      let half = Double(label.count) * 3.2 + 3
      guard taken.allSatisfy({ abs($0.middle - middle) > $0.half + half }) else { continue }
      taken.append((middle, half))
      shown.insert(tick.value)
    }
    return ticks.map { tick in
      let text = shown.contains(tick.value) ? tick.label ?? "" : ""
      return "\(Gnuplot.quoted(text)) \(tick.value) \(tick.label == nil ? 1 : 0)"
    }.joined(separator: ", ")
  }

  /// How many values a panel does not show, if any.
  private func outside(_ series: Histogram.Series) -> String {
    let count = series.below + series.above + series.unplaced
    return count > 0 ? "\(count) beyond" : ""
  }
}
