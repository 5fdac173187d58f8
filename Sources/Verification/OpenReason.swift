import BranchAndBound

/// Why a bracket stayed open.
public enum OpenReason: String, Codable, Sendable {
  /// The time was up.
  case timeLimit
  /// The solver failed on a class, or its multipliers lost too many digits.
  case solverFailed
  /// Numbers on the way are beyond double precision.
  case overflow
  /// The network has smooth activations, for which there is no exact search: attack and bounds are all there is.
  case smoothActivations
  /// Everything finished, but tolerances and rounding leave more than was asked for.
  case tolerance

  /// Why a search left something open; nil if it left nothing.
  init?(_ outcome: PhaseSearchOutcome) {
    switch outcome.stop {
    case .finished: return nil
    case .timeLimit, .nodeLimit: self = .timeLimit
    case .numerical: self = outcome.parts == 0 ? .overflow : .solverFailed
    }
  }
}
