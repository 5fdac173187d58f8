import Foundation
import Tensors

/// Trains one network on one data set.
///
/// The result depends on the configuration, the images and the processor's BLAS kernels: not on the number of threads,
/// nor on whether the run was interrupted and continued from a checkpoint.
public struct Trainer: Sendable {
  /// The settings.
  public let configuration: TrainingConfiguration
  /// The images trained on.
  public let training: TrainingSet
  /// The images that each epoch is judged by, if any.
  public let validation: TrainingSet?
  let stack: LayerStack
  /// The robust loss while the radius grows and after that; nil for methods that have none.
  let rampLoss, finalLoss: RobustLoss?
  /// The stages of the method, where it has any.
  let stages: StagePlan?

  /// A trainer.
  ///
  /// - Parameter memoryLimit: the bytes that training may take; by default the machine's, or less where the process's
  ///   control group allows less.
  /// - Throws: ``ConfigurationError`` if a setting makes no sense, ``TrainingError`` if architecture and images
  ///   do not fit together, or if training would take more memory than the limit.
  public init(
    configuration: TrainingConfiguration, training: TrainingSet, validation: TrainingSet? = nil,
    memoryLimit: Double? = nil
  ) throws {
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
      input: training.shape, classCount: training.classCount,
      widths: configuration.widths ?? configuration.architecture.usualWidths,
      means: configuration.means, deviations: configuration.deviations, batchNorm: configuration.batchNorm)
    rampLoss = try configuration.rampLoss(of: stack)
    finalLoss = try configuration.robustLoss(of: stack)
    stages = configuration.stagePlan
    if configuration.resolvedSelection == .taps { _ = try configuration.latentAttack(in: stack) }
    try requireSteps()
    try memory.require(atMost: memoryLimit ?? MachineMemory.limit)
  }

  /// What training will take.
  var memory: MemoryEstimate {
    MemoryEstimate(
      configuration, stack: stack, loss: finalLoss ?? .box, judging: judgingLoss,
      imageCounts: (training.count, validation?.count ?? 0))
  }

  /// What images are judged by, each epoch and at the end.
  private var judgingLoss: RobustLoss {
    RobustLoss(attack: configuration.judgingAttack, latent: try? configuration.latentAttack(in: stack))
  }

  /// Refuses batches that cannot be normalised, varied or averaged.
  private func requireSteps() throws(ConfigurationError) {
    let size = configuration.batchSize
    let memory = min(configuration.microBatch ?? size, size)
    // A batch is taken in the fewest parts, as equal as they can be.
    let hasSingle = [min(size, training.count), training.count % size].contains { images in
      images > 0 && images / ((images + memory - 1) / memory) == 1
    }
    if hasSingle, !stack.batchNormalisations.isEmpty {
      throw .outOfRange(
        key: configuration.microBatch == nil ? "batch-size" : "micro-batch", value: "\(memory)",
        reason: "of \(training.count) images some are taken one at a time: batch normalisation needs two for a variance"
      )
    }
    if let pad = configuration.augmentationPad, training.shape.extents.count != 3 {
      throw .outOfRange(
        key: "augmentation-pad", value: "\(pad)",
        reason: "\(training.name) has vectors of shape \(training.shape), which cannot be mirrored and cut like images")
    }
    if let from = configuration.averageFrom {
      let (first, end) = (from * stepsPerEpoch, configuration.epochs * stepsPerEpoch)
      if first / configuration.averageEvery == end / configuration.averageEvery {
        throw .outOfRange(
          key: "average-every", value: "\(configuration.averageEvery)",
          reason: "no weights are averaged in steps \(first + 1)...\(end)")
      }
    }
  }

  /// The number of trained weights and biases.
  public var parameterCount: Int { stack.parameterCount }

  var stepsPerEpoch: Int { (training.count + configuration.batchSize - 1) / configuration.batchSize }

  /// How the radius grows.
  var radiusSchedule: RadiusSchedule {
    let start = configuration.naturalEpochs * stepsPerEpoch
    return RadiusSchedule(
      form: configuration.ramp, start: start, end: start + configuration.rampEpochs * stepsPerEpoch,
      target: configuration.finalTrainingEpsilon)
  }

  /// The state before the first step.
  public func initialState() -> TrainingState {
    let parameters = configuration.resolvedInitialisation.parameters(of: stack, seed: configuration.seed)
    let zeros = [Float](repeating: 0, count: parameters.count)
    return TrainingState(
      finishedEpochs: 0, finishedSteps: 0, parameters: parameters, firstMoments: zeros, secondMoments: zeros,
      history: [])
  }

  /// Trains to the end of the last epoch.
  ///
  /// - Parameters:
  ///   - checkpoint: where the state is written after each epoch and, if the file is there, read from first. Where it cannot
  ///     be written, training goes on and the next epoch tries again.
  ///   - isCancelled: asked after each batch; once true, training stops.
  ///   - onEvent: called on this thread; should return quickly.
  /// - Throws: ``TrainingError``.
  public func train(
    checkpoint: URL? = nil, isCancelled: () -> Bool = { Task.isCancelled },
    onEvent: (TrainingEvent) -> Void = { _ in }
  ) throws(TrainingError) -> TrainedNetwork {
    guard configuration.resolvedSelection == .last || validation != nil else {
      throw .unusableData(
        training.name, reason: "selection \(configuration.resolvedSelection.rawValue) needs images that are held out")
    }
    var state = initialState()
    if let checkpoint, FileManager.default.fileExists(atPath: checkpoint.path) {
      state = try Checkpoint.read(checkpoint, for: self)
    }
    let run = TrainingRun(self, from: state)
    let reluUnits = stack.reluLayers.reduce(0) { $0 + stack.size(ofBoundary: $1) }
    onEvent(.started(parameters: parameterCount, reluUnits: reluUnits, history: state.history))
    defer { if let checkpoint { Checkpoint.release(checkpoint) } }
    if let checkpoint, state.finishedEpochs < configuration.epochs {
      Checkpoint.reserve(checkpoint, for: self, after: state.finishedEpochs)
    }
    for epoch in state.finishedEpochs..<configuration.epochs {
      let summary = try run.epoch(epoch, isCancelled: isCancelled, onEvent: onEvent)
      let outcome = checkpoint.map { store(run.state(finishedEpochs: epoch + 1), in: $0) }
      // Whoever is shown an epoch may end the process: by then it is on the disk.
      onEvent(.epoch(summary))
      if let outcome { onEvent(outcome) }
    }
    let (parameters, epoch) = run.result
    return TrainedNetwork(
      configuration: configuration, history: run.history, keptEpoch: epoch, parameters: parameters, stack: stack)
  }

  /// Writes the state after an epoch. A full disk is no reason to lose the epochs to come: the file of an earlier epoch
  /// is as it was.
  ///
  /// - Returns: what is to be told of it.
  private func store(_ state: TrainingState, in checkpoint: URL) -> TrainingEvent {
    do throws(TrainingError) {
      try Checkpoint.write(state, of: self, to: checkpoint)
      return .checkpoint(path: checkpoint.path, epoch: state.finishedEpochs)
    } catch {
      return .checkpointFailed(error, epoch: state.finishedEpochs)
    }
  }

  /// How a network trained by this trainer's settings does on a set of images, at any radius.
  public func evaluate(_ parameters: [Float], on set: TrainingSet, epsilon: Double) -> TrainingEvaluation {
    evaluator.evaluate(
      set, parameters: Parameters(Array(parameters.prefix(stack.parameterCount))),
      statistics: Array(parameters.dropFirst(stack.parameterCount)), epsilon: epsilon)
  }

  /// Judges networks with the attacks of the configuration; those in a latent box as if for TAPS, or not at all where
  /// the network has no place for them.
  var evaluator: Evaluator {
    Evaluator(
      stack: stack, workers: Workers(count: configuration.threads), attack: configuration.judgingAttack,
      latent: try? configuration.latentAttack(in: stack), microBatch: configuration.microBatch)
  }

  /// How images are varied at a step.
  func augmentation(atStep step: Int) -> Augmentation? {
    guard let pad = configuration.augmentationPad else { return nil }
    return Augmentation(pad: pad, seed: configuration.seed, step: step)
  }

  /// What is minimised at a step.
  func objective(atStep step: Int) -> BatchGradient.Objective {
    let schedule = radiusSchedule
    var objective = BatchGradient.Objective(
      l1: configuration.l1, augmentation: augmentation(atStep: step),
      random: AttackRandom(seed: configuration.seed, step: step))
    let isRamp = step < schedule.end
    guard let robust = isRamp ? rampLoss : finalLoss else { return objective }
    objective.robust = robust
    objective.epsilon = schedule.radius(at: step)
    if let stages {
      objective.robust = configuration.stageLoss(
        atEpoch: step / stepsPerEpoch, share: stages.share(atStep: step, stepsPerEpoch: stepsPerEpoch), plan: stages,
        stack: stack)
    }
    if schedule.target > 0 {
      let grown = objective.epsilon / schedule.target
      objective.robust.crown?.beta = Float(1 - grown * (1 - configuration.crownShare))
      objective.robust.scalePenalty(by: grown)
    }
    let progress = schedule.progress(at: step)
    objective.naturalWeight =
      configuration.naturalWeightStart + (configuration.naturalWeight - configuration.naturalWeightStart) * progress
    objective.robustWeight = 1 - objective.naturalWeight
    // The regulariser's weight falls to zero with the end of the ramp (Shi et al.'s code; their text has it rise).
    let left = isRamp && schedule.target > 0 ? 1 - objective.epsilon / schedule.target : 0
    objective.regulariserWeight = configuration.regulariser * left
    if let stages {
      let toCome = stages.count - 1 - stages.stage(ofEpoch: step / stepsPerEpoch)
      objective.epsilon *= pow(configuration.stageRadiusFactor, Double(toCome))
    }
    return objective
  }
}
