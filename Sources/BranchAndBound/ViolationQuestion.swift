import Networks

/// Whether an input of a box exists where all violations of one of several conjunctions are at least zero: what is left
/// of a property on one box once its rows are outputs (`Network.violations(of:)`).
public struct ViolationQuestion: Sendable {
  /// A network whose outputs are the rows' violations.
  public let network: Network
  /// For each conjunction its rows, as positions among the outputs.
  public let conjunctions: [[Int]]

  /// - Precondition: the rows are outputs of the network, and each conjunction has some.
  public init(network: Network, conjunctions: [[Int]]) {
    precondition(conjunctions.allSatisfy { !$0.isEmpty }, "A conjunction without rows")
    precondition(
      conjunctions.allSatisfy { $0.allSatisfy { (0..<network.outputCount).contains($0) } }, "Rows beyond the outputs")
    self.network = network
    self.conjunctions = conjunctions
  }

  /// How much of a conjunction an output reaches: its smallest violation; at least zero where all of its rows hold.
  public func reach(_ conjunction: Int, at outputs: ArraySlice<Double>) -> Double {
    conjunctions[conjunction].reduce(.infinity) { min($0, outputs[outputs.startIndex + $1]) }
  }
}

/// What a search for violations came to.
public struct ViolationOutcome: Sendable {
  /// How such a search ends.
  public enum Stop: Sendable {
    /// Nothing is left open: no input violates.
    case finished
    /// An input was offered and accepted.
    case found
    /// The time was up.
    case timeLimit
    /// Some part can be neither bounded nor split any further in double precision, or a solver failed.
    case numerical
  }

  /// How it ended.
  public var stop = Stop.finished
  /// Parts that were bounded, and how many splits deep the deepest one lay.
  public var nodes = 0, depth = 0
  /// The most that a smallest violation may be in what was left open; −∞ where nothing was.
  public var upper = -Double.infinity
  /// What a mixed-integer solver had to do with it.
  public var mixedInteger = MixedIntegerShare()

  /// Nothing has happened yet.
  public init() {}
}

/// A mixed-integer solver's share in a search.
public struct MixedIntegerShare: Sendable {
  /// Programs that it was asked about and did not fail on.
  public var programs = 0
  /// Wall-clock seconds, from the folding of the network to the last input that was tried.
  public var seconds = 0.0
  /// Whether the accepted input came from it.
  public var hasFound = false

  /// Nothing has been asked.
  public init() {}
}
