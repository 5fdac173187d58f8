import CKernels

/// Upper bounds of linear functions of the outputs over boxes, by back-substitution with CROWN's lines between the
/// bounds of a ``BoxPass``, and their reverse-mode differentiation.
///
/// A row Λ and a constant k say that a function is at most `Λ·x + k`, x the values at a boundary. Going down from the
/// outputs,
/// - an affine layer `W·x + b` turns them into `Wᵀ·Λ` and `k + b·Λ`;
/// - a ReLU with pre-activations in [l, u], l < 0 < u, takes the chord of slope `a = u/(u − l)` and offset
///   `d = −u·l/(u − l)` where λ > 0, and the line of slope 1 (u ≥ −l) or 0 through the origin where λ < 0;
/// - a box of centre c and radius r yields the bound `Λ·c + |Λ|·r + k`.
///
/// The box that the last layer reads is always met, which yields the elided interval bound, and so is the input box;
/// the smaller bound is kept, never looser than interval propagation. The result mixes the two,
/// `β·kept + (1 − β)·interval`.
///
/// The gradient goes back up. Let v be the gradient with respect to a row's bound, hence to k, and g that with respect
/// to Λ. Where the row met the box that its bound came from, `g = v·(c + sign(Λ)·r)`. Then, with Λ the row above each
/// layer,
/// - affine: W gets `Λ·gᵀ` and b gets `v·Λ`, and g becomes `W·g + v·b`;
/// - ReLU: with `A = Σ max(λ, 0)·g` and `D = Σ max(λ, 0)·v` over the rows, which a and d get, u gets
///   `−l·(A − l·D)/(u − l)²` and l gets `u·(A − u·D)/(u − l)²`; g becomes `a·g + d·v` where λ > 0 and the lower slope
///   times g elsewhere.
///
/// So g is v times a point that runs through the network along the lines. The choice of the lower slope is constant.
///
/// - Complexity: for each row a product with each W, one with each Wᵀ and one weight gradient, where interval
///   propagation takes two of each for an image. For 32 images on the convolutional network (16, 32) with ten classes
///   the nine rows of all margins take 4.5 times as long as interval propagation itself (23 ms to 5 ms), a single row
///   as long again. Memory: each row at each boundary and twice at the largest, there 20 MB and 2 MB.
/// - Source: Zhang et al., *Towards Stable and Efficient Training of Verifiably Robust Neural Networks*, ICLR 2020.
final class BackSubstitutionPass: @unchecked Sendable {
  let stack: LayerStack
  /// How many boxes there is room for, and how many rows each has.
  let capacity, rowsPerBox: Int
  /// The rows at each boundary, `[batch, rowsPerBox, size]`.
  private let rows: [FloatBuffer]
  /// The boundaries whose boxes rows meet.
  private let metBoundaries: Set<Int>
  /// For each row the constant, the interval bound, the kept bound, and the gradient with respect to the constant.
  private let constants, intervalBounds, keptBounds, scales: FloatBuffer
  /// The boundary of the box that each row's kept bound came from.
  private var origins: [Int]
  private var beta: Float = 0
  private let gradients: (FloatBuffer, FloatBuffer)
  private let ownBoxGradients: [Int: (centre: FloatBuffer, radius: FloatBuffer)]
  /// Room for one vector each at the largest boundary.
  private let offsets, scratch, upperSlopes, upperOffsets, lowerSlopes, slopeSums, offsetSums: FloatBuffer
  private let ones: FloatBuffer

