import Bounds
import Foundation
import Studies

/// Tightness against time: a mark for each method at its mean time and its mean worst margin, with a bar from the lower
/// to the upper quartile of the worst margins.
public struct TightnessFigure: Sendable {
  private let methods: [BoundSurveySummary.Method]
  private let left: [BoundSurveySummary.Method]
  private let samples: Int
  private let title, subtitle: String

  private static let data = "tightness.dat"
  private static let script = "tightness.gp"
  private static let vector = "tightness.svg"

  private static let width = 760
  private static let height = 500
  private static let frame = FlagPlacement.Rectangle(left: 84, top: 76, width: 646, height: 356)

  /// Prepares the figure. Methods without a finite mean are named and not drawn.
  ///
  /// - Parameters:
  ///   - model: what the network is called.
  ///   - dataset: what the images are called.
  ///   - epsilon: the radius.
  public init(_ summary: BoundSurveySummary, model: String, dataset: String, epsilon: Double) {
    func isDrawn(_ method: BoundSurveySummary.Method) -> Bool {
      [method.worst.mean, method.worst.p25, method.worst.p75].allSatisfy(\.isFinite)
    }
    methods = summary.methods.filter(isDrawn)
    left = summary.methods.filter { !isDrawn($0) }
    samples = summary.samples
    title = "Tightness against time on \(model)"
    subtitle =
      "\(dataset), ε = \(NumberText.short(epsilon, digits: 6)), n = \(summary.samples) "
      + (summary.samples == 1 ? "sample" : "samples")
      + "; beside a name: the share of samples that the method certifies"
  }

  /// Finds out whether figures can be drawn at all, before the work that they are to show.
  ///
  /// - Throws: ``ReportError/gnuplotMissing``.
  public static func requireGnuplot() throws(ReportError) { _ = try Gnuplot() }

  /// Draws the figure into an SVG file, which is replaced as a whole.
  ///
  /// - Throws: ``ReportError`` if gnuplot is missing or fails, or the file cannot be written.
  public func draw(to file: URL) throws(ReportError) {
    try FileWriting.workshop(in: file.deletingLastPathComponent()) { (workshop) throws(ReportError) in
      try Gnuplot().run(Self.script, beside: [(Self.data, dataText), (Self.script, scriptText)], in: workshop)
      try FileWriting.moveDrawing(workshop.appendingPathComponent(Self.vector), to: file)
    }
  }

  /// One line for each method: milliseconds, worst margin, its quartiles.
  var dataText: String {
    "# mean milliseconds for a sample, mean worst margin, lower quartile, upper quartile\n"
      + methods.map { method in
        "\(Self.milliseconds(method)) \(method.worst.mean) \(method.worst.p25) \(method.worst.p75)"
      }.joined(separator: "\n") + "\n"
  }

  /// The script.
  var scriptText: String {
    ([
      "set encoding utf8",
      "set terminal svg size \(Self.width),\(Self.height) fixed font 'Arial,12' noenhanced",
      "set output '\(Self.vector)'",
    ] + drawing + ["unset output"]).joined(separator: "\n") + "\n"
  }

  /// Times of zero, which a clock may show for very small networks, have no logarithm.
  private static func milliseconds(_ method: BoundSurveySummary.Method) -> Double {
    max(method.seconds.mean * 1000, 1e-6)
  }
}

// MARK: The drawing

extension TightnessFigure {
  /// The ends of the axes, powers of ten of the times and worst margins, and where the methods' names stand.
  private struct Layout {
    var times, margins: ClosedRange<Double>
    var axis: FigureAxis
    var places: [FlagPlacement.Rectangle] = []

    func across(_ method: BoundSurveySummary.Method) -> Double {
      let place = log10(TightnessFigure.milliseconds(method)) - times.lowerBound
      return frame.left + place / (times.upperBound - times.lowerBound) * frame.width
    }

