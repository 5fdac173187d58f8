import Foundation
import Gzip
import Tensors

/// Images and labels in NumPy's arrays: two `.npy` files in a folder, or two arrays of a `.npz` file.
///
/// Images are `uint8`, byte b standing for b/255, or `float32` or `float64`, taken as they are; of extents N×D, N×H×W
/// or N×C×H×W, channels first. Labels are whole numbers from 0, of extents N or N×1.
public enum NumpyImages {
  /// The names of images and labels that are looked for; exactly one pair must be there.
  static func names(_ split: DatasetSplit) -> [(images: String, labels: String)] {
    switch split {
    case .train: [("train_images", "train_labels"), ("x_train", "y_train")]
    case .test: [("test_images", "test_labels"), ("x_test", "y_test"), ("images", "labels"), ("x", "y")]
    }
  }

  /// The largest `.npy` file or `.npz` entry that is read.
  static let largestFile = 1 << 31

  /// Reads one split.
  ///
  /// - Parameters:
  ///   - path: a folder of `.npy` files, or a `.npz` file.
  ///   - split: the arrays `x_train` and `y_train` (or `train_images`, `train_labels`); or `x_test` and `y_test` (or
  ///     `test_images`, `test_labels`, or `images`, `labels`, or `x`, `y`).
  ///   - validRange: what images of numbers keep to, 0...1 where it is nil; nil for images of bytes.
  /// - Throws: ``DatasetError`` naming the file, the place and the value.
  public static func load(
    _ path: URL, split: DatasetSplit, validRange: ClosedRange<Double>? = nil
  ) throws(DatasetError) -> LabelledImages {
    var found = try arrays(path, split)
    let labels = try labels(found.labels, of: found.labelsFile)
    let (shape, pixels) = try images(&found.images, of: found.imagesFile, validRange: validRange)
    guard pixels.count == labels.count * shape.count else {
      throw .countMismatch(
        images: pixels.count / shape.count, imagesFile: found.imagesFile, labels: labels.count,
        labelsFile: found.labelsFile)
    }
    return try LabelledImages(
      name: "npy-\(split.rawValue)", shape: shape, classes: .atLeast(1 + Int(labels.max() ?? 0)), pixels: pixels,
      labels: labels, imagesFile: found.imagesFile, labelsFile: found.labelsFile)
  }

  /// The bytes of two `.npy` files and what messages call them.
  private struct Found {
    var images, labels: [UInt8]
    var imagesFile, labelsFile: String
  }

  private static func arrays(_ path: URL, _ split: DatasetSplit) throws(DatasetError) -> Found {
    if DataFile.isFolder(path) {
      let pair = try choose(split, in: path, archive: nil) { DataFile.present("\($0).npy", in: path) }
      do throws(GzipError) {
        return Found(
          images: try GzipReader.contents(of: pair.images.path, limit: largestFile),
          labels: try GzipReader.contents(of: pair.labels.path, limit: largestFile),
          imagesFile: pair.images.path, labelsFile: pair.labels.path)
      } catch {
        throw .file(error)
      }
    }
    guard path.pathExtension == "npz", FileManager.default.fileExists(atPath: path.path) else {
      throw .notThere(path: path.path, wanted: "a folder of .npy files or a .npz file")
    }
    func fromZip<Value>(_ body: () throws(ZipError) -> Value) throws(DatasetError) -> Value {
      do throws(ZipError) { return try body() } catch { throw .zip(error) }
    }
    let archive = try fromZip { () throws(ZipError) in try ZipArchive(path.path) }
    let pair = try choose(split, in: path, archive: archive) { name in
      archive.entries.first { $0.name == "\(name).npy" }
    }
    return try fromZip { () throws(ZipError) in
      Found(
        images: try archive.contents(of: pair.images, limit: largestFile),
        labels: try archive.contents(of: pair.labels, limit: largestFile),
        imagesFile: "\(path.path)/\(pair.images.name)", labelsFile: "\(path.path)/\(pair.labels.name)")
    }
  }

