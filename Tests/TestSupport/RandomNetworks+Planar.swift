import Networks
import Tensors

/// Networks so small that all of their linear pieces can be counted, over boxes in which two inputs vary.
extension RandomNetworks {
  /// The kinds of such networks: at most twelve ReLUs each, three outputs.
  public enum Planar: CaseIterable, Sendable {
    /// Fully connected, two and three hidden layers.
    case twoLayers, threeLayers
    /// A sum with what a layer before read.
    case residual
    /// A convolution over an image of which two elements vary, and a fully connected layer.
    case convolution
    /// Stable units that take an input away from each other wherever both are read: folded rows do not name it.
    case cancelling
    /// Small whole weights: lines that coincide, pieces that meet in a corner of the box.
    case whole
    /// Weights over 12 orders of magnitude.
    case wide
    /// A box far from zero, and biases that bring its values back to it.
    case farAway
    /// Tiny weights, sometimes subnormal ones, and large ones that bring what is left of them back.
    case unbalanced

    /// Whether all numbers are of about the size of one.
    public var isTame: Bool {
      switch self {
      case .twoLayers, .threeLayers, .residual, .convolution, .cancelling, .whole: true
      case .wide, .farAway, .unbalanced: false
      }
    }
  }

  /// A network of one kind, and a box.
  public mutating func planar(_ kind: Planar) throws -> (network: Network, box: Box) {
    let usual = spread
    defer { spread = usual }
    spread = kind == .wide ? 40 : 0
    switch kind {
    case .twoLayers, .wide: return (try dense([2, index(4...6), index(4...6), 3]), planarBox())
    case .threeLayers: return (try dense([2, 4, 4, index(2...4), 3]), planarBox())
    case .residual: return (try residual(), planarBox())
    case .convolution: return try smallConvolution()
    case .cancelling: return (try cancellingPairs(), Box(lower: [-1, 5], upper: [1, 6]))
    case .whole: return (try chain(whole: [2, index(4...6), index(4...6), 3]), try wholeBox())
    case .farAway: return try farAway()
    case .unbalanced: return (try unbalanced(), planarBox())
    }
  }

  /// A box with two sides of random widths, around a point of the given size.
  private mutating func planarBox(at size: Double = 0.5) -> Box {
    let centre = [uniform(-size, size), uniform(-size, size)]
    let radii = [uniform(0.5, 2), uniform(0.5, 2)]
    return Box(lower: zip(centre, radii).map { $0 - $1 }, upper: zip(centre, radii).map { $0 + $1 })
  }

  private mutating func wholeBox() throws -> Box {
    let corner = [Double(index(-2...0)), Double(index(-2...0))]
    return Box(lower: corner, upper: corner.map { $0 + Double(index(1...2)) })
  }

  /// A dense network whose weights and biases are whole or half.
  private mutating func chain(whole sizes: [Int]) throws -> Network {
    try chain(
      zip(sizes, sizes.dropFirst()).map { columns, rows in
        LinearLayer(
          map: .dense(
            DenseMap(rows: rows, columns: columns, weights: (0..<rows * columns).map { _ in Double(index(-2...2)) })),
          bias: (0..<rows).map { _ in Double(index(-3...3)) / 2 })
      })
  }

  /// Over y in 5...6: the units x + y + 10 and x − y + 10, which are read as their sum, and units of x alone.
  private mutating func cancellingPairs() throws -> Network {
    let hidden = 4
    var first: [Double] = [1, 1, 1, -1]
    for _ in 0..<hidden { first += [weight(), 0] }
    var second: [Double] = []
    var bias: [Double] = []
    for _ in 0..<hidden {
      let weight = weight()
      second += [weight, weight] + weights(hidden)
      bias.append(0.5 * self.weight() - 20 * weight)
    }
    return try chain([
      LinearLayer(
        map: .dense(DenseMap(rows: hidden + 2, columns: 2, weights: first)),
        bias: [10, 10] + weights(hidden).map { 0.5 * $0 }),
      LinearLayer(map: .dense(DenseMap(rows: hidden, columns: hidden + 2, weights: second)), bias: bias),
      layer(3, hidden),
    ])
  }

