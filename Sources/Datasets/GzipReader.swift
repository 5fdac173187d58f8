import CZlib
import Foundation

/// A file read from its start, decompressed on the way where it is gzip and as it is where it is not.
///
/// Nothing is decompressed beyond the bytes that are asked for, so a small file cannot fill the memory.
struct GzipReader: ~Copyable {
  /// The file's path, for messages.
  let file: String
  private let handle: gzFile

  /// Opens a file.
  ///
  /// - Throws: ``DatasetError/unreadable(file:reason:)``.
  init(_ url: URL) throws(DatasetError) {
    file = url.path
    guard let handle = gzopen(file, "rb") else {
      throw .unreadable(file: url.path, reason: String(cString: strerror(errno)))
    }
    self.handle = handle
    gzbuffer(handle, 1 << 17)
  }

  deinit { gzclose_r(handle) }

  /// The next `count` bytes, or fewer where the file ends first.
  ///
  /// The memory grows with what is read, not with what is asked for.
  /// - Throws: ``DatasetError/corruptGzip(file:reason:)`` or ``DatasetError/unreadable(file:reason:)``.
  borrowing func read(upTo count: Int) throws(DatasetError) -> [UInt8] {
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: min(count, 1 << 20))
    while bytes.count < count {
      let length = gzread(handle, &piece, UInt32(min(piece.count, count - bytes.count)))
      if length <= 0 { break }
      bytes.append(contentsOf: piece[..<Int(length)])
    }
    // A stream that breaks off is reported here, after the bytes that came before the break.
    var code: Int32 = Z_OK
    let message = gzerror(handle, &code).map { String(cString: $0) } ?? ""
    switch code {
    case Z_OK, Z_STREAM_END: return bytes
    case Z_ERRNO: throw .unreadable(file: file, reason: String(cString: strerror(errno)))
    default: throw .corruptGzip(file: file, reason: message)
    }
  }
}
