import CZlib
import Foundation
import Testing

/// Little zip archives, right and wrong.
enum ZipFiles {
  /// One entry and what is said of it.
  struct Entry {
    var name: String
    var contents: [UInt8]
    var isDeflated = true
    /// Instead of the true ones.
    var checksum: UInt32?
    var size: Int?
    var flags = 0
    var method: Int?
  }

  static func archive(_ entries: [Entry], comment: String = "") throws -> Data {
    var data: [UInt8] = []
    var directory: [UInt8] = []
    for entry in entries {
      let packed = entry.isDeflated ? try deflated(entry.contents) : entry.contents
      let checksum = UInt32(truncatingIfNeeded: crc32_z(0, entry.contents, entry.contents.count))
      let fields =
        little(entry.flags, 2) + little(entry.method ?? (entry.isDeflated ? 8 : 0), 2) + little(0, 4)
        + little(Int(entry.checksum ?? checksum), 4) + little(packed.count, 4)
        + little(entry.size ?? entry.contents.count, 4) + little(entry.name.utf8.count, 2)
      directory +=
        [0x50, 0x4B, 1, 2] + little(20, 2) + little(20, 2) + fields + little(0, 2) + little(0, 2) + little(0, 8)
        + little(data.count, 4) + Array(entry.name.utf8)
      // NumPy writes an extra field here that the directory does not have.
      data +=
        [0x50, 0x4B, 3, 4] + little(20, 2) + fields + little(4, 2) + Array(entry.name.utf8) + [9, 9, 0, 0] + packed
    }
    let end =
      [0x50, 0x4B, 5, 6] + little(0, 4) + little(entries.count, 2) + little(entries.count, 2)
      + little(directory.count, 4) + little(data.count, 4) + little(comment.utf8.count, 2) + Array(comment.utf8)
    return Data(data + directory + end)
  }

  static func little(_ value: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  private static func deflated(_ bytes: [UInt8]) throws -> [UInt8] {
    var stream = z_stream()
    try #require(
      deflateInit2_(
        &stream, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        == Z_OK)
    defer { deflateEnd(&stream) }
    var input = bytes
    var output = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(bytes.count))))
    let count = input.withUnsafeMutableBufferPointer { input in
      output.withUnsafeMutableBufferPointer { output in
        stream.next_in = input.baseAddress
        stream.avail_in = UInt32(input.count)
        stream.next_out = output.baseAddress
        stream.avail_out = UInt32(output.count)
        _ = deflate(&stream, Z_FINISH)
        return output.count - Int(stream.avail_out)
      }
    }
    return Array(output[..<count])
  }
}
