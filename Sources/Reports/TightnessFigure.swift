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
  private static let frame = LabelPlacement.Rectangle(left: 84, top: 76, width: 646, height: 356)

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
      try FileWriting.move(workshop.appendingPathComponent(Self.vector), to: file)
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
  /// The ends of the axes: powers of ten of the times, and worst margins.
  private var axes: (times: ClosedRange<Double>, margins: ClosedRange<Double>) {
    let times = methods.map { log10(Self.milliseconds($0)) }
    let ends = methods.flatMap { [$0.worst.p25, $0.worst.p75, $0.worst.mean] }
    guard let first = times.min(), let last = times.max(), let low = ends.min(), let high = ends.max() else {
      return (0...1, -1...1)
    }
    // Room beside the first and last marks; less than a decade would make small differences look large.
    let spare = max(0.12 * (last - first), (1 - (last - first)) / 2, 0.15)
    let slack = max(0.06 * (high - low), 1e-9 * max(1, high.magnitude, low.magnitude))
    return ((first - spare)...(last + spare), (low - slack)...(high + slack))
  }

  private var drawing: [String] {
    let (times, margins) = axes
    let frame = Self.frame
    var lines = [
      "set border 3 lc rgb '#444444' lw 1",
      "set grid ytics lt 1 lc rgb '#dddddd' lw 1",
      "set tics nomirror out scale 0.5 textcolor rgb '#333333'",
      "unset key",
      "set lmargin at screen \(Self.across(frame.left))", "set rmargin at screen \(Self.across(frame.right))",
      "set tmargin at screen \(Self.down(frame.top))", "set bmargin at screen \(Self.down(frame.bottom))",
      "set logscale x",
      "set xrange [\(pow(10, times.lowerBound)):\(pow(10, times.upperBound))]",
      "set yrange [\(margins.lowerBound):\(margins.upperBound)]",
      "set xtics (\(Self.tickList(Self.timeTicks(times))))",
      "set ytics (\(Self.tickList(FigureAxis.linear.ticks(from: margins.lowerBound, to: margins.upperBound))))",
    ]
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
    return lines + marks(times, margins)
  }

  /// The names, with lines to marks that are not beside them, and the plot itself.
  private func marks(_ times: ClosedRange<Double>, _ margins: ClosedRange<Double>) -> [String] {
    let frame = Self.frame
    func height(_ margin: Double) -> Double {
      frame.bottom - (margin - margins.lowerBound) / (margins.upperBound - margins.lowerBound) * frame.height
    }
    let names = methods.map { method in
      "\(method.method.rawValue)  \(NumberText.short(100 * Double(method.certified) / Double(samples), digits: 3)) %"
    }
    let marks = zip(methods, names).map { method, name in
      let share = (log10(Self.milliseconds(method)) - times.lowerBound) / (times.upperBound - times.lowerBound)
      // Seven points are more than a letter of twelve points is wide on average.
      return LabelPlacement.Mark(
        x: frame.left + share * frame.width, y: height(method.worst.mean), width: 7 * Double(name.count), height: 16)
    }
    let bars = zip(marks, methods).map { mark, method in
      LabelPlacement.Rectangle(
        left: mark.x - 4, top: height(method.worst.p75) - 2, width: 8,
        height: height(method.worst.p25) - height(method.worst.p75) + 4)
    }
    let places = LabelPlacement.places(for: marks, in: frame, besides: bars)
    var lines: [String] = []
    for (position, place) in places.enumerated() {
      let mark = marks[position]
      let isRight = place.left > mark.x
      let edge = isRight ? place.left - 2 : place.right + 2
      let middle = place.top + place.height / 2
      if abs(middle - mark.y) > place.height / 2 {
        lines.append(
          "set arrow from screen \(Self.across(mark.x)), screen \(Self.down(mark.y)) to screen \(Self.across(edge)), "
            + "screen \(Self.down(middle)) nohead lc rgb '#999999' lw 0.7 back")
      }
      lines += Self.label(
        names[position], size: 12, colour: "#111111", at: isRight ? place.left : place.right, middle,
        isRight ? "left" : "right")
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

  private static func label(
    _ text: String, size: Int, colour: String, at x: Double, _ y: Double, _ alignment: String = "left"
  ) -> [String] {
    [
      "set label \(Gnuplot.quoted(text)) at screen \(across(x)), screen \(down(y)) \(alignment) noenhanced "
        + "font ',\(size)' textcolor rgb '\(colour)' front"
    ]
  }

  private static func across(_ x: Double) -> Double { x / Double(width) }
  private static func down(_ y: Double) -> Double { 1 - y / Double(height) }
}