    func down(_ margin: Double) -> Double {
      // Halves, for the largest margins that there are differ by infinity.
      let (low, high) = (axis.position(margins.lowerBound) / 2, axis.position(margins.upperBound) / 2)
      return frame.bottom - (axis.position(margin) / 2 - low) / (high - low) * frame.height
    }
  }

  /// As little room above the bars as their names need.
  private var layout: Layout {
    let times = methods.map { log10(Self.milliseconds($0)) }
    let ends = methods.map { [$0.worst.p25, $0.worst.p75, $0.worst.mean] }
    // On networks that were not trained for them, intervals are orders of magnitude looser than the best.
    let axis = FigureAxis.suiting(ends)
    let positions = ends.joined().map(axis.position)
    guard let first = times.min(), let last = times.max(), let low = positions.min(), let high = positions.max() else {
      return Layout(times: 0...1, margins: -1...1, axis: .linear)
    }
    // Room for a name right of the last bar; less than a decade would make small differences look large.
    let span = max(1, last - first)
    let middle = first / 2 + last / 2
    let slack = max(0.06 * (high / 2 - low / 2), 1e-9 * max(1, high.magnitude, low.magnitude))
    let bottom = axis.value(low - slack)
    var layout = Layout(
      times: (middle - 0.58 * span)...(middle + 0.78 * span), margins: bottom...axis.value(high + slack), axis: axis)
    for rows in 1...methods.count + 1 {
      let share = Double(rows) * 20 / Self.frame.height
      layout.margins = bottom...axis.value(high + slack + (high / 2 - low / 2 + slack) * 2 * share / (1 - share))
      layout.places = FlagPlacement.places(
        for: zip(methods, names).map { method, name in
          // Seven points are more than a letter of twelve points is wide on average.
          FlagPlacement.Bar(
            x: layout.across(method), top: layout.down(max(method.worst.p75, method.worst.mean)) - 4,
            bottom: layout.down(min(method.worst.p25, method.worst.mean)) + 4, width: 7 * Double(name.count),
            height: 16)
        })
      if layout.places.allSatisfy({ $0.top >= Self.frame.top }) { break }
    }
    return layout
  }

  /// What stands beside the marks.
  private var names: [String] {
    methods.map { method in
      "\(method.method.rawValue)  \(NumberText.short(100 * Double(method.certified) / Double(samples), digits: 3)) %"
    }
  }

  private var drawing: [String] {
    let layout = layout
    let (times, margins) = (layout.times, layout.margins)
    let frame = Self.frame
    var lines = [
      "set border 3 lc rgb '#444444' lw 1",
      "set grid ytics lt 1 lc rgb '#dddddd' lw 1",
      "set tics nomirror out scale 0.5 textcolor rgb '#333333'",
      "unset key",
      "set style textbox opaque noborder fillcolor rgb '#ffffff' margins 0.2, 0.2",
      "set lmargin at screen \(Self.canvas.across(frame.left))",
      "set rmargin at screen \(Self.canvas.across(frame.right))",
      "set tmargin at screen \(Self.canvas.down(frame.top))", "set bmargin at screen \(Self.canvas.down(frame.bottom))",
      "set logscale x",
      "set xrange [\(pow(10, times.lowerBound)):\(pow(10, times.upperBound))]",
      "set yrange [\(margins.lowerBound):\(margins.upperBound)]",
      "set xtics (\(Self.tickList(Self.timeTicks(times))))",
      "set ytics (\(Self.tickList(layout.axis.ticks(from: margins.lowerBound, to: margins.upperBound))))",
    ]
    if case .symmetricLogarithmic(let threshold) = layout.axis {
      lines.append("set nonlinear y via asinh(y/\(threshold)) inverse \(threshold)*sinh(y)")
      lines += Self.label(
        "logarithmic beyond ±\(FigureAxis.label(threshold))", size: 11, colour: "#444444", at: frame.left,
        Double(Self.height) - 20)
    }
    lines += Self.label(title, size: 15, colour: "#111111", at: frame.left, 24)
    lines += Self.label(subtitle, size: 12, colour: "#444444", at: frame.left, 46)
    lines += Self.label(
      "mean time for a sample (ms, logarithmic)", size: 12, colour: "#111111", at: frame.left + frame.width / 2,
      Double(Self.height) - 20, "center")
    lines += Self.label(
      "worst margin: mean, and quartiles over samples", size: 12, colour: "#111111", at: 20,
      frame.top + frame.height / 2, "center rotate by 90")
    if margins.contains(0) {
      lines.append("set arrow from graph 0, first 0 to graph 1, first 0 nohead lc rgb '#000000' lw 1 dt (7, 5) back")
    }
    if !left.isEmpty {
      let names = left.map(\.method.rawValue).joined(separator: ", ")
      lines += Self.label(
        "without a finite mean: \(names)", size: 11, colour: "#444444", at: frame.right, frame.top - 8, "right")
    }
    return lines + marks(layout)
  }

