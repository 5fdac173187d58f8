/// A figure's paper: places in points of 1/96 inch from its upper left corner, as gnuplot's words for them.
struct FigureCanvas: Hashable, Sendable {
  /// The size in points.
  let width, height: Int

  /// Points from the left as a share of the width, and points from the top as a share of the height from below.
  func across(_ x: Int) -> Double { across(Double(x)) }
  func across(_ x: Double) -> Double { x / Double(width) }
  func down(_ y: Int) -> Double { down(Double(y)) }
  func down(_ y: Double) -> Double { 1 - y / Double(height) }

  /// A place in points, and how text lies about it.
  func place(_ x: Double, _ y: Double, _ alignment: String = "left") -> String {
    "screen \(across(x)), screen \(down(y)) \(alignment)"
  }
  func place(_ x: Int, _ y: Int, _ alignment: String = "left") -> String { place(Double(x), Double(y), alignment) }

  /// The command that writes a text; none without a text.
  ///
  /// - Parameters:
  ///   - size: the font's, in points.
  ///   - colour: as `#rrggbb`.
  ///   - place: where, in gnuplot's words.
  func label(_ text: String, size: Int, colour: String, at place: String) -> [String] {
    guard !text.isEmpty else { return [] }
    return ["set label \(Gnuplot.quoted(text)) at \(place) noenhanced font ',\(size)' textcolor rgb '\(colour)' front"]
  }
}
