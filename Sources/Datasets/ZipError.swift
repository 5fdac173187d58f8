/// Why an archive cannot be read.
public enum ZipError: Error, Equatable, Sendable, CustomStringConvertible {
  case unreadable(file: String, reason: String)
  case notZip(file: String)
  case damaged(file: String, reason: String)
  /// A kind of archive or entry that is not read.
  case unsupported(file: String, reason: String)
  /// The entry's contents are not what the directory says of them.
  case entry(file: String, name: String, reason: String)
  case tooLarge(file: String, name: String, size: Int, limit: Int)

  public var description: String {
    switch self {
    case .unreadable(let file, let reason): "\(file) cannot be read: \(reason)"
    case .notZip(let file): "\(file) is no .npz file, or its end is missing: write it with `numpy.savez`"
    case .damaged(let file, let reason): "\(file) is damaged: \(reason)"
    case .unsupported(let file, let reason): "\(file) is an archive that is not read: \(reason)"
    case .entry(let file, let name, let reason): "\(file): the entry \(name) is damaged: \(reason)"
    case .tooLarge(let file, let name, let size, let limit):
      "\(file): the entry \(name) announces \(size) bytes; at most \(limit) are accepted"
    }
  }
}
