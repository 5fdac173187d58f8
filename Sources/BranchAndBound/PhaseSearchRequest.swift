/// Limits and helpers of a search over phases.
public struct PhaseSearchRequest {
  /// The value that is known to be attained: only more is looked for.
  public var incumbent: Double
  /// Nodes are closed once they promise no more than this above the incumbent, which it is a function of.
  public var tolerance: (_ incumbent: Double) -> Double
  /// How low a bound is wanted: nodes are closed once they promise no more, whatever the incumbent is. A search that has
  /// not to come down all the way to the incumbent takes far fewer nodes.
  public var goal = -Double.infinity
  /// Linear programs to solve at most.
  public var nodeLimit: Int
  /// Seconds left; asked before every node.
  public var remaining: () -> Double
  /// Offered every input that looks better than the incumbent; returns the new incumbent.
  public var offer: (_ input: [Double]) -> Double

  /// A request.
  public init(
    incumbent: Double, tolerance: @escaping (_ incumbent: Double) -> Double, nodeLimit: Int = .max,
    remaining: @escaping () -> Double,
    offer: @escaping (_ input: [Double]) -> Double
  ) {
    self.incumbent = incumbent
    self.tolerance = tolerance
    self.nodeLimit = nodeLimit
    self.remaining = remaining
    self.offer = offer
  }
}

/// What a search over phases came to.
public struct PhaseSearchOutcome: Sendable {
  /// The row's real value nowhere exceeds this.
  public var upper = Double.infinity
  /// How it ended; unless finished, `upper` comes from what is left open.
  public var stop = PhaseSearchStop.finished
  /// How many linear programs were solved, with how many iterations of the simplex method, how many cuts were added,
  /// and how many parts of the region were folded on their own.
  public var nodes = 0, iterations = 0, cuts = 0, parts = 0
  /// Wall-clock seconds that went into bounds and folding.
  public var foldingSeconds = 0.0
}

/// How a search over phases ends.
public enum PhaseSearchStop: Sendable {
  /// All of the search space is closed.
  case finished
  /// The time was up.
  case timeLimit
  /// The node limit was reached.
  case nodeLimit
  /// Some part's bound is still too high with every phase fixed, or beyond double precision, or the solver failed.
  case numerical
}
