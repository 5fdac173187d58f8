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
}
