import Foundation

/// The right to write to one study's file, held by one writer at a time; readers do not need it.
///
/// A lock file beside the study carries an advisory lock, which the system drops when its holder ends, however it
/// ends; so a lock file left behind by a killed process is no hindrance. The study's own file cannot carry the lock:
/// closing a second descriptor of it would drop the locks that SQLite holds there.
final class StudyLock: Sendable {
  private let descriptor: Int32
  private let lockPath: String

  /// Takes the lock for the study at `location`, which messages call `path`, without waiting.
  ///
  /// - Throws: ``StoreError/inUse(path:process:)`` if somebody has it;
  ///   ``StoreError/notWritable(path:reason:)`` if the folder takes no files.
  init(forStudyAt location: String, shownAs path: String) throws(StoreError) {
    let lockPath = location + ".lock"
    while true {
      let descriptor = open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
      guard descriptor >= 0 else {
        throw .notWritable(path: path, reason: String(cString: strerror(errno)))
      }
      guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
        let reason = errno
        let owner = Self.owner(descriptor)
        close(descriptor)
        guard reason == EWOULDBLOCK else {
          throw .notWritable(path: path, reason: "it cannot be locked, " + String(cString: strerror(reason)))
        }
        throw .inUse(path: path, process: owner)
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
