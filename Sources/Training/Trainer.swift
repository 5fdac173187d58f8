import Foundation
import Tensors

/// Trains one network on one data set.
///
/// The result depends on the configuration and the images alone: not on the number of threads, nor on whether
/// the run was interrupted and continued from a checkpoint.
public struct Trainer: Sendable {
  /// The settings.
  public let configuration: TrainingConfiguration
  /// The images trained on.
  public let training: TrainingSet
  /// The images that each epoch is judged by, if any.
  public let validation: TrainingSet?
  let stack: LayerStack

  /// A trainer.
  ///
  /// - Throws: ``ConfigurationError`` if a setting makes no sense, ``TrainingError`` if architecture and images
  ///   do not fit together.
  public init(configuration: TrainingConfiguration, training: TrainingSet, validation: TrainingSet? = nil) throws {
    try configuration.validate()
    if let validation {
      guard validation.shape == training.shape, validation.classCount == training.classCount else {
        throw TrainingError.unusableData(
          validation.name,
          reason: "\(validation.classCount) classes of shape \(validation.shape), but training has "
            + "\(training.classCount) of shape \(training.shape)")
      }
    }
    self.configuration = configuration
    self.training = training
    self.validation = validation
    stack = try configuration.architecture.stack(
      input: training.shape, classCount: training.classCount, widths: configuration.widths,
      means: configuration.means, deviations: configuration.deviations)
  }

  /// The number of trained weights and biases.
  public var parameterCount: Int { stack.parameterCount }

  private var stepsPerEpoch: Int { (training.count + configuration.batchSize - 1) / configuration.batchSize }

  /// How the radius grows.
  var radiusSchedule: RadiusSchedule {
    let start = configuration.naturalEpochs * stepsPerEpoch
    return RadiusSchedule(
      form: configuration.ramp, start: start, end: start + configuration.rampEpochs * stepsPerEpoch,
      target: configuration.epsilon)
  }

  /// The state before the first step.
  public func initialState() -> TrainingState {
    let method: Initialisation = configuration.method == .ibp ? .interval : .kaiming
    let parameters = (configuration.initialisation ?? method).parameters(of: stack, seed: configuration.seed)
    let zeros = [Float](repeating: 0, count: parameters.count)
    return TrainingState(
      finishedEpochs: 0, finishedSteps: 0, parameters: parameters, firstMoments: zeros, secondMoments: zeros,
      history: [])
  }

  /// Trains to the end of the last epoch.
  ///
  /// - Parameters:
  ///   - checkpoint: where the state is written after each epoch and, if the file is there, read from first.
  ///   - isCancelled: asked after each batch; once true, training stops.
  ///   - onEvent: called on this thread; should return quickly.
  /// - Throws: ``TrainingError``.
  public func train(
    checkpoint: URL? = nil, isCancelled: () -> Bool = { Task.isCancelled },
    onEvent: (TrainingEvent) -> Void = { _ in }
  ) throws(TrainingError) -> TrainedNetwork {
    var state = initialState()
    if let checkpoint, FileManager.default.fileExists(atPath: checkpoint.path) {
      state = try Checkpoint.read(checkpoint, for: self)
    }
    let run = Run(self, from: state)
    let reluUnits = stack.reluLayers.reduce(0) { $0 + stack.size(ofBoundary: $1) }
    onEvent(.started(parameters: parameterCount, reluUnits: reluUnits, finishedEpochs: state.finishedEpochs))
    for epoch in state.finishedEpochs..<max(state.finishedEpochs, configuration.epochs) {
      try run.epoch(epoch, isCancelled: isCancelled, onEvent: onEvent)
      if let checkpoint {
        try Checkpoint.write(run.state(finishedEpochs: epoch + 1), of: self, to: checkpoint)
        onEvent(.checkpoint(path: checkpoint.path, epoch: epoch + 1))
      }
    }
    return TrainedNetwork(
      configuration: configuration, history: run.history, parameters: run.parameters.values.values, stack: stack)
  }

  /// How a network trained by this trainer's settings does on a set of images, at any radius.
  public func evaluate(_ parameters: [Float], on set: TrainingSet, epsilon: Double) -> TrainingEvaluation {
    Evaluator(stack: stack, workers: Workers(count: configuration.threads))
      .evaluate(set, parameters: Parameters(parameters), epsilon: epsilon)
  }

