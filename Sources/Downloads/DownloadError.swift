/// Why a data set was not fetched; what was there before is there still.
public enum DownloadError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What a mirror is asked for is no address of a server.
  case notAnAddress(String)
  /// A file of that name is there, with other contents.
  case otherContents(file: String)
  /// The disk refuses.
  case unwritable(file: String, reason: String)
  /// No mirror has the file; why, for each.
  case failed(file: String, attempts: [Attempt])

  /// One mirror's failure.
  public struct Attempt: Equatable, Sendable {
    /// Where the file was asked for.
    public let address: String
    /// What happened.
    public let reason: TransferError
  }

  public var description: String {
    switch self {
    case .notAnAddress(let text):
      "--mirror: \(text) is no address of a folder on a server, such as https://example.org/mnist"
    case .otherContents(let file):
      "\(file) is there and is not the published file: remove it, or name another folder with `--to DIR`"
    case .unwritable(let file, let reason): "\(file) cannot be written: \(reason)"
    case .failed(let file, let attempts):
      "\(file) cannot be fetched: "
        + attempts.map { "\($0.address): \($0.reason)" }.joined(separator: "; ")
        + "; try again, or name another server with `--mirror URL`"
    }
  }
}

/// Why one transfer failed.
public enum TransferError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The server answered with another status than success.
  case status(Int)
  /// The server points to an address that is on no server.
  case redirect(to: String)
  /// The server could not be reached, or the connection broke.
  case connection(String)
  /// The body ended early.
  case truncated(received: Int, expected: Int)
  /// The body is longer than the file can be.
  case tooLarge(limit: Int)
  /// All bytes came, and they are not the published file's.
  case wrongContents(reason: String)
  /// The disk refuses; no other server helps.
  case disk(file: String, reason: String)

  public var description: String {
    switch self {
    case .status(404): "it is not there (status 404)"
    case .status(let status): "the server answered with status \(status)"
    case .redirect(let address): "the server points to \(address), which is no http or https address"
    case .connection(let reason): reason
    case .truncated(let received, let expected): "the connection ended after \(received) of \(expected) bytes"
    case .tooLarge(let limit): "it is longer than the \(limit) bytes that it may have"
    case .wrongContents(let reason): "it is not the published file: \(reason)"
    case .disk(let file, let reason): "\(file) cannot be written: \(reason)"
    }
  }
}