  /// Room for `rowsPerBox` rows for each of up to `capacity` boxes.
  ///
  /// - Parameter meetsEveryBox: whether rows meet also the boxes behind each ReLU, for tighter bounds.
  init(stack: LayerStack, capacity: Int, rowsPerBox: Int, meetsEveryBox: Bool = false) {
    self.stack = stack
    self.capacity = capacity
    self.rowsPerBox = rowsPerBox
    let count = capacity * rowsPerBox
    let last = stack.layers.count - 1
    rows = (0...last + 1).map { FloatBuffer(count: count * stack.size(ofBoundary: $0)) }
    let between = meetsEveryBox ? stack.reluLayers.map { $0 + 1 } : []
    metBoundaries = Set([0, last] + between)
    (constants, intervalBounds) = (FloatBuffer(count: count), FloatBuffer(count: count))
    (keptBounds, scales) = (FloatBuffer(count: count), FloatBuffer(count: count))
    origins = [Int](repeating: last, count: count)
    let largest = stack.largestSize
    gradients = (FloatBuffer(count: count * largest), FloatBuffer(count: count * largest))
    let boundaries = Set(stack.reluLayers + between).subtracting([0, last])
    ownBoxGradients = Dictionary(
      uniqueKeysWithValues: boundaries.map { boundary in
        let size = capacity * stack.size(ofBoundary: boundary)
        return (boundary, (FloatBuffer(count: size), FloatBuffer(count: size)))
      })
    (offsets, scratch) = (FloatBuffer(count: largest), FloatBuffer(count: largest))
    (upperSlopes, upperOffsets) = (FloatBuffer(count: largest), FloatBuffer(count: largest))
    lowerSlopes = FloatBuffer(count: largest)
    (slopeSums, offsetSums) = (FloatBuffer(count: largest), FloatBuffer(count: largest))
    ones = FloatBuffer(stack.ones)
  }

  /// Where the caller writes the functions' coefficients over the outputs, `[batch, rowsPerBox, classes]`, before
  /// ``forward(_:batch:parameters:beta:into:)``.
  var functions: UnsafeMutablePointer<Float> { rows[stack.layers.count].pointer }

  /// Writes the upper bounds of ``functions``, `[batch, rowsPerBox]`.
  ///
  /// - Parameters:
  ///   - box: a pass with the boxes of this batch at every boundary but the last.
  ///   - beta: β; at 0 rows go no further than the last layer.
  func forward(
    _ box: BoxPass, batch: Int, parameters: Parameters, beta: Float, into bounds: UnsafeMutablePointer<Float>
  ) {
    precondition(batch <= capacity, "\(batch) boxes in a pass for \(capacity)")
    self.beta = beta
    let count = batch * rowsPerBox
    let last = stack.layers.count - 1
    constants.pointer.update(repeating: 0, count: count)
    for index in ((beta > 0 ? 0 : last)...last).reversed() {
      let above = rows[index + 1].pointer
      let below = rows[index].pointer
      switch stack.layers[index] {
      case .affine(let layer):
        writeOffsets(ofLayer: index, parameters)
        addConstants(above, count: count, size: layer.outputCount)
        let weights = parameters.values.pointer + stack.offsets[index]
        layer.applyTransposed(weights, to: above, batch: count, into: below)
      case .relu(let size):
        relax(box, boundary: index, batch: batch, size: size, above, into: below)
      case .normalisation(let layer):
        writeOffsets(ofLayer: index, parameters)
        addConstants(above, count: count, size: layer.count)
        layer.apply(to: above, batch: count, withOffset: false, magnitude: false, into: below)
      case .batchNormalisation(let layer):
        writeOffsets(ofLayer: index, parameters)
        addConstants(above, count: count, size: layer.count)
        layer.apply(
          factors: parameters.values.pointer + stack.offsets[index], shifts: nil, to: above, batch: count, into: below)
      }
      if metBoundaries.contains(index) { meet(box, boundary: index, batch: batch) }
    }
    for row in 0..<count {
      let (kept, interval) = (keptBounds.pointer[row], intervalBounds.pointer[row])
      // In this form rounding cannot lift it above the interval bound.
      bounds[row] = origins[row] == last ? interval : max(kept, interval + beta * (kept - interval))
    }
  }

  /// The gradients that ``backward(_:batch:seed:parameters:into:boxGradient:needsFunctions:)`` left for boxes below
  /// the one that the last layer reads, by boundary: for ``BoxPass`` to carry on.
  var boxGradients: [Int: BoxPass.Gradient] {
    ownBoxGradients.mapValues { BoxPass.Gradient(centre: $0.centre.pointer, radius: $0.radius.pointer) }
  }

