import Datasets
import Foundation
import TestSupport
import Testing

@Suite("MNIST files")
struct MNISTTests {
  static let imagesMagic: [UInt8] = [0, 0, 8, 3]
  static let labelsMagic: [UInt8] = [0, 0, 8, 1]
  static let pixels = (0..<2 * 784).map { UInt8(truncatingIfNeeded: $0) }
  static let goodImages = idx(imagesMagic, [2, 28, 28], pixels)
  static let goodLabels = idx(labelsMagic, [2], [9, 3])

  /// Loads the test split from a folder with the given two files, plain.
  func load(images: [UInt8] = goodImages, labels: [UInt8] = goodLabels) throws -> LabelledImages {
    try withTemporaryFolder { folder in
      try Data(images).write(to: folder.appendingPathComponent("t10k-images-idx3-ubyte"))
      try Data(labels).write(to: folder.appendingPathComponent("t10k-labels-idx1-ubyte"))
      return try MNIST.load(directory: folder, split: .test)
    }
  }

  /// The error of loading the given two files; its sentence must name a file of the data set.
  func failure(images: [UInt8] = goodImages, labels: [UInt8] = goodLabels) throws -> DatasetError {
    let error = try #require(
      #expect(throws: DatasetError.self) { try load(images: images, labels: labels) })
    #expect(error.description.contains("-ubyte"))
    return error
  }

  @Test func plainFiles() throws {
    let images = try load()
    #expect(images.count == 2 && images.shape.extents == [1, 28, 28] && images.classCount == 10)
    #expect(images.pixels == .bytes(Self.pixels) && images.labels == [9, 3])
  }

  @Test func gzipFiles() throws {
    try withTemporaryFolder { folder in
      try writeGzip(Self.goodImages, to: folder.appendingPathComponent("train-images-idx3-ubyte.gz"))
      try writeGzip(Self.goodLabels, to: folder.appendingPathComponent("train-labels-idx1-ubyte.gz"))
      #expect(try MNIST.load(directory: folder, split: .train).digest == load().digest)
    }
  }

  @Test func missingFiles() throws {
    try withTemporaryFolder { folder in
      let error = #expect(throws: DatasetError.self) { try MNIST.load(directory: folder, split: .test) }
      let path = folder.appendingPathComponent("t10k-images-idx3-ubyte").path
      #expect(error == .missing(file: path, wanted: "the four MNIST files"))
      #expect(error?.description.contains("`--data DIR` names the folder with the four MNIST files") == true)
    }
  }

  @Test("A folder in a file's place is refused")
  func folderInPlace() throws {
    try withTemporaryFolder { folder in
      try FileManager.default.createDirectory(
        at: folder.appendingPathComponent("t10k-images-idx3-ubyte"), withIntermediateDirectories: true)
      try Data(Self.goodLabels).write(to: folder.appendingPathComponent("t10k-labels-idx1-ubyte"))
      #expect {
        try MNIST.load(directory: folder, split: .test)
      } throws: { error in
        if case DatasetError.file(.unreadable) = error { true } else { false }
      }
    }
  }

  @Test func wrongMagic() throws {
    guard case .wrongMagic(_, Self.imagesMagic, Self.labelsMagic) = try failure(images: Self.goodLabels) else {
      Issue.record("labels passed for images")
      return
    }
    guard
      case .wrongMagic(_, Self.labelsMagic, [0x89, 0x50, 0x4E, 0x47]) =
        try failure(labels: [0x89, 0x50, 0x4E, 0x47, 0x0D])
    else {
      Issue.record("a picture passed for labels")
      return
    }
  }

  @Test func wrongShape() throws {
    let images = idx(Self.imagesMagic, [2, 14, 56], Self.pixels)
    guard case .wrongShape(_, [28, 28], [14, 56]) = try failure(images: images) else {
      Issue.record("images of another shape passed")
      return
    }
  }

  @Test("A file that ends early is refused wherever it ends", arguments: [0, 3, 7, 15, 16, 17, 1583])
  func truncated(length: Int) throws {
    guard case .truncated(_, let expected, length) = try failure(images: Array(Self.goodImages.prefix(length)))
    else {
      Issue.record("a file of \(length) bytes passed")
      return
    }
    #expect(expected == (length < 16 ? 16 : 1584))
  }

  @Test func trailingBytes() throws {
    guard case .trailingBytes(_, 10) = try failure(labels: Self.goodLabels + [0]) else {
      Issue.record("a file that is too long passed")
      return
    }
  }

  @Test func labelTen() throws {
    let labels = idx(Self.labelsMagic, [2], [9, 10])
    guard case .labelOutOfRange(_, 1, 10, 10) = try failure(labels: labels) else {
      Issue.record("label 10 passed")
      return
    }
  }

  @Test func countMismatch() throws {
    let labels = idx(Self.labelsMagic, [3], [9, 3, 1])
    guard case .countMismatch(2, _, 3, _) = try failure(labels: labels) else {
      Issue.record("three labels passed for two images")
      return
    }
  }

  @Test("A count of nothing or of billions is refused before anything is read", arguments: [0, UInt32.max])
  func unreasonableCount(count: UInt32) throws {
    let images = idx(Self.imagesMagic, [count, 28, 28], Self.pixels)
    guard case .unreasonableCount(_, Int(count), _) = try failure(images: images) else {
      Issue.record("\(count) images passed")
      return
    }
  }

  @Test("A gzip file that is cut or altered is refused")
  func damagedGzip() throws {
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("t10k-images-idx3-ubyte.gz")
      try Data(Self.goodLabels).write(to: folder.appendingPathComponent("t10k-labels-idx1-ubyte"))
      try writeGzip(Self.goodImages, to: file)
      let whole = try Data(contentsOf: file)
      // The last eight bytes are the checksum and the length, which the data before them do not need.
      for length in [30, whole.count / 2, whole.count - 8, whole.count - 1] {
        try whole.prefix(length).write(to: file)
        #expect { try MNIST.load(directory: folder, split: .test) } throws: { isCorruptGzip($0) }
      }
      var altered = whole
      altered[altered.count - 6] ^= 1
      try altered.write(to: file)
      #expect { try MNIST.load(directory: folder, split: .test) } throws: { isCorruptGzip($0) }
    }
  }

  private func isCorruptGzip(_ error: any Error) -> Bool {
    if case DatasetError.file(.corrupt) = error { true } else { false }
  }

  @Test("A small file that decompresses to far more than it announces is refused")
  func gzipBomb() throws {
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("t10k-images-idx3-ubyte.gz")
      let zeros = [UInt8](repeating: 0, count: 50_000_000)
      try writeGzip(idx(Self.imagesMagic, [2, 28, 28], zeros), to: file)
      try Data(Self.goodLabels).write(to: folder.appendingPathComponent("t10k-labels-idx1-ubyte"))
      #expect(throws: DatasetError.trailingBytes(file: file.path, expected: 1584)) {
        try MNIST.load(directory: folder, split: .test)
      }
    }
  }

  @Test(
    "The real files", .enabled(if: SharedData.isPresent, "\(SharedData.absence)"),
    arguments: [
      (DatasetSplit.test, 10_000, [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]),
      (.train, 60_000, [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]),
    ])
  func realFiles(split: DatasetSplit, count: Int, firstLabels: [Int]) throws {
    let images = try MNIST.load(directory: SharedData.url("mnist"), split: split)
    #expect(images.count == count)
    #expect(images.labels(Array(0..<10)) == firstLabels)
    #expect(images.image(0).count == 784 && images.image(0).max().map { $0 > 0.9 } == true)
  }
}
