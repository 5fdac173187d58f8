import Tensors

/// Which part of a data set: the one to learn from, or the one to be judged on.
public enum DatasetSplit: String, Hashable, Sendable, CaseIterable {
  case train
  case test
}

/// Images of one shape, a class for each.
///
/// Pixels are bytes; as an input of a network, byte b is the number b/255, so that the valid range is `[0, 1]`.
///
/// - Invariant: `pixels.count == count * shape.count`, `labels.count == count`, and each label is below
///   `classCount`.
public struct LabelledImages: Hashable, Sendable {
  /// What the data set is called, with its split; not part of its ``digest``.
  public let name: String
  /// The extents of one image: channels, height, width.
  public let shape: Shape
  /// How many classes there are; labels are `0..<classCount`.
  public let classCount: Int
  /// The pixels of all images, one image after the other.
  public let pixels: [UInt8]
  /// The class of each image.
  public let labels: [UInt8]

  /// The images with the given pixels and labels.
  ///
  /// - Throws: ``DatasetError/pixelCount(name:expected:found:)`` or
  ///   ``DatasetError/labelOutOfRange(file:index:label:classCount:)`` where the parts do not fit together; the
  ///   latter names `labelsFile`, or `name` without one.
  public init(
    name: String, shape: Shape, classCount: Int, pixels: [UInt8], labels: [UInt8], labelsFile: String? = nil
  ) throws(DatasetError) {
    let expected = labels.count * shape.count
    guard pixels.count == expected else {
      throw .pixelCount(name: name, expected: expected, found: pixels.count)
    }
    if let index = labels.firstIndex(where: { Int($0) >= classCount }) {
      throw .labelOutOfRange(
        file: labelsFile ?? name, index: index, label: Int(labels[index]), classCount: classCount)
    }
    self.name = name
    self.shape = shape
    self.classCount = classCount
    self.pixels = pixels
    self.labels = labels
  }

  /// How many images there are.
  public var count: Int { labels.count }

  /// The class of one image.
  ///
  /// - Precondition: `index` is in `0..<count`.
  public func label(_ index: Int) -> Int { Int(labels[index]) }

  /// One image as an input: `shape.count` numbers b/255, correctly rounded.
  ///
  /// - Precondition: `index` is in `0..<count`.
  public func image(_ index: Int) -> [Double] {
    precondition(labels.indices.contains(index), "\(name) has \(count) images, so none at index \(index)")
    return pixels[index * shape.count..<(index + 1) * shape.count].map { Double($0) / 255 }
  }

  /// A run of images as a training batch: one after the other, in single precision.
  ///
  /// - Precondition: the range lies in `0..<count`.
  public func images(_ range: Range<Int>) -> [Float] { images(Array(range)) }

  /// Some images as a training batch: one after the other in the order of the indices, in single precision.
  ///
  /// - Precondition: each index is in `0..<count`.
  public func images(_ indices: [Int]) -> [Float] {
    let size = shape.count
    for index in indices {
      precondition(index >= 0 && index < count, "\(name) has \(count) images, so none at index \(index)")
    }
    return [Float](unsafeUninitializedCapacity: indices.count * size) { batch, initialised in
      initialised = indices.count * size
      guard var next = batch.baseAddress else { return }
      pixels.withUnsafeBufferPointer { pixels in
        LabelledImages.scaled.withUnsafeBufferPointer { scaled in
          for index in indices {
            for offset in index * size..<(index + 1) * size {
              next.initialize(to: scaled[Int(pixels[offset])])
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

  /// The first images, or all where there are fewer.
  public func prefix(_ length: Int) -> LabelledImages {
    let kept = min(max(0, length), count)
    return LabelledImages(
      unchecked: name, shape: shape, classCount: classCount, pixels: Array(pixels.prefix(kept * shape.count)),
      labels: Array(labels.prefix(kept)))
  }

  /// The SHA-256 of the content, whatever its name: the number of axes, the extents, the number of images
  /// (eight bytes each, most significant first), the pixels, the labels.
  ///
  /// - Complexity: proportional to the number of pixels; computed at each call.
  public var digest: String {
    let hasher = SHA256Hasher()
    hasher.update(withNumbers: [shape.rank] + shape.extents + [count])
    hasher.update(with: pixels)
    hasher.update(with: labels)
    return hasher.finish()
  }

  private init(unchecked name: String, shape: Shape, classCount: Int, pixels: [UInt8], labels: [UInt8]) {
    self.name = name
    self.shape = shape
    self.classCount = classCount
    self.pixels = pixels
    self.labels = labels
  }
}
