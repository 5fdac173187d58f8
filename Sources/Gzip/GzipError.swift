/// Why a file's bytes cannot be had.
public enum GzipError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The file is there and cannot be read, or is not there.
  case unreadable(file: String, reason: String)
  /// The compressed file does not decompress.
  case corrupt(file: String, reason: String)
  /// The file, decompressed, has more bytes than are accepted.
  case tooLarge(file: String, limit: Int)

  public var description: String {
    switch self {
    case .unreadable(let file, let reason):
      "\(file) cannot be read: \(reason)"
    case .corrupt(let file, let reason):
      "\(file) does not decompress (\(reason)): fetch it again"
    case .tooLarge(let file, let limit):
      "\(file) has more than \(limit) bytes when decompressed, which is the most that is accepted"
    }
  }
}
