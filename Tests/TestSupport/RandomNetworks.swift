import Networks
import Tensors

/// Random small networks for property tests.
public struct RandomNetworks {
  private var stream: RandomStream
  /// Weights are `±2^e` times a uniform number, with `e` uniform in `0...spread`, about one on average where 0.
  public var spread: Double

  /// A repeatable sequence of networks.
  public init(seed: UInt64, spread: Double = 0) {
    stream = RandomStream(seed: seed, purpose: "random networks")
    self.spread = spread
  }

  /// One weight.
  public mutating func weight() -> Double {
    let magnitude = spread == 0 ? 1 : stream.uniform(-spread / 2, spread / 2)
    let scale = spread == 0 ? 1 : Double.pow2(magnitude)
    return stream.uniform(-1, 1) * scale
  }

  /// Several weights.
  public mutating func weights(_ count: Int) -> [Double] { (0..<count).map { _ in weight() } }

  /// A number uniform in a range.
  public mutating func uniform(_ lower: Double, _ upper: Double) -> Double { stream.uniform(lower, upper) }

  /// A whole number uniform in a range.
  public mutating func index(_ range: ClosedRange<Int>) -> Int {
    range.lowerBound + stream.index(below: range.count)
  }

  /// A fully connected ReLU network with the given layer sizes, input first.
  public mutating func dense(_ sizes: [Int]) throws -> Network {
    var builder = NetworkBuilder(inputShape: Shape(vector: sizes[0]))
    var last = builder.input
    for (i, size) in sizes.enumerated().dropFirst() {
      let columns = sizes[i - 1]
      let layer = LinearLayer(
        map: .dense(DenseMap(rows: size, columns: columns, weights: weights(size * columns))), bias: weights(size))
      last = try builder.linear(layer, of: last, shape: Shape(vector: size), name: "fc\(i)")
      if i < sizes.count - 1 { last = builder.activation(.relu, of: last, name: "relu\(i)") }
    }
    return builder.network(output: last)
  }

  /// A convolution with random geometry, an unfused batch norm, ReLU, a residual convolution, ReLU and a dense
  /// layer of `outputs`.
  public mutating func convolutional(outputs: Int = 3) throws -> Network {
    let channels = index(1...2)
    let height = index(3...5)
    let width = index(3...5)
    var builder = NetworkBuilder(inputShape: try Shape([channels, height, width]))
    let first = try ConvolutionGeometry(
      channels: channels, height: height, width: width, outputChannels: 2, kernel: (index(1...3), index(1...3)),
      stride: (index(1...2), index(1...2)), dilation: (1, 1),
      pads: (index(0...1), index(0...1), index(0...1), index(0...1)))
    let shape = try Shape([2, first.outputHeight, first.outputWidth])
    var last = try builder.linear(
      LinearLayer(
        map: .convolution(ConvolutionMap(geometry: first, weights: weights(first.weightCount))),
        bias: weights(2).flatMap { [Double](repeating: $0, count: first.positions) }),
      of: builder.input, shape: shape, name: "conv1")
    last = try builder.linear(
      LinearLayer(map: .diagonal(DiagonalMap(factors: weights(shape.count))), bias: weights(shape.count)),
      of: last, shape: shape, name: "bn1")
    last = builder.activation(.relu, of: last, name: "relu1")
    let second = try ConvolutionGeometry(
      channels: 2, height: first.outputHeight, width: first.outputWidth, outputChannels: 2, kernel: (3, 3),
      pads: (1, 1, 1, 1), groups: index(1...2))
    let branch = try builder.linear(
      LinearLayer(
        map: .convolution(ConvolutionMap(geometry: second, weights: weights(second.weightCount))),
        bias: weights(shape.count)),
      of: last, shape: shape, name: "conv2")
    last = try builder.sum([branch, last], shape: shape, name: "residual")
    last = builder.activation(.relu, of: last, name: "relu2")
    last = try builder.linear(
      LinearLayer(
        map: .dense(DenseMap(rows: outputs, columns: shape.count, weights: weights(outputs * shape.count))),
        bias: weights(outputs)),
      of: last, shape: Shape(vector: outputs), name: "fc")
    return builder.network(output: last)
  }

  /// A box of the given size around random points of `[-1, 1]`, some of its sides a single point.
  public mutating func box(_ count: Int, radius: Double) -> Box {
    let centre = (0..<count).map { _ in uniform(-1, 1) }
    let radii = (0..<count).map { _ in uniform(0, 1) < 0.1 ? 0 : radius * uniform(0, 1) }
    return Box(lower: zip(centre, radii).map { $0 - $1 }, upper: zip(centre, radii).map { $0 + $1 })
  }

  /// A point of a box: a corner or an interior point, each half of the time.
  public mutating func point(in box: Box) -> [Double] {
    let corner = uniform(0, 1) < 0.5
    return (0..<box.count).map { i in
      if corner { return uniform(0, 1) < 0.5 ? box.lower[i] : box.upper[i] }
      return min(max(uniform(box.lower[i], box.upper[i]), box.lower[i]), box.upper[i])
    }
  }
}

extension Double {
  fileprivate static func pow2(_ exponent: Double) -> Double {
    Double(sign: .plus, exponent: Int(exponent.rounded()), significand: 1)
  }
}
