import Attacks
import Bounds
import Networks

/// What is known of a sample's robustness.
public enum RobustnessVerdict: String, Codable, CaseIterable, Sendable {
  /// The network gives the sample itself another class.
  case misclassified
  /// No input of the region gets another class: sound bounds exclude it.
  case certified
  /// The witness gets another class, or no class alone.
  case falsified
  /// Neither was shown.
  case undecided
}

/// What the verdicts of a data set depend on, besides the time that each sample may take.
public struct CertificationSettings: Codable, Hashable, Sendable {
  /// The attack's gradient steps, and its starts at least, for each class that cheap bounds leave open.
  public var attackSteps: Int, attackRestarts: Int
  /// What is branched on.
  public var search: PropertySearch
  /// The seed of all random numbers.
  public var seed: UInt64

  /// The given settings; the attack has 5 starts of 200 steps, as is customary for adversarial accuracy.
  ///
  /// - Precondition: steps are not negative, and there is a start.
  public init(attackSteps: Int = 200, attackRestarts: Int = 5, search: PropertySearch = .automatic, seed: UInt64 = 1) {
    precondition(attackSteps >= 0 && attackRestarts > 0, "\(attackSteps) steps from \(attackRestarts) starts")
    self.attackSteps = attackSteps
    self.attackRestarts = attackRestarts
    self.search = search
    self.seed = seed
  }
}

/// A sample's verdict, and the way there.
public struct CertificationResult: Sendable {
  /// The verdict.
  public let verdict: RobustnessVerdict
  /// The stage that decided it; nil where none had to, or none could.
  public let decidedBy: VerificationStage?
  /// Why nothing was decided.
  public let reason: UndecidedReason?
  /// The class with the largest output at the sample itself, in ordinary double precision; nil where the outputs
  /// overflow.
  public let predicted: Int?
  /// The counterexample, or else the sample itself, with the largest margin that it attains; nil where the outputs
  /// overflow.
  public let lower: Witness?
  /// A margin that no input of the region exceeds; nil where none was computed, or a search showed only that all are
  /// below zero.
  public let upper: Double?
  /// The stages that did something, in their order.
  public let stages: [StageRecord]
  /// Wall-clock seconds in all.
  public let seconds: Double

  /// Parts that searches bounded.
  public var nodes: Int { stages.reduce(0) { $0 + $1.nodes } }
}

/// Robustness of a sample by the cascade of ``PropertyVerification``, cheap bounds first.
public enum Certification {
  /// Certifies or falsifies one sample.
  ///
  /// A sample that is classified as another class needs no more. Otherwise the margins of the other classes are the
  /// cases of a property on the sample's ball (`Property.robustness(ballAround:radius:validRange:label:outputCount:)`).
  /// Where the outputs at the sample are beyond double precision, nothing is known, and it is undecided.
  ///
  /// - Parameters:
  ///   - network: a network with at least two outputs.
  ///   - centre: the sample.
  ///   - label: its class.
  ///   - radius: ε, in units of the input.
  ///   - validRange: the range every element keeps to.
  ///   - timeout: seconds; infinity means as long as it takes.
  /// - Throws: `RegionError` for a region that makes no sense.
  /// - Complexity: exponential in the number of unstable units, in the worst case; stops at the timeout.
  public static func certify(
    _ centre: [Double], label: Int, by network: Network, radius: Double, validRange: ClosedRange<Double>,
    timeout: Double, settings: CertificationSettings = CertificationSettings()
  ) throws(RegionError) -> CertificationResult {
    let deadline = Deadline(seconds: timeout)
    let property = try Property.robustness(
      ballAround: centre, radius: radius, validRange: validRange, label: label, outputCount: network.outputCount)
    let replay = Replay(network: network, region: property.groups[0].inputs.region, label: label)
    let outputs = network.outputs(centre)
    guard outputs.allSatisfy(\.isFinite), let natural = replay.confirm(centre) else {
      return CertificationResult(
        verdict: .undecided, decidedBy: nil, reason: .overflow, predicted: nil, lower: nil, upper: nil, stages: [],
        seconds: deadline.elapsed)
    }
    let top = outputs.indices.max { outputs[$0] < outputs[$1] } ?? label
    // Of several classes on top, the label is as good as any.
    let predicted = outputs[label] == outputs[top] ? label : top

    func result(
      _ verdict: RobustnessVerdict, _ lower: Witness, by stage: VerificationStage? = nil, upper: Double? = nil,
      reason: UndecidedReason? = nil, stages: [StageRecord] = []
    ) -> CertificationResult {
      CertificationResult(
        verdict: verdict, decidedBy: stage, reason: reason, predicted: predicted, lower: lower, upper: upper,
        stages: stages, seconds: deadline.elapsed)
    }
    guard predicted == label else { return result(.misclassified, natural) }
    // A tie at the sample itself.
    guard natural.margin < 0 else { return result(.falsified, natural, by: .attack) }

    var request = PropertySettings(
      timeout: deadline.remaining,
      attack: ConjunctionAttack(steps: settings.attackSteps, restarts: settings.attackRestarts), seed: settings.seed)
    request.cascade = .boundsFirst
    request.search = settings.search
    let found = PropertyVerification.verify(property, of: network, settings: request)
    let upper = found.upper.isFinite ? found.upper : nil
    switch found.verdict {
    case .holds:
      return result(.certified, natural, by: found.decidedBy, upper: upper, stages: found.stages)
    case .violated(let witness):
      // Both replays compare the same enclosure of the outputs; what only one of them believes is no witness.
      guard let lower = replay.confirm(witness.input), lower.margin >= 0 else {
        return result(.undecided, natural, reason: .numerical, stages: found.stages)
      }
      return result(.falsified, lower, by: found.decidedBy, stages: found.stages)
    case .undecided(let reason):
      return result(.undecided, natural, upper: upper, reason: reason, stages: found.stages)
    }
  }
}
