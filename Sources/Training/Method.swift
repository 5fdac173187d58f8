extension TrainingConfiguration {
  /// The loss that is minimised.
  public enum Method: String, Codable, Sendable, CaseIterable {
    /// Cross-entropy at the images themselves.
    case standard
    /// Cross-entropy at points that an attack found (Madry et al. 2018).
    case pgd
    /// Cross-entropy of the interval bound's upper margins (Gowal et al. 2018, Shi et al. 2021).
    case ibp
    /// The same of CROWN-IBP's upper margins, which back-substitution tightens (Zhang et al. 2020).
    case crownIBP = "crown-ibp"
    /// Cross-entropy of the interval bound's upper margins over small boxes around points that an attack found (Müller
    /// et al. 2023).
    case sabr
    /// The product of the interval loss and the loss of an attack in an inner layer's box (Mao et al. 2023).
    case taps
    /// The same with SABR's small boxes (Mao et al. 2023).
    case staps
    /// `a·IBP + (1 − a)·PGD` (De Palma et al. 2024).
    case mtlIBP = "mtl-ibp"
    /// `IBPᵃ · PGD¹⁻ᵃ` (De Palma et al. 2024).
    case expIBP = "exp-ibp"
    /// Cross-entropy of `a` times IBP's margins and `1 − a` times PGD's (De Palma et al. 2024).
    case ccIBP = "cc-ibp"
    /// Cross-entropy at attacked points, and a penalty on the interval bounds of unstable ReLUs (De Palma et al. 2022).
    case ibpR = "ibp-r"
    /// Cross-entropy at points that an attack found in the zonotope behind a frozen prefix, which grows from stage to
    /// stage (Balunović and Vechev 2020).
    case colt
  }

  /// How the gradient of TAPS's product is scaled.
  public enum TAPSScaling: String, Codable, Sendable, CaseIterable {
    /// `2α·box·∇latent + 2(1 − α)·latent·∇box` with `w = α/(1 − α)`, as the paper has it: the product's own gradient at
    /// w = 1.
    case paper
    /// `w·box·∇latent + latent·∇box`, as the authors' code has it: (1 + w)/2 times that.
    case code
  }

  /// What TAPS minimises.
  public enum TAPSLoss: String, Codable, Sendable, CaseIterable {
    /// The product of latent and interval loss.
    case product
    /// The latent loss alone: the weight's limit at infinity.
    case latent
  }

  /// How many points TAPS searches for an image.
  public enum TAPSEstimator: String, Codable, Sendable, CaseIterable {
    /// One for each class but the label, on its margin.
    case multiple
    /// One on the cross-entropy, at which all margins are taken.
    case single
  }

  /// What the attack in the input box makes large.
  public enum AttackLoss: String, Codable, Sendable, CaseIterable {
    case crossEntropy = "cross-entropy"
    /// The largest of the other logits less the label's.
    case margin
  }

  /// Which epoch's network is kept, of those trained at the full radius.
  public enum Selection: String, Codable, Sendable, CaseIterable {
    /// The last epoch's, or the average.
    case last
    /// The one of the highest accuracy on held-out images, at the images themselves.
    case natural
    /// The same, at points that an attack found.
    case pgd
    /// The same, of the interval bound.
    case ibp
    /// The same, at points that an attack found in an inner layer's box.
    case taps
  }
}
