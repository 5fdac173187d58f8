import Foundation
import Tensors

/// The MNIST handwritten digits, and data sets that come in the same files (Fashion-MNIST, KMNIST).
///
/// - Source: Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, *Gradient-based learning applied to document
///   recognition*, Proceedings of the IEEE 86(11), 1998.
public enum MNIST {
  /// The extents of an image: one channel, 28 rows, 28 columns.
  public static let shape: Shape = image28x28
  /// The digits 0 to 9, or ten other classes.
  public static let classCount = 10

  /// Reads one split: 28x28 grey images and their labels.
  ///
  /// - Parameters:
  ///   - directory: the folder with the files `train-images-idx3-ubyte`, `train-labels-idx1-ubyte` and the same
  ///     two of `t10k` for the test split, each plain or with `.gz` (plain preferred).
  ///   - split: which of the two.
  /// - Throws: ``DatasetError`` naming the file and what is wrong with it.
  public static func load(directory: URL, split: DatasetSplit) throws(DatasetError) -> LabelledImages {
    let prefix =
      switch split {
      case .train: "train"
      case .test: "t10k"
      }
    let imagesFile = try locate("\(prefix)-images-idx3-ubyte", in: directory)
    let labelsFile = try locate("\(prefix)-labels-idx1-ubyte", in: directory)
    let images = try IDXReader(imagesFile, item: Array(shape.extents.dropFirst()))
    let labels = try IDXReader(labelsFile, item: [])
    guard images.count == labels.count else {
      throw .countMismatch(
        images: images.count, imagesFile: imagesFile.path, labels: labels.count, labelsFile: labelsFile.path)
    }
    return try LabelledImages(
      name: "mnist-\(split.rawValue)", shape: shape, classCount: classCount, pixels: images.elements(),
      labels: labels.elements(), labelsFile: labelsFile.path)
  }

  private static func locate(_ name: String, in directory: URL) throws(DatasetError) -> URL {
    let plain = directory.appendingPathComponent(name)
    for file in [plain, plain.appendingPathExtension("gz")]
    where FileManager.default.fileExists(atPath: file.path) {
      return file
    }
    throw .missing(file: plain.path)
  }
}

/// The shape of an MNIST image; the extents are right by inspection, so the failure cannot happen.
private let image28x28: Shape = {
  do { return try Shape([1, 28, 28]) } catch { preconditionFailure("\(error)") }
}()
