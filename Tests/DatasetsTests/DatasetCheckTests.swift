import Foundation
import TestSupport
import Testing

@testable import Datasets

@Suite("What is in a folder with a data set")
struct DatasetCheckTests {
  static let images = idx([0, 0, 8, 3], [2, 28, 28], [UInt8](repeating: 7, count: 2 * 784))
  static let labels = idx([0, 0, 8, 1], [2], [9, 3])

  /// Writes files, detects their kind and checks them.
  func check(_ files: [String: [UInt8]], _ kind: DatasetFolder) throws -> DatasetCheck {
    try withTemporaryFolder { folder in
      for (name, bytes) in files {
        let file = folder.appendingPathComponent(name)
        try FileManager.default.createDirectory(
          at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: file)
      }
      #expect(DatasetFolder.detect(folder) == kind)
      return DatasetCheck(folder, kind: kind)
    }
  }

  @Test("A split that is there and right, the other absent")
  func oneSplit() throws {
    let found = try check(["t10k-images-idx3-ubyte": Self.images, "t10k-labels-idx1-ubyte": Self.labels], .mnist)
    #expect(found.problems.isEmpty && found.absent == [.train])
    #expect(found.files.map(\.isPublished) == [false, false])
    let split = try #require(found.splits.first)
    #expect(split.count == 2 && split.shape == [1, 28, 28] && split.labels == [0, 0, 0, 1, 0, 0, 0, 0, 0, 1])
  }

  @Test("Everything wrong is told at once")
  func everythingWrong() throws {
    let found = try check(
      [
        "t10k-images-idx3-ubyte": Array(Self.images.dropLast()), "t10k-labels-idx1-ubyte": Self.images,
        "train-images-idx3-ubyte": [1, 2, 3, 4],
      ], .mnist)
    #expect(found.problems.count == 4 && found.splits.isEmpty && found.absent.isEmpty)
    for word in ["ends after", "another kind of file", "not there", "train-images"] {
      #expect(found.problems.contains { $0.contains(word) })
    }
    let records = try check(
      ["data_batch_1.bin": [0], "data_batch_2.bin": [UInt8](repeating: 99, count: 3073)], .cifar10)
    #expect(records.problems.count == 5 && records.absent == [.test])
  }

  @Test("Arrays and pictures")
  func otherKinds() throws {
    let arrays = try check(
      ["images.npy": NumpyFiles.singles([0, 1], [2, 1]), "labels.npy": NumpyFiles.integers([1, 0])], .npy)
    #expect(arrays.problems.isEmpty && arrays.splits.map(\.labels) == [[1, 1]] && arrays.splits[0].range == [0, 1])
    let wrong = try check(
      ["images.npy": NumpyFiles.singles([0, .nan], [2, 1]), "labels.npy": NumpyFiles.integers([1, 0])], .npy)
    #expect(wrong.problems.count == 1)
    let good = try PNGFiles.file([1], width: 1, height: 1)
    let pictures = try check(["0/1.png": good, "1/1.png": [], "1/2.png": Array(good.dropLast())], .png)
    #expect(pictures.problems.count == 2)
    #expect(try check(["0/1.png": good], .png).problems.isEmpty)
  }

  @Test("Nothing at all")
  func nothing() throws {
    try withTemporaryFolder { folder in
      #expect(DatasetFolder.detect(folder) == nil)
      for kind in DatasetFolder.allCases { #expect(DatasetCheck(folder, kind: kind).problems.count == 1) }
    }
  }

  @Test("The real MNIST is known", .enabled(if: SharedData.isPresent, "\(SharedData.absence)"))
  func realFiles() throws {
    let found = DatasetCheck(try SharedData.url("mnist"), kind: .mnist)
    #expect(found.problems.isEmpty && found.files.count == 4 && found.files.allSatisfy { $0.isPublished })
    #expect(found.splits.map(\.count) == [60_000, 10_000])
  }
}
