import Foundation

/// A server's answer to one question, as it comes: head and body from a run of `curl`, which follows nothing and
/// decompresses nothing.
final class Connection {
  private let process = Process()
  private let output = Pipe()

  /// Asks a server.
  ///
  /// - Parameter patience: seconds without a byte until the server is given up.
  /// - Throws: ``TransferError/connection(_:)`` where `curl` cannot be run.
  init(to address: URL, headers: [String], patience: Double) throws(TransferError) {
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    let seconds = String(max(1, Int(patience.rounded(.up))))
    // `-q` first: no settings of the user's. A body that is compressed once more would have other lengths than the
    // server speaks of.
    process.arguments =
      [
        "curl", "-q", "--silent", "--no-buffer", "--dump-header", "-", "--suppress-connect-headers", "--globoff",
        "--proto", "=http,https", "--connect-timeout", seconds, "--speed-limit", "1", "--speed-time", seconds,
        "--header", "Accept-Encoding: identity",
      ] + headers.flatMap { ["--header", $0] } + ["--url", address.absoluteString]
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    do {
      try process.run()
    } catch {
      throw .connection("the program curl cannot be run: \(error.localizedDescription)")
    }
    // The reader sees the end only when no writer is left.
    try? output.fileHandleForWriting.close()
  }

  deinit { stop() }

  /// The bytes that came; nil at the end.
  func read() -> [UInt8]? {
    let descriptor = output.fileHandleForReading.fileDescriptor
    while true {
      var failure: Int32 = 0
      let bytes = [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, count in
        let got = Foundation.read(descriptor, buffer.baseAddress, buffer.count)
        failure = got < 0 ? errno : 0
        count = max(0, got)
      }
      if failure == EINTR { continue }
      return bytes.isEmpty ? nil : bytes
    }
  }

  /// The head of the answer, and what came with it of the body.
  ///
  /// - Throws: ``TransferError/connection(_:)`` if none comes.
  func readHead(upTo limit: Int) throws(TransferError) -> (ResponseHead, body: [UInt8]) {
    let blank = Array("\r\n\r\n".utf8)
    var bytes: [UInt8] = []
    while true {
      if let end = bytes.indices.first(where: { bytes[$0...].starts(with: blank) }) {
        let lines = String(decoding: bytes[..<end], as: UTF8.self).split(separator: "\r\n")
        guard let head = ResponseHead(lines) else { throw .connection("the answer is none of a web server") }
        bytes.removeSubrange(..<(end + blank.count))
        // `100 Continue` and its like stand before the answer.
        if (100..<200).contains(head.status) { continue }
        return (head, bytes)
      }
      guard bytes.count < limit else { throw .connection("the answer is none of a web server") }
      guard let more = read() else { throw .connection(end() ?? "the connection broke") }
      bytes += more
    }
  }

  /// Waits for the end; says what went wrong, nil if nothing.
  func end() -> String? {
    process.waitUntilExit()
    guard process.terminationReason == .exit else { return "curl was killed" }
    return Self.words(for: process.terminationStatus)
  }

  private func stop() {
    // It has nothing to tidy up, and may have inherited that a gentler signal is ignored.
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
  }

  /// What an exit status of `curl` means (its manual, section *Exit codes*).
  private static func words(for status: Int32) -> String? {
    switch status {
    case 0: nil
    case 1, 3: "no such kind of address is supported"
    case 5, 6: "the server's name is not known here"
    case 7: "no connection to the server"
    case 18, 52, 55, 56: "the connection broke"
    case 28: "the server does not answer"
    case 35, 51, 58, 60, 77, 83: "the server's certificate is not trusted here"
    case 126, 127: "the program curl is not there: install it"
    default: "the connection failed (curl's status \(status))"
    }
  }
}
