import Foundation

/// A file in memory for readers that take a path; open for as long as the process lives.
struct MemoryFile: Sendable {
  private let descriptor: CInt

  init() {
    var template = Array("/dev/shm/fuzz-XXXXXX".utf8CString)
    descriptor = mkstemp(&template)
    precondition(descriptor >= 0 && unlink(&template) == 0, "no file can be made in /dev/shm")
  }

  /// A path that leads to the file.
  var path: String { "/proc/self/fd/\(descriptor)" }

  /// What the file holds.
  var contents: Data {
    get {
      let size = lseek(descriptor, 0, SEEK_END)
      var bytes = [UInt8](repeating: 0, count: size)
      precondition(pread(descriptor, &bytes, size, 0) == size)
      return Data(bytes)
    }
    nonmutating set { newValue.withUnsafeBytes { fill($0) } }
  }

  /// Puts other bytes into the file.
  func fill(_ bytes: UnsafeRawBufferPointer) {
    precondition(ftruncate(descriptor, 0) == 0)
    precondition(pwrite(descriptor, bytes.baseAddress, bytes.count, 0) == bytes.count, "no room in /dev/shm")
  }
}
