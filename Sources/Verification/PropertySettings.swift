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

/// The stages of verification before a search, in the order in which they are gone through.
///
/// What a stage decides, the next ones need not look at.
public enum PropertyCascade: String, Codable, Sendable {
  /// First an attack: for questions that are often answered by a counterexample, and one at a time.
  case attackFirst
  /// First the bounds that cost about as much as an evaluation: for the many samples of a data set, most of which
  /// these decide, with an attack that is no match for them.
  case boundsFirst

  /// All stages, a search last, in the order in which they are gone through.
  public var order: [VerificationStage] { stages + [.inputSplitting, .activationSplitting, .mixedInteger] }

  /// The stages before a search.
  var stages: [VerificationStage] {
    switch self {
    case .attackFirst: [.attack, .ibp, .crown, .alphaCROWN]
    case .boundsFirst: [.ibp, .crownIBP, .attack, .crown, .alphaCROWN]
    }
  }
}

/// How a property is verified.
public struct PropertySettings: Sendable {
  /// Seconds; infinity means as long as it takes.
  public var timeout: Double
  /// The order of work before a search.
  public var cascade = PropertyCascade.attackFirst
  /// The attack; on small networks with more starts.
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
