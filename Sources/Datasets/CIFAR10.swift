import Foundation
import Gzip
import Tensors

/// The CIFAR-10 colour images in their binary version.
///
/// A file is a row of records without any header: one byte for the class, then 1024 bytes each for red, green and
/// blue, row by row.
/// - Source: A. Krizhevsky, *Learning multiple layers of features from tiny images*, 2009, and its web page.
public enum CIFAR10 {
  /// The extents of an image: three channels, 32 rows, 32 columns.
  public static let shape: Shape = image3x32x32
  /// Airplane, automobile, bird, cat, deer, dog, frog, horse, ship, truck.
  public static let classCount = 10
  /// The folder that the archive unpacks to.
  public static let folderName = "cifar-10-batches-bin"

  /// The files of a split, in the order of their images.
  static func files(_ split: DatasetSplit) -> [String] {
    switch split {
    case .train: (1...5).map { "data_batch_\($0).bin" }
    case .test: ["test_batch.bin"]
    }
  }

  /// What the folder should hold, for messages.
  static let wanted = "the six files of CIFAR-10's binary version (data_batch_1.bin to 5, test_batch.bin)"
  /// The most images in one file, well above the 10 000 that there are.
  private static let largestCount = 100_000

  /// The folder with the files: the one given, or the archive's own inside it.
  static func folder(_ directory: URL) -> URL {
    let inner = directory.appendingPathComponent(folderName)
    return DataFile.isFolder(inner) ? inner : directory
  }

  /// Reads one split: 32x32 colour images and their labels.
  ///
  /// - Parameters:
  ///   - directory: the folder with `data_batch_1.bin` to `data_batch_5.bin` and `test_batch.bin`, each plain or with
  ///     `.gz`, or the folder above it.
  ///   - split: the first five files, or the last. A file may hold fewer images than the original.
  /// - Throws: ``DatasetError`` naming the file and what is wrong with it.
  public static func load(directory: URL, split: DatasetSplit) throws(DatasetError) -> LabelledImages {
    try load(files(split), in: folder(directory), named: "cifar10-\(split.rawValue)")
  }

  /// Reads some files, one behind the other.
  static func load(
    _ files: [String], in directory: URL, named name: String
  ) throws(DatasetError) -> LabelledImages {
    var pixels: [UInt8] = []
    var labels: [UInt8] = []
    for file in files { try append(DataFile.locate(file, in: directory, of: wanted), &pixels, &labels) }
    return try LabelledImages(
      name: name, shape: shape, classCount: classCount, pixels: pixels, labels: labels)
  }

  /// Reads one file behind what is there already.
  private static func append(
    _ url: URL, _ pixels: inout [UInt8], _ labels: inout [UInt8]
  ) throws(DatasetError) {
    let file = url.path
    let size = 1 + shape.count
    let bytes: [UInt8]
    do throws(GzipError) {
      bytes = try GzipReader.contents(of: file, limit: largestCount * size)
    } catch {
      throw .file(error)
    }
    guard !bytes.isEmpty, bytes.count % size == 0 else {
      throw .brokenRecord(file: file, recordSize: size, size: bytes.count)
    }
    pixels.reserveCapacity(pixels.count + bytes.count)
    for index in 0..<bytes.count / size {
      let label = bytes[index * size]
      // Also tells a file of another kind whose size happens to fit.
      guard label < classCount else {
        throw .labelOutOfRange(file: file, index: index, label: Int(label), classCount: classCount)
      }
      labels.append(label)
      pixels.append(contentsOf: bytes[index * size + 1..<(index + 1) * size])
    }
  }
}

/// The shape of a CIFAR-10 image; the extents are right by inspection, so the failure cannot happen.
private let image3x32x32: Shape = {
  do { return try Shape([3, 32, 32]) } catch { preconditionFailure("\(error)") }
}()
