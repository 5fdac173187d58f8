import Foundation

/// An upper bound of the worst cross-entropy in boxes that takes a single row of a ``BackSubstitutionPass`` for each
/// image, however many classes there are.
///
/// With margins m_i = o_i − o_y in [l_i, u_i] by elided interval propagation, each `exp(m_i)` lies below the chord of
/// slope `s_i = (exp(u_i) − exp(l_i))/(u_i − l_i)`. So the loss `ln(1 + Σ exp(m_i))` is at most `ln(1 + Σ (exp(l_i) −
/// s_i·l_i) + U)`, U an upper bound of `Σ s_i·m_i`, which is linear in the outputs. All terms are divided by the
/// largest `exp(u_i)`, or by 1 if that is larger, so that none overflows. The chords meet the exponentials at u_i: the
/// loss is never above the one of the interval bounds.
///
/// - Source: Xu et al., *Automatic Perturbation Analysis for Scalable Certified Robustness and Beyond*, NeurIPS 2020.
final class FusedLoss: @unchecked Sendable {
  private let pass: BackSubstitutionPass
  private let elided: ElidedMargins
  private let stack: LayerStack
  private let inputs, classes: Int
  /// For each image and class: the margin's bounds and the gradients with respect to the upper bound and to the
  /// margin at the centre.
  private let lower, upper, upperSeeds, centreSeeds: FloatBuffer
  /// For each image: the bound of its row and the gradient with respect to it.
  private let bounds, seeds: FloatBuffer
  private let centreGradient, radiusGradient: FloatBuffer
  /// What the exponents of each image are shifted by.
  private var shifts: [Double]

  /// Below this the shifted sum is rounding alone; the same as in the literature.
  static let smallestSum = 1e-5

  /// Room for up to `capacity` boxes at a time.
  ///
  /// - Parameter meetsEveryBox: see ``BackSubstitutionPass/init(stack:capacity:rowsPerBox:meetsEveryBox:)``.
  init(stack: LayerStack, capacity: Int, meetsEveryBox: Bool = false) {
    self.stack = stack
    (inputs, classes) = stack.lastLayer
    pass = BackSubstitutionPass(stack: stack, capacity: capacity, rowsPerBox: 1, meetsEveryBox: meetsEveryBox)
    elided = ElidedMargins(stack: stack)
    (lower, upper) = (FloatBuffer(count: capacity * classes), FloatBuffer(count: capacity * classes))
    (upperSeeds, centreSeeds) = (FloatBuffer(count: capacity * classes), FloatBuffer(count: capacity * classes))
    (bounds, seeds) = (FloatBuffer(count: capacity), FloatBuffer(count: capacity))
    (centreGradient, radiusGradient) = (FloatBuffer(count: capacity * inputs), FloatBuffer(count: capacity * inputs))
    shifts = [Double](repeating: 0, count: capacity)
  }

  private var lastOffset: Int { stack.offsets[stack.layers.count - 1] }
  private var lastLayer: AffineLayer { AffineLayer(map: .dense(inputs: inputs, outputs: classes)) }

  /// Sums the bounds of the images' losses and keeps `weight` times the gradient.
  ///
  /// An image counts as correct if its interval bounds prove it or if its loss is below ln 2, which no margin above 0
  /// allows.
  ///
  /// - Parameters:
  ///   - box: a pass with the boxes of this batch at every boundary but the last.
  ///   - beta: the part of CROWN in the bound U, from 0 (interval bounds alone) to 1.
  func forward(
    _ box: BoxPass, labels: UnsafePointer<Int32>, batch: Int, parameters: Parameters, beta: Float, weight: Float
  ) -> CrossEntropy.Sum {
    let last = stack.layers.count - 1
    let weights = parameters.values.pointer + lastOffset
    let centres = box.centres[last].pointer
    elided.forward(
      centres: centres, radii: box.radii[last].pointer, labels: labels, batch: batch, weights: weights,
      into: upper.pointer)
    lastLayer.apply(weights, to: centres, batch: batch, into: lower.pointer)
    lastLayer.addBias(weights + lastLayer.weightCount, batch: batch, to: lower.pointer)
    for vector in 0..<batch {
      let label = Int(labels[vector])
      let l = lower.pointer + vector * classes
      let u = upper.pointer + vector * classes
      let own = l[label]
      for i in 0..<classes { l[i] = min(2 * (l[i] - own) - u[i], u[i]) }
      shifts[vector] = (0..<classes).reduce(0) { max($0, Double(u[$1])) }
      let function = pass.functions + vector * classes
      var sum: Float = 0
      for i in 0..<classes where i != label {
        function[i] = Float(Chord(l[i], u[i], shift: shifts[vector]).slope)
        sum += function[i]
      }
      function[label] = -sum
    }
    pass.forward(box, batch: batch, parameters: parameters, beta: beta, into: bounds.pointer)

    var result = CrossEntropy.Sum()
    for vector in 0..<batch {
      let label = Int(labels[vector])
      let l = lower.pointer + vector * classes
      let u = upper.pointer + vector * classes
      let function = pass.functions + vector * classes
      var total = exp(-shifts[vector]) + Double(bounds.pointer[vector])
      var proved = true
      for i in 0..<classes where i != label {
        total += exp(Double(l[i]) - shifts[vector]) - Double(function[i]) * Double(l[i])
        proved = proved && u[i] < 0
      }
      let loss = shifts[vector] + log(max(total, Self.smallestSum))
      result.loss += loss
      if proved || loss < log(2) { result.correct += 1 }
      seeds.pointer[vector] = total > Self.smallestSum ? weight / Float(total) : 0
    }
    return result
  }