  /// Differentiates `Σ seed·bounds` after ``forward(_:batch:parameters:beta:into:)``; the input box is constant.
  ///
  /// - Parameters:
  ///   - seed: `[batch, rowsPerBox]`.
  ///   - gradient: where to add the gradient with respect to the parameters, with the boxes fixed.
  ///   - boxGradient: where to add the gradient with respect to the boxes that the last layer reads. That with
  ///     respect to the others goes to ``boxGradients``.
  ///   - needsFunctions: whether the gradient with respect to the functions' coefficients is wanted.
  /// - Returns: that gradient, `[batch, rowsPerBox, classes]`, valid until the next call; nil if it was not wanted.
  @discardableResult
  func backward(
    _ box: BoxPass, batch: Int, seed: UnsafePointer<Float>, parameters: Parameters, into gradient: ParameterGradient,
    boxGradient: BoxPass.Gradient, needsFunctions: Bool = false
  ) -> UnsafeMutablePointer<Float>? {
    let count = batch * rowsPerBox
    let last = stack.layers.count - 1
    for (boundary, own) in boxGradients { own.clear(count: batch * stack.size(ofBoundary: boundary)) }
    let first = (0..<count).reduce(last) { seed[$1] == 0 ? $0 : min($0, origins[$1]) }
    var (current, next) = (gradients.0.pointer, gradients.1.pointer)
    current.update(repeating: 0, count: count * stack.size(ofBoundary: first))
    scales.pointer.update(repeating: 0, count: count)
    for index in first...last {
      if metBoundaries.contains(index) {
        let target = index == last ? boxGradient : boxGradients[index]
        leave(box, boundary: index, batch: batch, seed: seed, into: current, boxGradient: target)
      }
      let above = rows[index + 1].pointer
      switch stack.layers[index] {
      case .affine(let layer):
        let weights = parameters.values.pointer + stack.offsets[index]
        let target = gradient.direct.pointer + stack.offsets[index]
        layer.accumulateWeightGradient(inputs: current, outputGradients: above, batch: count, into: target)
        addScaled(above, count: count, size: layer.outputCount)
        layer.accumulateBiasGradient(
          outputGradients: scratch.pointer, batch: 1, ones: ones.pointer, into: target + layer.weightCount)
        guard index < last || needsFunctions else { return nil }
        layer.apply(weights, to: current, batch: count, into: next)
        writeOffsets(ofLayer: index, parameters)
        addOffsets(to: next, count: count, size: layer.outputCount)
      case .relu(let size):
        differentiateRelaxation(
          box, boundary: index, batch: batch, size: size, current, into: next, boxGradient: boxGradients[index])
      case .normalisation(let layer):
        layer.apply(to: current, batch: count, withOffset: false, magnitude: false, into: next)
        writeOffsets(ofLayer: index, parameters)
        addOffsets(to: next, count: count, size: layer.count)
      case .batchNormalisation(let layer):
        let factors = parameters.values.pointer + stack.offsets[index]
        let target = gradient.direct.pointer + stack.offsets[index]
        layer.accumulate(
          inputs: current, outputGradients: above, batch: count, ones: ones.pointer, factors: target, shifts: nil)
        addScaled(above, count: count, size: layer.count)
        for channel in 0..<layer.channels {
          target[layer.channels + channel] += Float(
            ck_dot_f32(scratch.pointer + channel * layer.area, ones.pointer, layer.area))
        }
        layer.apply(factors: factors, shifts: nil, to: current, batch: count, into: next)
        writeOffsets(ofLayer: index, parameters)
        addOffsets(to: next, count: count, size: layer.count)
      }
      swap(&current, &next)
    }
    return current
  }

  // MARK: Boxes

