/// All that a run needs to go on exactly as if it had never stopped.
///
/// Random numbers are drawn from streams named by seed, purpose and epoch or step, so the numbers of finished ones say
/// where they stand.
public struct TrainingState: Hashable, Sendable {
  /// Finished epochs and finished optimiser steps.
  public var finishedEpochs, finishedSteps: Int
  /// The trained numbers.
  public var parameters: [Float]
  /// Adam's moments.
  public var firstMoments, secondMoments: [Float]
  /// The statistics of batch normalisations over the training images: means then variances of each.
  public var statistics: [Float] = []
  /// The mean of the weight vectors averaged so far, and their number; empty while there are none.
  public var average: [Float] = []
  public var averageCount = 0
  /// The best epoch's trained numbers and statistics, that epoch, and its accuracy; empty while there is none.
  public var best: [Float] = []
  public var bestEpoch = 0
  public var bestScore = -1.0
  /// The finished epochs.
  public var history: [EpochSummary]
}
