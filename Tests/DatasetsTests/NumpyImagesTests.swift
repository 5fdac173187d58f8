import Foundation
import Testing

@testable import Datasets

@Suite("Images in NumPy arrays")
struct NumpyImagesTests {
  static let pixels: [UInt8] = Array(0..<12)
  static let images = NumpyFiles.bytes(pixels, [3, 2, 2])
  static let labels = NumpyFiles.integers([2, 0, 4])

  /// Loads from a folder with the given arrays, and from a `.npz` file with the same; both must agree.
  func load(
    _ arrays: [String: [UInt8]], _ split: DatasetSplit = .test, range: ClosedRange<Double>? = nil
  ) throws -> LabelledImages {
    try withTemporaryFolder { folder in
      for (name, bytes) in arrays { try Data(bytes).write(to: folder.appendingPathComponent("\(name).npy")) }
      let archive = folder.appendingPathComponent("all.npz")
      try ZipFiles.archive(arrays.map { .init(name: "\($0.key).npy", contents: $0.value) }).write(to: archive)
      func result(_ path: URL) -> Result<LabelledImages, DatasetError> {
        do throws(DatasetError) {
          return .success(try NumpyImages.load(path, split: split, validRange: range))
        } catch {
          return .failure(error)
        }
      }
      let fromFolder = result(folder)
      let fromArchive = result(archive)
      switch (fromFolder, fromArchive) {
      case (.success(let a), .success(let b)): #expect(a == b && a.digest == b.digest)
      case (.failure(let a), .failure(let b)):
        #expect(a.description.contains(".npy") && b.description.contains("all.npz"))
      default: Issue.record("\(fromFolder) from the folder, \(fromArchive) from the archive")
      }
      return try fromFolder.get()
    }
  }

  func failure(
    images: [UInt8] = images, labels: [UInt8] = labels, range: ClosedRange<Double>? = nil
  ) throws -> DatasetError {
    try #require(
      #expect(throws: DatasetError.self) { try load(["images": images, "labels": labels], range: range) })
  }

  @Test("Bytes are what they are in MNIST's files: the digest is the same")
  func bytes() throws {
    let images = try load(["images": Self.images, "labels": Self.labels])
    #expect(images.shape.extents == [1, 2, 2] && images.labels == [2, 0, 4] && images.classes == .atLeast(5))
    let second: [Double] = [4, 5, 6, 7].map { $0 / 255 }
    #expect(images.image(1) == second && images.validRange == 0...1)
    let same = try LabelledImages(
      name: "same", shape: images.shape, classCount: 10, pixels: Self.pixels, labels: [2, 0, 4])
    #expect(images.digest == same.digest)
  }

  @Test("Numbers are taken as they are, in the range that is stated")
  func numbers() throws {
    let values: [Float] = [0, 0.25, 1, 0.1]
    let arrays = ["x": NumpyFiles.singles(values, [2, 2]), "y": NumpyFiles.integers([0, 1], [2, 1])]
    let images = try load(arrays)
    #expect(images.shape.extents == [2] && images.image(1) == [1, Double(Float(0.1))] && images.validRange == 0...1)
    #expect(try load(arrays, range: -2...3).validRange == -2...3)
  }

  @Test("Each split has its names", arguments: [("x_train", "y_train"), ("train_images", "train_labels")])
  func splits(images: String, labels: String) throws {
    var arrays = [images: Self.images, labels: Self.labels, "x_test": Self.images]
    arrays["y_test"] = NumpyFiles.integers([1, 1, 1])
    #expect(try load(arrays, .train).labels == [2, 0, 4])
    #expect(try load(arrays, .test).labels == [1, 1, 1])
  }

  @Test("Colour images have their channels first")
  func colour() throws {
    let images = try load([
      "images": NumpyFiles.bytes(Array(0..<12), [1, 3, 2, 2]), "labels": NumpyFiles.integers([0]),
    ])
    #expect(images.shape.extents == [3, 2, 2])
  }

