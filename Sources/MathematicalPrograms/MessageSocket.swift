import Foundation

/// A moment on the monotonic clock.
struct Moment {
  private let end: ContinuousClock.Instant

  init(secondsFromNow seconds: Double) {
    // Beyond a century nobody waits, and durations overflow.
    end = .now + .seconds(min(seconds, 3e9))
  }

  /// Milliseconds until then, as `poll` wants them.
  var milliseconds: Int32 {
    let left = (end - .now) / .milliseconds(1)
    return Int32(max(0, min(left.rounded(.up), Double(Int32.max))))
  }
}

/// Messages on sockets: how long one is, then its bytes.
enum MessageSocket {
  /// More bytes are no message.
  private static let longest = 1 << 34

  /// Writes a message; false where the reader is gone or the moment has come.
  static func write(_ bytes: [UInt8], to descriptor: Int32, until deadline: Moment?) -> Bool {
    let length = withUnsafeBytes(of: bytes.count) { Array($0) }
    return writeAll(length, to: descriptor, until: deadline) && writeAll(bytes, to: descriptor, until: deadline)
  }

  /// Reads a message; nil where the writer is gone or the moment has come.
  static func read(from descriptor: Int32, until deadline: Moment?) -> [UInt8]? {
    guard let length = read(MemoryLayout<Int>.size, from: descriptor, until: deadline) else { return nil }
    let count = length.withUnsafeBytes { $0.loadUnaligned(as: Int.self) }
    guard (0...longest).contains(count) else { return nil }
    return read(count, from: descriptor, until: deadline)
  }

  private static func writeAll(_ bytes: [UInt8], to descriptor: Int32, until deadline: Moment?) -> Bool {
    bytes.withUnsafeBytes { bytes in
      var position = 0
      while position < bytes.count {
        guard isReady(descriptor, POLLOUT, deadline) else { return false }
        let rest = UnsafeRawBufferPointer(rebasing: bytes[position...])
        // A reader that is gone is an error to report, not a signal that ends the process.
        let written = send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
        guard written > 0 || errno == EINTR || errno == EAGAIN else { return false }
        position += max(0, written)
      }
      return true
    }
  }

  private static func read(_ count: Int, from descriptor: Int32, until deadline: Moment?) -> [UInt8]? {
    var bytes: [UInt8] = []
    while bytes.count < count {
      guard isReady(descriptor, POLLIN, deadline) else { return nil }
      // Grows with what arrives: a length that is no length asks for no memory.
      var got = 0
      let part = [UInt8](unsafeUninitializedCapacity: min(count - bytes.count, 1 << 20)) { buffer, initialized in
        got = Foundation.read(descriptor, buffer.baseAddress, buffer.count)
        initialized = max(0, got)
      }
      guard got > 0 || (got < 0 && (errno == EINTR || errno == EAGAIN)) else { return nil }
      bytes += part
    }
    return bytes
  }

  /// Waits until a descriptor can be used, or its other end is gone.
  private static func isReady(_ descriptor: Int32, _ events: Int32, _ deadline: Moment?) -> Bool {
    while true {
      var place = pollfd(fd: descriptor, events: Int16(events), revents: 0)
      let count = poll(&place, 1, deadline?.milliseconds ?? -1)
      if count > 0 { return true }
      if count == 0 || errno != EINTR { return false }
    }
  }
}
