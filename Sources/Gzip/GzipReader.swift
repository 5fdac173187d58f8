import CZlib
import Foundation

/// A file read from its start, decompressed on the way where it is gzip and as it is where it is not.
///
/// Nothing is decompressed beyond the bytes that are asked for, so a small file cannot fill the memory.
public struct GzipReader: ~Copyable {
  /// The file's path, for messages.
  public let file: String
  private let handle: gzFile

  /// Opens a file.
  ///
  /// - Throws: ``GzipError/unreadable(file:reason:)``.
  public init(_ file: String) throws(GzipError) {
    self.file = file
    // The file may be a folder, which opens and only fails to be read.
    guard let handle = gzopen(file, "rb") else {
      throw .unreadable(file: file, reason: String(cString: strerror(errno)))
    }
    self.handle = handle
    gzbuffer(handle, 1 << 17)
  }

  deinit { gzclose_r(handle) }

  /// The next `count` bytes, or fewer where the file ends first.
  ///
  /// The memory grows with what is read, not with what is asked for.
  /// - Throws: ``GzipError``.
  public borrowing func read(upTo count: Int) throws(GzipError) -> [UInt8] {
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
    default: throw .corrupt(file: file, reason: message)
    }
  }

  /// A whole file's contents, decompressed.
  ///
  /// - Throws: ``GzipError``; ``GzipError/tooLarge(file:limit:)`` where there are more than `limit` bytes.
  public static func contents(of file: String, limit: Int) throws(GzipError) -> [UInt8] {
    let reader = try GzipReader(file)
    // One byte more than allowed tells a full file from one that goes on, and makes zlib compare the checksum.
    let bytes = try reader.read(upTo: limit + 1)
    guard bytes.count <= limit else { throw .tooLarge(file: file, limit: limit) }
    return bytes
  }
}