  private mutating func farAway() throws -> (Network, Box) {
    let box = planarBox(at: 1e6)
    let count = index(4...6)
    let weights = weights(count * 2)
    var bias = self.weights(count)
    for unit in 0..<count {
      for element in 0..<2 {
        bias[unit] -= weights[2 * unit + element] * (box.lower[element] + box.upper[element]) / 2
      }
    }
    let first = LinearLayer(map: .dense(DenseMap(rows: count, columns: 2, weights: weights)), bias: bias)
    let second = index(4...6)
    return (try chain([first, layer(second, count), layer(3, second)]), box)
  }

  private mutating func unbalanced() throws -> Network {
    let (first, second) = (index(4...6), index(4...6))
    let exponent = [20, 40, 60, 1060][index(0...3)]
    let (tiny, large) = (Double.pow2(-exponent), Double.pow2(min(exponent, 1000)))
    return try chain([
      layer(first, 2, scale: tiny, bias: tiny), layer(second, first, scale: large, bias: tiny * large),
      layer(3, second),
    ])
  }

  private mutating func residual() throws -> Network {
    var builder = NetworkBuilder(inputShape: Shape(vector: 2))
    let hidden = Shape(vector: 4)
    let stem = try builder.linear(layer(4, 2), of: builder.input, shape: hidden, name: "stem")
    var last = builder.activation(.relu, of: stem, name: "relu1")
    for block in 2...3 {
      let branch = try builder.linear(layer(4, 4), of: last, shape: hidden, name: "branch\(block)")
      last = try builder.sum(
        [branch, index(0...1) == 0 ? last : stem], shape: hidden, name: "sum\(block)")
      last = builder.activation(.relu, of: last, name: "relu\(block)")
    }
    last = try builder.linear(layer(3, 4), of: last, shape: Shape(vector: 3), name: "out")
    return builder.network(output: last)
  }

  /// A 3×3 image, a convolution of two channels with kernels of 2×2, four hidden units.
  private mutating func smallConvolution() throws -> (Network, Box) {
    let geometry = try ConvolutionGeometry(
      channels: 1, height: 3, width: 3, outputChannels: 2, kernel: (2, 2), stride: (1, 1), dilation: (1, 1),
      pads: (0, 0, 0, 0))
    var builder = NetworkBuilder(inputShape: try Shape([1, 3, 3]))
    var last = try builder.linear(
      LinearLayer(
        map: .convolution(ConvolutionMap(geometry: geometry, weights: weights(geometry.weightCount))),
        bias: weights(2).flatMap { [Double](repeating: $0, count: geometry.positions) }),
      of: builder.input, shape: try Shape([2, 2, 2]), name: "conv")
    last = builder.activation(.relu, of: last, name: "relu1")
    for (i, sizes) in [(8, 4), (4, 3)].enumerated() {
      if i > 0 { last = builder.activation(.relu, of: last, name: "relu2") }
      last = try builder.linear(
        layer(sizes.1, sizes.0), of: last, shape: Shape(vector: sizes.1), name: "fc\(i + 1)")
    }
    var lower = (0..<9).map { _ in uniform(-1, 1) }
    var upper = lower
    // The centre is under all of the kernels; a second element makes two dimensions.
    for element in [4, [0, 1, 2, 3, 5, 6, 7, 8][index(0...7)]] {
      lower[element] -= uniform(0.5, 2)
      upper[element] += uniform(0.5, 2)
    }
    return (builder.network(output: last), Box(lower: lower, upper: upper))
  }
}

extension Double {
  fileprivate static func pow2(_ exponent: Int) -> Double { Double(sign: .plus, exponent: exponent, significand: 1) }
}
