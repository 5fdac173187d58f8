import Attacks

/// How a property is verified.
public struct PropertySettings: Sendable {
  /// Seconds; infinity means as long as it takes.
  public var timeout: Double
  /// The attack that comes first.
  public var attack: ConjunctionAttack
  /// The seed of all random numbers.
  public var seed: UInt64

  /// The given settings.
  public init(timeout: Double = .infinity, attack: ConjunctionAttack = ConjunctionAttack(), seed: UInt64 = 1) {
    self.timeout = timeout
    self.attack = attack
    self.seed = seed
  }
}
