import Attacks

/// What a search for violations branches on.
public enum PropertySearch: String, CaseIterable, Codable, Sendable {
  /// What suits the network and the box: the inputs where few vary or activations are smooth, else the activations.
  case automatic
  /// The inputs.
  case inputs
  /// The phases of ReLUs; smooth activations have none, and their inputs are branched on.
  case activations
}

/// How a property is verified.
public struct PropertySettings: Sendable {
  /// Seconds; infinity means as long as it takes.
  public var timeout: Double
  /// The attack that comes first.
  public var attack: ConjunctionAttack
  /// What is branched on.
  public var search = PropertySearch.automatic
  /// The seed of all random numbers.
  public var seed: UInt64

  /// The given settings.
  public init(timeout: Double = .infinity, attack: ConjunctionAttack = ConjunctionAttack(), seed: UInt64 = 1) {
    self.timeout = timeout
    self.attack = attack
    self.seed = seed
  }
}
