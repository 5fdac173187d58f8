import Attacks
import Bounds
import Networks
import Tensors

/// The cheap estimates of the worst-case margin whose distance from the exact value studies measure.
public enum MarginEstimate: String, CaseIterable, Codable, Sendable {
  /// An upper bound by interval propagation with last-layer elision.
  case ibp = "IBP"
  /// An upper bound by one backward pass over interval bounds.
  case crownIBP = "CROWN-IBP"
  /// An upper bound by backward passes throughout.
  case crown = "CROWN"
  /// An upper bound by backward passes with optimised lower slopes.
  case alphaCROWN = "alpha-CROWN"
  /// An upper bound by affine forms with a noise symbol for each unstable unit.
  case zonotope = "zonotope"
  /// IBP on a small box around an attack's point: neither a lower nor an upper bound.
  case sabr = "SABR"
  /// IBP up to a split, then an attack per class inside the latent box: neither a lower nor an upper bound.
  case taps = "TAPS"
  /// TAPS on SABR's small box: neither a lower nor an upper bound.
  case staps = "STAPS"
  /// A lower bound by projected gradient ascent, replayed.
  case pgd = "PGD"
  /// The same by an attack that is content with the first misclassified input, as published code's are.
  case stoppingPGD = "PGD-stopping"

  /// The estimates that a study makes unless told otherwise: all but zonotopes, which take long and are looser than
  /// CROWN on most networks, and the attack that stops.
  public static let usual = allCases.filter { $0 != .zonotope && $0 != .stoppingPGD }
}

/// How the estimates are made.
public struct EstimateSettings: Codable, Hashable, Sendable {
  /// The attack behind the PGD estimate.
  public var pgd: PGDSettings
  /// SABR: the small box's share of the region's half widths, and the attack that places it.
  public var sabrLambda: Double
  public var sabrAttack: PGDSettings
  /// TAPS: ReLU layers after the split, and the attack inside the latent box.
  public var tapsReLUs: Int
  public var tapsAttack: PGDSettings
  /// The seed of all random starts.
  public var seed: UInt64

  /// The settings of the precision study of TAPS (Mao et al. 2023): λ 0.4, one ReLU layer after the split, 20 latent
  /// steps of a fifth of the box.
  public static let study = study(seed: 1)

  /// The same settings with another seed.
  public static func study(seed: UInt64) -> EstimateSettings {
    EstimateSettings(
      pgd: .study, sabrLambda: 0.4, sabrAttack: PGDSettings(steps: 10, restarts: 1, step: 0.2), tapsReLUs: 1,
      tapsAttack: PGDSettings(steps: 20, restarts: 1, step: 0.4, milestones: [0.7]), seed: seed)
  }

  /// The given settings.
  public init(
    pgd: PGDSettings, sabrLambda: Double, sabrAttack: PGDSettings, tapsReLUs: Int, tapsAttack: PGDSettings,
    seed: UInt64
  ) {
    self.pgd = pgd
    self.sabrLambda = sabrLambda
    self.sabrAttack = sabrAttack
    self.tapsReLUs = tapsReLUs
    self.tapsAttack = tapsAttack
    self.seed = seed
  }
}

/// Makes the estimates of one sample.
public struct MarginEstimator: Sendable {
  private let network: Network
  private let region: Region
  private let label: Int
  private let sample: Int
  private let settings: EstimateSettings

  /// An estimator for one question.
  ///
  /// - Parameter sample: the sample's index, which selects the attacks' random numbers.
  public init(network: Network, region: Region, label: Int, sample: Int, settings: EstimateSettings = .study) {
    self.network = network
    self.region = region
    self.label = label
    self.sample = sample
    self.settings = settings
  }

