import Foundation
import Studies

/// Curves over the epochs of a training run: a panel for each unit, one below the other, on one axis of epochs.
///
/// Curves differ in dashes and marks as well as in colour, so that they can be told apart in print.
public struct CurvesFigure: Sendable {
  /// What a curve looks like; one that shows the same in several panels has the same style in each.
  public enum Style: Int, Sendable {
    case natural, attacked, latent, box, total

    fileprivate var colour: String {
      switch self {
      case .natural: "#222222"
      case .attacked: ErrorFigure.colour(of: "PGD", at: 0)
      case .latent: ErrorFigure.colour(of: "TAPS", at: 0)
      case .box: ErrorFigure.colour(of: "IBP", at: 0)
      case .total: "#009E73"
      }
    }

    fileprivate var dashes: String { ["1", "(9, 4)", "(3, 4)", "(11, 4, 3, 4)", "(20, 5)"][rawValue] }
    /// Gnuplot's circle, triangle, square, and their hollow relatives.
    fileprivate var mark: Int { [7, 9, 5, 8, 4][rawValue] }
  }

  /// A curve: a value for each epoch; a missing or infinite one leaves a gap.
  public struct Curve: Sendable {
    let name: String
    let style: Style
    let values: [Double?]

    /// A curve by its name in the key, how it is drawn, and its values from the first epoch on.
    public init(_ name: String, _ style: Style, _ values: [Double?]) {
      self.name = name
      self.style = style
      self.values = values.map { $0?.isFinite == true ? $0 : nil }
    }
  }

  /// Curves of one unit.
  public struct Panel: Sendable {
    /// What the vertical axis shows, with its unit.
    let axis: String
    let curves: [Curve]
    /// Whether values of several orders of magnitude are spaced by their logarithms.
    let mayBeLogarithmic: Bool

    /// A panel of these curves; those without a finite value are left out.
    public init(_ axis: String, mayBeLogarithmic: Bool = false, _ curves: [Curve]) {
      self.axis = axis
      self.mayBeLogarithmic = mayBeLogarithmic
      self.curves = curves.filter { $0.values.contains { $0 != nil } }
    }

    fileprivate var values: [Double] { curves.flatMap { $0.values.compactMap { $0 } } }

    fileprivate var isLogarithmic: Bool {
      guard mayBeLogarithmic, let low = values.min(), let high = values.max() else { return false }
      return low > 0 && high / low > 30
    }
  }

  private let title, subtitle: String
  private let panels: [Panel]
  private let kept: Int?
  private let epochs: Int

  private static let data = "curves.dat"
  private static let script = "curves.gp"
  private static let vector = "curves.svg"

  private static let width = 760
  private static let left = 84
  private static let right = 170
  private static let top = 66
  private static let bottom = 58
  private static let panel = 150
  private static let gap = 18

  /// Prepares the figure; panels without a value are left out.
  ///
  /// - Parameter kept: the epoch, from 1, whose network is kept, if it is known and one's.
  public init(title: String, subtitle: String, panels: [Panel], kept: Int? = nil) {
    self.title = title
    self.subtitle = subtitle
    self.panels = panels.filter { !$0.curves.isEmpty }
    self.kept = kept
    epochs = panels.flatMap(\.curves).map(\.values.count).max() ?? 0
  }

  /// Draws the figure into an SVG file, which is replaced as a whole.
  ///
  /// - Throws: ``ReportError`` if gnuplot is missing or fails, or the file cannot be written.
  public func draw(to file: URL) throws(ReportError) {
    try FileWriting.workshop(in: file.deletingLastPathComponent()) { (workshop) throws(ReportError) in
      try Gnuplot().run(Self.script, beside: [(Self.data, dataText), (Self.script, scriptText)], in: workshop)
      try FileWriting.moveDrawing(workshop.appendingPathComponent(Self.vector), to: file)
    }
  }

  /// One line for each epoch: its number, then the curves' values, panel by panel.
  var dataText: String {
    let curves = panels.flatMap(\.curves)
    var text = "# epoch, " + curves.map(\.name).joined(separator: ", ") + "\n"
    for epoch in 0..<epochs {
      let values = curves.map { curve in
        epoch < curve.values.count ? curve.values[epoch].map { "\($0)" } ?? "NaN" : "NaN"
      }
      text += "\(epoch + 1) " + values.joined(separator: " ") + "\n"
    }
    return text
  }

  /// The script.
  var scriptText: String {
    ([
      "set encoding utf8",
      "set terminal svg size \(Self.width),\(height) fixed font 'Arial,12' noenhanced",
      "set output '\(Self.vector)'",
    ] + drawing + ["unset output"]).joined(separator: "\n") + "\n"
  }

