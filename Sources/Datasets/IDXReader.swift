import Foundation
import Gzip

/// A file of bytes in the IDX format, plain or gzip: a header with the extents, then one byte for each element.
///
/// The header is two zero bytes, 8 for "unsigned byte", the number of axes, and each extent in four bytes, most
/// significant first.
/// - Source: Y. LeCun, C. Cortes, C. J. C. Burges, *The MNIST database of handwritten digits*, file formats.
struct IDXReader: ~Copyable {
  /// How many items there are: the first extent.
  let count: Int
  private let reader: GzipReader
  private let headerSize, payloadSize: Int

  /// The most items that are accepted, well above any known set of this format.
  static let largestCount = 1_000_000

  /// Opens a file and checks its header.
  ///
  /// - Parameter item: the extents of one item, to which the header must agree.
  /// - Throws: ``DatasetError``.
  init(_ url: URL, item: [Int]) throws(DatasetError) {
    let file = url.path
    let headerSize = 4 * (2 + item.count)
    let magic: [UInt8] = [0, 0, 8, UInt8(1 + item.count)]
    let reader: GzipReader
    // Two steps, for some of the compiler's modes refuse a reader that may or may not be there in the handler.
    do throws(GzipError) { reader = try GzipReader(file) } catch { throw .file(error) }
    let header: [UInt8]
    do throws(GzipError) {
      header = try reader.read(upTo: headerSize)
    } catch {
      throw .file(error)
    }
    guard header.starts(with: magic) || header.count < magic.count else {
      throw .wrongMagic(file: file, expected: magic, found: Array(header.prefix(magic.count)))
    }
    guard header.count == headerSize else {
      throw .truncated(file: file, expected: headerSize, found: header.count)
    }
    let extents = stride(from: 4, to: headerSize, by: 4).map { start in
      header[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
    }
    guard Array(extents.dropFirst()) == item else {
      throw .wrongShape(file: file, expected: item, found: Array(extents.dropFirst()))
    }
    let count = extents[0]
    guard (1...IDXReader.largestCount).contains(count) else {
      throw .unreasonableCount(file: file, count: count, limit: IDXReader.largestCount)
    }
    self.reader = reader
    self.count = count
    self.headerSize = headerSize
    payloadSize = item.reduce(count, *)
  }

  /// The elements, item after item: exactly as many as the header announces.
  ///
  /// - Throws: ``DatasetError`` where the file has fewer or more, or does not decompress.
  consuming func elements() throws(DatasetError) -> [UInt8] {
    let bytes: [UInt8]
    let beyond: [UInt8]
    do throws(GzipError) {
      bytes = try reader.read(upTo: payloadSize)
      // Asking for one byte more also makes zlib compare the checksum behind the data.
      beyond = try reader.read(upTo: 1)
    } catch {
      throw .file(error)
    }
    guard bytes.count == payloadSize else {
      throw .truncated(file: reader.file, expected: headerSize + payloadSize, found: headerSize + bytes.count)
    }
    guard beyond.isEmpty else { throw .trailingBytes(file: reader.file, expected: headerSize + payloadSize) }
    return bytes
  }
}
