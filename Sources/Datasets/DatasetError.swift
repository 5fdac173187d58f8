import Gzip

/// Why a data set cannot be had.
public enum DatasetError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Neither the file nor its `.gz` is in the folder, which should hold what `wanted` says.
  case missing(file: String, wanted: String)
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
  /// A file whose records have one size ends in the middle of one.
  case brokenRecord(file: String, recordSize: Int, size: Int)
  /// There is nothing at a path, or not what is wanted there.
  case notThere(path: String, wanted: String)
  /// Two arrays, or two lists, might be the ones that are meant.
  case ambiguous(path: String, first: String, second: String)
  /// A `.npy` array cannot be read.
  case numpy(NumpyError)
  /// A `.npz` archive cannot be read.
  case zip(ZipError)
  /// A `.png` file cannot be used.
  case png(PNGError)
  /// An array's element type says nothing of how its elements become inputs.
  case imageType(file: String, descriptor: String)
  /// An array's extents are not those of images, or of labels.
  case arrayShape(file: String, extents: [Int], wanted: String)
  /// A label is no whole number from 0 to 255.
  case notALabel(file: String, index: Int, label: String)
  /// An image has a value that is no number or outside the valid range.
  case valueOutOfRange(file: String, image: Int, element: Int, value: Double, range: ClosedRange<Double>)
  /// A valid range was given for images of bytes, which have one.
  case rangeOfBytes(file: String)
  /// A line of a list of labels cannot be read.
  case listLine(file: String, line: Int, reason: String)
  /// The folder of a class has a number that no class has.
  case noClass(folder: String)
  /// The folders of two classes have the same number.
  case sameClass(folder: String, first: String, second: String)
  /// There are more folders than classes can be.
  case tooManyClasses(folder: String, count: Int)
  /// An archive lacks arrays; the ones that it has.
  case missingArrays(archive: String, wanted: String, found: [String])
  /// A file among images that is none.
  case strayFile(file: String)
  /// Synthetic images were asked for in a number that cannot be made.
  case syntheticCount(Int, limit: Int)

  public var description: String {
    switch self {
    case .missing(let file, let wanted):
      "\(file) is not there, plain or as .gz: `--data DIR` names the folder with \(wanted)"
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
    case .brokenRecord(let file, let recordSize, let size):
      "\(file) has \(size) bytes, which is no multiple of the \(recordSize) of one image: fetch it again"
    case .notThere(let path, let wanted):
      "\(path) is not there, or not \(wanted)"
    case .ambiguous(let path, let first, let second):
      "\(path) has both \(first) and \(second): keep one, for either might be meant"
    case .numpy(let error): error.description
    case .zip(let error): error.description
    case .png(let error): error.description
    case .imageType(let file, let descriptor):
      "\(file) has images of type `\(descriptor)`: save bytes (`uint8`, b stands for b/255) or numbers (`float32`, "
        + "`float64`, taken as they are)"
    case .arrayShape(let file, let extents, let wanted):
      "\(file) has an array of extents \(extents); \(wanted)"
    case .notALabel(let file, let index, let label):
      "\(file): label \(index) is \(label); labels are whole numbers from 0 to \(LabelledImages.largestClassCount - 1)"
    case .valueOutOfRange(let file, let image, let element, let value, let range):
      "\(file): element \(element) of image \(image) is \(value), outside the valid range "
        + "\(range.lowerBound)...\(range.upperBound)"
        + (value.isFinite ? "; state the range with `--range LOW...HIGH`" : "; every element must be a finite number")
    case .rangeOfBytes(let file):
      "\(file) holds bytes, whose range is 0...1: leave out `--range`, which is for images of float32 or float64"
    case .listLine(let file, let line, let reason):
      "\(file), line \(line): \(reason); write a file name, a comma and a label, as in `0001.png,7`"
    case .noClass(let folder):
      "\(folder) names no class: the folders of classes have numbers from 0 to \(LabelledImages.largestClassCount - 1), "
        + "or names that are no numbers"
    case .sameClass(let folder, let first, let second):
      "\(folder) has both \(first) and \(second), which are the same class: put their files into one folder"
    case .tooManyClasses(let folder, let count):
      "\(folder) has \(count) folders of classes; at most \(LabelledImages.largestClassCount) are accepted"
    case .missingArrays(let archive, let wanted, let found):
      "\(archive) lacks arrays: wanted are \(wanted); it has "
        + (found.isEmpty ? "none" : found.joined(separator: ", ")) + ": write it with `numpy.savez`, naming each array"
    case .strayFile(let file):
      "\(file) is no .png file: convert it, or move it out of the folder of images"
    case .syntheticCount(let count, let limit):
      "\(count) synthetic digits cannot be made: ask for between 1 and \(limit)"
    }
  }
}
