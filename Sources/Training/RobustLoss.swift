import Foundation

/// What the robust part of a training loss is made of.
///
/// There are at most four parts, three of them the mean over the batch of a cross-entropy: *adversarial*, at points
/// that an attack found; *box*, of the upper margins of interval propagation from the input box or a small box in it;
/// and *latent*, at points that an attack found in the box of an inner layer (TAPS) or in a zonotope there (COLT). The
/// fourth, *stability*, is the mean of a ``StabilityPenalty``. A ``Combination`` makes one number of them.
struct RobustLoss: Hashable, Sendable {
  /// How the parts become one loss.
  var combination = Combination.box
  /// The search for the adversarial point, where there is one.
  var attack: PointAttack.Settings?
  /// The share of the input box's half width that the box around the adversarial point has; nil for the whole input
  /// box (SABR's λ).
  var smallBox: Double?
  /// What the upper bounds of unstable ReLUs are multiplied by in the box part; 1 is sound.
  var shrinkage: Float = 1
  /// The search in the box of an inner layer, where there is one.
  var latent: LatentAttack.Settings?
  /// How CROWN-IBP tightens the box part, where it does.
  var crown: CROWN?
  /// The search in the zonotopes behind a frozen prefix, where there is one. If the adversarial part counts, it is that
  /// of the previous stage's zonotope.
  var zonotope: ZonotopeAttack.Settings?
  /// The boundary below which layers are frozen: no part has a gradient with respect to them.
  var trainedFrom = 0
  /// The layers among which the boxes that ReLUs read are penalised; the penalty has no gradient below them.
  var stability: Range<Int>?

  /// CROWN-IBP in the box part.
  struct CROWN: Hashable, Sendable {
    /// Whether the loss is bounded in one row an image (``FusedLoss``) rather than the margins one by one
    /// (``CROWNMargins``).
    var isFused: Bool
    /// CROWN's share β in the bound, the rest being IBP's.
    var beta: Float
  }

  /// Cross-entropy of the interval bound over the whole box (Gowal et al. 2018).
  static let box = RobustLoss()

  /// Whether boxes are propagated for margins.
  var needsBox: Bool {
    switch combination {
    case .adversarial, .penalised: false
    case .box, .latent, .product, .sum, .powers, .margins: true
    }
  }

  /// Whether the box part is the interval loss, rather than that of mixed margins.
  var hasBoxLoss: Bool {
    switch combination {
    case .adversarial, .margins, .penalised: false
    case .box, .latent, .product, .sum, .powers: true
    }
  }

  /// Whether the adversarial points' own loss counts, rather than where they are.
  var needsAdversarialLoss: Bool {
    switch combination {
    case .adversarial, .sum, .powers, .margins: true
    case .penalised(let latentShare, _): latentShare < 1
    case .box, .latent, .product: false
    }
  }

  /// Whether there is a latent part.
  var hasLatentLoss: Bool { latent != nil || zonotope != nil }

  /// Multiplies the penalty's weight.
  mutating func scalePenalty(by factor: Double) {
    guard case .penalised(let latentShare, let penalty) = combination else { return }
    combination = .penalised(latentShare: latentShare, penalty: penalty * factor)
  }

  /// One number for each part.
  struct Parts: Hashable, Sendable {
    var adversarial = 0.0
    var box = 0.0
    var latent = 0.0
    var stability = 0.0

    /// Multiplies all parts by a number.
    mutating func scale(by factor: Double) {
      adversarial *= factor
      box *= factor
      latent *= factor
      stability *= factor
    }
  }

  /// How the parts' means over a batch become one loss.
  enum Combination: Hashable, Sendable {
    /// The adversarial part alone (Madry et al. 2018).
    case adversarial
    /// The box part alone: IBP, and SABR where the box is small.
    case box
    /// The latent part alone.
    case latent
    /// `latent · box`, differentiated as `k·(w·box·∇latent + latent·∇box)`: the factors' gradients are weighted (Mao et
    /// al. 2023, section 3.4).
    case product(weight: Double, scaling: TrainingConfiguration.TAPSScaling)
    /// `a·box + (1 − a)·adversarial` (MTL-IBP, De Palma et al. 2024).
    case sum(boxShare: Double)
    /// `boxᵃ · adversarial¹⁻ᵃ` (EXP-IBP, the same).
    case powers(boxShare: Double)
    /// The cross-entropy of the margins `a·m_box + (1 − a)·m_adversarial`, which stands in the box part (CC-IBP, the
    /// same).
    case margins(boxShare: Double)
    /// `s·latent + (1 − s)·adversarial + penalty·stability`: a stage of COLT while it replaces the one before
    /// (Balunović and Vechev 2020), and IBP-R with s = 0 (De Palma et al. 2022).
    case penalised(latentShare: Double, penalty: Double)

    /// The loss for parts of the given values, and what each part's gradient is multiplied by.
    func evaluate(_ parts: Parts) -> (value: Double, weights: Parts) {
      switch self {
      case .adversarial: return (parts.adversarial, Parts(adversarial: 1))
      case .box, .margins: return (parts.box, Parts(box: 1))
      case .latent: return (parts.latent, Parts(latent: 1))
      case .product(let weight, let scaling):
        let scale = scaling == .paper ? 2 / (1 + weight) : 1
        return (
          parts.latent * parts.box, Parts(box: scale * parts.latent, latent: scale * weight * parts.box)
        )
      case .sum(let share):
        return (
          share * parts.box + (1 - share) * parts.adversarial, Parts(adversarial: 1 - share, box: share)
        )
      case .powers(let share):
        // A power's derivative has no bound at zero: below the resolution of single precision a part counts as there.
        let box = max(parts.box, 1e-7)
        let adversarial = max(parts.adversarial, 1e-7)
        let value = pow(box, share) * pow(adversarial, 1 - share)
        return (value, Parts(adversarial: (1 - share) * value / adversarial, box: share * value / box))
      case .penalised(let share, let penalty):
        return (
          share * parts.latent + (1 - share) * parts.adversarial + penalty * parts.stability,
          Parts(adversarial: 1 - share, latent: share, stability: penalty)
        )
      }
    }
  }
}
