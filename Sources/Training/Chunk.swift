import Tensors

/// The memory in which one piece of a batch is propagated, attacked and differentiated.
///
/// A batch is cut into the same chunks for any number of workers, so that sums over it are always the same.
final class Chunk: @unchecked Sendable {
  let stack: LayerStack
  let capacity: Int
  let point: PointPass
  let box: BoxPass
  /// The memory of the attacks, where the loss has them.
  let attack: PointAttack?
  let latent: LatentAttack?
  /// The memory of back-substitution, where the loss has it, margin by margin or fused.
  let crown: CROWNMargins?
  let fused: FusedLoss?
  /// The memory of searches in zonotopes, where the loss has them.
  let zonotope: ZonotopeAttack?
  let margins: ElidedMargins
  let labels: UnsafeMutablePointer<Int32>
  /// Which image of the data set each one is.
  private(set) var indices: [Int] = []
  /// Gradients with respect to logits and to upper margins, `[batch, classes]`, and the margins themselves.
  let logitGradient, adversarialGradient, marginGradient, upperMargins: FloatBuffer
  /// One divided by the number of images in the batch, where the robust loss is differentiated.
  var share: Float = 0
  /// Where the differentiation of the points stands, between two batch normalisations.
  var pointSeed: UnsafeMutablePointer<Float>?
  /// The gradient of this chunk's part of the loss.
  let gradient: ParameterGradient

  /// How many images are loaded.
  var batch: Int { indices.count }

  /// Memory for up to `capacity` images and for the parts of a loss.
  init(stack: LayerStack, capacity: Int, loss: RobustLoss = .box) {
    self.stack = stack
    self.capacity = capacity
    point = PointPass(stack: stack, capacity: capacity)
    box = BoxPass(stack: stack, capacity: capacity)
    attack = loss.attack.map { _ in PointAttack(stack: stack, capacity: capacity) }
    latent = loss.latent.map { LatentAttack(stack: stack, capacity: capacity, boundary: $0.boundary) }
    crown = loss.crown.flatMap {
      $0.isFused ? nil : CROWNMargins(stack: stack, capacity: capacity, meetsEveryBox: true)
    }
    fused = loss.crown.flatMap { $0.isFused ? FusedLoss(stack: stack, capacity: capacity, meetsEveryBox: true) : nil }
    zonotope = loss.zonotope.map { ZonotopeAttack(stack: stack, capacity: capacity, deepest: $0.boundary) }
    margins = ElidedMargins(stack: stack)
    labels = .allocate(capacity: capacity)
    let classes = stack.classCount
    logitGradient = FloatBuffer(count: capacity * classes)
    adversarialGradient = FloatBuffer(count: capacity * classes)
    marginGradient = FloatBuffer(count: capacity * classes)
    upperMargins = FloatBuffer(count: capacity * classes)
    gradient = ParameterGradient(count: stack.parameterCount)
  }

  deinit { labels.deallocate() }

  /// Loads some images as points, as boxes, and as the boxes that an attack searches.
  ///
  /// - Parameter augmentation: how the images are varied; nil for not at all.
  func load(
    _ set: TrainingSet, _ indices: ArraySlice<Int>, _ pixels: PixelBoxes, attacked: PixelBoxes? = nil,
    augmentation: Augmentation? = nil
  ) {
    precondition(indices.count <= capacity, "\(indices.count) images in a chunk of \(capacity)")
    self.indices = Array(indices)
    let size = set.shape.count
    set.pixels.withUnsafeBufferPointer { bytes in
      for (vector, index) in indices.enumerated() {
        labels[vector] = Int32(set.labels[index])
        let to = vector * size
        let x = point.values[0].pointer + to
        let c = box.centres[0].pointer + to
        let r = box.radii[0].pointer + to
        func write(_ image: UnsafeBufferPointer<UInt8>) {
          pixels.write(image, values: x, first: c, second: r) { $0.ball }
          guard let attack, let attacked else { return }
          attacked.write(image, values: x, first: attack.lower.pointer + to, second: attack.upper.pointer + to) {
            $0.ends
          }
        }
        let image = UnsafeBufferPointer(rebasing: bytes[index * size..<(index + 1) * size])
        if let augmentation {
          augmentation.apply(to: image, shape: set.shape, index: index).withUnsafeBufferPointer(write)
        } else {
          write(image)
        }
      }
    }
  }

  var all: Range<Int> { 0..<stack.layers.count }
  var extractor: Range<Int> { 0..<stack.layers.count - 1 }
  var lastOffset: Int { stack.offsets[stack.layers.count - 1] }

  /// The natural loss of the points; keeps `weight` times its gradient with respect to the logits.
  ///
  /// - Parameter start: the boundary up to which they have been propagated already.
  func forwardPoints(_ parameters: Parameters, weight: Float, from start: Int = 0) -> CrossEntropy.Sum {
    point.forward(start..<all.upperBound, batch: batch, parameters: parameters.values.pointer)
    return CrossEntropy.evaluate(
      point.values[all.upperBound].pointer, labels: labels, batch: batch, classes: stack.classCount,
      weight: weight, gradient: logitGradient.pointer)
  }

  /// Adds the gradient of the natural loss to ``gradient``, with respect to the layers behind a boundary.
  func backwardPoints(_ parameters: Parameters, from boundary: Int = 0) {
    point.backward(
      boundary..<all.upperBound, batch: batch, seed: logitGradient.pointer, parameters: parameters.values.pointer,
      into: gradient.direct.pointer, needsInput: false)
  }

  /// Sums over the pre-activation boxes of a ReLU layer.
  func statistics(ofLayer index: Int) -> FastRegulariser.Statistics {
    FastRegulariser.Statistics(
      centres: box.centres[index].pointer, radii: box.radii[index].pointer,
      count: batch * stack.size(ofBoundary: index))
  }
}

/// What each of the 256 bytes of an image becomes: a value in [0, 1], and the box of radius ε around it within
/// [0, 1], as centre and radius and as its ends.
struct PixelBoxes: Sendable {
  private let values: [Float]
  /// Centres and radii.
  let ball: (first: [Float], second: [Float])
  /// Lower and upper ends.
  let ends: (first: [Float], second: [Float])

  init(epsilon: Double) {
    let pixels = (0..<256).map { Double($0) / 255 }
    let lower = pixels.map { max($0 - epsilon, 0) }
    let upper = pixels.map { min($0 + epsilon, 1) }
    values = pixels.map { Float($0) }
    ball = (
      zip(lower, upper).map { Float(($0 + $1) / 2) },
      zip(lower, upper).map { Float(($1 - $0) / 2) }
    )
    ends = (lower.map { Float($0) }, upper.map { Float($0) })
  }

  /// Writes what the bytes of an image become.
  func write(
    _ image: UnsafeBufferPointer<UInt8>, values to: UnsafeMutablePointer<Float>,
    first: UnsafeMutablePointer<Float>, second: UnsafeMutablePointer<Float>,
    _ tables: (PixelBoxes) -> (first: [Float], second: [Float])
  ) {
    let (ofFirst, ofSecond) = tables(self)
    values.withUnsafeBufferPointer { values in
      ofFirst.withUnsafeBufferPointer { ofFirst in
        ofSecond.withUnsafeBufferPointer { ofSecond in
          for (i, byte) in image.enumerated() {
            to[i] = values[Int(byte)]
            first[i] = ofFirst[Int(byte)]
            second[i] = ofSecond[Int(byte)]
          }
        }
      }
    }
  }
}
