/// The stages of COLT: how many, and when each begins.
///
/// Stage k freezes the first k blocks, each an affine layer up to its ReLU; stage 0 freezes none. Over its first
/// epochs, from stage 1 on, a stage's loss takes over from the one of the stage before.
struct StagePlan: Hashable, Sendable {
  /// How many stages there are.
  let count: Int
  /// Epochs of each stage; the last one lasts as long as the run.
  let epochs: Int
  /// Epochs over which a stage takes over.
  let mixingEpochs: Int

  /// The stage of an epoch, counted from 0.
  func stage(ofEpoch epoch: Int) -> Int { min(epoch / epochs, count - 1) }

  /// The first epoch of a stage.
  func firstEpoch(ofStage stage: Int) -> Int { stage * epochs }

  /// Whether no stage follows an epoch's.
  func isLast(epoch: Int) -> Bool { stage(ofEpoch: epoch) == count - 1 }

  /// The share that an epoch's stage has in the loss at a step; the rest is the stage's before.
  func share(atStep step: Int, stepsPerEpoch: Int) -> Double {
    let stage = stage(ofEpoch: step / stepsPerEpoch)
    let steps = mixingEpochs * stepsPerEpoch
    guard stage > 0, steps > 0 else { return 1 }
    return min(1, Double(step - firstEpoch(ofStage: stage) * stepsPerEpoch + 1) / Double(steps))
  }
}

extension TrainingConfiguration {
  /// The stages; nil for methods that have none.
  var stagePlan: StagePlan? {
    guard method == .colt else { return nil }
    // Left out, the last stage trains one ReLU layer and the layer behind it, as the authors do.
    let count = stages ?? max(1, reluLayerCount)
    let epochs = stageEpochs ?? max(1, epochs / count)
    // The authors mix for 60 of 200 epochs.
    return StagePlan(count: count, epochs: epochs, mixingEpochs: mixingEpochs ?? epochs * 3 / 10)
  }

  /// How many ReLU layers the network has.
  private var reluLayerCount: Int {
    switch architecture {
    case .family(let family): (widths ?? family.usualWidths).count
    case .layers(let layers): layers.count { $0 == .relu }
    }
  }

  /// Refuses stages that make no sense.
  func validateStages() throws(ConfigurationError) {
    func require(_ holds: Bool, _ key: CodingKeys, _ value: Any, _ reason: String) throws(ConfigurationError) {
      guard holds else { throw .outOfRange(key: key.rawValue, value: "\(value)", reason: reason) }
    }
    if let stages { try require((1...1000).contains(stages), .stages, stages, "must lie in 1...1000") }
    if let stageEpochs {
      try require((1...100_000).contains(stageEpochs), .stageEpochs, stageEpochs, "must lie in 1...100000")
    }
    if let mixingEpochs {
      try require((0...100_000).contains(mixingEpochs), .mixingEpochs, mixingEpochs, "must lie in 0...100000")
    }
    try require(
      stageRadiusFactor >= 1 && stageRadiusFactor <= 10, .stageRadiusFactor, stageRadiusFactor, "must lie in 1...10")
    guard let plan = stagePlan else { return }
    try require(
      plan.count <= reluLayerCount + 1, .stages, plan.count,
      "must be at most \(reluLayerCount + 1): each freezes one block more than the one before, and "
        + "\(architecture.name) has \(reluLayerCount) ReLU layers")
    try require(
      plan.count == 1 || naturalEpochs + rampEpochs <= plan.epochs, .rampEpochs, rampEpochs,
      "must be, with natural-epochs, at most the epochs of a stage, \(plan.epochs): the block that is frozen first would "
        + "never see the whole radius; set stage-epochs or epochs, or a shorter ramp")
    try require(
      plan.mixingEpochs <= plan.epochs, .mixingEpochs, plan.mixingEpochs,
      "must be at most the epochs of a stage, \(plan.epochs)")
    let last = plan.firstEpoch(ofStage: plan.count - 1)
    try require(
      last < epochs, .epochs, epochs,
      "must be more than \(last), the epochs of the \(plan.count - 1) stages before the last: set stages or "
        + "stage-epochs")
    if let averageFrom {
      try require(
        averageFrom >= last, .averageFrom, averageFrom,
        "must be at least \(last), where the last stage begins: before, other layers are frozen")
    }
  }

  /// The loss of a stage.
  ///
  /// - Parameters:
  ///   - share: the stage's own; the stage before has the rest.
  ///   - attack: the search in zonotopes.
  func loss(
    ofStage stage: Int, share: Double, plan: StagePlan, stack: LayerStack, attack: PointAttack.Settings
  ) -> RobustLoss {
    let relus = stack.reluLayers
    let boundary = stack.boundary(beforeLast: relus.count - stage)
    let previous = stage > 0 && share < 1 ? stack.boundary(beforeLast: relus.count - stage + 1) : nil
    // The block that the next stage freezes is the one whose units should be stable.
    let penalised = stage + 1 < plan.count ? boundary..<relus[stage] + 1 : nil
    return RobustLoss(
      combination: .penalised(latentShare: previous == nil ? 1 : share, penalty: stabilityWeight * share),
      zonotope: ZonotopeAttack.Settings(boundary: boundary, previous: previous, attack: attack),
      trainedFrom: boundary, stability: penalised)
  }
}
