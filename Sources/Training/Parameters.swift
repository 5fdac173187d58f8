import CKernels
import Tensors

/// The trained numbers of a network and their magnitudes, which interval propagation multiplies with.
final class Parameters: Sendable {
  let values, magnitudes: FloatBuffer

  init(_ values: [Float]) {
    self.values = FloatBuffer(values)
    magnitudes = FloatBuffer(count: values.count)
    refreshMagnitudes()
  }

  var count: Int { values.count }

  /// Recomputes the magnitudes; due after each change of the values that does not write both.
  func refreshMagnitudes() {
    let from = values.pointer
    let to = magnitudes.pointer
    for i in 0..<count { to[i] = abs(from[i]) }
  }
}

/// The gradient of a loss with respect to the parameters, in two parts.
///
/// `direct` is the part through the parameters themselves, `throughMagnitudes` the gradient with respect to
/// their magnitudes, which counts `sign(w)` times (zero at w = 0).
///
/// Whoever adds to the second part calls ``willAddThroughMagnitudes()`` first; where nobody does, it is neither cleared nor
/// summed. The rule of ``FloatBuffer`` makes sharing safe: one worker at a time has a gradient.
final class ParameterGradient: @unchecked Sendable {
  let direct, throughMagnitudes: FloatBuffer
  private var hasMagnitudes = false

  init(count: Int) {
    direct = FloatBuffer(count: count)
    throughMagnitudes = FloatBuffer(count: count)
  }

  func clear() {
    direct.clear()
    hasMagnitudes = false
  }

  /// Makes the second part one that counts.
  func willAddThroughMagnitudes() {
    guard !hasMagnitudes else { return }
    throughMagnitudes.clear()
    hasMagnitudes = true
  }

  /// Writes the total of several gradients, summed in the order given so that the result does not depend on
  /// who computed which.
  static func total(
    _ parts: [ParameterGradient], at parameters: Parameters, into total: FloatBuffer,
    workers: Workers = Workers(count: 1)
  ) {
    let signed = parts.filter(\.hasMagnitudes)
    // Small blocks, which stay in cache from one term to the next, in larger ones to share out.
    let (block, share) = (4096, 1 << 16)
    workers.forEach(0..<(total.count + share - 1) / share) { index in
      let end = min((index + 1) * share, total.count)
      for start in stride(from: index * share, to: end, by: block) {
        let count = min(block, end - start)
        let sum = total.pointer + start
        sum.update(repeating: 0, count: count)
        for part in signed { ck_add_f32(sum, part.throughMagnitudes.pointer + start, count) }
        if !signed.isEmpty { ck_multiply_signs_f32(parameters.values.pointer + start, sum, count) }
        for part in parts { ck_add_f32(sum, part.direct.pointer + start, count) }
      }
    }
  }
}
