import Foundation

/// Writing for people and programs.
///
/// Foundation's file handles end the process with a trap when a reader has gone or a disk is full; these do not.
enum Output {
  /// A line to the standard output; without a reader for it the process ends quietly, as shells expect.
  static func line(_ text: String) { self.text(text + "\n") }

  /// Text to the standard output, as it is.
  static func text(_ text: String) {
    let failure = write(text, to: STDOUT_FILENO)
    guard failure != 0 else { return }
    if failure == EPIPE { _exit(128 + SIGPIPE) }
    note("worstcase: the standard output cannot be written: \(String(cString: strerror(failure)))")
    _exit(Status.fault.rawValue)
  }

  /// A line to the standard error; there is nobody to tell if it cannot be written.
  static func note(_ text: String) { fragment(text + "\n") }

  /// A part of a line to the standard error.
  static func fragment(_ text: String) { _ = write(text, to: STDERR_FILENO) }

  /// One JSON object on one line of the standard output; infinite numbers become strings.
  static func json(_ value: some Encodable) throws { line(try jsonLine(value)) }

  /// The same object as text.
  static func jsonLine(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.dateEncodingStrategy = .iso8601
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  /// Opens the standard streams that the caller closed, so that no file of ours gets their numbers and their text.
  static func openStandardStreams() {
    for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
      // The lowest free number is the one that is closed.
      _ = open("/dev/null", O_RDWR)
    }
  }

  /// Writes all of a text; returns the error number, or 0.
  private static func write(_ text: String, to descriptor: Int32) -> Int32 {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
      if written >= 0 {
        rest = rest.dropFirst(written)
      } else if errno == EAGAIN {
        var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        poll(&ready, 1, -1)
      } else if errno != EINTR {
        return errno
      }
    }
    return 0
  }
}
