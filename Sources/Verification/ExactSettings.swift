import Attacks

/// What searches for exact values.
///
/// Whichever it is, the bracket's upper end comes from bounds in outward-rounded arithmetic alone: CBC's word about an
/// optimum is never taken, what it finds is replayed.
public enum ExactEngine: String, Codable, Sendable, CaseIterable {
  /// Branch-and-bound with safe linear-programming bounds.
  case bab
  /// CBC first, for the incumbent; then branch-and-bound proves what is left to prove.
  case milp
  /// Branch-and-bound, then CBC from the same start on its own: where their answers differ by more than
  /// the tolerance, an error.
  case both
}

/// How exact values are computed.
///
/// As JSON, for a study's identity, it has no time limit: an answer that was reached does not depend on it.
public struct ExactSettings: Codable, Hashable, Sendable {
  /// Wall-clock seconds for one sample.
  public var timeout = 200.0
  /// The bracket counts as closed when its ends differ by no more than this, relative to max(1, |lower end|).
  public var tolerance: Double
  /// What searches.
  public var engine: ExactEngine
  /// The attack that finds the first witness. A short one is enough: the search climbs further from its own points.
  public var attack: PGDSettings
  /// The seed of its random starts.
  public var seed: UInt64

  private enum CodingKeys: CodingKey {
    case tolerance, engine, attack, seed
  }

  /// The given settings.
  public init(
    timeout: Double = 200, tolerance: Double = 1e-6, engine: ExactEngine = .bab,
    attack: PGDSettings = PGDSettings(steps: 10, restarts: 1, step: 0.5, milestones: [0.5, 0.75]), seed: UInt64 = 1
  ) {
    precondition(tolerance >= 0 && tolerance < 1, "A tolerance of \(tolerance)")
    self.timeout = timeout
    self.tolerance = tolerance
    self.engine = engine
    self.attack = attack
    self.seed = seed
  }

  /// The largest difference between a bracket's ends that counts as closed.
  func tolerance(at value: Double) -> Double { tolerance * max(1, value.magnitude) }
}
