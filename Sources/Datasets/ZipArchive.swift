import CZlib
import Foundation
import Gzip

/// A zip archive, as far as `.npz` files need one: entries stored or deflated, of less than 4 GiB.
///
/// What an entry is comes from the directory at the archive's end, which every writer completes; contents are checked
/// against its sizes and checksum.
/// - Source: PKWARE, *.ZIP File Format Specification*, APPNOTE 6.3.
struct ZipArchive {
  /// One entry, as the directory describes it.
  struct Entry: Equatable {
    var name: String
    var method: Int
    var checksum: UInt32
    var compressedSize, size: Int
    /// Where its local header starts.
    var offset: Int
  }

  /// The archive's path, for messages.
  let file: String
  /// The entries, in the order of the directory.
  let entries: [Entry]
  private let handle: FileHandle
  /// How many bytes the archive has.
  private let length: Int

  /// The largest directory that is accepted.
  private static let largestDirectory = 1 << 24
  /// Bytes of the record at the end, and of the longest comment behind it.
  private static let endSize = 22
  private static let longestComment = 0xFFFF

  /// Opens an archive and reads its directory.
  ///
  /// - Throws: ``ZipError``.
  init(_ file: String) throws(ZipError) {
    self.file = file
    do {
      // A device or a pipe has no end to look at.
      length = try RegularFile.size(of: file)
      handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: file))
    } catch GzipError.unreadable(_, let reason) {
      throw .unreadable(file: file, reason: reason)
    } catch {
      throw .unreadable(file: file, reason: error.localizedDescription)
    }
    let tailStart = max(0, length - Self.endSize - Self.longestComment)
    let tail = try Self.read(handle, tailStart..<length, length: length, of: file)
    let end = try Self.endRecord(tail, of: file)
    let fields = tail[end...]
    let count = Self.number(fields, 10, 2)
    let size = Self.number(fields, 12, 4)
    let start = Self.number(fields, 16, 4)
    guard Self.number(fields, 4, 2) == 0, Self.number(fields, 6, 2) == 0, Self.number(fields, 8, 2) == count else {
      throw .unsupported(file: file, reason: "it has several parts")
    }
    guard count != 0xFFFF, size != 0xFFFF_FFFF, start != 0xFFFF_FFFF else {
      throw .unsupported(file: file, reason: "it is in the 64-bit format for archives beyond 4 GiB")
    }
    guard start + size <= tailStart + (end - tail.startIndex), size <= Self.largestDirectory else {
      throw .damaged(file: file, reason: "its directory does not lie inside it")
    }
    entries = try Self.directory(
      Self.read(handle, start..<start + size, length: length, of: file), count: count, of: file)
  }

  /// An entry's contents.
  ///
  /// The memory that is touched grows with what is read, not with what the archive announces.
  /// - Throws: ``ZipError``, also where there are more than `limit` bytes.
  func contents(of entry: Entry, limit: Int) throws(ZipError) -> [UInt8] {
    guard entry.size <= limit else {
      throw .tooLarge(file: file, name: entry.name, size: entry.size, limit: limit)
    }
    let header = try read(entry.offset..<entry.offset + 30)
    guard header.starts(with: [0x50, 0x4B, 3, 4]) else {
      throw .entry(file: file, name: entry.name, reason: "its local header is not where the directory says")
    }
    let start = entry.offset + 30 + Self.number(header[...], 26, 2) + Self.number(header[...], 28, 2)
    let bytes: [UInt8]
    switch entry.method {
    case 0:
      guard entry.size == entry.compressedSize else {
        throw .entry(file: file, name: entry.name, reason: "it is stored, and has two sizes")
      }
      bytes = try read(start..<start + entry.size)
    case 8: bytes = try inflated(entry, from: start)
    default:
      throw .unsupported(
        file: file,
        reason: "the entry \(entry.name) is compressed by method \(entry.method); write it with `numpy.savez`")
    }
    let checksum = bytes.withUnsafeBytes { buffer in
      UInt32(truncatingIfNeeded: crc32_z(0, buffer.bindMemory(to: UInt8.self).baseAddress, buffer.count))
    }
    guard checksum == entry.checksum || bytes.isEmpty else {
      throw .entry(file: file, name: entry.name, reason: "its checksum is wrong")
    }
    return bytes
  }

  /// The contents of an entry that is deflated, its compressed bytes starting at `start`.
  private func inflated(_ entry: Entry, from start: Int) throws(ZipError) -> [UInt8] {
    var stream = z_stream()
    // A negative window: no header of zlib's own.
    guard inflateInit2_(&stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      throw .entry(file: file, name: entry.name, reason: "zlib has no memory for it")
    }
    defer { inflateEnd(&stream) }
    func damaged(_ reason: String) -> ZipError { .entry(file: file, name: entry.name, reason: reason) }
    var bytes: [UInt8] = []
    // Room for what the directory says, as far as the archive can hold that, so that growing does not need it twice.
    bytes.reserveCapacity(min(entry.size, GzipReader.largestExpansion * min(entry.compressedSize, length)))
    var piece = [UInt8](repeating: 0, count: 1 << 18)
    var taken = 0
    var status = Z_OK
    while status != Z_STREAM_END {
      guard taken < entry.compressedSize else { throw damaged("it breaks off") }
      var input = try read(start + taken..<start + min(entry.compressedSize, taken + (1 << 16)))
      let available = input.count
      let failure: ZipError? = input.withUnsafeMutableBufferPointer { input in
        stream.next_in = input.baseAddress
        stream.avail_in = UInt32(input.count)
        repeat {
          let produced = piece.withUnsafeMutableBufferPointer { output in
            stream.next_out = output.baseAddress
            stream.avail_out = UInt32(output.count)
            status = inflate(&stream, Z_NO_FLUSH)
            return output.count - Int(stream.avail_out)
          }
          guard status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR else {
            return damaged("it does not decompress")
          }
          guard bytes.count + produced <= entry.size else { return damaged("it is longer than the directory says") }
          bytes.append(contentsOf: piece[..<produced])
        } while stream.avail_out == 0 && status != Z_STREAM_END
        return nil
      }
      if let failure { throw failure }
      taken += available - Int(stream.avail_in)
    }
    guard bytes.count == entry.size, taken == entry.compressedSize else {
      throw damaged("it is shorter than the directory says")
    }
    return bytes
  }

  /// Where the record at the archive's end starts; a comment behind it must fill the rest.
  private static func endRecord(_ tail: [UInt8], of file: String) throws(ZipError) -> Int {
    var position = tail.count - endSize
    while position >= 0 {
      let comment = tail.count - position - endSize
      if tail[position] == 0x50, tail[position...].starts(with: [0x50, 0x4B, 5, 6]),
        number(tail[position...], 20, 2) == comment
      {
        return position
      }
      position -= 1
    }
    throw .notZip(file: file)
  }

  /// The entries that a directory lists.
  private static func directory(_ bytes: [UInt8], count: Int, of file: String) throws(ZipError) -> [Entry] {
    var entries: [Entry] = []
    var names: Set<String> = []
    var position = 0
    for _ in 0..<count {
      let fields = bytes[position...]
      guard fields.count >= 46, fields.starts(with: [0x50, 0x4B, 1, 2]) else {
        throw .damaged(file: file, reason: "its directory breaks off after \(entries.count) of \(count) entries")
      }
      let nameEnd = position + 46 + number(fields, 28, 2)
      let next = nameEnd + number(fields, 30, 2) + number(fields, 32, 2)
      guard next <= bytes.count, let name = String(validating: bytes[position + 46..<nameEnd], as: UTF8.self) else {
        throw .damaged(file: file, reason: "entry \(entries.count) of its directory has no usable name")
      }
      guard number(fields, 8, 2) & 1 == 0 else {
        throw .unsupported(file: file, reason: "the entry \(name) is encrypted")
      }
      let entry = Entry(
        name: name, method: number(fields, 10, 2), checksum: UInt32(number(fields, 16, 4)),
        compressedSize: number(fields, 20, 4), size: number(fields, 24, 4), offset: number(fields, 42, 4))
      guard ![entry.compressedSize, entry.size, entry.offset].contains(0xFFFF_FFFF) else {
        throw .unsupported(file: file, reason: "the entry \(name) is in the 64-bit format for more than 4 GiB")
      }
      guard names.insert(name).inserted else {
        throw .damaged(file: file, reason: "it has two entries \(name)")
      }
      entries.append(entry)
      position = next
    }
    guard position == bytes.count else { throw .damaged(file: file, reason: "its directory has bytes to spare") }
    return entries
  }

  /// A number of some bytes, least significant first, so far behind the start of a slice.
  private static func number(_ bytes: ArraySlice<UInt8>, _ offset: Int, _ length: Int) -> Int {
    let start = bytes.startIndex + offset
    return bytes[start..<start + length].reversed().reduce(0) { $0 << 8 | Int($1) }
  }

  /// All bytes of a range of the archive.
  private func read(_ range: Range<Int>) throws(ZipError) -> [UInt8] {
    try Self.read(handle, range, length: length, of: file)
  }

  /// All bytes of a range of the file, which has `length` bytes, read piece by piece.
  private static func read(
    _ handle: FileHandle, _ range: Range<Int>, length: Int, of file: String
  ) throws(ZipError) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(max(0, min(range.count, length - range.lowerBound)))
    do {
      try handle.seek(toOffset: UInt64(range.lowerBound))
      while bytes.count < range.count,
        let piece = try handle.read(upToCount: min(range.count - bytes.count, 1 << 20)), !piece.isEmpty
      {
        bytes.append(contentsOf: piece)
      }
    } catch {
      throw .unreadable(file: file, reason: error.localizedDescription)
    }
    guard bytes.count == range.count else {
      throw .damaged(file: file, reason: "it ends before byte \(range.upperBound), which its directory speaks of")
    }
    return bytes
  }
}
