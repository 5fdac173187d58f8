import CKernels

/// Reverse-mode differentiation of interval propagation: a batch of boxes, each a centre and a radius.
///
/// An affine layer maps the centre by W and the radius by |W|; a ReLU acts on both ends. The gradient with
/// respect to W has one part through the centre and one through |W|; the parts are kept apart until the
/// batch is summed, because the second is multiplied by sign(W) only once (see ``ParameterGradient``).
/// - Source: Gowal et al., *On the Effectiveness of Interval Bound Propagation*, 2018.
final class BoxPass: Sendable {
  let stack: LayerStack
  let capacity: Int
  /// Centres and radii at each boundary, `[batch, size]`.
  let centres, radii: [FloatBuffer]
  private let ones: FloatBuffer
  private let centreGradients, radiusGradients: (FloatBuffer, FloatBuffer)

  /// Room for up to `capacity` boxes at a time.
  init(stack: LayerStack, capacity: Int) {
    self.stack = stack
    self.capacity = capacity
    centres = (0...stack.layers.count).map { FloatBuffer(count: capacity * stack.size(ofBoundary: $0)) }
    radii = (0...stack.layers.count).map { FloatBuffer(count: capacity * stack.size(ofBoundary: $0)) }
    ones = FloatBuffer(stack.ones)
    let largest = capacity * stack.largestSize
    centreGradients = (FloatBuffer(count: largest), FloatBuffer(count: largest))
    radiusGradients = (FloatBuffer(count: largest), FloatBuffer(count: largest))
  }

  /// Computes the boxes after boundary `range.lowerBound` up to `range.upperBound` from those at the former.
  ///
  /// - Parameter shrinkage: what the upper ends of boxes on both sides of zero are multiplied by at a ReLU. Below 1 the
  ///   boxes are no bounds (Müller et al., *Certified Training: Small Boxes are All You Need*, ICLR 2023, appendix).
  func forward(_ range: Range<Int>, batch: Int, parameters: Parameters, shrinkage: Float = 1) {
    for index in range {
      let c = centres[index].pointer
      let r = radii[index].pointer
      let nextC = centres[index + 1].pointer
      let nextR = radii[index + 1].pointer
      switch stack.layers[index] {
      case .affine(let layer):
        let weights = parameters.values.pointer + stack.offsets[index]
        layer.apply(weights, to: c, batch: batch, into: nextC)
        layer.addBias(weights + layer.weightCount, batch: batch, to: nextC)
        layer.apply(parameters.magnitudes.pointer + stack.offsets[index], to: r, batch: batch, into: nextR)
      case .relu(let count):
        ck_box_relu_f32(c, r, nextC, nextR, batch * count, shrinkage)
      case .normalisation(let layer):
        layer.apply(to: c, batch: batch, withOffset: true, magnitude: false, into: nextC)
        layer.apply(to: r, batch: batch, withOffset: false, magnitude: true, into: nextR)
      case .batchNormalisation(let layer):
        let factors = parameters.values.pointer + stack.offsets[index]
        let magnitudes = parameters.magnitudes.pointer + stack.offsets[index]
        layer.apply(factors: factors, shifts: factors + layer.channels, to: c, batch: batch, into: nextC)
        layer.apply(factors: magnitudes, shifts: nil, to: r, batch: batch, into: nextR)
      }
    }
  }

  /// The gradient with respect to the boxes at a boundary, `[batch, size]` each.
  struct Gradient {
    let centre, radius: UnsafeMutablePointer<Float>

    /// Sets the first `count` elements of both to zero.
    func clear(count: Int) {
      centre.update(repeating: 0, count: count)
      radius.update(repeating: 0, count: count)
    }
  }

  /// Where the caller writes the gradient with respect to the last boundary of a run before differentiating.
  var seed: Gradient {
    Gradient(centre: centreGradients.0.pointer, radius: radiusGradients.0.pointer)
  }