  /// What is minimised at a step.
  func objective(atStep step: Int) -> BatchGradient.Objective {
    guard configuration.method == .ibp else { return BatchGradient.Objective() }
    let schedule = radiusSchedule
    let epsilon = schedule.radius(at: step)
    let progress = schedule.progress(at: step)
    let natural =
      configuration.naturalWeightStart + (configuration.naturalWeight - configuration.naturalWeightStart) * progress
    // The regulariser's weight falls to zero with the end of the ramp (Shi et al.'s code; their text has it rise).
    let left = step < schedule.end && schedule.target > 0 ? 1 - epsilon / schedule.target : 0
    return BatchGradient.Objective(
      naturalWeight: natural, robustWeight: 1 - natural, regulariserWeight: configuration.regulariser * left,
      epsilon: epsilon)
  }
}

/// A training run in progress.
private final class Run {
  let trainer: Trainer
  let parameters: Parameters
  let adam: Adam
  let gradient: BatchGradient
  let evaluator: Evaluator
  var step: Int
  var history: [EpochSummary]

  init(_ trainer: Trainer, from state: TrainingState) {
    self.trainer = trainer
    let workers = Workers(count: trainer.configuration.threads)
    parameters = Parameters(state.parameters)
    adam = Adam(count: parameters.count, workers: workers)
    adam.firstMoments.copy(state.firstMoments)
    adam.secondMoments.copy(state.secondMoments)
    gradient = BatchGradient(
      stack: trainer.stack, batchSize: min(trainer.configuration.batchSize, trainer.training.count), workers: workers)
    evaluator = Evaluator(stack: trainer.stack, workers: workers)
    step = state.finishedSteps
    history = state.history
  }

  func state(finishedEpochs: Int) -> TrainingState {
    TrainingState(
      finishedEpochs: finishedEpochs, finishedSteps: step, parameters: parameters.values.values,
      firstMoments: adam.firstMoments.values, secondMoments: adam.secondMoments.values, history: history)
  }

  func epoch(
    _ epoch: Int, isCancelled: () -> Bool, onEvent: (TrainingEvent) -> Void
  ) throws(TrainingError) {
    let configuration = trainer.configuration
    let set = trainer.training
    let started = ContinuousClock.now
    var order = Array(0..<set.count)
    var stream = RandomStream(seed: configuration.seed, purpose: "order of images", index: epoch)
    stream.shuffle(&order)
    let rate = StepDecay(
      initial: configuration.learningRate, factor: configuration.learningRateDecay,
      milestones: configuration.learningRateMilestones
    ).rate(inEpoch: epoch)
    var natural = Mean()
    var robust = Mean()
    var regulariser = Mean()
    var largestNorm = 0.0
    var epsilon = 0.0
    for start in stride(from: 0, to: set.count, by: configuration.batchSize) {
      guard !isCancelled() else { throw .cancelled(epoch: epoch + 1) }
      let indices = Array(order[start..<min(start + configuration.batchSize, set.count)])
      let objective = trainer.objective(atStep: step)
      let result = gradient.evaluate(set, indices: indices, parameters: parameters, objective: objective)
      guard result.natural.loss.isFinite, result.robust.loss.isFinite else { throw .diverged(epoch: epoch + 1) }
      step += 1
      let norm = adam.step(
        parameters, gradient: gradient.total, rate: rate, number: step, largestNorm: configuration.gradientClip)
      guard norm.isFinite else { throw .diverged(epoch: epoch + 1) }
      largestNorm = max(largestNorm, norm)
      epsilon = objective.epsilon
      if objective.naturalWeight > 0 { natural.add(result.natural.loss, count: indices.count) }
      if objective.robustWeight > 0 { robust.add(result.robust.loss, count: indices.count) }
      if objective.regulariserWeight > 0 { regulariser.add(result.regulariser, count: 1) }
      onEvent(.batch(epoch: epoch + 1, done: start + indices.count, of: set.count))
    }
    let trained = ContinuousClock.now
    let evaluation = trainer.validation.map {
      evaluator.evaluate($0, parameters: parameters, epsilon: configuration.epsilon)
    }
    let summary = EpochSummary(
      epoch: epoch + 1, epsilon: epsilon, learningRate: rate, naturalLoss: natural.value, robustLoss: robust.value,
      regulariser: regulariser.value, gradientNorm: largestNorm, evaluation: evaluation,
      trainingSeconds: (trained - started) / .seconds(1),
      evaluationSeconds: (ContinuousClock.now - trained) / .seconds(1))
    history.append(summary)
    onEvent(.epoch(summary))
  }

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
}
