import Networks
import Tensors

/// Networks in which floating-point numbers behave badly, for judging what claims to hold in real arithmetic.
extension RandomNetworks {
  /// A way in which a network is hard on floating-point arithmetic.
  public enum Extreme: CaseIterable, Sendable {
    /// Fully connected, weights about one.
    case tame
    /// Weights over 12 orders of magnitude.
    case wide
    /// A convolution with strides, padding and groups, a diagonal, a residual sum; weights over 12 orders.
    case convolutional
    /// Three convolutions, so that rows of the later ones are kept as windows of images.
    case stacked
    /// The same, each reading the last one's output as an image of another shape.
    case reshaped
    /// A convolution of many channels behind a ReLU, in boxes that contain zero: it takes its box by the corner.
    case channels
    /// Gathers that repeat, drop and zero elements, diagonals, sums of three.
    case gathered
    /// Biases of 10¹² and layers after them that take them away again.
    case hugeBiases
    /// Sums whose terms cancel all but a rounding error of each other.
    case cancelling
    /// Weights among the subnormal numbers, and large ones that bring what is left of them back.
    case denormal
    /// Coefficients that differ from the file's by all that the layers admit.
    case folded
  }

  /// A small network of one kind, with three outputs.
  ///
  /// - Returns: the network that bounds are claimed for, and the file's, which must keep to them: the same but for
  ///   ``Extreme/folded``.
  public mutating func network(_ extreme: Extreme) throws -> (claimed: Network, file: Network) {
    let usual = spread
    defer { spread = usual }
    spread = extreme == .tame || extreme == .hugeBiases || extreme == .denormal ? 0 : 40
    let network: Network
    switch extreme {
    case .tame, .wide: network = try dense(sizes())
    case .convolutional: network = try convolutional()
    case .stacked: network = try stacked(reshaping: false)
    case .reshaped: network = try stacked(reshaping: true)
    case .channels: network = try channels()
    case .gathered: network = try gathered()
    case .hugeBiases: network = try hugeBiases()
    case .denormal: network = try denormal()
    case .cancelling: network = try cancelling()
    case .folded: return try folded()
    }
    return (network, network)
  }

  private mutating func sizes() -> [Int] {
    var sizes = [index(1...4)]
    for _ in 0..<index(0...2) { sizes.append(index(1...6)) }
    return sizes + [3]
  }

  /// A box for such a network: a point, nearly a point, of the usual size, or far from zero.
  public mutating func extremeBox(_ count: Int, for kind: Extreme) -> Box {
    let box = extremeBox(count)
    guard kind == .channels else { return box }
    return Box(lower: box.lower.map { min($0, 0) }, upper: box.upper.map { max($0, 0) })
  }

  private mutating func extremeBox(_ count: Int) -> Box {
    switch index(0...4) {
    case 0: return box(count, radius: 0)
    case 1: return box(count, radius: 1e-9)
    case 2:
      let near = box(count, radius: 0.7)
      let shift = 1e6 * uniform(-1, 1)
      return Box(lower: near.lower.map { $0 + shift }, upper: near.upper.map { $0 + shift })
    default: return box(count, radius: 0.7)
    }
  }

  /// Rows over three outputs: two margins and one with coefficients of many sizes.
  public mutating func coefficients() -> [Double] { [-1, 1, 0, -1, 0, 1] + weights(3) }

  mutating func layer(_ rows: Int, _ columns: Int, scale: Double = 1, bias: Double = 1) -> LinearLayer {
    LinearLayer(
      map: .dense(DenseMap(rows: rows, columns: columns, weights: weights(rows * columns).map { $0 * scale })),
      bias: weights(rows).map { $0 * bias })
  }

  /// Layers of the given kind with a ReLU between each two.
  func chain(_ layers: [LinearLayer]) throws -> Network {
    var builder = NetworkBuilder(inputShape: Shape(vector: layers[0].map.inputCount))
    var last = builder.input
    for (i, layer) in layers.enumerated() {
      if i > 0 { last = builder.activation(.relu, of: last, name: "relu\(i)") }
      last = try builder.linear(layer, of: last, shape: Shape(vector: layer.map.outputCount), name: "fc\(i + 1)")
    }
    return builder.network(output: last)
  }

  /// The large biases of the first layer differ by what the input makes of them; the second takes differences.
  private mutating func hugeBiases() throws -> Network {
    let inputs = index(1...3)
    let first = LinearLayer(
      map: .dense(DenseMap(rows: 4, columns: inputs, weights: weights(4 * inputs))),
      bias: weights(4).map { 1e12 + $0 })
    let second = LinearLayer(
      map: .dense(
        DenseMap(rows: 4, columns: 4, weights: [1, -1, 0, 0, 0, 1, -1, 0, 0, 0, 1, -1, -1, 0, 0, 1])),
      bias: weights(4))
    return try chain([first, second, layer(3, 4)])
  }

