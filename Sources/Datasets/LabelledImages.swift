import Tensors

/// Which part of a data set: the one to learn from, or the one to be judged on.
public enum DatasetSplit: String, Hashable, Sendable, CaseIterable {
  case train
  case test
}

/// How many classes a data set has, and how that is known.
public enum ClassCount: Hashable, Sendable {
  /// The data set is known to have so many.
  case stated(Int)
  /// The labels that occur need so many; a part of a data set may lack its last classes.
  case atLeast(Int)

  /// The number of classes.
  public var number: Int {
    switch self {
    case .stated(let number), .atLeast(let number): number
    }
  }

  /// Whether a network with so many outputs may speak of these classes.
  public func fits(outputs: Int) -> Bool {
    switch self {
    case .stated(let number): outputs == number
    case .atLeast(let number): outputs >= number
    }
  }
}

/// Images of one shape, a class for each.
///
/// - Invariant: `pixels.count == count * shape.count`, `labels.count == count`, each label is below `classCount`, and
///   each element lies in `pixels.validRange`.
public struct LabelledImages: Hashable, Sendable {
  /// The most classes that there can be: a label is a byte.
  public static let largestClassCount = 256

  /// What the data set is called, with its split; not part of its ``digest``.
  public let name: String
  /// The extents of one image: channels, height, width.
  public let shape: Shape
  /// How many classes there are; labels are below it.
  public let classes: ClassCount
  /// The elements of all images, one image after the other.
  public let pixels: Pixels
  /// The class of each image.
  public let labels: [UInt8]

  /// The images with the given pixels and labels.
  ///
  /// - Parameters:
  ///   - imagesFile: what an error names if a value is wrong; `name` by default.
  ///   - labelsFile: what an error names if a label is wrong; `name` by default.
  /// - Throws: ``DatasetError/pixelCount(name:expected:found:)``,
  ///   ``DatasetError/labelOutOfRange(file:index:label:classCount:)`` or
  ///   ``DatasetError/valueOutOfRange(file:image:element:value:range:)`` where the parts do not fit together.
  public init(
    name: String, shape: Shape, classes: ClassCount, pixels: Pixels, labels: [UInt8], imagesFile: String? = nil,
    labelsFile: String? = nil
  ) throws(DatasetError) {
    let expected = labels.count * shape.count
    guard pixels.count == expected else {
      throw .pixelCount(name: name, expected: expected, found: pixels.count)
    }
    if let index = labels.firstIndex(where: { Int($0) >= classes.number }) {
      throw .labelOutOfRange(
        file: labelsFile ?? name, index: index, label: Int(labels[index]), classCount: classes.number)
    }
    if let index = pixels.firstOutside {
      throw .valueOutOfRange(
        file: imagesFile ?? name, image: index / shape.count, element: index % shape.count,
        value: pixels.values(index..<index + 1)[0], range: pixels.validRange)
    }
    self.name = name
    self.shape = shape
    self.classes = classes
    self.pixels = pixels
    self.labels = labels
  }

  /// The images with the given bytes and labels, of a stated number of classes.
  ///
  /// - Throws: as the other initialiser.
  public init(
    name: String, shape: Shape, classCount: Int, pixels: [UInt8], labels: [UInt8], labelsFile: String? = nil
  ) throws(DatasetError) {
    try self.init(
      name: name, shape: shape, classes: .stated(classCount), pixels: .bytes(pixels), labels: labels,
      labelsFile: labelsFile)
  }

  /// How many images there are.
  public var count: Int { labels.count }

  /// How many classes there are; labels are `0..<classCount`.
  public var classCount: Int { classes.number }

  /// The range that every element of an input keeps to: what the ball around an image is clipped to.
  public var validRange: ClosedRange<Double> { pixels.validRange }

  /// The class of one image.
  ///
  /// - Precondition: `index` is in `0..<count`.
  public func label(_ index: Int) -> Int { Int(labels[index]) }

  /// One image as an input: `shape.count` numbers; of bytes b/255, correctly rounded.
  ///
  /// - Precondition: `index` is in `0..<count`.
  public func image(_ index: Int) -> [Double] {
    precondition(labels.indices.contains(index), "\(name) has \(count) images, so none at index \(index)")
    return pixels.values(index * shape.count..<(index + 1) * shape.count)
  }

  /// A run of images as a training batch: one after the other, in single precision.
  ///
  /// - Precondition: the range lies in `0..<count`.
  public func images(_ range: Range<Int>) -> [Float] { images(Array(range)) }

  /// Some images as a training batch: one after the other in the order of the indices, in single precision.
  ///
  /// - Precondition: each index is in `0..<count`.
  public func images(_ indices: [Int]) -> [Float] {
    for index in indices {
      precondition(index >= 0 && index < count, "\(name) has \(count) images, so none at index \(index)")
    }
    guard let bytes = pixels.bytes else {
      return indices.flatMap { image($0).map { Float($0) } }
    }
    let size = shape.count
    return [Float](unsafeUninitializedCapacity: indices.count * size) { batch, initialised in
      initialised = indices.count * size
      guard var next = batch.baseAddress else { return }
      bytes.withUnsafeBufferPointer { bytes in
        LabelledImages.scaled.withUnsafeBufferPointer { scaled in
          for index in indices {
            for offset in index * size..<(index + 1) * size {
              next.initialize(to: scaled[Int(bytes[offset])])
              next += 1
            }
          }
        }
      }
    }
  }

  /// b/255 for each byte b: looking it up takes half the time of dividing.
  private static let scaled = (0...255).map { Float($0) / 255 }

  /// The labels of some images, in the order of the indices.
  ///
  /// - Precondition: each index is in `0..<count`.
  public func labels(_ indices: [Int]) -> [Int] { indices.map { Int(labels[$0]) } }

  /// How many images each class has.
  public var labelCounts: [Int] {
    var counts = [Int](repeating: 0, count: classCount)
    for label in labels { counts[Int(label)] += 1 }
    return counts
  }

  /// The first images, or all where there are fewer.
  public func prefix(_ length: Int) -> LabelledImages {
    let kept = min(max(0, length), count)
    return LabelledImages(
      unchecked: name, shape: shape, classes: classes, pixels: pixels.prefix(kept * shape.count),
      labels: Array(labels.prefix(kept)))
  }

  /// The SHA-256 of the content, whatever its name: the number of axes, the extents, the number of images
  /// (eight bytes each, most significant first), the pixels, the labels.
  ///
  /// Pixels that are numbers count as their valid range's two ends and themselves, eight bytes each in IEEE 754's
  /// binary64, least significant first.
  /// - Complexity: proportional to the number of pixels; computed at each call.
  public var digest: String {
    let hasher = SHA256Hasher()
    hasher.update(withNumbers: [shape.rank] + shape.extents + [count])
    switch pixels {
    case .bytes(let bytes): hasher.update(with: bytes)
    case .numbers(let numbers, let range):
      for run in [[range.lowerBound, range.upperBound], numbers] {
        // Every machine that the tool runs on is little-endian; elsewhere this would turn the bytes round.
        hasher.update(with: run.map { $0.bitPattern.littleEndian }.withUnsafeBytes { Array($0) })
      }
    }
    hasher.update(with: labels)
    return hasher.finish()
  }

  private init(unchecked name: String, shape: Shape, classes: ClassCount, pixels: Pixels, labels: [UInt8]) {
    self.name = name
    self.shape = shape
    self.classes = classes
    self.pixels = pixels
    self.labels = labels
  }
}
