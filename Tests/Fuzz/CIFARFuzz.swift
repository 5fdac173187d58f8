import Foundation

@testable import Datasets

/// CIFAR-10's binary files, plain or gzip: an image and a label for each record.
struct CIFARFuzz: FuzzedReader {
  let name = "cifar"
  let words = ["\u{0}", "\u{9}", "\u{a}"]
  private let file = MemoryFile()

  func seeds() throws -> [Data] {
    let record = Data([3]) + Data((0..<3072).map { UInt8(truncatingIfNeeded: $0) })
    return [record, record.dropLast(), Data([10]) + record.dropFirst()]
  }

  func read(_ bytes: UnsafeRawBufferPointer) {
    file.fill(bytes)
    let url = URL(fileURLWithPath: file.path)
    do throws(DatasetError) {
      let images = try CIFAR10.load([url.lastPathComponent], in: url.deletingLastPathComponent(), named: "cifar10")
      precondition(images.count > 0 && images.labels.allSatisfy { $0 < 10 }, "a label that names no class")
    } catch {
      precondition(error.description.contains(file.path), "an error that does not name the file")
    }
  }
}