  /// Bounds the rows at a boundary over its boxes and keeps what is smaller than before.
  private func meet(_ box: BoxPass, boundary: Int, batch: Int) {
    let size = stack.size(ofBoundary: boundary)
    let corner = scratch.pointer
    for row in 0..<batch * rowsPerBox {
      let r = row / rowsPerBox * size
      let values = rows[boundary].pointer + row * size
      writeCorner(values, box.centres[boundary].pointer + r, box.radii[boundary].pointer + r, size: size, into: corner)
      let bound = Float(ck_dot_f32(values, corner, size)) + constants.pointer[row]
      if boundary == stack.layers.count - 1 { intervalBounds.pointer[row] = bound }
      if boundary == stack.layers.count - 1 || bound < keptBounds.pointer[row] {
        keptBounds.pointer[row] = bound
        origins[row] = boundary
      }
    }
  }

  /// Where the row is largest in a box; the centre where it does not care.
  private func writeCorner(
    _ row: UnsafePointer<Float>, _ centre: UnsafePointer<Float>, _ radius: UnsafePointer<Float>, size: Int,
    into corner: UnsafeMutablePointer<Float>
  ) {
    for i in 0..<size {
      let (value, r) = (row[i], radius[i])
      let up: Float = value > 0 ? r : 0
      let down: Float = value < 0 ? r : 0
      corner[i] = centre[i] + (up - down)
    }
  }

  /// Adds to the gradients what starts at the boxes of a boundary.
  private func leave(
    _ box: BoxPass, boundary: Int, batch: Int, seed: UnsafePointer<Float>, into gradient: UnsafeMutablePointer<Float>,
    boxGradient: BoxPass.Gradient?
  ) {
    let size = stack.size(ofBoundary: boundary)
    let corner = scratch.pointer
    for row in 0..<batch * rowsPerBox {
      let interval = boundary == stack.layers.count - 1 ? (1 - beta) * seed[row] : 0
      let scale = (origins[row] == boundary ? beta * seed[row] : 0) + interval
      guard scale != 0 else { continue }
      scales.pointer[row] += scale
      let values = rows[boundary].pointer + row * size
      let r = row / rowsPerBox * size
      writeCorner(values, box.centres[boundary].pointer + r, box.radii[boundary].pointer + r, size: size, into: corner)
      let target = gradient + row * size
      for i in 0..<size { target[i] += scale * corner[i] }
      guard let boxGradient else { continue }
      let (gc, gr) = (boxGradient.centre + r, boxGradient.radius + r)
      for i in 0..<size { gc[i] += scale * values[i] }
      for i in 0..<size { gr[i] += scale * abs(values[i]) }
    }
  }

  // MARK: Affine layers

  /// Writes what a layer gives for zero.
  private func writeOffsets(ofLayer index: Int, _ parameters: Parameters) {
    offsets.clear()
    switch stack.layers[index] {
    case .affine(let layer):
      layer.addBias(
        parameters.values.pointer + stack.offsets[index] + layer.weightCount, batch: 1, to: offsets.pointer)
    case .relu: break
    case .normalisation(let layer):
      layer.apply(to: offsets.pointer, batch: 1, withOffset: true, magnitude: false, into: offsets.pointer)
    case .batchNormalisation(let layer):
      let factors = parameters.values.pointer + stack.offsets[index]
      layer.apply(
        factors: factors, shifts: factors + layer.channels, to: offsets.pointer, batch: 1, into: offsets.pointer)
    }
  }

  private func addConstants(_ above: UnsafePointer<Float>, count: Int, size: Int) {
    for row in 0..<count { constants.pointer[row] += Float(ck_dot_f32(above + row * size, offsets.pointer, size)) }
  }

  /// Writes the sum of the rows, each times its scale, to the scratch vector.
  private func addScaled(_ above: UnsafePointer<Float>, count: Int, size: Int) {
    let sum = scratch.pointer
    sum.update(repeating: 0, count: size)
    for row in 0..<count {
      let scale = scales.pointer[row]
      let values = above + row * size
      for i in 0..<size { sum[i] += scale * values[i] }
    }
  }

  private func addOffsets(to gradient: UnsafeMutablePointer<Float>, count: Int, size: Int) {
    let added = offsets.pointer
    for row in 0..<count {
      let scale = scales.pointer[row]
      let values = gradient + row * size
      for i in 0..<size { values[i] += scale * added[i] }
    }
  }

