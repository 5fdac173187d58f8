/// Why a store cannot be used, or no longer be used.
public enum StoreError: Error, Hashable, Sendable, CustomStringConvertible {
  /// There is no such file to read.
  case missing(path: String)
  /// The folder that should hold the file does not exist.
  case folderMissing(path: String, folder: String)
  /// The file, or the folder that has to hold its journal, cannot be written.
  case notWritable(path: String, reason: String)
  /// The file is something else than such a store.
  case notAStore(path: String, reason: String)
  /// The file was written by a later version of the tool.
  case newerFormat(path: String, found: Int, known: Int)
  /// The file was written by a version of the tool whose results mean something else.
  case olderFormat(path: String, found: Int, oldest: Int)
  /// Another process, or another part of this one, is writing to the file.
  case inUse(path: String, process: String?)
  /// The file answers another question.
  case differs(path: String, [StudyIdentity.Difference])
  /// The file is no part of the question that others answer.
  case otherQuestion(path: String, [StudyIdentity.Difference])
  /// The files have no sample that all of them hold; each is named with what it has.
  case nothingInCommon([String])
  /// A sample's row in the file and the one elsewhere cannot both be right.
  case contradiction(path: String, index: Int)
  /// The sample is in the file already.
  case duplicateSample(path: String, index: Int)
  /// The file holds something that no version of the tool writes.
  case damaged(path: String, reason: String)
  /// SQLite refused an operation.
  case failed(path: String, reason: String)

  public var description: String {
    switch self {
    case .missing(let path):
      return "There is no store at \(path). Give the file that --store named when it was written."
    case .folderMissing(let path, let folder):
      return "The store \(path) cannot be created: the folder \(folder) does not exist. Create it first."
    case .notWritable(let path, let reason):
      return "The store \(path) cannot be written: \(reason). "
        + "Its folder must be writable too, for SQLite keeps a journal beside the file."
    case .notAStore(let path, let reason):
      return "\(path) is no such store: \(reason). It is left as it is; name another file."
    case .newerFormat(let path, let found, let known):
      return "The store \(path) has format \(found), and this version of the tool knows formats up to \(known). "
        + "Use the version that wrote it, or a newer one."
    case .olderFormat(let path, let found, let oldest):
      return "The store \(path) has format \(found), and this version of the tool reads formats from \(oldest) on, for "
        + "results before that meant something else. Use the version that wrote it, or begin again in another file."
    case .inUse(let path, let process):
      let owner = process.map { "process \($0)" } ?? "another process"
      return "The store \(path) is being written by \(owner). Wait for it to end, or name another file."
    case .differs(let path, let differences):
      let list = differences.map { "\($0.field) is \($0.stored) there and \($0.requested) here" }
      return "\(path) answers another question: \(list.joined(separator: "; ")). "
        + "Name another file, or give the same settings to continue."
    case .otherQuestion(let path, let differences):
      let list = differences.map { "\($0.field) is \($0.requested) there and \($0.stored) elsewhere" }
      return "\(path) answers another question than the other files: \(list.joined(separator: "; ")). "
        + "Only what is of one question can be joined or compared."
    case .nothingInCommon(let extents):
      return "There is no sample that all of the studies have: \(extents.joined(separator: "; "))."
    case .contradiction(let path, let index):
      return
        "Sample \(index) has another answer in \(path) than elsewhere, and one of them is wrong. Nothing was taken "
        + "from that file; ask for this sample again."
    case .duplicateSample(let path, let index):
      return "Sample \(index) is in \(path) already; a result is never overwritten."
    case .damaged(let path, let reason):
      return "The store \(path) is damaged: \(reason). Restore it from a copy, or begin again in another file."
    case .failed(let path, let reason):
      return "The store \(path) could not be used: \(reason)."
    }
  }
}
