import Intervals
import Networks
import Tensors
import TestSupport
import Testing

@Suite("Batch norm fusion")
struct BatchNormFusionTests {
  @Test(
    "The fused network's enclosure contains the exact value of the network before", arguments: 0..<40 as Range<UInt64>)
  func keepsTheFunction(seed: UInt64) throws {
    var random = RandomNetworks(seed: seed, spread: seed.isMultiple(of: 2) ? 0 : 20)
    let network = try network(&random)
    let fused = network.fusingDiagonals()
    #expect(fused.nodes.count < network.nodes.count)
    #expect(fused.inputShape == network.inputShape && fused.outputShape == network.outputShape)
    for _ in 0..<3 {
      let point = (0..<network.inputCount).map { _ in random.uniform(-1, 1) }
      let box = fused.enclosure(at: point)
      let exact = exactValues(of: network, at: point)[network.output.index]
      for i in 0..<box.count { #expect(exact[i].isInside(box[i])) }
    }
  }

  /// Dense of two blocks, two diagonal layers in a row, a convolution whose factors agree in each channel, ReLU
  /// between, dense with a diagonal at the end.
  private func network(_ random: inout RandomNetworks) throws -> Network {
    let shape = try Shape([2, 3, 3])
    var builder = NetworkBuilder(inputShape: shape)
    func diagonal(_ factors: [Double], _ random: inout RandomNetworks) -> LinearLayer {
      LinearLayer(
        map: .diagonal(DiagonalMap(factors: factors)), bias: random.weights(factors.count), coefficientError: 0x1p-51,
        biasError: factors.map { _ in 0x1p-50 })
    }
    var last = builder.input
    for i in 0..<2 {
      last = try builder.linear(diagonal(random.weights(18), &random), of: last, shape: shape, name: "scale\(i)")
    }
    let geometry = try ConvolutionGeometry(
      channels: 2, height: 3, width: 3, outputChannels: 2, kernel: (2, 2), pads: (1, 0, 0, 1))
    last = try builder.linear(
      LinearLayer(
        map: .convolution(ConvolutionMap(geometry: geometry, weights: random.weights(geometry.weightCount))),
        bias: random.weights(18), coefficientError: 0x1p-52),
      of: last, shape: shape, name: "conv")
    let factors = random.weights(2)
    last = try builder.linear(
      diagonal((0..<18).map { factors[$0 / 9] }, &random), of: last, shape: shape, name: "bn")
    last = builder.activation(.relu, of: last, name: "relu")
    last = try builder.linear(
      LinearLayer(
        map: .dense(DenseMap(rows: 2, columns: 9, blocks: 2, weights: random.weights(18))), bias: random.weights(4)),
      of: last, shape: Shape(vector: 4), name: "fc")
    let rows = random.weights(2)
    last = try builder.linear(diagonal(rows + rows, &random), of: last, shape: Shape(vector: 4), name: "scale")
    return builder.network(output: last)
  }

  private func pair(
    _ layer: LinearLayer, _ factors: [Double], bias: [Double]? = nil, inputs: Int, readTwice: Bool = false
  ) throws -> Network {
    var builder = NetworkBuilder(inputShape: Shape(vector: inputs))
    let shape = Shape(vector: factors.count)
    let first = try builder.linear(layer, of: builder.input, shape: shape, name: "first")
    var last = try builder.linear(
      LinearLayer(map: .diagonal(DiagonalMap(factors: factors)), bias: bias), of: first, shape: shape, name: "second")
    if readTwice { last = try builder.sum([first, last], shape: shape, name: "sum") }
    return builder.network(output: last)
  }

  private let dense = LinearLayer(
    map: .dense(DenseMap(rows: 2, columns: 3, weights: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6])), bias: [0, 0])

  @Test("An added bias leaves every coefficient exact")
  func exactBias() throws {
    let fused = try pair(dense, [1, 1], bias: [0.7, 0.1], inputs: 3).fusingDiagonals()
    guard case .linear(let layer, _) = fused.nodes[1].operation else {
      Issue.record("no layer")
      return
    }
    #expect(fused.nodes.count == 2)
    #expect(layer.bias == [0.7, 0.1])
    #expect(layer.coefficientError == 0 && layer.biasError.isEmpty)
  }

  @Test("What cannot be folded stays")
  func stays() throws {
    #expect(try pair(dense, [2, 3], inputs: 3, readTwice: true).fusingDiagonals().nodes.count == 4)
    #expect(try pair(dense, [1e-320, 1], inputs: 3).fusingDiagonals().nodes.count == 3)
    #expect(try pair(dense, [1e308, 1], inputs: 3).fusingDiagonals().nodes.count == 2)
    let huge = LinearLayer(map: .diagonal(DiagonalMap(factors: [1e200])))
    #expect(try pair(huge, [1e200], inputs: 1).fusingDiagonals().nodes.count == 3)
    let geometry = try ConvolutionGeometry(channels: 1, height: 1, width: 2, outputChannels: 1, kernel: (1, 1))
    let convolution = LinearLayer(map: .convolution(ConvolutionMap(geometry: geometry, weights: [0.5])))
    #expect(try pair(convolution, [2, 3], inputs: 2).fusingDiagonals().nodes.count == 3)
    #expect(try pair(convolution, [2, 2], bias: [1, 2], inputs: 2).fusingDiagonals().nodes.count == 2)
  }
}
