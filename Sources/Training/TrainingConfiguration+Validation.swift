extension TrainingConfiguration {
  /// Refuses values that make no sense.
  ///
  /// - Throws: ``ConfigurationError/outOfRange(key:value:reason:)`` for the first of them.
  public func validate() throws(ConfigurationError) {
    func require(_ holds: Bool, _ key: CodingKeys, _ value: Any, _ reason: String) throws(ConfigurationError) {
      guard holds else { throw .outOfRange(key: key.rawValue, value: "\(value)", reason: reason) }
    }
    try architecture.validate(widths: widths, batchNorm: batchNorm)
    if let widths {
      try require(widths.allSatisfy { $0 > 0 }, .widths, widths, "must be positive")
      if let count = architecture.widthCount {
        try require(
          widths.count == count, .widths, widths,
          "\(architecture.name) has \(count), for example \(architecture.usualWidths)")
      }
    }
    try require(means.count == deviations.count, .deviations, deviations, "must be as many as means")
    try require(means.allSatisfy(\.isFinite), .means, means, "must be finite")
    try require(
      deviations.allSatisfy { $0 > 0 && $0.isFinite }, .deviations, deviations, "must be positive")
    try require(epsilon >= 0 && epsilon <= 1, .epsilon, epsilon, "must lie in 0...1")
    if let trainingEpsilon {
      try require(trainingEpsilon >= 0 && trainingEpsilon <= 1, .trainingEpsilon, trainingEpsilon, "must lie in 0...1")
    }
    if let augmentationPad {
      try require((0...64).contains(augmentationPad), .augmentationPad, augmentationPad, "must lie in 0...64")
    }
    try require((1...100_000).contains(epochs), .epochs, epochs, "must lie in 1...100000")
    try require((1...65_536).contains(batchSize), .batchSize, batchSize, "must lie in 1...65536")
    if let microBatch {
      try require((1...batchSize).contains(microBatch), .microBatch, microBatch, "must lie in 1...batch-size")
    }
    try require((0...100_000).contains(naturalEpochs), .naturalEpochs, naturalEpochs, "must lie in 0...100000")
    try require((0...100_000).contains(rampEpochs), .rampEpochs, rampEpochs, "must lie in 0...100000")
    let growing = method == .standard ? 0 : naturalEpochs + rampEpochs
    try require(
      growing <= epochs && (method == .standard || naturalEpochs < epochs), .epochs, epochs,
      "must be natural-epochs and ramp-epochs at least, \(growing) together, for the radius to be reached")
    try require(
      resolvedSelection == .last || growing < epochs, .epochs, epochs,
      "must be more than natural-epochs and ramp-epochs, \(growing) together, for selection among the epochs at the "
        + "full radius: shorten the ramp, or set selection to last")
    for (key, value) in [(CodingKeys.naturalWeightStart, naturalWeightStart), (.naturalWeight, naturalWeight)] {
      try require(value >= 0 && value <= 1, key, value, "must lie in 0...1")
    }
    try require(regulariser >= 0 && regulariser.isFinite, .regulariser, regulariser, "must not be negative")
    try require(l1 >= 0 && l1.isFinite, .l1, l1, "must not be negative")
    try require(lambda > 0 && lambda <= 1, .lambda, lambda, "must lie in 0 < lambda <= 1")
    try require(reluShrinkage > 0 && reluShrinkage <= 1, .reluShrinkage, reluShrinkage, "must lie in 0 < factor <= 1")
    for (key, value) in [(CodingKeys.boxShare, boxShare), (.connector, connector), (.crownShare, crownShare)] {
      try require(value >= 0 && value <= 1, key, value, "must lie in 0...1")
    }
    try require(
      stabilityWeight >= 0 && stabilityWeight.isFinite, .stabilityWeight, stabilityWeight, "must not be negative")
    try require((0...1000).contains(classifierReLUs), .classifierReLUs, classifierReLUs, "must not be negative")
    try require(tapsWeight >= 0 && tapsWeight.isFinite, .tapsWeight, tapsWeight, "must not be negative")
    try require(latentDecay > 0 && latentDecay <= 1, .latentDecay, latentDecay, "must lie in 0 < factor <= 1")
    for (key, value) in [(CodingKeys.latentSteps, latentSteps), (.attackSteps, attackSteps)] {
      try require((1...100_000).contains(value), key, value, "must lie in 1...100000")
    }
    for (key, value) in [(CodingKeys.latentRestarts, latentRestarts), (.attackRestarts, attackRestarts)] {
      try require((1...1000).contains(value), key, value, "must lie in 1...1000")
    }
    if let attackStep {
      try require(attackStep > 0 && attackStep <= 2, .attackStep, attackStep, "must lie in 0 < step <= 2")
    }
    try require(attackRadius > 0 && attackRadius <= 100, .attackRadius, attackRadius, "must lie in 0 < factor <= 100")
    try require(learningRate > 0 && learningRate <= 1, .learningRate, learningRate, "must lie in 0 < rate <= 1")
    try require(
      learningRateMilestones.allSatisfy { $0 >= 0 }, .learningRateMilestones, learningRateMilestones,
      "must not be negative")
    try require(
      learningRateDecay > 0 && learningRateDecay <= 1, .learningRateDecay, learningRateDecay,
      "must lie in 0 < factor <= 1")
    try require(gradientClip > 0 && gradientClip.isFinite, .gradientClip, gradientClip, "must be positive and finite")
    if let averageFrom {
      try require((0..<epochs).contains(averageFrom), .averageFrom, averageFrom, "must be one of the epochs from 0")
      try require(
        averageFrom >= growing, .averageFrom, averageFrom,
        "must be \(growing) at least: weights of before are of smaller radii")
      try require(
        selection == nil || selection == .last, .selection, selection?.rawValue ?? "",
        "with average-from the average is kept and no epoch chosen")
    }
    try require((1...1_000_000).contains(averageEvery), .averageEvery, averageEvery, "must be positive")
    try require(validation >= 0, .validation, validation, "must not be negative")
    try require(
      validation > 0 || selection == nil || selection == .last, .selection, selection?.rawValue ?? "",
      "needs images that are held out: set validation")
    try require((1...1024).contains(threads), .threads, threads, "must lie in 1...1024")
    try validateStages()
  }
}
