/// Why training cannot start, or stopped.
public enum TrainingError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A data set cannot be used.
  case unusableData(String, reason: String)
  /// The architecture does not fit the data.
  case unusableArchitecture(String, reason: String)
  /// Training would take more memory than there is, in bytes.
  case tooLarge(MemoryEstimate, limit: Double)
  /// The loss became infinite or NaN.
  case diverged(epoch: Int)
  /// The caller asked to stop.
  case cancelled(epoch: Int)
  /// A checkpoint was written by a run with other settings or other data.
  case otherRun(what: String, checkpoint: String, run: String)
  /// A checkpoint file cannot be read or written.
  case checkpoint(path: String, reason: String)

  public var description: String {
    switch self {
    case .unusableData(let name, let reason):
      "data set \(name): \(reason)"
    case .unusableArchitecture(let name, let reason):
      "architecture \(name): \(reason)"
    case .tooLarge(let estimate, let limit):
      "training would take about \(estimate), and there are \(MemoryEstimate.words(limit)): \(estimate.remedy)"
    case .diverged(let epoch):
      "the loss is not finite in epoch \(epoch): lower learning-rate, or lengthen ramp-epochs"
    case .cancelled(let epoch):
      "stopped in epoch \(epoch); the last checkpoint continues from its start"
    case .otherRun(let what, let checkpoint, let run):
      "the checkpoint has \(what) \(checkpoint), this run \(run): use the same settings, or another checkpoint file"
    case .checkpoint(let path, let reason):
      "\(path): \(reason)"
    }
  }
}
