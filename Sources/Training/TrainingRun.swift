import Tensors

/// A training run in progress.
final class TrainingRun {
  let trainer: Trainer
  let parameters: Parameters
  private let adam: Adam
  private let gradient: BatchGradient
  private let evaluator: Evaluator
  private var average: WeightAverage
  private var best: BestEpoch
  private var statistics: [Float]
  private var step: Int
  private(set) var history: [EpochSummary]

  init(_ trainer: Trainer, from state: TrainingState) {
    self.trainer = trainer
    let workers = Workers(count: trainer.configuration.threads)
    parameters = Parameters(state.parameters)
    adam = Adam(count: parameters.count, workers: workers)
    adam.firstMoments.copy(state.firstMoments)
    adam.secondMoments.copy(state.secondMoments)
    gradient = BatchGradient(
      stack: trainer.stack, batchSize: min(trainer.configuration.batchSize, trainer.training.count),
      microBatch: trainer.configuration.microBatch, workers: workers, loss: trainer.finalLoss ?? .box)
    evaluator = trainer.evaluator
    average = WeightAverage(mean: state.average, count: state.averageCount)
    best = BestEpoch(parameters: state.best, epoch: state.bestEpoch, score: state.bestScore)
    statistics = state.statistics
    step = state.finishedSteps
    history = state.history
  }

  func state(finishedEpochs: Int) -> TrainingState {
    TrainingState(
      finishedEpochs: finishedEpochs, finishedSteps: step, parameters: parameters.values.values,
      firstMoments: adam.firstMoments.values, secondMoments: adam.secondMoments.values, statistics: statistics,
      average: average.mean,
      averageCount: average.count, best: best.parameters, bestEpoch: best.epoch, bestScore: best.score,
      history: history)
  }

  /// The trained numbers and statistics of the network that is kept, and the epoch that they are from where it is one
  /// epoch's.
  var result: (parameters: [Float], epoch: Int?) {
    if average.count > 0 {
      // Averaged weights have statistics of their own.
      let own = gradient.populationStatistics(
        trainer.training, batches: batches(epoch: 0), parameters: Parameters(average.mean)
      ) { trainer.augmentation(atStep: $0) }
      return (average.mean + own, nil)
    }
    if !best.parameters.isEmpty { return (best.parameters, best.epoch) }
    return (parameters.values.values + statistics, history.last?.epoch)
  }

  /// The batches of an epoch, in an order of its own.
  private func batches(epoch: Int) -> [[Int]] {
    var order = Array(0..<trainer.training.count)
    var stream = RandomStream(seed: trainer.configuration.seed, purpose: "order of images", index: epoch)
    stream.shuffle(&order)
    let size = trainer.configuration.batchSize
    return stride(from: 0, to: order.count, by: size).map { Array(order[$0..<min($0 + size, order.count)]) }
  }

  /// Trains and judges one epoch, and tells of its batches.
  func epoch(
    _ epoch: Int, isCancelled: () -> Bool, onEvent: (TrainingEvent) -> Void
  ) throws(TrainingError) -> EpochSummary {
    let configuration = trainer.configuration
    let set = trainer.training
    let started = ContinuousClock.now
    let batches = batches(epoch: epoch)
    let rate = StepDecay(
      initial: configuration.learningRate, factor: configuration.learningRateDecay,
      milestones: configuration.learningRateMilestones
    ).rate(inEpoch: epoch)
    // A stage is a training of its own, of the layers that it leaves free.
    let stageStart = trainer.stages.map { $0.firstEpoch(ofStage: $0.stage(ofEpoch: epoch)) } ?? 0
    if trainer.stages != nil, stageStart == epoch { adam.restart() }
    let stepsBefore = stageStart * trainer.stepsPerEpoch
    var means = EpochMeans()
    var done = 0
    for indices in batches {
      guard !isCancelled() else { throw .cancelled(epoch: epoch + 1) }
      let objective = trainer.objective(atStep: step)
      let result = gradient.evaluate(set, indices: indices, parameters: parameters, objective: objective)
      guard result.isFinite else { throw .diverged(epoch: epoch + 1) }
      step += 1
      let norm = adam.step(
        parameters, gradient: gradient.total, rate: rate, number: step - stepsBefore,
        largestNorm: configuration.gradientClip, from: trainer.stack.offsets[objective.robust.trainedFrom])
      guard norm.isFinite else { throw .diverged(epoch: epoch + 1) }
      means.add(result, of: objective, count: indices.count, norm: norm)
      if let from = configuration.averageFrom, epoch >= from, step.isMultiple(of: configuration.averageEvery) {
        average.add(parameters.values)
      }
      done += indices.count
      onEvent(.batch(epoch: epoch + 1, done: done, of: set.count))
    }
    let firstStep = step - batches.count
    statistics = gradient.populationStatistics(set, batches: batches, parameters: parameters) {
      trainer.augmentation(atStep: firstStep + $0)
    }
    let trained = ContinuousClock.now
    // Before the radius and the last stage are reached an epoch answers another question, and is not kept.
    let isCandidate =
      (trainer.finalLoss == nil || step >= trainer.radiusSchedule.end) && trainer.stages?.isLast(epoch: epoch) ?? true
    let decides = isCandidate && configuration.resolvedSelection == .taps
    let evaluation = trainer.validation.map {
      evaluator.evaluate(
        $0, parameters: parameters, statistics: statistics, epsilon: configuration.epsilon,
        latentImages: decides ? .max : 512)
    }
    if let evaluation, isCandidate {
      best.offer(
        parameters.values.values + statistics, epoch: epoch + 1,
        score: configuration.resolvedSelection.score(of: evaluation))
    }
    let summary = means.summary(
      epoch: epoch + 1, rate: rate, evaluation: evaluation, trainingSeconds: (trained - started) / .seconds(1),
      evaluationSeconds: (ContinuousClock.now - trained) / .seconds(1))
    history.append(summary)
    return summary
  }
}