  /// Differentiates from ``seed``, the gradient at boundary `range.upperBound`, after
  /// ``forward(_:batch:parameters:)``.
  ///
  /// - Parameters:
  ///   - start: what the last call returned, to go on from there; nil for ``seed``.
  ///   - gradient: where to add the gradient with respect to the parameters, or nil for inputs alone.
  ///   - needsInput: whether the gradient with respect to the first boundary is wanted.
  ///   - shrinkage: as in the forward pass.
  ///   - regulariser: gradients of a penalty on pre-activation boxes, added on the way; one for each layer that
  ///     has any.
  ///   - boundaryGradients: further gradients with respect to the boxes at boundaries below the last, added on the
  ///     way, by boundary; see ``BackSubstitutionPass/boxGradients``.
  /// - Returns: the gradient at the first boundary, valid until the next call; nil if it was not wanted.
  @discardableResult
  func backward(
    _ range: Range<Int>, from start: Gradient? = nil, batch: Int, parameters: Parameters,
    into gradient: ParameterGradient?, needsInput: Bool, shrinkage: Float = 1,
    regulariser: [Int: FastRegulariser.LayerGradient] = [:], boundaryGradients: [Int: Gradient] = [:]
  ) -> Gradient? {
    var (gc, nextGC) = (centreGradients.0.pointer, centreGradients.1.pointer)
    var (gr, nextGR) = (radiusGradients.0.pointer, radiusGradients.1.pointer)
    if let start, start.centre != gc {
      swap(&gc, &nextGC)
      swap(&gr, &nextGR)
    }
    let firstTrained = range.first { stack.layers[$0].parameterCount > 0 } ?? range.upperBound
    for index in range.reversed() {
      let goesOn = needsInput || index > firstTrained
      let c = centres[index].pointer
      let r = radii[index].pointer
      switch stack.layers[index] {
      case .affine(let layer):
        let offset = stack.offsets[index]
        if let gradient {
          gradient.willAddThroughMagnitudes()
          let direct = gradient.direct.pointer + offset
          layer.accumulateWeightGradient(inputs: c, outputGradients: gc, batch: batch, into: direct)
          layer.accumulateBiasGradient(
            outputGradients: gc, batch: batch, ones: ones.pointer, into: direct + layer.weightCount)
          layer.accumulateWeightGradient(
            inputs: r, outputGradients: gr, batch: batch, into: gradient.throughMagnitudes.pointer + offset)
        }
        guard goesOn else { return nil }
        layer.applyTransposed(parameters.values.pointer + offset, to: gc, batch: batch, into: nextGC)
        layer.applyTransposed(parameters.magnitudes.pointer + offset, to: gr, batch: batch, into: nextGR)
        swap(&gc, &nextGC)
        swap(&gr, &nextGR)
      case .relu(let count):
        ck_box_relu_gradient_f32(c, r, gc, gr, batch * count, shrinkage)
        regulariser[index]?.add(centres: c, radii: r, count: batch * count, toCentres: gc, radii: gr)
      case .normalisation(let layer):
        guard goesOn else { return nil }
        layer.apply(to: gc, batch: batch, withOffset: false, magnitude: false, into: nextGC)
        layer.apply(to: gr, batch: batch, withOffset: false, magnitude: true, into: nextGR)
        swap(&gc, &nextGC)
        swap(&gr, &nextGR)
      case .batchNormalisation(let layer):
        let offset = stack.offsets[index]
        if let gradient {
          gradient.willAddThroughMagnitudes()
          let direct = gradient.direct.pointer + offset
          layer.accumulate(
            inputs: c, outputGradients: gc, batch: batch, ones: ones.pointer, factors: direct,
            shifts: direct + layer.channels)
          layer.accumulate(
            inputs: r, outputGradients: gr, batch: batch, ones: ones.pointer,
            factors: gradient.throughMagnitudes.pointer + offset, shifts: nil)
        }
        guard goesOn else { return nil }
        layer.apply(factors: parameters.values.pointer + offset, shifts: nil, to: gc, batch: batch, into: nextGC)
        layer.apply(factors: parameters.magnitudes.pointer + offset, shifts: nil, to: gr, batch: batch, into: nextGR)
        swap(&gc, &nextGC)
        swap(&gr, &nextGR)
      }
      if let added = boundaryGradients[index] {
        for i in 0..<batch * stack.size(ofBoundary: index) {
          gc[i] += added.centre[i]
          gr[i] += added.radius[i]
        }
      }
    }
    return needsInput ? Gradient(centre: gc, radius: gr) : nil
  }
}