  /// The worst-case margin, max over i ≠ y of o_i − o_y, as one method estimates it.
  public func estimate(_ method: MarginEstimate) -> Double {
    switch method {
    case .ibp: bound(.ibp, on: RegionBounds(of: network, over: region.outer))
    case .crownIBP: bound(.crownIBP, on: RegionBounds(of: network, over: region.outer))
    case .crown: bound(.crown, on: refinedBounds())
    case .alphaCROWN: bound(.alphaCROWN, on: refinedBounds())
    case .zonotope: bound(.zonotope, on: RegionBounds(of: network, over: region.outer))
    case .sabr: smallBox().map { bound(.ibp, on: RegionBounds(of: network, over: $0)) } ?? .infinity
    case .taps: latentAttack(over: region.outer)
    case .staps: smallBox().map(latentAttack) ?? .infinity
    case .pgd: attack(stopping: false)
    case .stoppingPGD: attack(stopping: true)
    }
  }

  private var margins: LinearRows {
    let classes = (0..<network.outputCount).filter { $0 != label }
    return .margins(of: classes, label: label, outputs: network.outputCount)
  }

  private func stream(_ method: MarginEstimate) -> RandomStream {
    RandomStream(seed: settings.seed, purpose: "estimate \(method.rawValue)", index: sample)
  }

  private func bound(_ method: BoundMethod, on bounds: RegionBounds) -> Double {
    bounds.upperBounds(of: margins, by: method).max() ?? -.infinity
  }

  private func refinedBounds() -> RegionBounds {
    var bounds = RegionBounds(of: network, over: region.outer)
    bounds.refine()
    return bounds
  }

  private func attack(stopping: Bool) -> Double {
    // Both begin at the same points.
    var stream = stream(.pgd)
    let replay = Replay(network: network, region: region, label: label)
    return PGD(settings.pgd).attack(
      network, over: region, label: label, losses: [.margin], stopping: stopping, using: &stream
    ).compactMap { replay.confirm($0.input)?.margin }.max() ?? -.infinity
  }

  /// SABR's box: attack the whole region, shrink the box to λ of each half width, move it around the attack's point but
  /// inside the region; nil if the attack found no point with finite outputs.
  ///
  /// - Source: Müller et al. 2023; per-coordinate widths as in the code of TAPS.
  private func smallBox() -> Box? {
    var stream = stream(.sabr)
    let found = PGD(settings.sabrAttack).attack(
      network, over: region, label: label, losses: [.crossEntropy], using: &stream)
    guard let point = found.first?.input else { return nil }
    let box = region.outer
    var lower = box.lower
    var upper = box.upper
    for i in 0..<box.count {
      let reach = settings.sabrLambda * (box.upper[i] - box.lower[i]) / 2
      let centre = min(max(point[i], box.lower[i] + reach), box.upper[i] - reach)
      lower[i] = max(box.lower[i], min(centre - reach, centre))
      upper[i] = min(box.upper[i], max(centre + reach, centre))
    }
    return Box(lower: lower, upper: upper)
  }

  /// TAPS on a box of inputs: the box of the split's activation by IBP, then for each class an attack on its margin
  /// inside that box.
  ///
  /// - Source: Mao et al. 2023, section 3, multi-estimator variant.
  private func latentAttack(over inputs: Box) -> Double {
    let activations = network.activationNodes
    let cut = activations.count > settings.tapsReLUs ? activations[activations.count - 1 - settings.tapsReLUs] : nil
    let node = cut?.id ?? NodeID(0)
    // Where branches pass the split by, the last node that all of them pass is the input.
    let (classifier, latent) = network.suffix(after: node).map { ($0, node) } ?? (network, NodeID(0))
    let box = RegionBounds(of: network, over: inputs).boxes[latent.index]
    guard zip(box.lower, box.upper).allSatisfy({ $0.isFinite && $1.isFinite }) else { return .infinity }
    var stream = stream(.taps)
    let losses = (0..<network.outputCount).filter { $0 != label }.map(AttackLoss.marginOf)
    return PGD(settings.tapsAttack).attack(
      classifier, over: Region(box: box), label: label, losses: losses, using: &stream
    ).map(\.margin).max() ?? -.infinity
  }
}
