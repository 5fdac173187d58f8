import CZlib
import Foundation

@testable import Datasets

/// PNG pictures: as many samples as the extents say.
struct PNGFuzz: FuzzedReader {
  let name = "png"
  let words = ["IHDR", "IDAT", "IEND", "PLTE", "tRNS", "gAMA"]

  func seeds() throws -> [Data] {
    // One pixel, grey and coloured.
    let grey =
      "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="
    let colours =
      "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGMQUDAAAACkAGE0Zn1yAAAAAElFTkSuQmCC"
    return [grey, colours].compactMap { Data(base64Encoded: $0) }
  }

  func read(_ bytes: UnsafeRawBufferPointer) {
    do throws(DatasetError) {
      let image = try PNGImage(Array(bytes), file: "x.png")
      precondition(image.pixels.count == image.channels * image.height * image.width, "not a sample for each pixel")
    } catch {
      precondition(error.description.contains("x.png"), "an error that does not name the file")
    }
  }

  /// Mends the checksums of the chunks, behind which nothing else would ever be reached.
  func mutate(_ bytes: UnsafeMutableRawBufferPointer, count: Int, random: inout SeededGenerator) -> Int {
    let count = mutateBytes(bytes, count: count)
    guard random.next() % 8 != 0 else { return count }
    func big(at position: Int) -> Int { (0..<4).reduce(0) { $0 << 8 | Int(bytes[position + $1]) } }
    // The signature, then for each chunk its length, its type, its data, and the checksum of the latter two.
    var position = 8
    while position + 12 <= count {
      let end = position + 8 + big(at: position)
      guard end + 4 <= count, let base = bytes.baseAddress else { break }
      let chunk = base.advanced(by: position + 4).assumingMemoryBound(to: UInt8.self)
      let sum = crc32(0, chunk, UInt32(end - position - 4))
      for i in 0..<4 { bytes[end + i] = UInt8(truncatingIfNeeded: sum >> (8 * (3 - i))) }
      position = end + 4
    }
    return count
  }
}
