import Yams

extension TrainingConfiguration {
  /// Each setting by its key as a file has it, on one line; what is left out has no entry.
  var settings: [String: String] {
    func line(_ node: Node) -> String {
      switch node {
      case .scalar(let scalar):
        // Numbers as people write them: the encoder has 5e-4.
        if Int(scalar.string) == nil, let number = Double(scalar.string) { return "\(number)" }
        return scalar.string
      case .sequence(let items): return "[\(items.map(line).joined(separator: ", "))]"
      case .mapping(let pairs): return "{\(pairs.map { "\(line($0)): \(line($1))" }.joined(separator: ", "))}"
      case .alias(let alias): return "\(alias.anchor)"
      }
    }
    // What a file can hold can be written: every setting is a number, a word or a list of them.
    guard let text = try? YAMLEncoder().encode(self), let pairs = (try? Yams.compose(yaml: text))?.mapping else {
      return [:]
    }
    return Dictionary(uniqueKeysWithValues: pairs.map { (line($0), line($1)) })
  }

  /// The keys of settings that differ from the default and that this method does not read: probably another one was
  /// meant.
  public var unreadSettings: [String] {
    let (own, usual) = (settings, TrainingConfiguration().settings)
    return CodingKeys.allCases.filter { !reads($0) && own[$0.rawValue] != usual[$0.rawValue] }.map(\.rawValue)
  }

  /// Whether a setting has a say in a run of this method.
  private func reads(_ key: CodingKeys) -> Bool {
    let hasBox: Bool
    let hasAttack: Bool
    let hasSmallBox: Bool
    let hasLatentLoss: Bool
    let isMixed: Bool
    (hasBox, hasAttack, hasSmallBox, hasLatentLoss, isMixed) =
      switch method {
      case .standard: (false, false, false, false, false)
      case .pgd, .ibpR, .colt: (false, true, false, false, false)
      case .ibp, .crownIBP: (true, false, false, false, false)
      case .sabr: (true, true, true, false, false)
      case .taps: (true, false, false, true, false)
      case .staps: (true, true, true, true, false)
      case .mtlIBP, .expIBP, .ccIBP: (true, true, false, false, true)
      }
    switch key {
    case .trainingEpsilon, .naturalEpochs, .rampEpochs, .ramp, .naturalWeightStart, .naturalWeight:
      return method != .standard
    case .regulariser: return hasBox
    case .reluShrinkage: return hasBox && method != .crownIBP
    case .lambda: return hasSmallBox
    case .boxShare: return isMixed
    case .crownShare, .crownFusion: return method == .crownIBP
    case .tapsWeight, .tapsScaling: return hasLatentLoss && tapsLoss == .product
    case .tapsLoss, .connector: return hasLatentLoss
    case .attackSteps, .attackRestarts, .attackStep, .attackLoss: return hasAttack
    case .attackRadius: return hasAttack && method != .colt
    case .stabilityWeight: return method == .ibpR || method == .colt
    case .stages, .stageEpochs, .mixingEpochs, .stageRadiusFactor: return method == .colt
    case .averageEvery: return averageFrom != nil
    // Each epoch is judged by an attack in a latent box, whatever the method.
    case .classifierReLUs, .latentSteps, .latentRestarts, .latentDecay, .estimator: return true
    case .dataset, .architecture, .widths, .batchNorm, .means, .deviations, .method, .epsilon, .augmentationPad,
      .epochs, .batchSize, .microBatch, .l1, .initialisation, .learningRate, .learningRateMilestones,
      .learningRateDecay, .gradientClip, .averageFrom, .validation, .selection, .seed, .threads:
      return true
    }
  }
}
