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
      #expect(DatasetFolder.detect(folder) == [kind])
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

  @Test("Pictures with a fault are known for pictures, and the fault is told")
  func faultyPictures() throws {
    let good = try PNGFiles.file([1], width: 1, height: 1)
    for (files, words) in [
      (["a.png": good, "labels.csv": Array("a.png,0\nb.png,1\n".utf8)], "labels.csv, line 2"),
      (["labels.txt": Array("a.png".utf8)], "labels.txt, line 1"), (["a.png": good], "labels.csv is not there"),
      (["0/1.png": good, "0/2.jpg": []], "2.jpg is no .png file"), (["cat/1.jpg": []], "1.jpg is no .png file"),
      (["01/1.png": good, "1/1.png": good], "both 01 and 1"), (["train/0/1.png": good, "train/x": []], "train/x"),
    ] as [([String: [UInt8]], String)] {
      let problems = try check(files, .png).problems
      #expect(problems.count == 1 && problems.first?.contains(words) == true, "\(problems)")
    }
  }

  @Test("Files of several kinds in one folder")
  func severalKinds() throws {
    try withTemporaryFolder { folder in
      for name in ["images.npy", "t10k-labels-idx1-ubyte", "view.png"] {
        try Data().write(to: folder.appendingPathComponent(name))
      }
      #expect(DatasetFolder.detect(folder) == [.mnist, .npy])
    }
  }

  @Test("An archive without the arrays that are wanted")
  func archives() throws {
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("a.npz")
      let labels = NumpyFiles.integers([1])
      for (names, words) in [
        (["pictures"], "it has pictures"), ([], "it has none"), (["images"], "wanted are images and labels"),
      ] {
        try ZipFiles.archive(names.map { .init(name: "\($0).npy", contents: labels) }).write(to: file)
        let problems = DatasetCheck(file, kind: .npy).problems
        #expect(problems.count == 1 && problems.first?.contains(words) == true, "\(problems)")
        #expect(problems.first?.contains(".gz") == false)
      }
      let train = [("x_train", NumpyFiles.bytes([1], [1, 1])), ("y_train", labels)]
      try ZipFiles.archive(train.map { .init(name: "\($0).npy", contents: $1) }).write(to: file)
      let check = DatasetCheck(file, kind: .npy)
      #expect(check.problems.isEmpty && check.absent == [.test])
    }
  }

  @Test("Nothing at all")
  func nothing() throws {
    try withTemporaryFolder { folder in
      #expect(DatasetFolder.detect(folder).isEmpty)
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