/// The mean of weight vectors along a run (Izmailov et al., *Averaging Weights Leads to Wider Optima*, UAI 2018).
private struct WeightAverage {
  private(set) var mean: [Float]
  private(set) var count: Int

  init(mean: [Float], count: Int) {
    self.mean = mean
    self.count = count
  }

  mutating func add(_ weights: FloatBuffer) {
    count += 1
    if count == 1 {
      mean = weights.values
    } else {
      let share = 1 / Float(count)
      for i in mean.indices { mean[i] += (weights.pointer[i] - mean[i]) * share }
    }
  }
}

/// The network of the epoch with the highest score, the later of equals.
private struct BestEpoch {
  private(set) var parameters: [Float]
  private(set) var epoch: Int
  private(set) var score: Double

  init(parameters: [Float], epoch: Int, score: Double) {
    self.parameters = parameters
    self.epoch = epoch
    self.score = score
  }

  mutating func offer(_ candidate: [Float], epoch: Int, score: Double?) {
    guard let score, score >= self.score else { return }
    parameters = candidate
    self.epoch = epoch
    self.score = score
  }
}

extension TrainingConfiguration.Selection {
  /// What a network is chosen by; nil if it is not.
  fileprivate func score(of evaluation: TrainingEvaluation) -> Double? {
    switch self {
    case .last: nil
    case .natural: evaluation.naturalAccuracy
    case .pgd: evaluation.attackedAccuracy
    case .ibp: evaluation.verifiedAccuracy
    case .taps: evaluation.latentAccuracy
    }
  }
}

/// The means of an epoch's losses.
private struct EpochMeans {
  /// The mean of sums over several batches; nil where there were none.
  private struct Mean {
    private var sum = 0.0
    private var count = 0

    mutating func add(_ sum: Double, count: Int) {
      self.sum += sum
      self.count += count
    }

    var value: Double? { count > 0 ? sum / Double(count) : nil }
  }

  private var natural = Mean()
  private var robust = Mean()
  private var adversarial = Mean()
  private var box = Mean()
  private var latent = Mean()
  private var stability = Mean()
  private var regulariser = Mean()
  private var largestNorm = 0.0
  private var epsilon = 0.0

  mutating func add(
    _ result: BatchGradient.Result, of objective: BatchGradient.Objective, count: Int, norm: Double
  ) {
    largestNorm = max(largestNorm, norm)
    epsilon = objective.epsilon
    if objective.naturalWeight > 0 { natural.add(result.natural.loss, count: count) }
    if objective.regulariserWeight > 0, objective.robust.needsBox { regulariser.add(result.regulariser, count: 1) }
    guard objective.robustWeight > 0 else { return }
    robust.add(result.robustLoss * Double(count), count: count)
    if objective.robust.needsAdversarialLoss { adversarial.add(result.robust.adversarial.loss, count: count) }
    if objective.robust.hasBoxLoss { box.add(result.robust.box.loss, count: count) }
    if objective.robust.hasLatentLoss { latent.add(result.robust.latent.loss, count: count) }
    if objective.robust.stability != nil { stability.add(result.robust.stability, count: count) }
  }

  func summary(
    epoch: Int, rate: Double, evaluation: TrainingEvaluation?, trainingSeconds: Double, evaluationSeconds: Double
  ) -> EpochSummary {
    EpochSummary(
      epoch: epoch, epsilon: epsilon, learningRate: rate, naturalLoss: natural.value, robustLoss: robust.value,
      adversarialLoss: adversarial.value, boxLoss: box.value, latentLoss: latent.value, stability: stability.value,
      regulariser: regulariser.value, gradientNorm: largestNorm, evaluation: evaluation,
      trainingSeconds: trainingSeconds, evaluationSeconds: evaluationSeconds)
  }
}