  @Test("Arrays that are not there, or could be meant as well")
  func names() throws {
    for arrays in [[:], ["images": Self.images], ["labels": Self.labels], ["pictures": Self.images]] {
      let error = #expect(throws: DatasetError.self) { try load(arrays) }
      #expect(error?.description.contains("labels") == true)
    }
    let both = ["images": Self.images, "labels": Self.labels, "x": Self.images, "y": Self.labels]
    #expect {
      try load(both)
    } throws: { error in
      if case DatasetError.ambiguous(_, "images.npy", "x.npy") = error { true } else { false }
    }
    #expect(throws: DatasetError.self) { try NumpyImages.load(URL(fileURLWithPath: "/nowhere.npz"), split: .test) }
  }

  @Test("Arrays that are no images")
  func wrongImages() throws {
    for (type, size) in [("<i8", 8), ("<i4", 4), ("|i1", 1), ("<f2", 2), ("|b1", 1)] {
      let array = NumpyFiles.file(type, [3, 4], [UInt8](repeating: 0, count: 12 * size))
      guard case .imageType(_, type) = try failure(images: array) else {
        Issue.record("\(type) passed")
        continue
      }
    }
    for extents in [[], [12], [3, 1, 1, 2, 2]] {
      guard case .arrayShape = try failure(images: NumpyFiles.bytes(Self.pixels, extents)) else {
        Issue.record("\(extents) passed")
        continue
      }
    }
    guard case .numpy(.length) = try failure(images: NumpyFiles.bytes(Self.pixels.dropLast(), [3, 4])),
      case .numpy(.length) = try failure(images: NumpyFiles.bytes(Self.pixels + [0], [3, 4])),
      case .numpy(.length) = try failure(images: NumpyFiles.bytes([], [1 << 20, 1000])),
      case .numpy(.shape) = try failure(images: NumpyFiles.bytes([], [1 << 40, 1 << 40])),
      case .numpy(.fortranOrder) = try failure(
        images: NumpyFiles.file("|u1", [3, 4], Self.pixels, fortranOrder: true)),
      case .numpy(.notNumpy) = try failure(images: [1, 2, 3]),
      case .countMismatch(2, _, 3, _) = try failure(images: NumpyFiles.bytes(Self.pixels, [2, 6])),
      case .rangeOfBytes = try failure(range: 0...2)
    else {
      Issue.record("an array passed that is none")
      return
    }
  }

  @Test("Values that are no numbers, or outside the range, with where they are")
  func wrongValues() throws {
    for (value, range) in [(Float.nan, nil), (.infinity, nil), (-0.5, nil), (1.5, nil), (2, -1...1)]
      as [(Float, ClosedRange<Double>?)]
    {
      var values = [Float](repeating: 0.5, count: 12)
      values[7] = value
      guard
        case .valueOutOfRange(_, 1, 3, _, _) = try failure(images: NumpyFiles.singles(values, [3, 4]), range: range)
      else {
        Issue.record("\(value) passed")
        continue
      }
    }
  }

  @Test("Labels that are none")
  func wrongLabels() throws {
    for label in [-1, 256, 1 << 40] {
      guard case .notALabel(_, 1, _) = try failure(labels: NumpyFiles.integers([0, label, 0])) else {
        Issue.record("\(label) passed")
        continue
      }
    }
    guard case .notALabel(_, 2, "0.5") = try failure(labels: NumpyFiles.singles([0, 1, 0.5], [3])),
      case .notALabel = try failure(labels: NumpyFiles.singles([0, .nan, 0], [3])),
      case .arrayShape = try failure(labels: NumpyFiles.integers([1, 0, 0, 1, 0, 1], [3, 2])),
      case .countMismatch(3, _, 2, _) = try failure(labels: NumpyFiles.integers([0, 1])),
      case .numpy = try failure(labels: NumpyFiles.file("<U3", [3], []))
    else {
      Issue.record("labels passed that are none")
      return
    }
  }
}
