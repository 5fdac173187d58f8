import CKernels
import Foundation
import Tensors

/// The optimiser Adam with gradients clipped to a norm (Kingma & Ba 2015; β₁ = 0.9, β₂ = 0.999, ε = 1e-8).
final class Adam: Sendable {
  let firstMoments, secondMoments: FloatBuffer

  private let workers: Workers

  /// An optimiser that has made no step.
  init(count: Int, workers: Workers = Workers(count: 1)) {
    firstMoments = FloatBuffer(count: count)
    secondMoments = FloatBuffer(count: count)
    self.workers = workers
  }

  /// Forgets all steps; the next has number 1 again.
  func restart() {
    firstMoments.clear()
    secondMoments.clear()
  }

  /// Moves the parameters against the gradient.
  ///
  /// - Parameters:
  ///   - gradient: scaled where its norm exceeds `largestNorm`.
  ///   - number: which step this is, from 1.
  ///   - start: those before this one neither move nor count in the norm.
  /// - Returns: the gradient's norm before clipping.
  @discardableResult
  func step(
    _ parameters: Parameters, gradient: FloatBuffer, rate: Double, number: Int, largestNorm: Double,
    from start: Int = 0
  ) -> Double {
    // The same blocks for any number of workers, and their sums in order: the norm is always the same.
    let size = 1 << 16
    let moving = gradient.count - start
    let blocks = (moving + size - 1) / size
    @Sendable func count(_ block: Int) -> Int { min(size, moving - block * size) }
    let squares = workers.map(0..<blocks) { block in
      let part = gradient.pointer + start + block * size
      return ck_dot_f32(part, part, count(block))
    }
    let norm = squares.reduce(0, +).squareRoot()
    // A gradient that is not finite would destroy the moments for good; the step is left out.
    guard norm.isFinite else { return norm }
    let scale = norm > largestNorm ? Float(largestNorm / norm) : 1
    let first = 1 - pow(0.9, Double(number))
    let second = (1 - pow(0.999, Double(number))).squareRoot()
    workers.forEach(0..<blocks) { block in
      let start = start + block * size
      ck_adam_f32(
        parameters.values.pointer + start, parameters.magnitudes.pointer + start, gradient.pointer + start, scale,
        firstMoments.pointer + start, secondMoments.pointer + start, count(block), 0.9, 0.999,
        Float(rate * second / first), Float(1e-8 * second))
    }
    return norm
  }
}