  /// The names with their poles, and the plot itself.
  private func marks(_ layout: Layout) -> [String] {
    var lines: [String] = []
    for (position, place) in layout.places.enumerated() {
      let x = layout.across(methods[position])
      let middle = place.top + place.height / 2
      lines.append(
        "set arrow from screen \(Self.canvas.across(x)), screen \(Self.canvas.down(layout.down(methods[position].worst.p75))) "
          + "to screen \(Self.canvas.across(x)), screen \(Self.canvas.down(middle)) nohead lc rgb '#aaaaaa' lw 0.7 back"
      )
      // Boxed: the grid must not strike a name through.
      lines += Self.label(names[position], size: 12, colour: "#111111", at: place.left, middle, "left boxed")
    }
    guard !methods.isEmpty else { return lines + ["plot NaN"] }
    let plots = methods.enumerated().map { position, method in
      let colour = Self.colour(of: method.method)
      return "'\(Self.data)' every ::\(position)::\(position) using 1:2:3:4 with yerrorbars pt 7 ps 1.1 lw 1.6 "
        + "lc rgb '\(colour)'"
    }
    return lines + ["plot " + plots.joined(separator: ", ")]
  }

  /// A method's colour, the one of ``ErrorFigure`` where that shows it as well.
  private static func colour(of method: BoundMethod) -> String {
    switch method {
    case .ibp, .crownIBP: ErrorFigure.colour(of: method.rawValue, at: 0)
    case .crown: "#777777"
    case .alphaCROWN: "#0072B2"
    case .zonotope: "#009E73"
    case .forward: "#CC79A7"
    }
  }

  /// Marks of a logarithmic axis between two powers of ten: 1, 2 and 5 with their powers where there are few decades.
  private static func timeTicks(_ exponents: ClosedRange<Double>) -> [Tick] {
    let few = exponents.upperBound - exponents.lowerBound < 3
    let powers = Int(exponents.lowerBound.rounded(.down))...Int(exponents.upperBound.rounded(.up))
    return powers.flatMap { power in
      (1...9).compactMap { digit in
        let value = Double("\(digit)e\(power)") ?? pow(10, Double(power)) * Double(digit)
        guard exponents.contains(log10(value)) else { return nil }
        let isNamed = few ? [1, 2, 5].contains(digit) : digit == 1
        return Tick(value: value, label: isNamed ? FigureAxis.label(value) : nil)
      }
    }
  }

  private static func tickList(_ ticks: [Tick]) -> String {
    ticks.map { "\(Gnuplot.quoted($0.label ?? "")) \($0.value) \($0.label == nil ? 1 : 0)" }.joined(separator: ", ")
  }

  private static let canvas = FigureCanvas(width: width, height: height)

  private static func label(
    _ text: String, size: Int, colour: String, at x: Double, _ y: Double, _ alignment: String = "left"
  ) -> [String] {
    canvas.label(text, size: size, colour: colour, at: canvas.place(x, y, alignment))
  }
}
