import CZlib
import Foundation

@testable import Datasets

/// MNIST's files, plain or gzip: the elements are as many as the header says.
struct IDXFuzz: FuzzedReader {
  let name = "idx"
  let words = ["\u{0}\u{0}\u{8}\u{1}", "\u{0}\u{0}\u{8}\u{3}", "\u{0}\u{0}\u{0}\u{2}"]
  private let file = MemoryFile()

  func seeds() throws -> [Data] {
    let labels: [UInt8] = [0, 0, 8, 1, 0, 0, 0, 3, 7, 2, 1]
    let images: [UInt8] = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2] + Array(0..<8)
    return [Data(labels), Data(images), gzip(labels), gzip(images)]
  }

  func read(_ bytes: UnsafeRawBufferPointer) {
    file.fill(bytes)
    // Images of 2x2 pixels take the same way as those of 28x28, and are reached sooner.
    for item in [[], [2, 2]] {
      do throws(DatasetError) {
        let reader = try IDXReader(URL(fileURLWithPath: file.path), item: item)
        let expected = item.reduce(reader.count, *)
        let elements = try reader.elements()
        precondition(elements.count == expected, "\(elements.count) elements instead of \(expected)")
      } catch {
        precondition(error.description.contains(file.path), "an error that does not name the file")
      }
    }
  }

  private func gzip(_ bytes: [UInt8]) -> Data {
    file.contents = Data()
    let handle = gzopen(file.path, "wb")
    precondition(gzwrite(handle, bytes, UInt32(bytes.count)) == bytes.count && gzclose_w(handle) == Z_OK)
    return file.contents
  }
}
