/// What is known of a property, with what it rests on.
public enum PropertyVerdict: Sendable {
  /// No input and its output lie in the unsafe set: sound bounds exclude all of it.
  case holds
  /// The witness lies in it.
  case violated(PropertyWitness)
  /// Neither, and why.
  case undecided(UndecidedReason)
}

/// Why a property was not decided.
public enum UndecidedReason: String, Codable, Sendable {
  /// The time was up.
  case timeLimit
  /// Numbers on the way are beyond double precision, or what is left is too small for it.
  case numerical
  /// A coefficient of the property cannot be a double.
  case coefficients
  /// The network's outputs at the sample itself are beyond double precision.
  case overflow
}

/// The stages of verification, from the cheapest to the dearest.
public enum VerificationStage: String, Codable, CaseIterable, Sendable {
  /// Gradient ascent to a violation, and the box's centre.
  case attack
  /// Interval propagation.
  case ibp = "IBP"
  /// One backward pass along lines, over the ranges of interval propagation.
  case crownIBP = "CROWN-IBP"
  /// Backward passes along lines throughout.
  case crown = "CROWN"
  /// The same with optimised slopes.
  case alphaCROWN = "alpha-CROWN"
  /// Branch-and-bound over the inputs.
  case inputSplitting = "input splitting"
  /// Branch-and-bound over the activations.
  case activationSplitting = "activation splitting"
  /// A mixed-integer solver's candidates for a counterexample, in the course of that.
  case mixedInteger = "mixed-integer program"
}

/// What one stage did, over all boxes of the property.
public struct StageRecord: Codable, Hashable, Sendable {
  /// The stage.
  public let stage: VerificationStage
  /// How many cases it decided.
  public var decided = 0
  /// Parts that it bounded, for searches; programs that a solver was asked about, for mixed-integer programs.
  public var nodes = 0
  /// Wall-clock seconds.
  public var seconds = 0.0

  /// A stage that has done nothing yet.
  public init(_ stage: VerificationStage) { self.stage = stage }
}

/// A property's verdict, and the way there.
public struct PropertyResult: Sendable {
  /// The verdict.
  public let verdict: PropertyVerdict
  /// The stages that did something, in their order.
  public let stages: [StageRecord]
  /// The stage that decided last; nil if nothing had to be decided, or nothing was.
  public let decidedBy: VerificationStage?
  /// An upper bound of the smallest violation over all rows of a case, where it is largest: below zero the property
  /// holds. −∞ where a stage proved only that there is none.
  public let upper: Double
  /// Wall-clock seconds in all.
  public let seconds: Double

  /// Parts that searches bounded, and programs.
  public var nodes: Int { stages.reduce(0) { $0 + $1.nodes } }
}
