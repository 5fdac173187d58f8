import Foundation

/// One file on its way from a server to the disk.
///
/// What has come stays in the file when the connection breaks; the next transfer to the same file asks for the rest.
///
/// The program `curl` talks to the server: a networking library in the tool would load some thirty others at each
/// start. What is asked, followed, accepted and written is decided here.
struct Transfer: ~Copyable {
  private let file: String
  private let limit: Int
  private let patience: Double
  private let progress: (_ received: Int, _ expected: Int?) -> Void
  private let descriptor: Int32
  /// Bytes in the file, those of an earlier transfer included.
  private var received: Int

  private static let mostRedirects = 10
  /// No server's answer has so long a head.
  private static let longestHead = 1 << 20

  private init(
    file: String, limit: Int, patience: Double, progress: @escaping (Int, Int?) -> Void
  ) throws(TransferError) {
    (self.file, self.limit, self.patience, self.progress) = (file, limit, patience, progress)
    descriptor = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .disk(file: file, reason: String(cString: strerror(errno))) }
    received = Int(lseek(descriptor, 0, SEEK_END))
  }

  deinit { close(descriptor) }

  /// Fetches an address into a file, and waits for it.
  ///
  /// - Parameters:
  ///   - file: made if it is not there; if it is, the server is asked for what lies behind its end, and a server that
  ///     cannot do that sends everything anew.
  ///   - limit: the most bytes that the file may get.
  ///   - patience: seconds without a byte until the server is given up.
  /// - Throws: ``TransferError``; the bytes that came are in the file.
  static func fetch(
    _ address: URL, to file: String, limit: Int, patience: Double = 60,
    progress: @escaping (_ received: Int, _ expected: Int?) -> Void
  ) throws(TransferError) {
    var transfer = try Transfer(file: file, limit: limit, patience: patience, progress: progress)
    var address = address
    for _ in 0...mostRedirects {
      guard let next = try transfer.ask(address) else { return }
      address = next
    }
    throw .connection("the server points from address to address without end")
  }

  /// Asks for what is missing and writes what comes.
  ///
  /// - Returns: where the server points instead; nil once everything is in the file.
  private mutating func ask(_ address: URL) throws(TransferError) -> URL? {
    let connection = try Connection(
      to: address, headers: received > 0 ? ["Range: bytes=\(received)-"] : [], patience: patience)
    let (head, rest) = try connection.readHead(upTo: Self.longestHead)
    let expected: Int?
    switch head.status {
    case 301, 302, 303, 307, 308:
      guard let named = head["location"] else { throw .status(head.status) }
      let target = URL(string: named, relativeTo: address)?.absoluteURL
      guard let target, ["http", "https"].contains(target.scheme?.lowercased() ?? ""), target.host?.isEmpty == false
      else { throw .redirect(to: String(named.prefix(200))) }
      return target
    case 206 where head.startOfRange == received: expected = try announced(head)
    case 200:
      // Everything comes anew.
      try restart()
      expected = try announced(head)
    default:
      // A range that does not exist: what is in the file is of no use.
      if head.status == 416 || head.status == 206 { try restart() }
      throw .status(head.status)
    }
    let start = received
    if !rest.isEmpty { try write(rest, expected) }
    while let bytes = connection.read() { try write(bytes, expected) }
    if let problem = connection.end() {
      if let expected, received > start, received < expected {
        throw .truncated(received: received, expected: expected)
      }
      throw .connection(problem)
    }
    if let expected, received != expected { throw .truncated(received: received, expected: expected) }
    return nil
  }

  /// Where the file will end, if the server says so.
  private func announced(_ head: ResponseHead) throws(TransferError) -> Int? {
    guard let text = head["content-length"] else { return nil }
    guard let length = Int(text), length >= 0, length <= limit - received else { throw .tooLarge(limit: limit) }
    return received + length
  }

  /// Empties the file.
  private mutating func restart() throws(TransferError) {
    guard ftruncate(descriptor, 0) == 0, lseek(descriptor, 0, SEEK_SET) == 0 else {
      throw .disk(file: file, reason: String(cString: strerror(errno)))
    }
    received = 0
  }

  private mutating func write(_ bytes: [UInt8], _ expected: Int?) throws(TransferError) {
    guard received + bytes.count <= limit else { throw .tooLarge(limit: limit) }
    var rest = bytes[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
      if written < 0, errno != EINTR { throw .disk(file: file, reason: String(cString: strerror(errno))) }
      rest = rest.dropFirst(max(0, written))
    }
    received += bytes.count
    progress(received, expected)
  }
}
