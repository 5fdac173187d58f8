import MathematicalPrograms

/// Two answers to one question that exclude each other, with all that is needed to ask again.
public struct Disagreement: Error, Sendable, CustomStringConvertible {
  /// The class whose margin was asked for.
  public let `class`: Int
  /// A margin that the class attains at a replayed input of the region, and the input; the margin is minus infinity where
  /// it overflows.
  public let attained: Double
  public let input: [Double]
  /// What CBC, after a search that it calls complete, takes for the largest margin: less than is attained though its
  /// tolerances were added, or more than is possible though they were taken off.
  public let claimed: Double
  /// The upper bound of the margin by branch-and-bound.
  public let upper: Double
  /// The program that CBC was given.
  public let program: LinearProgram

  public var description: String {
    """
    disagreement: CBC claims that class \(`class`) reaches a margin of at \(claimed < attained ? "most" : "least") \
    \(claimed), but a replayed input attains \(attained); branch-and-bound proves at most \(upper)
    """
  }
}

extension Disagreement: Equatable {
  /// Whether two disagreements are about the same numbers.
  public static func == (a: Disagreement, b: Disagreement) -> Bool {
    (a.class, a.attained, a.claimed, a.upper) == (b.class, b.attained, b.claimed, b.upper) && a.input == b.input
  }
}
