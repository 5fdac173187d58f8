import Foundation

/// The right to write to one file, held by one writer at a time; readers do not need it.
///
/// A lock file beside the file, of its name and `.lock`, carries an advisory lock, which the system drops when its
/// holder ends, however it ends; so a lock file left behind by a killed process is no hindrance. The file itself cannot
/// carry the lock: a writer may put another in its place, and closing a second descriptor of a database would drop the
/// locks that SQLite holds there.
public final class FileLock: Sendable {
  private let descriptor: Int32
  private let lockPath: String

  /// Takes the lock for a file, which need not exist, without waiting. Names that lead to the same file are one.
  ///
  /// It is held until the lock is deallocated.
  /// - Throws: ``FileLockError/held(path:process:)`` if somebody has it;
  ///   ``FileLockError/unavailable(path:reason:)`` if the folder takes no files or its file system knows no locks.
  public init(for path: String) throws(FileLockError) {
    let lockPath = filePlace(path) + ".lock"
    while true {
      let descriptor = open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
      guard descriptor >= 0 else {
        throw .unavailable(path: path, reason: String(cString: strerror(errno)))
      }
      guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
        let reason = errno
        let owner = Self.owner(descriptor)
        close(descriptor)
        guard reason == EWOULDBLOCK else {
          throw .unavailable(path: path, reason: "it cannot be locked, " + String(cString: strerror(reason)))
        }
        throw .held(path: path, process: owner)
      }
      // The file may have been removed by its last holder between our opening and our locking it.
      var opened = stat()
      var present = stat()
      if fstat(descriptor, &opened) == 0, stat(lockPath, &present) == 0, opened.st_ino == present.st_ino {
        self.descriptor = descriptor
        self.lockPath = lockPath
        let owner = "\(getpid())\n"
        _ = ftruncate(descriptor, 0)
        _ = owner.withCString { write(descriptor, $0, strlen($0)) }
        return
      }
      close(descriptor)
    }
  }

  deinit {
    unlink(lockPath)
    close(descriptor)
  }

  /// The process that wrote its number into the lock file.
  private static func owner(_ descriptor: Int32) -> String? {
    var bytes = [UInt8](repeating: 0, count: 20)
    let count = pread(descriptor, &bytes, bytes.count, 0)
    guard count > 0 else { return nil }
    let text = String(decoding: bytes.prefix(count), as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    return Int(text) == nil ? nil : text
  }
}

/// Why a file's lock cannot be taken.
public enum FileLockError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Another process, or another part of this one, has it.
  case held(path: String, process: String?)
  /// There is no place for a lock file, or no locks there.
  case unavailable(path: String, reason: String)

  public var description: String {
    switch self {
    case .held(let path, let process):
      let owner = process.map { "process \($0)" } ?? "another process"
      return "\(path) is being written by \(owner): wait for it to end, or name another file"
    case .unavailable(let path, let reason):
      return "\(path) cannot be kept from other writers by a lock file beside it: \(reason)"
    }
  }
}
