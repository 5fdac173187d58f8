import Foundation

/// The new contents of a file, on the disk beside it under its name and `.part`, ready to take its place in one step.
///
/// Whatever happens, the file is the old one or the new one, whole. A draft that does not take the place is removed with
/// this value; one that a killed process leaves has a name that the next draft of the file has, too. Where the file is a
/// link, what it leads to is replaced.
///
/// ``reserve(for:bytes:)`` keeps room for the next draft, so that it can be written when others have filled the disk.
public final class FileDraft {
  private let path: String
  private let place: String
  private let draftPath: String

  /// Writes the draft and waits until the disk has it, so that the disk has room for what takes the file's place.
  ///
  /// - Throws: ``FileDraftError`` if it cannot be written whole.
  public init(of path: String, containing data: Data) throws(FileDraftError) {
    let place = filePlace(path)
    let draftPath = place + ".part"
    // What is there may be reserved room, which cutting it before it is written over would give away.
    let descriptor = open(draftPath, O_WRONLY | O_CREAT | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw Self.failure(path) }
    guard Self.write(data, to: descriptor), ftruncate(descriptor, data.count) == 0, fsync(descriptor) == 0 else {
      let failure = Self.failure(path)
      close(descriptor)
      unlink(draftPath)
      throw failure
    }
    // Network file systems may tell only now that there was no room.
    guard close(descriptor) == 0 else {
      let failure = Self.failure(path)
      unlink(draftPath)
      throw failure
    }
    self.path = path
    self.place = place
    self.draftPath = draftPath
  }

  /// Puts the draft into the file's place.
  public func replace() throws(FileDraftError) {
    guard rename(draftPath, place) == 0 else { throw Self.failure(path) }
  }

  /// Takes room on the disk for the next draft of a file, in its place; none where there is not so much.
  public static func reserve(for path: String, bytes: Int) {
    let draftPath = filePlace(path) + ".part"
    let descriptor = open(draftPath, O_WRONLY | O_CREAT | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    if posix_fallocate(descriptor, 0, bytes) != 0 { unlink(draftPath) }
  }

  /// Gives reserved room back, or the draft that a killed process left.
  public static func release(for path: String) { unlink(filePlace(path) + ".part") }

  // A draft in its place has this name no longer.
  deinit { unlink(draftPath) }

  /// What the last call to the system failed of.
  private static func failure(_ path: String) -> FileDraftError {
    FileDraftError(path: path, reason: String(cString: strerror(errno)))
  }

  /// Writes all bytes, or leaves the reason in `errno`.
  private static func write(_ data: Data, to descriptor: Int32) -> Bool {
    data.withUnsafeBytes { bytes in
      var rest = bytes[...]
      while !rest.isEmpty {
        let next = UnsafeRawBufferPointer(rebasing: rest)
        let count = next.baseAddress.map { Foundation.write(descriptor, $0, next.count) }
        guard let count, count >= 0 || errno == EINTR else { return false }
        rest = rest.dropFirst(max(0, count))
      }
      return true
    }
  }
}

/// Why a file cannot be written; what was there is as it was.
public struct FileDraftError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The file.
  public let path: String
  /// The system's words, without a full stop.
  public let reason: String

  public var description: String { "\(path): cannot be written: \(reason)" }
}