  /// Subnormal numbers appear on the way forwards, or on the way backwards.
  private mutating func denormal() throws -> Network {
    let inputs = index(1...3)
    let layers =
      index(0...1) == 0
      ? [
        layer(4, inputs, scale: 0x1p-1055, bias: 0x1p-1060), layer(4, 4, scale: 0x1p1000, bias: 0x1p-60), layer(3, 4),
      ]
      : [layer(4, inputs, scale: 0x1p1000), layer(4, 4), layer(3, 4, scale: 0x1p-1055, bias: 0x1p-60)]
    return try chain(layers)
  }

  /// Coefficients of single precision and others a 2⁻²⁰th away from them, which leaves nothing to round.
  private mutating func folded() throws -> (claimed: Network, file: Network) {
    let sizes = sizes()
    let share = 0x1p-20
    var stored: [LinearLayer] = []
    var file: [LinearLayer] = []
    for (columns, rows) in zip(sizes, sizes.dropFirst()) {
      let weights = weights(rows * columns).map { Double(Float($0)) }
      let bias = self.weights(rows).map { Double(Float($0)) }
      func moved(_ values: [Double], _ random: inout RandomNetworks) -> [Double] {
        values.map { random.index(0...1) == 0 ? $0 + share * $0 : $0 - share * $0 }
      }
      stored.append(
        LinearLayer(
          map: .dense(DenseMap(rows: rows, columns: columns, weights: weights)), bias: bias,
          coefficientError: share, biasError: bias.map { share * $0.magnitude }))
      file.append(
        LinearLayer(
          map: .dense(DenseMap(rows: rows, columns: columns, weights: moved(weights, &self))),
          bias: moved(bias, &self)))
    }
    return (try chain(stored), try chain(file))
  }

  /// A sum of branches that take each other away, up to weights 2⁻⁵² apart.
  private mutating func cancelling() throws -> Network {
    let inputs = index(1...3)
    var builder = NetworkBuilder(inputShape: Shape(vector: inputs))
    let hidden = Shape(vector: 4)
    let there = weights(4 * inputs)
    let back = there.map { index(0...1) == 0 ? -$0 : -$0.nextUp }
    let bias = weights(4)
    var branches: [NodeID] = []
    for (i, weights) in [there, back].enumerated() {
      let layer = LinearLayer(
        map: .dense(DenseMap(rows: 4, columns: inputs, weights: weights)), bias: bias.map { i == 0 ? $0 : -$0 })
      branches.append(try builder.linear(layer, of: builder.input, shape: hidden, name: "branch \(i)"))
    }
    let rest = layer(4, inputs, scale: 0x1p-60, bias: 0x1p-60)
    branches.append(try builder.linear(rest, of: builder.input, shape: hidden, name: "rest"))
    var last = try builder.sum(branches, shape: hidden, name: "difference")
    if index(0...1) == 0 { last = builder.activation(.relu, of: last, name: "relu") }
    last = try builder.linear(layer(3, 4), of: last, shape: Shape(vector: 3), name: "out")
    return builder.network(output: last)
  }

  private mutating func gathered() throws -> Network {
    let inputs = index(2...4)
    var builder = NetworkBuilder(inputShape: Shape(vector: inputs))
    let hidden = Shape(vector: 5)
    func gather(_ count: Int, _ random: inout RandomNetworks) -> LinearLayer {
      let sources = (0..<5).map { _ in random.index(-1...count - 1) }
      return LinearLayer(
        map: .gather(GatherMap(inputCount: count, sources: sources)),
        bias: (0..<5).map { _ in random.index(0...1) == 0 ? 0 : random.weight() })
    }
    func diagonal(_ random: inout RandomNetworks) -> LinearLayer {
      LinearLayer(map: .diagonal(DiagonalMap(factors: random.weights(5))), bias: random.weights(5))
    }
    var last = try builder.linear(gather(inputs, &self), of: builder.input, shape: hidden, name: "gather1")
    last = try builder.linear(diagonal(&self), of: last, shape: hidden, name: "diagonal1")
    let first = builder.activation(.relu, of: last, name: "relu1")
    let mixed = try builder.linear(layer(5, 5), of: first, shape: hidden, name: "mixed")
    let second = builder.activation(.relu, of: mixed, name: "relu2")
    let moved = try builder.linear(gather(5, &self), of: second, shape: hidden, name: "gather2")
    let scaled = try builder.linear(diagonal(&self), of: first, shape: hidden, name: "diagonal2")
    last = try builder.sum([moved, scaled, first], shape: hidden, name: "sum")
    last = builder.activation(.relu, of: last, name: "relu3")
    last = try builder.linear(layer(3, 5), of: last, shape: Shape(vector: 3), name: "out")
    return builder.network(output: last)
  }
}
