import Networks

/// A line above and a line below an activation on a range of pre-activations.
///
/// - Soundness: `lowerSlope·z + lowerOffset ≤ f(z) ≤ upperSlope·z + upperOffset` in real arithmetic on the range;
///   neither slope is negative.
/// - Source: ReLU: Zhang et al. 2018 (CROWN), table 2, adaptive lower slope. Others: ``ParallelLines``.
struct ActivationLines: Sendable {
  /// The slopes of the lines, not negative.
  let upperSlope, lowerSlope: Double
  /// The lines' values at zero.
  let upperOffset, lowerOffset: Double

  /// Whether both lines are the identity, and so the function.
  var isIdentity: Bool { upperSlope == 1 && lowerSlope == 1 && upperOffset == 0 && lowerOffset == 0 }
  /// Whether both lines are zero.
  var isZero: Bool { upperSlope == 0 && lowerSlope == 0 && upperOffset == 0 && lowerOffset == 0 }

  /// The lines on `[lower, upper]`, both finite.
  init(_ activation: Activation, on lower: Double, _ upper: Double) {
    if case .relu = activation, lower < 0, upper > 0 {
      let chord = ReLUChord(lower: lower, upper: upper)
      upperSlope = chord.slope
      upperOffset = chord.offset
      lowerSlope = upper > -lower ? 1 : 0
      lowerOffset = 0
    } else {
      let lines = ParallelLines(activation, on: lower, upper)
      upperSlope = lines.slope
      lowerSlope = lines.slope
      upperOffset = lines.radius == 0 ? lines.centre : (lines.centre + lines.radius).nextUp
      lowerOffset = lines.radius == 0 ? lines.centre : (lines.centre - lines.radius).nextDown
    }
  }
}
