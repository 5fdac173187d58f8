import CKernels
import Tensors

/// The trained numbers of a network and their magnitudes, which interval propagation multiplies with.
///
/// Where the network has batch normalisations, their γ and β give way to factors and shifts while passes compute.
/// Values change between the phases of a step alone, when no worker reads them.
final class Parameters: @unchecked Sendable {
  let values, magnitudes: FloatBuffer
  /// γ and β of the batch normalisations that have given way, by where they start.
  private var trained: [Int: [Float]] = [:]

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

  /// Puts the factors and shifts of a batch normalisation in the place of its γ and β, which begin at `offset`.
  func normalise(_ layer: BatchNormalisation, at offset: Int, by statistics: BatchNormalisation.Statistics) {
    let own = trained[offset] ?? (0..<layer.parameterCount).map { values.pointer[offset + $0] }
    trained[offset] = own
    for channel in 0..<layer.channels {
      let factor = Double(own[channel]) / statistics.deviation(channel)
      let shift = Double(own[layer.channels + channel]) - factor * statistics.means[channel]
      values.pointer[offset + channel] = Float(factor)
      values.pointer[offset + layer.channels + channel] = Float(shift)
      magnitudes.pointer[offset + channel] = abs(Float(factor))
    }
  }

  /// Does so for all batch normalisations of a stack.
  ///
  /// - Parameter statistics: means then variances of each, in order.
  func normalise(_ stack: LayerStack, by statistics: [Float]) {
    precondition(statistics.count == stack.statisticCount, "\(statistics.count) statistics")
    var start = 0
    for (index, layer) in stack.batchNormalisations {
      let numbers = statistics[start..<start + 2 * layer.channels].map { Double($0) }
      start += numbers.count
      normalise(
        layer, at: stack.offsets[index],
        by: BatchNormalisation.Statistics(
          means: Array(numbers[..<layer.channels]), variances: Array(numbers[layer.channels...])))
    }
  }

  /// The γ of a batch normalisation that has given way.
  func gamma(at offset: Int, channel: Int) -> Float { trained[offset]?[channel] ?? values.pointer[offset + channel] }

  /// Puts all γ and β back.
  func restore() {
    for (offset, own) in trained {
      for (i, value) in own.enumerated() {
        values.pointer[offset + i] = value
        magnitudes.pointer[offset + i] = abs(value)
      }
    }
    trained = [:]
  }
}

/// The gradient of a loss with respect to the parameters, in two parts.
///
/// `direct` is the part through the parameters themselves, `throughMagnitudes` the gradient with respect to
/// their magnitudes, which counts `sign(w)` times (zero at w = 0).
///
/// Whoever adds to the second part calls ``willAddThroughMagnitudes()`` first; where nobody does, it is neither cleared
/// nor summed. The rule of ``FloatBuffer`` makes sharing safe: one worker at a time has a gradient.
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

  /// The gradient with respect to one parameter.
  func value(at index: Int, of parameters: Parameters) -> Double {
    let value = parameters.values.pointer[index]
    let sign: Float = value > 0 ? 1 : (value < 0 ? -1 : 0)
    return Double(direct.pointer[index]) + (hasMagnitudes ? Double(sign * throughMagnitudes.pointer[index]) : 0)
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
