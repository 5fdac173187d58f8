import CKernels

/// A batch normalisation: `y = γ·(x − mean)/√(variance + 1e-5) + β` in each channel.
///
/// Its parameters are γ then β, `channels` of each. What every pass computes with is the same map as `y = a·x + s`:
/// once a batch's statistics are known, ``Parameters/normalise(_:at:offset:by:)`` puts factors a and shifts s in the
/// parameters' place, and until they are restored the layer is one like others, for points, boxes and attacks alike.
/// - Source: Ioffe & Szegedy, *Batch Normalization*, ICML 2015.
struct BatchNormalisation: Hashable, Sendable {
  let channels: Int
  /// The number of elements of a channel; 1 behind a dense layer.
  let area: Int

  /// What is added to variances.
  static let smallest = 1e-5

  var count: Int { channels * area }
  var parameterCount: Int { 2 * channels }

  /// `outputs = factors·inputs + shifts`; without the shifts for gradients and radii.
  func apply(
    factors: UnsafePointer<Float>, shifts: UnsafePointer<Float>?, to inputs: UnsafePointer<Float>, batch: Int,
    into outputs: UnsafeMutablePointer<Float>
  ) {
    for row in 0..<batch * channels {
      let factor = factors[row % channels]
      let shift = shifts?[row % channels] ?? 0
      let from = inputs + row * area
      let to = outputs + row * area
      for i in 0..<area { to[i] = factor * from[i] + shift }
    }
  }

  /// Adds the gradients of `Σ outputGradients·(factors·inputs + shifts)` with respect to factors and shifts.
  ///
  /// - Parameter ones: at least `area` ones.
  func accumulate(
    inputs: UnsafePointer<Float>, outputGradients: UnsafePointer<Float>, batch: Int, ones: UnsafePointer<Float>,
    factors: UnsafeMutablePointer<Float>, shifts: UnsafeMutablePointer<Float>?
  ) {
    for row in 0..<batch * channels {
      let gradient = outputGradients + row * area
      factors[row % channels] += Float(ck_dot_f32(gradient, inputs + row * area, area))
      shifts?[row % channels] += Float(ck_dot_f32(gradient, ones, area))
    }
  }

  /// For each channel the sum of a chunk's elements, or of their squared distances from means.
  func sums(_ values: UnsafePointer<Float>, batch: Int, about means: [Double]? = nil) -> [Double] {
    var sums = [Double](repeating: 0, count: channels)
    for row in 0..<batch * channels {
      let channel = row % channels
      let from = values + row * area
      let mean = means?[channel] ?? 0
      var sum = 0.0
      if means == nil {
        for i in 0..<area { sum += Double(from[i]) }
      } else {
        for i in 0..<area {
          let distance = Double(from[i]) - mean
          sum += distance * distance
        }
      }
      sums[channel] += sum
    }
    return sums
  }

  /// Means and biased variances of the channels, over a batch or over many.
  struct Statistics: Hashable, Sendable {
    var means: [Double]
    var variances: [Double]

    /// The square roots by which a channel is divided.
    func deviation(_ channel: Int) -> Double { (variances[channel] + smallest).squareRoot() }

    /// How the loss depends on a batch's statistics, and on γ and β, given how it depends on a and s.
    ///
    /// With `a = γ/σ` and `s = β − a·mean`: the whole derivative by a is `A − mean·S`, so that by γ it is that over σ,
    /// by the variance `−(A − mean·S)·γ/(2σ³)`, by the mean `−a·S`, and by β it is S.
    /// - Parameters:
    ///   - byFactor: A, the derivative by a where it stands.
    ///   - byShift: S.
    func gradients(
      channel: Int, gamma: Double, byFactor: Double, byShift: Double
    ) -> (gamma: Double, beta: Double, mean: Double, variance: Double) {
      let deviation = deviation(channel)
      let whole = byFactor - means[channel] * byShift
      return (
        whole / deviation, byShift, -gamma / deviation * byShift,
        -0.5 * whole * gamma / (deviation * deviation * deviation)
      )
    }
  }
}
