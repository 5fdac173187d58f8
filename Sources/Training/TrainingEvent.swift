/// Something worth telling whoever watches a training run.
public enum TrainingEvent: Sendable {
  /// The run starts, or continues after the epochs that are finished already.
  case started(parameters: Int, reluUnits: Int, history: [EpochSummary])
  /// A batch is done.
  case batch(epoch: Int, done: Int, of: Int)
  /// An epoch is done; where there is a checkpoint and it could be written, it has the epoch already.
  case epoch(EpochSummary)
  /// A checkpoint is on disk.
  case checkpoint(path: String, epoch: Int)
  /// The state after an epoch could not be written; what was there before is untouched, and training goes on.
  case checkpointFailed(TrainingError, epoch: Int)
}

/// What one epoch amounted to.
public struct EpochSummary: Codable, Hashable, Sendable {
  /// Which epoch, from 1.
  public var epoch: Int
  /// The radius and the learning rate of its last step.
  public var epsilon, learningRate: Double
  /// The mean over the epoch of the natural loss, where it was computed.
  public var naturalLoss: Double?
  /// The mean over the epoch of the robust loss, where it was computed.
  public var robustLoss: Double?
  /// The means over the epoch of the robust loss's parts, where they were computed.
  public var adversarialLoss, boxLoss, latentLoss: Double?
  /// The mean over the epoch of the penalty on unstable ReLUs, where it was computed.
  public var stability: Double?
  /// The mean over the epoch's steps of the regulariser, where it was computed.
  public var regulariser: Double?
  /// The largest gradient norm before clipping.
  public var gradientNorm: Double
  /// How the network does on the held-out images at the radius trained for; nil without such images.
  public var evaluation: TrainingEvaluation?
  /// Wall-clock seconds of the epoch's training and of its evaluation.
  public var trainingSeconds, evaluationSeconds: Double
}
