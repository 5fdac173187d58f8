import Tensors

/// The memory in which one piece of a batch is propagated and differentiated.
///
/// A batch is cut into the same chunks for any number of workers, so that sums over it are always the same.
final class Chunk: @unchecked Sendable {
  let stack: LayerStack
  let capacity: Int
  let point: PointPass
  let box: BoxPass
  private let margins: ElidedMargins
  private let labels: UnsafeMutablePointer<Int32>
  /// Gradients with respect to logits and to upper margins, `[batch, classes]`, and the margins themselves.
  private let logitGradient, marginGradient, upperMargins: FloatBuffer
  /// The gradient of this chunk's part of the loss.
  let gradient: ParameterGradient

  /// How many images are loaded.
  private(set) var batch = 0

  init(stack: LayerStack, capacity: Int) {
    self.stack = stack
    self.capacity = capacity
    point = PointPass(stack: stack, capacity: capacity)
    box = BoxPass(stack: stack, capacity: capacity)
    margins = ElidedMargins(stack: stack)
    labels = .allocate(capacity: capacity)
    let classes = stack.classCount
    logitGradient = FloatBuffer(count: capacity * classes)
    marginGradient = FloatBuffer(count: capacity * classes)
    upperMargins = FloatBuffer(count: capacity * classes)
    gradient = ParameterGradient(count: stack.parameterCount)
  }

  deinit { labels.deallocate() }

  /// Loads some images as points and as boxes.
  func load(_ set: TrainingSet, _ indices: ArraySlice<Int>, _ pixels: PixelBoxes) {
    precondition(indices.count <= capacity, "\(indices.count) images in a chunk of \(capacity)")
    batch = indices.count
    let size = set.shape.count
    set.pixels.withUnsafeBufferPointer { bytes in
      pixels.withTables { values, tableCentres, tableRadii in
        var to = 0
        for (vector, index) in indices.enumerated() {
          labels[vector] = Int32(set.labels[index])
          let x = point.values[0].pointer + to
          let c = box.centres[0].pointer + to
          let r = box.radii[0].pointer + to
          let from = index * size
          for i in 0..<size {
            let byte = Int(bytes[from + i])
            x[i] = values[byte]
            c[i] = tableCentres[byte]
            r[i] = tableRadii[byte]
          }
          to += size
        }
      }
    }
  }

  private var all: Range<Int> { 0..<stack.layers.count }
  private var extractor: Range<Int> { 0..<stack.layers.count - 1 }
  private var lastOffset: Int { stack.offsets[stack.layers.count - 1] }

  /// The natural loss of the points; keeps `weight` times its gradient with respect to the logits.
  func forwardPoints(_ parameters: Parameters, weight: Float) -> CrossEntropy.Sum {
    point.forward(all, batch: batch, parameters: parameters.values.pointer)
    return CrossEntropy.evaluate(
      point.values[all.upperBound].pointer, labels: labels, batch: batch, classes: stack.classCount,
      weight: weight, gradient: logitGradient.pointer)
  }

  /// The loss of the boxes' upper margins; keeps `weight` times its gradient with respect to them.
  func forwardBoxes(_ parameters: Parameters, weight: Float) -> CrossEntropy.Sum {
    box.forward(extractor, batch: batch, parameters: parameters)
    margins.forward(
      centres: box.centres[extractor.upperBound].pointer, radii: box.radii[extractor.upperBound].pointer,
      labels: labels, batch: batch, weights: parameters.values.pointer + lastOffset, into: upperMargins.pointer)
    return CrossEntropy.evaluate(
      upperMargins.pointer, labels: labels, batch: batch, classes: stack.classCount, weight: weight,
      gradient: marginGradient.pointer)
  }

  /// Adds the gradient of the natural loss to ``gradient``.
  func backwardPoints(_ parameters: Parameters) {
    point.backward(
      all, batch: batch, seed: logitGradient.pointer, parameters: parameters.values.pointer,
      into: gradient.direct.pointer, needsInput: false)
  }

  /// Adds the gradient of the boxes' loss, and of a penalty on pre-activation boxes, to ``gradient``.
  func backwardBoxes(_ parameters: Parameters, regulariser: [Int: FastRegulariser.LayerGradient]) {
    margins.backward(
      seed: marginGradient.pointer, centres: box.centres[extractor.upperBound].pointer,
      radii: box.radii[extractor.upperBound].pointer, labels: labels, batch: batch,
      weights: parameters.values.pointer + lastOffset, into: gradient.direct.pointer + lastOffset,
      boxGradient: box.seed)
    box.backward(
      extractor, batch: batch, parameters: parameters, into: gradient, needsInput: false,
      regulariser: regulariser)
  }

  /// Sums over the pre-activation boxes of a ReLU layer.
  func statistics(ofLayer index: Int) -> FastRegulariser.Statistics {
    FastRegulariser.Statistics(
      centres: box.centres[index].pointer, radii: box.radii[index].pointer,
      count: batch * stack.size(ofBoundary: index))
  }
}

/// What each of the 256 bytes of an image becomes: a value in [0, 1], and the box of radius ε around it within
/// [0, 1].
struct PixelBoxes: Sendable {
  private let values, centres, radii: [Float]

  init(epsilon: Double) {
    let pixels = (0..<256).map { Double($0) / 255 }
    values = pixels.map { Float($0) }
    centres = pixels.map { Float((min($0 + epsilon, 1) + max($0 - epsilon, 0)) / 2) }
    radii = pixels.map { Float((min($0 + epsilon, 1) - max($0 - epsilon, 0)) / 2) }
  }

  /// Gives access to values, centres and radii, 256 each.
  func withTables(
    _ body: (UnsafeBufferPointer<Float>, UnsafeBufferPointer<Float>, UnsafeBufferPointer<Float>) -> Void
  ) {
    values.withUnsafeBufferPointer { values in
      centres.withUnsafeBufferPointer { centres in
        radii.withUnsafeBufferPointer { radii in body(values, centres, radii) }
      }
    }
  }
}
