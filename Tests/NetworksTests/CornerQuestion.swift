import Intervals
import TestSupport
import Tensors

@testable import Networks

/// A convolution, the exact one that it stands for, and boxes of its images that begin at zero nearly everywhere.
struct CornerQuestion {
  /// A way in which a layer and its boxes are hard on floating-point arithmetic.
  enum Hardship: CaseIterable {
    /// Weights and boxes about one.
    case tame
    /// Weights over 24, boxes over 12 orders of magnitude.
    case wide
    /// Boxes that hardly extend above their corners: what is left is the error of one product.
    case thin
    /// The same, and corners whose products take each other away, but for a rounding error.
    case cancelling
    /// Biases that are large or small beside all else.
    case biased
    /// Extents that the precision does not hold, beside weights that bring them back, and products that it does not.
    case subnormal
    /// Coefficients and biases that are wrong by all that the layer admits.
    case folded
  }

  let layer: LinearLayer
  /// What the layer's coefficients and biases stand for.
  let weights, bias: [Dyadic]
  let boxes: [Box]

  private let geometry: ConvolutionGeometry

  /// A question that is hard for products in a precision.
  init(_ hardship: Hardship, for precision: Precision, _ stream: inout RandomStream) throws {
    geometry = try Self.geometry(&stream)
    let g = geometry
    let scales = Scales(hardship, precision)
    let taps = g.kernelHeight * g.kernelWidth
    let groupInputs = g.channels / g.groups
    // Single precision has something to round of weights, or nothing.
    let isExact = hardship == .folded || precision == .single && stream.index(below: 2) == 0
    var weights: [Double] = []
    for i in 0..<g.weightCount {
      let inGroup = i / taps % groupInputs
      if hardship == .cancelling, inGroup % 2 == 1 {
        // Each second channel takes away what the one before it gives, or nearly.
        let other = weights[i - taps]
        let next = isExact ? Double(Float(other).nextUp) : other.nextUp
        weights.append(other == 0 || stream.index(below: 2) == 0 ? -other : -next)
      } else {
        let scale = scales.weight(i / g.patchCount, inGroup, &stream)
        let weight = stream.index(below: 16) == 0 ? 0 : stream.normal() * scale
        weights.append(isExact ? Double(Float(weight)) : weight)
      }
    }
    let bias = (0..<g.outputCount).map { _ in stream.normal() * scales.bias(&stream) }
    let errors = hardship == .folded ? bias.map { _ in stream.index(below: 2) == 0 ? 0 : 0x1p-12 } : []
    let error = hardship == .folded ? 0x1p-20 : 0
    layer = LinearLayer(
      map: .convolution(ConvolutionMap(geometry: g, weights: weights)), bias: bias, coefficientError: error,
      biasError: errors)

    // As far from zero as may be, as near, as high or as low.
    let side = stream.index(below: 4)
    self.weights = weights.map { weight in
      let towards = [weight, -weight, weight.magnitude, -weight.magnitude][side]
      return Dyadic(weight) + Dyadic(error) * Dyadic(towards)
    }
    self.bias = bias.indices.map { i in
      errors.isEmpty ? Dyadic(bias[i]) : Dyadic(bias[i]) + Dyadic(side % 2 == 0 ? errors[i] : -errors[i])
    }

    let most = min(g.inputCount, layer.map.longestSum) / 8
    boxes = (0..<4).map { number in
      let nonzeros = number == 0 ? 0 : stream.index(below: most / 2) + 1
      return Self.box(g, nonzeros: nonzeros, isBehindReLU: number < 3, hardship, scales, &stream)
    }
  }

  /// How large weights, biases and extents are.
  private struct Scales {
    let hardship: Hardship
    let smallest, unit: Double

    init(_ hardship: Hardship, _ precision: Precision) {
      self.hardship = hardship
      smallest = precision == .single ? Double(Float.leastNormalMagnitude) : .leastNormalMagnitude
      unit = precision == .single ? 0x1p-24 : 0x1p-53
    }

    private func power(_ spread: Double, _ stream: inout RandomStream) -> Double {
      Double(sign: .plus, exponent: Int(stream.uniform(-spread, spread).rounded()), significand: 1)
    }

