/// How a hand writes one digit: control points in the unit square, and the strokes that pass through them.
///
/// The first coordinate runs to the right, the second downwards. A stroke is a smooth curve through its points
/// in order; it is closed where it ends on the point that it starts from. A corner is a point where one stroke
/// ends and another starts, so that both move together when the point is moved.
struct DigitGlyph: Sendable {
  /// The control points.
  let points: [SIMD2<Double>]
  /// For each stroke, the positions of its points in `points`.
  let strokes: [[Int]]

  private init(_ points: [(Double, Double)], _ strokes: [Int]...) {
    self.points = points.map { SIMD2($0.0, $0.1) }
    self.strokes = strokes
  }

  /// For each digit, the ways to write it.
  static let styles: [[DigitGlyph]] = [
    zero, one, two, three, four, five, six, seven, eight, nine,
  ]

  private static let zero = [
    // A closed oval.
    DigitGlyph(
      [(0.54, 0), (0.29, 0.14), (0.17, 0.5), (0.26, 0.85), (0.48, 1), (0.73, 0.85), (0.83, 0.48), (0.75, 0.14)],
      [0, 1, 2, 3, 4, 5, 6, 7, 0]),
    // An oval whose end runs past its start.
    DigitGlyph(
      [
        (0.66, 0.1), (0.42, 0.03), (0.22, 0.35), (0.22, 0.74), (0.42, 0.99), (0.7, 0.83), (0.79, 0.45), (0.66, 0.1),
        (0.48, 0),
      ],
      [0, 1, 2, 3, 4, 5, 6, 7, 8]),
  ]

  private static let one = [
    // One stroke down.
    DigitGlyph([(0.52, 0), (0.5, 0.5), (0.48, 1)], [0, 1, 2]),
    // With a flag.
    DigitGlyph([(0.3, 0.22), (0.42, 0.13), (0.54, 0), (0.53, 0.5), (0.52, 1)], [0, 1, 2], [2, 3, 4]),
    // With a flag and a foot.
    DigitGlyph(
      [(0.3, 0.2), (0.52, 0), (0.5, 0.5), (0.5, 0.99), (0.26, 1), (0.74, 0.98)], [0, 1], [1, 2, 3], [4, 3, 5]),
  ]