  /// Adds `scale` times the gradient that ``forward(_:labels:batch:parameters:beta:weight:)`` kept.
  ///
  /// - Parameters:
  ///   - gradient: where to add the gradient with respect to the parameters, with the boxes fixed.
  ///   - boxGradient: where to write the gradient with respect to the boxes that the last layer reads; that with
  ///     respect to the others is in ``boxGradients``.
  func backward(
    _ box: BoxPass, labels: UnsafePointer<Int32>, batch: Int, parameters: Parameters, scale: Float = 1,
    into gradient: ParameterGradient, boxGradient: BoxPass.Gradient
  ) {
    boxGradient.clear(count: batch * inputs)
    for vector in 0..<batch { seeds.pointer[vector] *= scale }
    guard
      let byFunctions = pass.backward(
        box, batch: batch, seed: seeds.pointer, parameters: parameters, into: gradient, boxGradient: boxGradient,
        needsFunctions: true)
    else { return }
    for vector in 0..<batch {
      let label = Int(labels[vector])
      let row = vector * classes
      var (upperSum, centreSum): (Float, Float) = (0, 0)
      for i in 0..<classes where i != label {
        let l = lower.pointer[row + i]
        let chord = Chord(l, upper.pointer[row + i], shift: shifts[vector])
        let seed = Double(seeds.pointer[vector])
        let bySlope = Double(byFunctions[row + i] - byFunctions[row + label]) - seed * Double(l)
        let byUpper = bySlope * chord.slopeByUpper
        let byLower = bySlope * chord.slopeByLower + seed * (chord.lowerValue - chord.slope)
        // The lower bound is twice the margin at the centre less the upper bound.
        upperSeeds.pointer[row + i] = Float(byUpper - byLower)
        centreSeeds.pointer[row + i] = Float(2 * byLower)
        upperSum += upperSeeds.pointer[row + i]
        centreSum += centreSeeds.pointer[row + i]
      }
      upperSeeds.pointer[row + label] = -upperSum
      centreSeeds.pointer[row + label] = -centreSum
    }
    backwardMargins(box, labels: labels, batch: batch, parameters, into: gradient, boxGradient: boxGradient)
  }

  /// The gradients with respect to boxes for ``BoxPass`` to carry on besides, by boundary.
  var boxGradients: [Int: BoxPass.Gradient] { pass.boxGradients }

  /// Differentiates through the margins' interval bounds.
  private func backwardMargins(
    _ box: BoxPass, labels: UnsafePointer<Int32>, batch: Int, _ parameters: Parameters,
    into gradient: ParameterGradient, boxGradient: BoxPass.Gradient
  ) {
    let last = stack.layers.count - 1
    let weights = parameters.values.pointer + lastOffset
    let target = gradient.direct.pointer + lastOffset
    let centres = box.centres[last].pointer
    let (byCentre, byRadius) = (centreGradient.pointer, radiusGradient.pointer)
    elided.backward(
      seed: upperSeeds.pointer, centres: centres, radii: box.radii[last].pointer, labels: labels, batch: batch,
      weights: weights, into: target, boxGradient: BoxPass.Gradient(centre: byCentre, radius: byRadius))
    for i in 0..<batch * inputs { boxGradient.centre[i] += byCentre[i] }
    for i in 0..<batch * inputs { boxGradient.radius[i] += byRadius[i] }
    lastLayer.accumulateWeightGradient(
      inputs: centres, outputGradients: centreSeeds.pointer, batch: batch, into: target)
    lastLayer.accumulateBiasGradient(
      outputGradients: centreSeeds.pointer, batch: batch, ones: nil, into: target + lastLayer.weightCount)
    lastLayer.applyTransposed(weights, to: centreSeeds.pointer, batch: batch, into: byCentre)
    for i in 0..<batch * inputs { boxGradient.centre[i] += byCentre[i] }
  }

  /// The chord of `exp(m − shift)` over an interval, with its slope's derivatives.
  private struct Chord {
    let lowerValue, slope, slopeByLower, slopeByUpper: Double

    init(_ lower: Float, _ upper: Float, shift: Double) {
      let width = Double(upper) - Double(lower)
      lowerValue = exp(Double(lower) - shift)
      if width < 1e-4 {
        // The differences below would be rounding alone.
        slope = lowerValue * (1 + width / 2 + width * width / 6)
        slopeByLower = lowerValue * (0.5 + width / 6)
        slopeByUpper = lowerValue * (0.5 + width / 3)
      } else {
        let upperValue = exp(Double(upper) - shift)
        slope = (upperValue - lowerValue) / width
        slopeByLower = (slope - lowerValue) / width
        slopeByUpper = (upperValue - slope) / width
      }
    }
  }
}