  private var height: Int { Self.top + Self.bottom + max(1, panels.count) * Self.panel }
}

// MARK: The drawing

extension CurvesFigure {
  private var drawing: [String] {
    let frame = Self.width - Self.right
    var lines = [
      "set border 3 lc rgb '#444444' lw 1",
      "set grid ytics lt 1 lc rgb '#dddddd' lw 1",
      "set tics nomirror out scale 0.5 textcolor rgb '#333333'",
      "set datafile missing 'NaN'",
      "set lmargin at screen \(canvas.across(Self.left))", "set rmargin at screen \(canvas.across(frame))",
      // A single epoch has no width of its own.
      "set xrange [\(epochs > 1 ? 1.0 - 0.01 * Double(epochs) : 0):\(epochs > 1 ? Double(epochs) * 1.01 : 2)]",
      "set xtics \(max(1, Int(FigureAxis.niceStep(atLeast: Double(max(1, epochs)) / 12).rounded(.up))))",
      "set multiplot",
    ]
    var column = 2
    for (position, panel) in panels.enumerated() {
      lines += draw(panel, at: position, firstColumn: column)
      column += panel.curves.count
    }
    if panels.isEmpty {
      lines += label(title, size: 15, colour: "#111111", at: Self.left, 24) + ["set yrange [0:1]", "plot NaN"]
    }
    return lines + ["unset multiplot"]
  }

  private func draw(_ panel: Panel, at position: Int, firstColumn: Int) -> [String] {
    let top = Self.top + position * Self.panel + Self.gap
    let bottom = Self.top + (position + 1) * Self.panel
    let isLast = position == panels.count - 1
    let frame = Self.width - Self.right
    var lines = [
      "unset label", "unset arrow",
      "set tmargin at screen \(canvas.down(top))", "set bmargin at screen \(canvas.down(bottom))",
      "set key at screen \(canvas.across(frame + 8)), screen \(canvas.down(top - 4)) left top Left reverse samplen 4 spacing 1.25 "
        + "textcolor rgb '#111111'",
      "set format x '\(isLast ? "%g" : "")'",
    ]
    lines += scale(of: panel)
    lines += label(
      panel.axis + (panel.isLogarithmic ? ", log." : ""), size: 12, colour: "#111111", at: 20, (top + bottom) / 2,
      "center rotate by 90")
    if position == 0 {
      lines += label(title, size: 15, colour: "#111111", at: Self.left, 24)
      lines += label(subtitle, size: 12, colour: "#444444", at: Self.left, 46)
    }
    if isLast {
      lines += label("epoch", size: 12, colour: "#111111", at: (Self.left + frame) / 2, height - 18, "center")
    }
    if let kept {
      lines.append(
        "set arrow from first \(kept), graph 0 to first \(kept), graph 1 nohead lc rgb '#888888' lw 1 dt (2, 3) back")
      if position == 0 {
        lines.append(
          "set label \(Gnuplot.quoted("kept: epoch \(kept)")) at first \(kept), screen \(canvas.down(top - 9)) center "
            + "noenhanced font ',11' textcolor rgb '#444444' front")
      }
    }
    // Marks at every epoch of a long run would run together.
    let every = max(1, (epochs + 19) / 20)
    let plots = panel.curves.enumerated().map { index, curve in
      "'\(Self.data)' using 1:\(firstColumn + index) with linespoints lc rgb '\(curve.style.colour)' lw 1.6 "
        + "dt \(curve.style.dashes) pt \(curve.style.mark) ps 0.6 pi \(every) title \(Gnuplot.quoted(curve.name))"
    }
    return lines + ["plot " + plots.joined(separator: ", ")]
  }

  /// The vertical axis.
  private func scale(of panel: Panel) -> [String] {
    guard let low = panel.values.min(), let high = panel.values.max() else { return [] }
    if panel.isLogarithmic {
      return ["set logscale y", "set ytics autofreq", "set yrange [\(low / 1.3):\(high * 1.3)]"]
    }
    // What does not change still needs a scale around it.
    let room = high == 0 ? 1 : max(0.06 * (high - low), 0.02 * high.magnitude)
    // None of the quantities is negative.
    let bottom = max(low - room, min(low, 0))
    let step = FigureAxis.niceStep(atLeast: (high + room - bottom) / 4)
    return ["unset logscale y", "set ytics \(step)", "set yrange [\(bottom):\(high + room)]"]
  }

  private var canvas: FigureCanvas { FigureCanvas(width: Self.width, height: height) }

  private func label(
    _ text: String, size: Int, colour: String, at x: Int, _ y: Int, _ alignment: String = "left"
  ) -> [String] {
    canvas.label(text, size: size, colour: colour, at: canvas.place(x, y, alignment))
  }
}
