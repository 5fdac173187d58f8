import Networks
import Tensors
import TestSupport
import Testing

@testable import Bounds

/// Rows pulled back in windows against the same rows over whole images.
@Suite struct WindowPassTests {
  /// Convolutions with the given strides, dilations, pads and groups, a ReLU after each.
  static func network(_ random: inout RandomNetworks, size: Int) throws -> (Network, convolutions: [NodeID]) {
    var (channels, height, width) = (2, size, size + 1)
    var builder = NetworkBuilder(inputShape: try Shape([channels, height, width]))
    var last = builder.input
    var convolutions: [NodeID] = []
    for layer in 0..<4 {
      let groups = layer == 2 ? 2 : 1
      let geometry = try ConvolutionGeometry(
        channels: channels, height: height, width: width, outputChannels: 4,
        kernel: (random.index(1...3), random.index(1...3)), stride: (random.index(1...2), random.index(1...2)),
        dilation: (random.index(1...2), random.index(1...2)),
        pads: (random.index(0...2), random.index(0...2), random.index(2...3), random.index(2...3)), groups: groups)
      let shape = try Shape([geometry.outputChannels, geometry.outputHeight, geometry.outputWidth])
      let biases = random.weights(geometry.outputChannels)
      last = try builder.linear(
        LinearLayer(
          map: .convolution(ConvolutionMap(geometry: geometry, weights: random.weights(geometry.weightCount))),
          bias: biases.flatMap { [Double](repeating: $0, count: geometry.positions) }),
        of: last, shape: shape, name: "conv\(layer)")
      convolutions.append(last)
      last = builder.activation(.relu, of: last, name: "relu\(layer)")
      (channels, height, width) = (geometry.outputChannels, geometry.outputHeight, geometry.outputWidth)
    }
    return (builder.network(output: last), convolutions)
  }

  @Test(arguments: 0..<30) func `windows give the bounds of whole images`(_ seed: Int) throws {
    var random = RandomNetworks(seed: UInt64(seed))
    let (network, convolutions) = try Self.network(&random, size: 6 + seed % 9)
    let precision: Precision = seed % 2 == 0 ? .double : .single
    let bounds = RegionBounds(
      of: network, over: random.box(network.inputCount, radius: seed % 3 == 0 ? 0.01 : 0.5), precision: precision)
    let lines = bounds.relaxations(lowerSlope: .adaptive)
    for node in convolutions {
      let width = network[node].shape.count
      let units = (0..<min(width, 40)).map { $0 * width / min(width, 40) }
      // Otherwise the comparison below would be one of the whole images with themselves.
      #expect(WindowPass<Double>(units: units, coefficient: 1, of: node, bounds: bounds) != nil)
      for sign in [1.0, -1.0] {
        let windows = bounds.relaxedUpperBounds(ofUnits: units, coefficient: sign, over: node, by: lines)
        let whole = bounds.relaxedUpperBounds(
          of: .elements(units, coefficient: sign, width: width), over: node, by: lines)
        for (a, b) in zip(windows, whole) {
          #expect(abs(a - b) <= (precision == .double ? 1e-11 : 1e-3) * (1 + b.magnitude))
        }
      }
    }
  }

  @Test(arguments: 0..<10) func `no point leaves bounds refined in windows`(_ seed: Int) throws {
    var random = RandomNetworks(seed: UInt64(700 + seed), spread: seed % 2 == 0 ? 0 : 40)
    let (network, _) = try Self.network(&random, size: 4)
    var bounds = RegionBounds(of: network, over: random.box(network.inputCount, radius: 0.3))
    bounds.refine()
    for _ in 0..<3 {
      let point = random.point(in: bounds.input)
      for (node, values) in exactValues(of: network, at: point).enumerated() {
        for (i, value) in values.enumerated() { #expect(value.isInside(bounds.boxes[node][i])) }
      }
    }
  }

  /// A convolution that reads another's output as an image of another shape: windows of the one are none of the other.
  @Test(arguments: 0..<30) func `a reshape between convolutions ends windows and cones`(_ seed: Int) throws {
    var random = RandomNetworks(seed: UInt64(seed))
    let network = try random.stacked(reshaping: true)
    let box = random.box(network.inputCount, radius: 0.5)
    var bounds = RegionBounds(of: network, over: box)
    bounds.refine(optimising: AlphaSettings(iterations: 2))
    for _ in 0..<8 {
      let values = exactValues(of: network, at: random.point(in: box))
      for node in network.nodes {
        for (i, value) in values[node.id.index].enumerated() {
          #expect(value.isInside(bounds.boxes[node.id.index][i]), "\(node.name) element \(i)")
        }
      }
    }
    let interval = RegionBounds(of: network, over: box)
    let lines = interval.relaxations(lowerSlope: .adaptive)
    for node in network.nodes {
      guard case .linear = node.operation else { continue }
      let units = Array(0..<node.shape.count)
      let windows = interval.relaxedUpperBounds(ofUnits: units, coefficient: 1, over: node.id, by: lines)
      let whole = interval.relaxedUpperBounds(of: .elements(units, width: units.count), over: node.id, by: lines)
      for (a, b) in zip(windows, whole) { #expect(abs(a - b) <= 1e-11 * (1 + b.magnitude)) }
    }
  }

  @Test func `windows far larger than their image are left alone`() throws {
    let geometry = try ConvolutionGeometry(
      channels: 1, height: 4, width: 4, outputChannels: 1, kernel: (3, 3), dilation: (50_000, 50_000),
      pads: (50_000, 50_000, 50_000, 50_000))
    var builder = NetworkBuilder(inputShape: try Shape([1, 4, 4]))
    let layer = LinearLayer(
      map: .convolution(ConvolutionMap(geometry: geometry, weights: [0, 0, 0, 0, 2, 0, 0, 0, 0])))
    var last = try builder.linear(layer, of: builder.input, shape: try Shape([1, 4, 4]), name: "a")
    last = builder.activation(.relu, of: last, name: "relu")
    last = try builder.linear(layer, of: last, shape: try Shape([1, 4, 4]), name: "b")
    last = builder.activation(.relu, of: last, name: "relu b")
    let ones = [Double](repeating: 1, count: 16)
    var bounds = RegionBounds(of: builder.network(output: last), over: Box(lower: ones.map { -$0 }, upper: ones))
    bounds.refine()
    #expect(bounds.boxes[last.index].upper.allSatisfy { abs($0 - 4) < 1e-9 })
  }
}
