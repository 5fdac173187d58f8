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
  /// What the folder should hold, for messages.
  static let wanted = "the four MNIST files"

  /// The files of a split: images, then labels.
  static func files(_ split: DatasetSplit) -> [String] {
    let prefix =
      switch split {
      case .train: "train"
      case .test: "t10k"
      }
    return ["\(prefix)-images-idx3-ubyte", "\(prefix)-labels-idx1-ubyte"]
  }

  /// Reads one split: 28x28 grey images and their labels.
  ///
  /// - Parameters:
  ///   - directory: the folder with the files `train-images-idx3-ubyte`, `train-labels-idx1-ubyte` and the same
  ///     two of `t10k` for the test split, each plain or with `.gz` (plain preferred).
  ///   - split: which of the two.
  /// - Throws: ``DatasetError`` naming the file and what is wrong with it.
  public static func load(directory: URL, split: DatasetSplit) throws(DatasetError) -> LabelledImages {
    let names = files(split)
    let imagesFile = try DataFile.locate(names[0], in: directory, of: wanted)
    let labelsFile = try DataFile.locate(names[1], in: directory, of: wanted)
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
}

/// The shape of an MNIST image; the extents are right by inspection, so the failure cannot happen.
private let image28x28: Shape = {
  do { return try Shape([1, 28, 28]) } catch { preconditionFailure("\(error)") }
}()
