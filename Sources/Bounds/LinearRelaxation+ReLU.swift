extension LinearRelaxation {
  /// ReLU's lines on a range of pre-activations.
  ///
  /// Units with a fixed sign are exact: slope 0 or 1 and no offset. On `[l, u]` with `l < 0 < u` the upper line is the
  /// chord and the lower one goes through the origin.
  /// - Soundness: ``ReLUChord`` for the upper line; ReLU lies above `α·z` for every α in `[0, 1]` and every z. Without
  ///   a lower end the upper line is the constant u, without an upper end there is none.
  /// - Source: Zhang et al. 2018 (CROWN), table 2.
  static func reluLines(on lower: Double, _ upper: Double, _ lowerSlope: LowerSlope) -> (lower: Line, upper: Line) {
    if upper <= 0 { return (Line(constant: 0), Line(constant: 0)) }
    if lower >= 0 { return (Line(slope: 1, offset: 0), Line(slope: 1, offset: 0)) }
    let below = Line(slope: lowerSlope(on: lower, upper), offset: 0)
    guard lower.isFinite, upper.isFinite else { return (below, Line(constant: upper)) }
    let chord = ReLUChord(lower: lower, upper: upper)
    return (below, Line(slope: chord.slope, offset: chord.offset))
  }
}
