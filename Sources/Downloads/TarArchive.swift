import Foundation
import Gzip

/// A compressed tar archive, from which a few named files of known sizes are taken; everything else is passed over.
///
/// - Source: POSIX.1-1988, *ustar interchange format*.
enum TarArchive {
  private static let block = 512
  /// The largest entry that is passed over.
  private static let largestEntry = 1 << 32

  /// Takes files out of an archive.
  ///
  /// - Parameters:
  ///   - wanted: the files' sizes by their names in the archive.
  ///   - place: where a file goes; an older one is replaced.
  /// - Throws: ``TransferError/wrongContents(reason:)`` where the archive is damaged, lacks one of the files or has it
  ///   in another size; ``TransferError/disk(file:reason:)``.
  static func extract(
    _ archive: String, _ wanted: [String: Int], to place: (String) -> String
  ) throws(TransferError) {
    let reader = try open(archive)
    var missing = wanted
    while let name = missing.keys.min() {
      let header = try read(reader, block)
      // Two blocks of zeros, or the file's end, end the archive.
      guard header.contains(where: { $0 != 0 }) else {
        throw .wrongContents(reason: "the archive has no file \(name)")
      }
      guard let entry = Entry(header), entry.size <= largestEntry else {
        throw .wrongContents(reason: "a header inside the archive is damaged")
      }
      let padded = (entry.size + block - 1) / block * block
      guard entry.isFile, let size = missing.removeValue(forKey: entry.name) else {
        var left = padded
        while left > 0 { left -= try read(reader, min(left, 1 << 20)).count }
        continue
      }
      guard entry.size == size else {
        throw .wrongContents(reason: "\(entry.name) has \(entry.size) bytes in the archive; \(size) are expected")
      }
      let bytes = try read(reader, padded)
      let file = place(entry.name)
      do {
        try Data(bytes.prefix(size)).write(to: URL(fileURLWithPath: file))
      } catch {
        throw .disk(file: file, reason: error.localizedDescription)
      }
    }
  }

  private static func open(_ archive: String) throws(TransferError) -> GzipReader {
    do throws(GzipError) { return try GzipReader(archive) } catch {
      throw .disk(file: archive, reason: error.description)
    }
  }

  /// So many bytes, at least one.
  private static func read(_ reader: borrowing GzipReader, _ count: Int) throws(TransferError) -> [UInt8] {
    let bytes: [UInt8]
    do throws(GzipError) { bytes = try reader.read(upTo: count) } catch {
      throw .wrongContents(reason: "the archive does not decompress")
    }
    guard bytes.count == count else { throw .wrongContents(reason: "the archive breaks off") }
    return bytes
  }

  /// What a header says.
  private struct Entry {
    var name: String
    var size: Int
    var isFile: Bool

    /// Nil where the header's checksum or its size is wrong.
    init?(_ header: [UInt8]) {
      func text(_ range: Range<Int>) -> String {
        String(decoding: header[range].prefix { $0 != 0 }, as: UTF8.self)
      }
      func octal(_ range: Range<Int>) -> Int? {
        Int(text(range).trimmingCharacters(in: .whitespaces), radix: 8).flatMap { $0 >= 0 ? $0 : nil }
      }
      // The checksum counts its own eight bytes as spaces.
      let sum = header.enumerated().reduce(0) { $0 + ((148..<156).contains($1.offset) ? 32 : Int($1.element)) }
      guard octal(148..<156) == sum, let size = octal(124..<136) else { return nil }
      self.size = size
      isFile = header[156] == UInt8(ascii: "0") || header[156] == 0
      name = text(0..<100)
      if name.hasPrefix("./") { name.removeFirst(2) }
    }
  }
}
