import Gzip

/// Why a data set cannot be had.
public enum DatasetError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Neither the file nor its `.gz` is in the folder.
  case missing(file: String)
  /// The file is there and its bytes cannot be had.
  case file(GzipError)
  /// The file starts with other bytes than its format demands.
  case wrongMagic(file: String, expected: [UInt8], found: [UInt8])
  /// The file's items have other extents than the data set's.
  case wrongShape(file: String, expected: [Int], found: [Int])
  /// The file's header announces no item, or more than anybody needs.
  case unreasonableCount(file: String, count: Int, limit: Int)
  /// The file ends before the bytes that its header announces.
  case truncated(file: String, expected: Int, found: Int)
  /// The file, decompressed, goes on after the bytes that its header announces.
  case trailingBytes(file: String, expected: Int)
  /// There are not as many labels as images.
  case countMismatch(images: Int, imagesFile: String, labels: Int, labelsFile: String)
  /// There are not as many pixels as the images need.
  case pixelCount(name: String, expected: Int, found: Int)
  /// A label names no class.
  case labelOutOfRange(file: String, index: Int, label: Int, classCount: Int)
  /// Synthetic images were asked for in a number that cannot be made.
  case syntheticCount(Int, limit: Int)

  public var description: String {
    switch self {
    case .missing(let file):
      "\(file) is not there, plain or as .gz: `--data DIR` names the folder with the four MNIST files"
    case .file(let error):
      error.description
    case .wrongMagic(let file, let expected, let found):
      "\(file) starts with the bytes \(found) where its format has \(expected): it is another kind of file"
    case .wrongShape(let file, let expected, let found):
      "\(file) holds items of extents \(found); these must be \(expected)"
    case .unreasonableCount(let file, let count, let limit):
      "\(file) announces \(count) items; between 1 and \(limit) are accepted"
    case .truncated(let file, let expected, let found):
      "\(file) ends after \(found) of the \(expected) bytes that it should have: fetch it again"
    case .trailingBytes(let file, let expected):
      "\(file) goes on after the \(expected) bytes that its header announces: fetch it again"
    case .countMismatch(let images, let imagesFile, let labels, let labelsFile):
      "\(imagesFile) has \(images) images, \(labelsFile) has \(labels) labels: they do not belong together"
    case .pixelCount(let name, let expected, let found):
      "\(name) has \(found) pixels; its images need \(expected)"
    case .labelOutOfRange(let file, let index, let label, let classCount):
      "\(file): label \(label) of image \(index) is not among the classes 0 to \(classCount - 1)"
    case .syntheticCount(let count, let limit):
      "\(count) synthetic digits cannot be made: ask for between 1 and \(limit)"
    }
  }
}
