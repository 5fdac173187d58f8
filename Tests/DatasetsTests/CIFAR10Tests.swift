import Datasets
import Foundation
import Testing

@Suite("CIFAR-10 files")
struct CIFAR10Tests {
  /// A record of an image whose elements count up from a number.
  static func record(_ label: UInt8, from start: UInt8) -> [UInt8] {
    [label] + (0..<3072).map { start &+ UInt8(truncatingIfNeeded: $0) }
  }

  func load(_ files: [String: [UInt8]], _ split: DatasetSplit = .test, inside: String = "") throws -> LabelledImages {
    try withTemporaryFolder { folder in
      let place = folder.appendingPathComponent(inside)
      try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
      for (name, bytes) in files { try Data(bytes).write(to: place.appendingPathComponent(name)) }
      return try CIFAR10.load(directory: folder, split: split)
    }
  }

  @Test("The test file, in the folder or in the archive's folder inside it", arguments: ["", "cifar-10-batches-bin"])
  func testSplit(inside: String) throws {
    let images = try load(
      ["test_batch.bin": Self.record(9, from: 0) + Self.record(0, from: 7)], inside: inside)
    #expect(images.count == 2 && images.shape.extents == [3, 32, 32] && images.labels == [9, 0])
    let start: [Double] = [7, 8, 9].map { $0 / 255 }
    #expect(Array(images.image(1).prefix(3)) == start)
    #expect(images.name == "cifar10-test" && images.classCount == 10)
  }

  @Test("The five files of the training split, plain and compressed, in their order")
  func trainSplit() throws {
    try withTemporaryFolder { folder in
      for number in 1...5 {
        let file = folder.appendingPathComponent("data_batch_\(number).bin")
        let bytes = Self.record(UInt8(number), from: 0)
        if number == 3 {
          try writeGzip(bytes, to: file.appendingPathExtension("gz"))
        } else {
          try Data(bytes).write(to: file)
        }
      }
      #expect(try CIFAR10.load(directory: folder, split: .train).labels == [1, 2, 3, 4, 5])
      try FileManager.default.removeItem(at: folder.appendingPathComponent("data_batch_4.bin"))
      let error = #expect(throws: DatasetError.self) { try CIFAR10.load(directory: folder, split: .train) }
      #expect(error?.description.contains("data_batch_4.bin is not there") == true)
    }
  }

  @Test("A file that breaks off in a record, or is empty", arguments: [0, 1, 3072, 3074, 6145])
  func brokenRecord(size: Int) throws {
    let bytes = [UInt8](repeating: 0, count: size)
    #expect {
      try load(["test_batch.bin": bytes])
    } throws: { error in
      if case DatasetError.brokenRecord(_, 3073, size) = error { true } else { false }
    }
  }

  @Test("A file of another kind whose size fits")
  func labelOutOfRange() throws {
    #expect {
      try load(["test_batch.bin": Self.record(1, from: 0) + Self.record(10, from: 0)])
    } throws: { error in
      if case DatasetError.labelOutOfRange(_, 1, 10, 10) = error { true } else { false }
    }
  }

  @Test("A small file that decompresses to more than any data set is refused")
  func bomb() throws {
    try withTemporaryFolder { folder in
      // Gzip streams may follow one another; a few kilobytes make hundreds of megabytes.
      let file = folder.appendingPathComponent("test_batch.bin.gz")
      try writeGzip([UInt8](repeating: 0, count: 100_000_000), to: file)
      let stream = try Data(contentsOf: file)
      try Data((0..<4).map { _ in stream }.joined()).write(to: file)
      #expect {
        try CIFAR10.load(directory: folder, split: .test)
      } throws: { error in
        if case DatasetError.file(.tooLarge) = error { true } else { false }
      }
    }
  }
}