  /// The one pair of names under which both parts are there.
  private static func choose<Item>(
    _ split: DatasetSplit, in path: URL, archive: ZipArchive?, _ item: (String) -> Item?
  ) throws(DatasetError) -> (images: Item, labels: Item) {
    var chosen: (name: String, images: Item, labels: Item)?
    for names in names(split) {
      let images = item(names.images)
      let labels = item(names.labels)
      guard images != nil || labels != nil else { continue }
      if let chosen { throw .ambiguous(path: path.path, first: "\(chosen.name).npy", second: "\(names.images).npy") }
      guard let images, let labels else {
        if let archive { throw missing("\(names.images) and \(names.labels)", from: archive) }
        throw .missing(
          file: "\(path.path)/\(images == nil ? names.images : names.labels).npy",
          wanted: "\(names.images).npy and \(names.labels).npy")
      }
      chosen = (names.images, images, labels)
    }
    guard let chosen else {
      if let archive {
        let wanted = names(split).map { "\($0.images) and \($0.labels)" }.joined(separator: ", or ")
        throw missing(wanted, from: archive)
      }
      let wanted = names(split).map { "\($0.images).npy and \($0.labels).npy" }.joined(separator: ", or ")
      throw .notThere(path: "\(path.path)/\(names(split)[0].images).npy", wanted: "under another name: \(wanted)")
    }
    return (chosen.images, chosen.labels)
  }

  /// What an archive lacks, and what it has.
  private static func missing(_ wanted: String, from archive: ZipArchive) -> DatasetError {
    // An archive may have any number of entries with names of any length.
    let found = archive.entries.prefix(10).map { entry in
      String((entry.name.hasSuffix(".npy") ? entry.name.dropLast(4) : entry.name[...]).prefix(40))
    }
    return .missingArrays(
      archive: archive.file, wanted: wanted, found: found + (archive.entries.count > 10 ? ["others"] : []))
  }

  /// The images of an array, whatever is in them; the bytes become those of the images, in their place.
  private static func images(
    _ bytes: inout [UInt8], of file: String, validRange: ClosedRange<Double>?
  ) throws(DatasetError) -> (shape: Shape, pixels: Pixels) {
    let layout = try fromNumpy { () throws(NumpyError) in try NumpyArray.layout(of: bytes, file: file) }
    let extents = layout.shape.extents
    guard (2...4).contains(extents.count) else {
      throw .arrayShape(file: file, extents: extents, wanted: "images have N×D, N×H×W, or N×C×H×W (channels first)")
    }
    let shape: Shape
    do throws(ShapeError) {
      // Grey images have their one channel, as those of MNIST.
      shape = try Shape(extents.count == 3 ? [1] + extents.dropFirst() : Array(extents.dropFirst()))
    } catch {
      throw .arrayShape(file: file, extents: extents, wanted: error.description)
    }
    switch layout.descriptor {
    case "|u1":
      guard validRange == nil else { throw .rangeOfBytes(file: file) }
      let count = bytes.count - layout.start
      guard count == layout.shape.count else {
        throw .numpy(.length(file: file, shape: extents, expected: layout.shape.count, found: count))
      }
      bytes.removeFirst(layout.start)
      return (shape, .bytes(bytes))
    case "<f4", "<f8":
      let tensor = try fromNumpy { () throws(NumpyError) in try NumpyArray.decode(bytes, file: file) }
      return (shape, .numbers(tensor.values, validRange: validRange ?? 0...1))
    default: throw .imageType(file: file, descriptor: layout.descriptor)
    }
  }

  /// The labels of an array.
  private static func labels(_ bytes: [UInt8], of file: String) throws(DatasetError) -> [UInt8] {
    let tensor = try fromNumpy { () throws(NumpyError) in try NumpyArray.decode(bytes, file: file) }
    let extents = tensor.shape.extents
    guard extents.count == 1 || extents.count == 2 && extents[1] == 1 else {
      throw .arrayShape(file: file, extents: extents, wanted: "labels have N or N×1: class numbers, not one-hot rows")
    }
    var labels: [UInt8] = []
    labels.reserveCapacity(tensor.values.count)
    for (index, value) in tensor.values.enumerated() {
      guard let label = UInt8(exactly: value) else {
        throw .notALabel(file: file, index: index, label: value.formattedBriefly)
      }
      labels.append(label)
    }
    return labels
  }

  private static func fromNumpy<Value>(_ body: () throws(NumpyError) -> Value) throws(DatasetError) -> Value {
    do throws(NumpyError) { return try body() } catch { throw .numpy(error) }
  }
}

extension Double {
  /// Whole numbers without a fraction, others as they are.
  fileprivate var formattedBriefly: String { Int(exactly: self).map(String.init) ?? "\(self)" }
}
