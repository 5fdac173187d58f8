import CKernels

/// Reverse-mode differentiation of a batch of points through a run of layers, in preallocated memory.
final class PointPass: Sendable {
  let stack: LayerStack
  let capacity: Int
  /// The values at each boundary, `[batch, size]`.
  let values: [FloatBuffer]
  private let ones: FloatBuffer
  private let gradients: (FloatBuffer, FloatBuffer)

  /// Room for up to `capacity` points at a time.
  ///
  /// - Parameter first: the first boundary that there is room for.
  init(stack: LayerStack, capacity: Int, from first: Int = 0) {
    self.stack = stack
    self.capacity = capacity
    let sizes = (0...stack.layers.count).map { $0 < first ? 0 : capacity * stack.size(ofBoundary: $0) }
    values = sizes.map { FloatBuffer(count: $0) }
    ones = FloatBuffer(stack.ones)
    let largest = sizes.max() ?? 0
    gradients = (FloatBuffer(count: largest), FloatBuffer(count: largest))
  }

  /// Computes the boundaries after `range.lowerBound` up to `range.upperBound` from the former.
  func forward(_ range: Range<Int>, batch: Int, parameters: UnsafePointer<Float>) {
    for index in range {
      let input = values[index].pointer
      let output = values[index + 1].pointer
      switch stack.layers[index] {
      case .affine(let layer):
        let weights = parameters + stack.offsets[index]
        layer.apply(weights, to: input, batch: batch, into: output)
        layer.addBias(weights + layer.weightCount, batch: batch, to: output)
      case .relu(let count):
        ck_relu_f32(input, output, batch * count)
      case .normalisation(let layer):
        layer.apply(to: input, batch: batch, withOffset: true, magnitude: false, into: output)
      case .batchNormalisation(let layer):
        let factors = parameters + stack.offsets[index]
        layer.apply(factors: factors, shifts: factors + layer.channels, to: input, batch: batch, into: output)
      }
    }
  }

  /// A gradient of zero to begin with.
  func clearedGradient(count: Int) -> UnsafeMutablePointer<Float> {
    gradients.0.pointer.update(repeating: 0, count: count)
    return gradients.0.pointer
  }

  /// Differentiates `Σ seed·(boundary range.upperBound)` after ``forward(_:batch:parameters:)``.
  ///
  /// - Parameters: - seed: the gradient with respect to the last boundary, `[batch, size]`; what the last call
  ///   returned, to go on from
  ///     there.
  ///   - gradient: where to add the gradient with respect to the parameters, or nil for inputs alone.
  ///   - needsInput: whether the gradient with respect to the first boundary is wanted.
  /// - Returns: that gradient, valid until the next call; nil if it was not wanted.
  @discardableResult
  func backward(
    _ range: Range<Int>, batch: Int, seed: UnsafePointer<Float>, parameters: UnsafePointer<Float>,
    into gradient: UnsafeMutablePointer<Float>?, needsInput: Bool
  ) -> UnsafeMutablePointer<Float>? {
    var current = gradients.0.pointer
    var next = gradients.1.pointer
    if seed == UnsafePointer(next) {
      swap(&current, &next)
    } else if seed != UnsafePointer(current) {
      current.update(from: seed, count: batch * stack.size(ofBoundary: range.upperBound))
    }
    let firstTrained = range.first { stack.layers[$0].parameterCount > 0 } ?? range.upperBound
    for index in range.reversed() {
      let goesOn = needsInput || index > firstTrained
      switch stack.layers[index] {
      case .affine(let layer):
        let weights = parameters + stack.offsets[index]
        if let gradient {
          let target = gradient + stack.offsets[index]
          layer.accumulateWeightGradient(
            inputs: values[index].pointer, outputGradients: current, batch: batch, into: target)
          layer.accumulateBiasGradient(
            outputGradients: current, batch: batch, ones: ones.pointer, into: target + layer.weightCount)
        }
        guard goesOn else { return nil }
        layer.applyTransposed(weights, to: current, batch: batch, into: next)
        swap(&current, &next)
      case .relu(let count):
        ck_relu_gradient_f32(values[index].pointer, current, batch * count)
      case .normalisation(let layer):
        guard goesOn else { return nil }
        layer.apply(to: current, batch: batch, withOffset: false, magnitude: false, into: next)
        swap(&current, &next)
      case .batchNormalisation(let layer):
        let factors = parameters + stack.offsets[index]
        if let gradient {
          let target = gradient + stack.offsets[index]
          layer.accumulate(
            inputs: values[index].pointer, outputGradients: current, batch: batch, ones: ones.pointer, factors: target,
            shifts: target + layer.channels)
        }
        guard goesOn else { return nil }
        layer.apply(factors: factors, shifts: nil, to: current, batch: batch, into: next)
        swap(&current, &next)
      }
    }
    return needsInput ? current : nil
  }
}
