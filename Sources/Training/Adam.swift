import CKernels
import Foundation

/// The optimiser Adam with gradients clipped to a norm (Kingma & Ba 2015; β₁ = 0.9, β₂ = 0.999, ε = 1e-8).
final class Adam: Sendable {
  let firstMoments, secondMoments: FloatBuffer

  /// An optimiser that has made no step.
  init(count: Int) {
    firstMoments = FloatBuffer(count: count)
    secondMoments = FloatBuffer(count: count)
  }

  /// Moves the parameters against the gradient.
  ///
  /// - Parameters:
  ///   - gradient: scaled in place where its norm exceeds `largestNorm`.
  ///   - number: which step this is, from 1.
  /// - Returns: the gradient's norm before clipping.
  @discardableResult
  func step(
    _ parameters: Parameters, gradient: FloatBuffer, rate: Double, number: Int, largestNorm: Double
  ) -> Double {
    let norm = ck_dot_f32(gradient.pointer, gradient.pointer, gradient.count).squareRoot()
    // A gradient that is not finite would destroy the moments for good; the step is left out.
    guard norm.isFinite else { return norm }
    if norm > largestNorm {
      let scale = Float(largestNorm / norm)
      let g = gradient.pointer
      for i in 0..<gradient.count { g[i] *= scale }
    }
    let first = 1 - pow(0.9, Double(number))
    let second = (1 - pow(0.999, Double(number))).squareRoot()
    ck_adam_f32(
      parameters.values.pointer, gradient.pointer, firstMoments.pointer, secondMoments.pointer, gradient.count,
      0.9, 0.999, Float(rate * second / first), Float(1e-8 * second))
    parameters.refreshMagnitudes()
    return norm
  }
}
