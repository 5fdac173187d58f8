import CKernels

/// The trained numbers of a network and their magnitudes, which interval propagation multiplies with.
final class Parameters: Sendable {
  let values, magnitudes: FloatBuffer

  init(_ values: [Float]) {
    self.values = FloatBuffer(values)
    magnitudes = FloatBuffer(count: values.count)
    refreshMagnitudes()
  }

  var count: Int { values.count }

  /// Recomputes the magnitudes; due after each change of the values.
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
final class ParameterGradient: Sendable {
  let direct, throughMagnitudes: FloatBuffer

  init(count: Int) {
    direct = FloatBuffer(count: count)
    throughMagnitudes = FloatBuffer(count: count)
  }

  func clear() {
    direct.clear()
    throughMagnitudes.clear()
  }

  /// Writes the total of several gradients, summed in the order given so that the result does not depend on
  /// who computed which.
  static func total(_ parts: [ParameterGradient], at parameters: Parameters, into total: FloatBuffer) {
    let sum = total.pointer
    total.clear()
    for part in parts {
      let term = part.throughMagnitudes.pointer
      for i in 0..<total.count { sum[i] += term[i] }
    }
    let w = parameters.values.pointer
    for i in 0..<total.count { sum[i] = w[i] > 0 ? sum[i] : (w[i] < 0 ? -sum[i] : 0) }
    for part in parts {
      let term = part.direct.pointer
      for i in 0..<total.count { sum[i] += term[i] }
    }
  }
}