  // MARK: ReLUs

  /// Writes the lines of a box's units; of stable ones both are the unit itself.
  ///
  /// Reaching only to 0, the ends of a stable unit give the chord of slope 0 or 1 through the origin; so no branch is
  /// needed, here and wherever lines meet rows, and all of it runs in vectors.
  private func writeLines(_ centre: UnsafePointer<Float>, _ radius: UnsafePointer<Float>, size: Int) {
    let (above, offset, below) = (upperSlopes.pointer, upperOffsets.pointer, lowerSlopes.pointer)
    for i in 0..<size {
      let lower = min(centre[i] - radius[i], 0)
      let upper = max(centre[i] + radius[i], 0)
      let slope = upper / max(upper - lower, Float.leastNormalMagnitude)
      above[i] = slope
      offset[i] = -lower * slope
      // Of a unit that is always 0, ends at 0 as well, both slopes are 0.
      below[i] = max(-lower, Float.leastNormalMagnitude) <= upper ? 1 : 0
    }
  }

  private func relax(
    _ box: BoxPass, boundary: Int, batch: Int, size: Int, _ above: UnsafePointer<Float>,
    into below: UnsafeMutablePointer<Float>
  ) {
    let (upper, lower, positive) = (upperSlopes.pointer, lowerSlopes.pointer, scratch.pointer)
    for vector in 0..<batch {
      writeLines(
        box.centres[boundary].pointer + vector * size, box.radii[boundary].pointer + vector * size, size: size)
      for row in vector * rowsPerBox..<(vector + 1) * rowsPerBox {
        let from = above + row * size
        let to = below + row * size
        for i in 0..<size { positive[i] = max(from[i], 0) }
        for i in 0..<size { to[i] = positive[i] * upper[i] + min(from[i], 0) * lower[i] }
        constants.pointer[row] += Float(ck_dot_f32(positive, upperOffsets.pointer, size))
      }
    }
  }

  private func differentiateRelaxation(
    _ box: BoxPass, boundary: Int, batch: Int, size: Int, _ gradient: UnsafePointer<Float>,
    into next: UnsafeMutablePointer<Float>, boxGradient: BoxPass.Gradient?
  ) {
    let (upper, offset, lower) = (upperSlopes.pointer, upperOffsets.pointer, lowerSlopes.pointer)
    let (bySlope, byOffset) = (slopeSums.pointer, offsetSums.pointer)
    for vector in 0..<batch {
      let c = box.centres[boundary].pointer + vector * size
      let r = box.radii[boundary].pointer + vector * size
      writeLines(c, r, size: size)
      bySlope.update(repeating: 0, count: size)
      byOffset.update(repeating: 0, count: size)
      for row in vector * rowsPerBox..<(vector + 1) * rowsPerBox {
        let scale = scales.pointer[row]
        let above = rows[boundary + 1].pointer + row * size
        let g = gradient + row * size
        let to = next + row * size
        for i in 0..<size {
          let onUpper = upper[i] * g[i] + scale * offset[i]
          let onLower = lower[i] * g[i]
          to[i] = above[i] > 0 ? onUpper : onLower
        }
        for i in 0..<size { bySlope[i] += max(above[i], 0) * g[i] }
        for i in 0..<size { byOffset[i] += max(above[i], 0) * scale }
      }
      guard let boxGradient else { continue }
      let (gc, gr) = (boxGradient.centre + vector * size, boxGradient.radius + vector * size)
      for i in 0..<size {
        let l = c[i] - r[i]
        let u = c[i] + r[i]
        let inverse = 1 / max(u - l, Float.leastNormalMagnitude)
        let unstable: Float = min(-l, u) > 0 ? inverse : 0
        // Multiplied one by one, because the square of a narrow width may vanish.
        let byUpper = -l * unstable * ((bySlope[i] - l * byOffset[i]) * unstable)
        let byLower = u * unstable * ((bySlope[i] - u * byOffset[i]) * unstable)
        gc[i] += byUpper + byLower
        gr[i] += byUpper - byLower
      }
    }
  }
}
