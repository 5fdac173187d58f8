/// A solver of programs some of whose columns must be whole.
public protocol MixedIntegerSolver: Sendable {
  /// Maximises a program.
  static func maximise(_ program: LinearProgram, _ request: MixedIntegerRequest) -> MixedIntegerOutcome
}

/// Limits and knowledge that a solve starts with.
public struct MixedIntegerRequest: Sendable {
  /// How far a solution may be from rows, from the ends of ranges and from whole numbers.
  public static let tolerance = 1e-9

  /// Wall-clock seconds.
  public var seconds: Double
  /// Only solutions above this value are wanted; nil where nothing is known.
  public var cutoff: Double?
  /// A solution known before, one value for each column. CBC refuses a start that does not beat its cutoff, so the
  /// cutoff is lowered below it; nothing between the two counts as news.
  public var start: [Double]?
  /// How many nodes the search may have, and after how many solutions it ends.
  public var nodeLimit: Int, solutionLimit: Int

  /// A request.
  public init(
    seconds: Double, cutoff: Double? = nil, start: [Double]? = nil, nodeLimit: Int = .max, solutionLimit: Int = .max
  ) {
    self.seconds = seconds
    self.cutoff = cutoff
    self.start = start
    self.nodeLimit = nodeLimit
    self.solutionLimit = solutionLimit
  }
}

/// Why a solve ended.
public enum MixedIntegerStop: String, Codable, Sendable {
  /// The search is complete.
  case finished
  /// The time was up.
  case timeLimit
  /// The search had as many nodes, or found as many solutions, as it might.
  case workLimit
  /// The solver gave up, or said something that cannot be.
  case failed
}

/// What a solver says about a program: hints, until they are derived again or replayed.
public struct MixedIntegerOutcome: Sendable {
  /// No solution of the program has a larger value, by the solver's word and within its tolerances; infinite where it
  /// knows nothing.
  public let dualBound: Double
  /// The best solution found, not replayed.
  public let candidate: [Double]?
  /// Why it ended.
  public let stop: MixedIntegerStop
  /// How many nodes the search had.
  public let nodes: Int
  /// Seconds that the request waited for another one to end.
  public var waitedSeconds = 0.0

  /// An outcome.
  public init(dualBound: Double, candidate: [Double]?, stop: MixedIntegerStop, nodes: Int) {
    self.dualBound = dualBound
    self.candidate = candidate
    self.stop = stop
    self.nodes = nodes
  }
}