    /// Every other channel has tiny extents, and large weights for every other output; all other products underflow.
    func weight(_ output: Int, _ channel: Int, _ stream: inout RandomStream) -> Double {
      switch hardship {
      case .wide: power(40, &stream)
      case .subnormal: output % 2 == 0 && channel % 2 == 0 ? 0x1p-30 / smallest : smallest * 0x1p60
      case .tame, .thin, .cancelling, .biased, .folded: 1
      }
    }

    func extent(_ channel: Int, _ stream: inout RandomStream) -> Double {
      switch hardship {
      case .wide: power(20, &stream)
      case .thin, .cancelling: unit * 0x1p-16
      case .subnormal: channel % 2 == 0 ? smallest * 0x1p-26 : 0x1p-85
      case .tame, .biased, .folded: 1
      }
    }

    func bias(_ stream: inout RandomStream) -> Double {
      switch hardship {
      case .wide, .biased, .cancelling: power(20, &stream)
      case .subnormal: 0
      case .tame, .thin, .folded: 1
      }
    }
  }

  private static func geometry(_ stream: inout RandomStream) throws -> ConvolutionGeometry {
    switch stream.index(below: 4) {
    case 0:
      try ConvolutionGeometry(
        channels: 8, height: 3, width: 4, outputChannels: 8, kernel: (3, 3), stride: (2, 2), pads: (1, 1, 1, 1))
    case 1: try ConvolutionGeometry(channels: 16, height: 4, width: 3, outputChannels: 9, kernel: (2, 2))
    case 2:
      try ConvolutionGeometry(
        channels: 22, height: 3, width: 3, outputChannels: 18, kernel: (2, 3), pads: (0, 0, 0, 1), groups: 2)
    default:
      // As many channels and positions as a vector has elements: products pass over zeros.
      try ConvolutionGeometry(channels: 12, height: 5, width: 4, outputChannels: 16, kernel: (3, 2), pads: (1, 0, 1, 0))
    }
  }

  private static func box(
    _ g: ConvolutionGeometry, nonzeros: Int, isBehindReLU: Bool, _ hardship: Hardship, _ scales: Scales,
    _ stream: inout RandomStream
  ) -> Box {
    let area = g.height * g.width
    var lower = [Double](repeating: 0, count: g.inputCount)
    for _ in 0..<nonzeros {
      let at = stream.index(below: lower.count)
      lower[at] = stream.uniform(isBehindReLU ? 0 : -1, 1) * max(1, scales.extent(0, &stream))
      // The same where it is taken away.
      if hardship == .cancelling { lower[at / area % 2 == 0 ? at + area : at - area] = lower[at] }
    }
    // Some elements are points, in some boxes nearly all.
    let points = stream.index(below: 2) == 0 ? 4 : 28
    let upper = lower.indices.map { i in
      let extent = stream.uniform(0, 1) * scales.extent(i / area, &stream)
      return stream.index(below: 32) < points ? lower[i] : lower[i] + extent
    }
    return Box(lower: lower, upper: upper)
  }

  /// The exact ends of the outputs over a box, in the narrowest intervals around them.
  func ends(over box: Box) -> [(lower: Interval, upper: Interval)] {
    let g = geometry
    let groupInputs = g.channels / g.groups
    let (lower, upper) = (box.lower.map { Dyadic($0) }, box.upper.map { Dyadic($0) })
    // No weight is wrong by as much as itself.
    let areNegative = layer.map.coefficients(in: Double.self).map { $0 < 0 }
    return (0..<g.outputCount).map { output in
      let (o, y, x) = (output / g.positions, output % g.positions / g.outputWidth, output % g.outputWidth)
      let first = o / (g.outputChannels / g.groups) * groupInputs
      var (low, high) = (bias[output], bias[output])
      for tap in 0..<g.patchCount {
        let (i, j) = (tap / g.kernelWidth % g.kernelHeight, tap % g.kernelWidth)
        let channel = first + tap / (g.kernelHeight * g.kernelWidth)
        let (row, column) = (y * g.strideHeight + i - g.padTop, x * g.strideWidth + j - g.padLeft)
        guard (0..<g.height).contains(row), (0..<g.width).contains(column) else { continue }
        let at = (channel * g.height + row) * g.width + column
        let weight = weights[o * g.patchCount + tap]
        let isNegative = areNegative[o * g.patchCount + tap]
        low = low + weight * (isNegative ? upper[at] : lower[at])
        high = high + weight * (isNegative ? lower[at] : upper[at])
      }
      return (Interval(tightestAround: low.rational), Interval(tightestAround: high.rational))
    }
  }
}
