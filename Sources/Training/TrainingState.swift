/// All that a run needs to go on exactly as if it had never stopped.
///
/// Random numbers are drawn from streams named by seed and epoch, so the number of finished epochs says where
/// they stand.
public struct TrainingState: Hashable, Sendable {
  /// Finished epochs and finished optimiser steps.
  public var finishedEpochs, finishedSteps: Int
  /// The trained numbers.
  public var parameters: [Float]
  /// Adam's moments.
  public var firstMoments, secondMoments: [Float]
  /// The finished epochs.
  public var history: [EpochSummary]
}