  private static let two = [
    // A swan's neck on a straight foot.
    DigitGlyph(
      [(0.2, 0.24), (0.34, 0.04), (0.62, 0.02), (0.76, 0.24), (0.6, 0.56), (0.18, 0.99), (0.5, 0.97), (0.84, 0.97)],
      [0, 1, 2, 3, 4, 5], [5, 6, 7]),
    // With a loop at the lower left.
    DigitGlyph(
      [
        (0.22, 0.18), (0.46, 0), (0.72, 0.18), (0.62, 0.5), (0.34, 0.86), (0.15, 0.95), (0.16, 0.76), (0.42, 0.84),
        (0.64, 0.98), (0.88, 0.9),
      ],
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
  ]

  private static let three = [
    // Two bowls.
    DigitGlyph(
      [
        (0.2, 0.14), (0.45, 0), (0.72, 0.14), (0.64, 0.37), (0.4, 0.47), (0.7, 0.55), (0.79, 0.76), (0.58, 0.98),
        (0.32, 0.98), (0.15, 0.86),
      ],
      [0, 1, 2, 3, 4], [4, 5, 6, 7, 8, 9]),
    // A flat top and a bowl.
    DigitGlyph(
      [
        (0.2, 0.04), (0.74, 0.03), (0.42, 0.4), (0.7, 0.48), (0.78, 0.72), (0.55, 0.97), (0.3, 0.98), (0.16, 0.88),
      ],
      [0, 1], [1, 2], [2, 3, 4, 5, 6, 7]),
  ]

  private static let four = [
    // Open at the top.
    DigitGlyph(
      [(0.27, 0.03), (0.22, 0.3), (0.19, 0.55), (0.5, 0.55), (0.85, 0.5), (0.72, 0), (0.7, 0.5), (0.67, 1)],
      [0, 1, 2], [2, 3, 4], [5, 6, 7]),
    // Closed at the top.
    DigitGlyph(
      [(0.62, 0), (0.38, 0.34), (0.13, 0.66), (0.5, 0.66), (0.88, 0.65), (0.61, 0.5), (0.6, 1)],
      [0, 1, 2], [2, 3, 4], [0, 5, 6]),
    // Open, the left side a cup.
    DigitGlyph(
      [(0.26, 0.06), (0.2, 0.34), (0.32, 0.52), (0.56, 0.52), (0.76, 0.4), (0.8, 0.04), (0.73, 0.72), (0.7, 1)],
      [0, 1, 2, 3, 4], [5, 4, 6, 7]),
  ]

  private static let five = [
    // A bar, a neck and a bowl.
    DigitGlyph(
      [
        (0.8, 0.02), (0.32, 0.04), (0.26, 0.44), (0.52, 0.38), (0.76, 0.54), (0.72, 0.84), (0.46, 0.99), (0.18, 0.92),
      ],
      [0, 1], [1, 2], [2, 3, 4, 5, 6, 7]),
    // In one sweep.
    DigitGlyph(
      [
        (0.82, 0), (0.5, 0.05), (0.34, 0.2), (0.4, 0.4), (0.64, 0.52), (0.72, 0.74), (0.52, 0.97), (0.26, 0.97),
        (0.14, 0.84),
      ],
      [0, 1, 2, 3, 4, 5, 6, 7, 8]),
  ]

  private static let six = [
    // A long bow and a loop.
    DigitGlyph(
      [
        (0.7, 0.02), (0.42, 0.2), (0.25, 0.5), (0.25, 0.8), (0.46, 1), (0.7, 0.88), (0.74, 0.66), (0.55, 0.54),
        (0.34, 0.64), (0.25, 0.8),
      ],
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
    // A nearly straight back and a small loop.
    DigitGlyph(
      [
        (0.5, 0), (0.36, 0.32), (0.28, 0.66), (0.34, 0.92), (0.56, 0.99), (0.74, 0.82), (0.64, 0.62), (0.44, 0.66),
        (0.31, 0.84),
      ],
      [0, 1, 2, 3, 4, 5, 6, 7, 8]),
  ]

  private static let seven = [
    // A bar and a leg.
    DigitGlyph([(0.16, 0.06), (0.48, 0.06), (0.82, 0.03), (0.58, 0.5), (0.42, 1)], [0, 1, 2], [2, 3, 4]),
    // With a crossing bar.
    DigitGlyph(
      [(0.18, 0.04), (0.5, 0.05), (0.82, 0.02), (0.6, 0.48), (0.42, 1), (0.34, 0.52), (0.8, 0.47)],
      [0, 1, 2], [2, 3, 4], [5, 3, 6]),
    // With a hook at the left end of the bar, the leg bent.
    DigitGlyph(
      [(0.18, 0.24), (0.2, 0.05), (0.5, 0.08), (0.8, 0.03), (0.64, 0.34), (0.54, 0.66), (0.52, 1)],
      [0, 1], [1, 2, 3], [3, 4, 5, 6]),
  ]

  private static let eight = [
    // One stroke that crosses itself.
    DigitGlyph(
      [
        (0.5, 0), (0.26, 0.2), (0.48, 0.46), (0.76, 0.76), (0.48, 1), (0.22, 0.78), (0.5, 0.5), (0.73, 0.2),
      ],
      [0, 1, 2, 3, 4, 5, 6, 7, 0]),
    // The same, started at the upper right and left open there.
    DigitGlyph(
      [
        (0.76, 0.1), (0.5, 0.01), (0.28, 0.2), (0.46, 0.44), (0.7, 0.66), (0.66, 0.94), (0.4, 0.99), (0.26, 0.8),
        (0.46, 0.53), (0.68, 0.34), (0.78, 0.14),
      ],
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
    // Two rings.
    DigitGlyph(
      [(0.5, 0), (0.29, 0.22), (0.5, 0.45), (0.71, 0.22), (0.24, 0.74), (0.5, 1), (0.77, 0.73)],
      [0, 1, 2, 3, 0], [2, 4, 5, 6, 2]),
  ]

  private static let nine = [
    // A ring and a straight leg.
    DigitGlyph(
      [(0.72, 0.2), (0.5, 0.01), (0.26, 0.22), (0.44, 0.48), (0.7, 0.3), (0.73, 0.04), (0.7, 0.56), (0.66, 1)],
      [0, 1, 2, 3, 4, 0], [5, 0, 6, 7]),
    // A ring and a leg that curls to the left.
    DigitGlyph(
      [
        (0.74, 0.2), (0.52, 0), (0.27, 0.2), (0.42, 0.46), (0.68, 0.36), (0.74, 0.2), (0.75, 0.52), (0.66, 0.88),
        (0.44, 1), (0.24, 0.9),
      ],
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
    // A ring that runs into a slanting leg, in one stroke.
    DigitGlyph(
      [(0.78, 0.12), (0.54, 0.01), (0.3, 0.16), (0.34, 0.4), (0.58, 0.4), (0.78, 0.12), (0.66, 0.5), (0.5, 1)],
      [0, 1, 2, 3, 4, 5, 6, 7]),
  ]
}
