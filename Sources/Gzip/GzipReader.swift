import CZlib
import Foundation

/// A file read from its start, decompressed on the way where it is gzip and as it is where it is not.
///
/// Nothing is decompressed beyond the bytes that are asked for, so a small file cannot fill the memory.
public struct GzipReader: ~Copyable {
  /// The file's path, for messages.
  public let file: String
  private let handle: gzFile
  /// How many bytes there are in all, as far as that can be told beforehand.
  private let announced: Int

  /// The most bytes that a deflated byte can stand for.
  ///
  /// - Source: J. Gailly, M. Adler, *zlib technical details*, maximum compression factor.
  public static let largestExpansion = 1032

  /// Opens a file.
  ///
  /// - Throws: ``GzipError/unreadable(file:reason:)``, also for a folder, a pipe or a device.
  public init(_ file: String) throws(GzipError) {
    (handle, announced) = try Self.open(file)
    self.file = file
    gzbuffer(handle, 1 << 17)
  }

  deinit { gzclose_r(handle) }

  /// zlib's handle of a file, and the hint of its decompressed size.
  private static func open(_ file: String) throws(GzipError) -> (gzFile, Int) {
    let size = try RegularFile.size(of: file)
    let descriptor = Foundation.open(file, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .unreadable(file: file, reason: String(cString: strerror(errno))) }
    let announced = announcedSize(descriptor, size: size)
    guard let handle = gzdopen(descriptor, "rb") else {
      close(descriptor)
      throw .unreadable(file: file, reason: "zlib has no memory for it")
    }
    return (handle, announced)
  }

  /// What a file's size and its last bytes say of its decompressed size: a hint, which may be wrong.
  ///
  /// - Source: RFC 1952, *GZIP file format specification*, fields ID1, ID2 and ISIZE.
  private static func announcedSize(_ descriptor: CInt, size: Int) -> Int {
    var start: [UInt8] = [0, 0]
    guard size >= 18, pread(descriptor, &start, 2, 0) == 2, start == [0x1F, 0x8B] else { return size }
    var end: [UInt8] = [0, 0, 0, 0]
    guard pread(descriptor, &end, 4, off_t(size - 4)) == 4 else { return 0 }
    let decompressed = end.reversed().reduce(0) { $0 << 8 | Int($1) }
    return min(decompressed, largestExpansion * size)
  }

  /// The next `count` bytes, or fewer where the file ends first.
  ///
  /// The memory grows with what is read, not with what is asked for. Room is set aside for what the file announces, so
  /// that growing does not need it twice; of that, only what is read is ever touched.
  /// - Throws: ``GzipError``.
  public borrowing func read(upTo count: Int) throws(GzipError) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(min(count, announced))
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
