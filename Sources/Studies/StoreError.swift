/// Why a study's file cannot be used, or no longer be used.
public enum StoreError: Error, Hashable, Sendable, CustomStringConvertible {
  /// There is no such file to read.
  case missing(path: String)
  /// The folder that should hold the file does not exist.
  case folderMissing(path: String, folder: String)
  /// The file, or the folder that has to hold its journal, cannot be written.
  case notWritable(path: String, reason: String)
  /// The file is something else than a study.
  case notAStudy(path: String, reason: String)
  /// The file was written by a later version of the tool.
  case newerFormat(path: String, found: Int, known: Int)
  /// The file was written by a version of the tool whose results mean something else.
  case olderFormat(path: String, found: Int, oldest: Int)
  /// Another process, or another part of this one, is writing to the file.
  case inUse(path: String, process: String?)
  /// The file holds a study of something else.
  case differs(path: String, [StudyIdentity.Difference])
  /// The sample is in the file already.
  case duplicateSample(path: String, index: Int)
  /// The file holds something that no version of the tool writes.
  case damaged(path: String, reason: String)
  /// SQLite refused an operation.
  case failed(path: String, reason: String)

  public var description: String {
    switch self {
    case .missing(let path):
      return "There is no study at \(path). Give the file that `worstcase study --store` wrote."
    case .folderMissing(let path, let folder):
      return "The study \(path) cannot be created: the folder \(folder) does not exist. Create it first."
    case .notWritable(let path, let reason):
      return "The study \(path) cannot be written: \(reason). "
        + "Its folder must be writable too, for SQLite keeps a journal beside the file."
    case .notAStudy(let path, let reason):
      return "\(path) is not a study: \(reason). It is left as it is; give another file to --store."
    case .newerFormat(let path, let found, let known):
      return "The study \(path) has format \(found), and this version of the tool knows formats up to \(known). "
        + "Use the version that wrote it, or a newer one."
    case .olderFormat(let path, let found, let oldest):
      return "The study \(path) has format \(found), and this version of the tool reads formats from \(oldest) on, for "
        + "results before that meant something else. Use the version that wrote it, or begin again in another file."
    case .inUse(let path, let process):
      let owner = process.map { "process \($0)" } ?? "another process"
      return "The study \(path) is being written by \(owner). Wait for it to end, or give another file to --store."
    case .differs(let path, let differences):
      let list = differences.map { "\($0.field) is \($0.stored) there and \($0.requested) here" }
      return "\(path) holds a different study: \(list.joined(separator: "; ")). "
        + "Give another file to --store, or the same settings to continue."
    case .duplicateSample(let path, let index):
      return "Sample \(index) is in \(path) already; a result is never overwritten."
    case .damaged(let path, let reason):
      return "The study \(path) is damaged: \(reason). Restore it from a copy, or begin again in another file."
    case .failed(let path, let reason):
      return "The study \(path) could not be used: \(reason)."
    }
  }
}
