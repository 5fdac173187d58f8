extension TrainingConfiguration {
  enum CodingKeys: String, CodingKey, CaseIterable {
    case dataset, architecture, widths, means, deviations, method, epsilon, epochs, ramp, regulariser
    case initialisation, seed, threads, l1, lambda, connector, estimator, validation, selection, stages
    case batchNorm = "batch-norm"
    case augmentationPad = "augmentation-pad"
    case trainingEpsilon = "training-epsilon"
    case reluShrinkage = "relu-shrinkage"
    case boxShare = "box-share"
    case crownShare = "crown-share"
    case crownFusion = "crown-fusion"
    case stabilityWeight = "stability-weight"
    case stageEpochs = "stage-epochs"
    case mixingEpochs = "mixing-epochs"
    case stageRadiusFactor = "stage-radius-factor"
    case classifierReLUs = "classifier-relus"
    case tapsWeight = "taps-weight"
    case tapsScaling = "taps-scaling"
    case tapsLoss = "taps-loss"
    case latentSteps = "latent-steps"
    case latentRestarts = "latent-restarts"
    case latentDecay = "latent-decay"
    case attackSteps = "attack-steps"
    case attackRestarts = "attack-restarts"
    case attackStep = "attack-step"
    case attackLoss = "attack-loss"
    case attackRadius = "attack-radius"
    case averageFrom = "average-from"
    case averageEvery = "average-every"
    case batchSize = "batch-size"
    case microBatch = "micro-batch"
    case naturalEpochs = "natural-epochs"
    case rampEpochs = "ramp-epochs"
    case naturalWeightStart = "natural-weight-start"
    case naturalWeight = "natural-weight"
    case learningRate = "learning-rate"
    case learningRateMilestones = "learning-rate-milestones"
    case learningRateDecay = "learning-rate-decay"
    case gradientClip = "gradient-clip"
  }

  /// Reads what is there; the rest keeps its default.
  public init(from decoder: any Decoder) throws {
    try self.init(from: decoder, over: TrainingConfiguration())
  }

  /// Reads what is there over a base.
  init(from decoder: any Decoder, over base: TrainingConfiguration) throws {
    self = base
    let keys = try decoder.container(keyedBy: CodingKeys.self)
    func read<Value: Decodable>(_ key: CodingKeys, _ value: inout Value) throws {
      if let found = try keys.decodeIfPresent(Value.self, forKey: key) { value = found }
    }
    func choice<Value: RawRepresentable<String> & CaseIterable>(_ key: CodingKeys) throws -> Value? {
      guard let name = try keys.decodeIfPresent(String.self, forKey: key) else { return nil }
      guard let found = Value(rawValue: name) else {
        let known = Value.allCases.map(\.rawValue).joined(separator: ", ")
        throw DecodingError.dataCorruptedError(
          forKey: key, in: keys, debugDescription: "there is no \(name); known are \(known)")
      }
      return found
    }
    func read<Value: Decodable & RawRepresentable<String> & CaseIterable>(
      _ key: CodingKeys, _ value: inout Value
    ) throws {
      if let found: Value = try choice(key) { value = found }
    }
    func readOptional<Value: Decodable & RawRepresentable<String> & CaseIterable>(
      _ key: CodingKeys, _ value: inout Value?
    ) throws {
      if let found: Value = try choice(key) { value = found }
    }
    func readOptional<Value: Decodable>(_ key: CodingKeys, _ value: inout Value?) throws {
      if let found = try keys.decodeIfPresent(Value.self, forKey: key) { value = found }
    }
    try read(.dataset, &dataset)
    try read(.architecture, &architecture)
    // Widths belong to an architecture; a list of layers says itself where batch normalisations lie.
    if architecture != base.architecture {
      widths = nil
      if case .layers = architecture { batchNorm = false }
    }
    try readOptional(.widths, &widths)
    try read(.batchNorm, &batchNorm)
    try read(.means, &means)
    try read(.deviations, &deviations)
    try read(.method, &method)
    if let radius = try keys.decodeIfPresent(FractionOrNumber.self, forKey: .epsilon) { epsilon = radius.value }
    if let radius = try keys.decodeIfPresent(FractionOrNumber.self, forKey: .trainingEpsilon) {
      trainingEpsilon = radius.value
    }
    try readOptional(.augmentationPad, &augmentationPad)
    try read(.epochs, &epochs)
    try read(.batchSize, &batchSize)
    try readOptional(.microBatch, &microBatch)
    try read(.naturalEpochs, &naturalEpochs)
    try read(.rampEpochs, &rampEpochs)
    try read(.ramp, &ramp)
    try read(.naturalWeightStart, &naturalWeightStart)
    try read(.naturalWeight, &naturalWeight)
    try read(.regulariser, &regulariser)
    try read(.l1, &l1)
    try read(.lambda, &lambda)
    try read(.reluShrinkage, &reluShrinkage)
    try read(.boxShare, &boxShare)
    try read(.crownShare, &crownShare)
    try read(.crownFusion, &crownFusion)
    try read(.stabilityWeight, &stabilityWeight)
    try readOptional(.stages, &stages)
    try readOptional(.stageEpochs, &stageEpochs)
    try readOptional(.mixingEpochs, &mixingEpochs)
    try read(.stageRadiusFactor, &stageRadiusFactor)
    try read(.classifierReLUs, &classifierReLUs)
    try read(.tapsWeight, &tapsWeight)
    try read(.tapsScaling, &tapsScaling)
    try read(.tapsLoss, &tapsLoss)
    try read(.connector, &connector)
    try read(.estimator, &estimator)
    try read(.latentSteps, &latentSteps)
    try read(.latentRestarts, &latentRestarts)
    try read(.latentDecay, &latentDecay)
    try read(.attackSteps, &attackSteps)
    try read(.attackRestarts, &attackRestarts)
    try readOptional(.attackStep, &attackStep)
    try read(.attackLoss, &attackLoss)
    try read(.attackRadius, &attackRadius)
    try readOptional(.initialisation, &initialisation)
    try read(.learningRate, &learningRate)
    try read(.learningRateMilestones, &learningRateMilestones)
    try read(.learningRateDecay, &learningRateDecay)
    try read(.gradientClip, &gradientClip)
    try readOptional(.averageFrom, &averageFrom)
    try read(.averageEvery, &averageEvery)
    try read(.validation, &validation)
    try readOptional(.selection, &selection)
    try read(.seed, &seed)
    try read(.threads, &threads)
  }
}

/// A number written as such or as a fraction, `2/255`.
private struct FractionOrNumber: Decodable {
  let value: Double

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let number = try? container.decode(Double.self) {
      value = number
      return
    }
    let text = try container.decode(String.self)
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
      .map { Double($0.trimmingPrefix(while: \.isWhitespace)) }
    guard parts.count == 2, let top = parts[0], let bottom = parts[1], bottom != 0 else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "a number or a fraction such as 2/255")
    }
    value = top / bottom
  }
}
