import Tensors

/// Labelled images to train on or to evaluate with: bytes that stand for `byte/255`.
public struct TrainingSet: Hashable, Sendable {
  /// The data set's name, for records.
  public let name: String
  /// The shape of one image.
  public let shape: Shape
  /// The number of classes.
  public let classCount: Int
  /// The images one after the other, each row-major.
  public let pixels: [UInt8]
  /// One label for each image, from 0.
  public let labels: [UInt8]

  /// The number of images.
  public var count: Int { labels.count }

  /// A set of images.
  ///
  /// - Throws: ``TrainingError/unusableData(_:reason:)`` if there are none, the counts disagree, or a label is not
  ///   below `classCount`.
  public init(
    name: String, shape: Shape, classCount: Int, pixels: [UInt8], labels: [UInt8]
  ) throws(TrainingError) {
    guard !labels.isEmpty else { throw .unusableData(name, reason: "it has no images") }
    guard pixels.count == labels.count * shape.count else {
      throw .unusableData(
        name, reason: "\(pixels.count) bytes are not \(labels.count) images of \(shape)")
    }
    guard classCount >= 2 else { throw .unusableData(name, reason: "\(classCount) classes leave nothing to learn") }
    if let index = labels.firstIndex(where: { $0 >= classCount }) {
      throw .unusableData(
        name, reason: "image \(index) has label \(labels[index]), but there are \(classCount) classes")
    }
    self.name = name
    self.shape = shape
    self.classCount = classCount
    self.pixels = pixels
    self.labels = labels
  }

  /// Parts the images at random into two sets.
  ///
  /// - Parameter count: how many images the second set has.
  /// - Throws: ``TrainingError/unusableData(_:reason:)`` unless the first keeps at least one.
  public func holdingOut(
    _ count: Int, seed: UInt64
  ) throws(TrainingError) -> (training: TrainingSet, validation: TrainingSet?) {
    guard count > 0 else { return (self, nil) }
    guard count < self.count else {
      throw .unusableData(name, reason: "\(count) images cannot be held out of \(self.count)")
    }
    var order = Array(0..<self.count)
    var stream = RandomStream(seed: seed, purpose: "held-out images")
    stream.shuffle(&order)
    return (try subset(order[count...].sorted()), try subset(order[..<count].sorted()))
  }

  private func subset(_ indices: [Int]) throws(TrainingError) -> TrainingSet {
    let size = shape.count
    return try TrainingSet(
      name: name, shape: shape, classCount: classCount,
      pixels: indices.flatMap { pixels[$0 * size..<($0 + 1) * size] }, labels: indices.map { labels[$0] })
  }
}
