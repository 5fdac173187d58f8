import MathematicalPrograms

/// What a mixed-integer solver says about one class's largest margin after a search that it calls complete: compared
/// with what is proved, never believed.
struct SecondOpinion {
  /// The program that it was asked about.
  let program: LinearProgram
  /// What the margin is at most, by its word, its tolerances added.
  let upper: Double
  /// What the margin reaches at least, by the solution that it shows, its tolerances taken off; minus infinity where it
  /// shows none.
  let reached: Double

  /// The opinion that an outcome amounts to; nil where it is none: the time was up, the solver failed, or what it says
  /// is no number.
  init?(_ outcome: MixedIntegerOutcome, on encoding: BigMEncoding) {
    guard outcome.stop == .finished, !outcome.dualBound.isNaN else { return nil }
    program = encoding.program
    upper = ((outcome.dualBound + encoding.objectiveConstant).nextUp + encoding.objectiveError).nextUp
    let shown = outcome.candidate.map { candidate in
      encoding.program.objectiveValue(at: candidate) + encoding.objectiveConstant
        - encoding.overshoot(within: MixedIntegerRequest.tolerance)
    }
    reached = shown.map { $0.isNaN ? -.infinity : $0 } ?? -.infinity
  }

  /// Its claim that cannot be, if there is one: less than an input attains, or more than is possible.
  ///
  /// - Parameters:
  ///   - attained: a margin of the class that a replayed input attains.
  ///   - proved: a safe upper bound of the margin.
  ///   - tolerance: by how much answers may differ.
  func refuted(attained: Double, proved: Double, tolerance: Double) -> Double? {
    if attained > upper + tolerance { return upper }
    return reached > proved + tolerance ? reached : nil
  }
}
