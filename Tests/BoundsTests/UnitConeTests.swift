import Networks
import Tensors
import TestSupport
import Testing

@testable import Bounds

@Suite struct UnitConeTests {
  /// Two convolutions with padding and an odd stride, a normalisation before them.
  private static func network(_ random: inout RandomNetworks) throws -> Network {
    var builder = NetworkBuilder(inputShape: try Shape([2, 11, 9]))
    let factors = random.weights(2 * 11 * 9)
    var last = try builder.linear(
      LinearLayer(map: .diagonal(DiagonalMap(factors: factors)), bias: random.weights(factors.count)),
      of: builder.input,
      shape: Shape([2, 11, 9]), name: "scale")
    var size = (channels: 2, height: 11, width: 9)
    for (channels, kernel, stride, pads) in [(3, (3, 2), (2, 1), (1, 1, 0, 2)), (4, (2, 3), (1, 2), (1, 0, 1, 1))] {
      let geometry = try ConvolutionGeometry(
        channels: size.channels, height: size.height, width: size.width, outputChannels: channels, kernel: kernel,
        stride: stride, pads: pads)
      let map = ConvolutionMap(geometry: geometry, weights: random.weights(geometry.weightCount))
      if channels == 4 { last = builder.activation(.relu, of: last, name: "relu") }
      size = (channels, geometry.outputHeight, geometry.outputWidth)
      last = try builder.linear(
        LinearLayer(
          map: .convolution(map), bias: random.weights(geometry.outputCount), coefficientError: 1e-15,
          biasError: [Double](repeating: 1e-15, count: geometry.outputCount)), of: last,
        shape: Shape([size.channels, size.height, size.width]), name: "conv")
    }
    return builder.network(output: last)
  }

  @Test(arguments: 0..<6) func `every unit's cone computes the unit, edges included`(_ seed: Int) throws {
    var random = RandomNetworks(seed: UInt64(seed))
    let network = try Self.network(&random)
    let box = random.box(network.inputCount, radius: 0.3)
    let whole = RegionBounds(of: network, over: box)
    let outputs = network.outputs(box.lower)
    for unit in outputs.indices {
      let cone = try #require(UnitCone(of: unit, at: network.output, in: network))
      let bounds = cone.bounds(in: whole)
      #expect(abs(cone.network.outputs(bounds.input.lower)[0] - outputs[unit]) < 1e-12)
      let (here, there) = (bounds.boxes[cone.network.output.index], whole.boxes[network.output.index])
      #expect(abs(here.lower[0] - there.lower[unit]) < 1e-12 && abs(here.upper[0] - there.upper[unit]) < 1e-12)
    }
  }

  @Test(arguments: 0..<6) func `α-CROWN in a cone is α-CROWN`(_ seed: Int) throws {
    var random = RandomNetworks(seed: UInt64(20 + seed))
    let network = try Self.network(&random)
    let whole = RegionBounds(of: network, over: random.box(network.inputCount, radius: 0.3))
    let settings = AlphaSettings(iterations: 4)
    for unit in whole.boxes[network.output.index].lower.indices {
      let bounds = try #require(UnitCone(of: unit, at: network.output, in: network)).bounds(in: whole)
      var cone = AlphaCROWN<Double>(
        LinearRows(count: 1, width: 1, coefficients: [1]), over: bounds.network.output, bounds: bounds,
        relaxations: bounds.relaxations(lowerSlope: .adaptive))
      var image = AlphaCROWN<Double>(
        .elements([unit], width: network.outputCount), over: network.output, bounds: whole,
        relaxations: whole.relaxations(lowerSlope: .adaptive))
      #expect(abs(cone.upperBounds(settings)[0] - image.upperBounds(settings)[0]) < 1e-9)
    }
  }

  @Test func `a unit that sees everything has no cone`() throws {
    var random = RandomNetworks(seed: 1)
    let network = try random.dense([4, 6, 3])
    #expect(UnitCone(of: 0, at: network.output, in: network) == nil)
  }
}
