import Bounds
import Networks
import Tensors
import TestSupport
import Testing

@testable import Studies

@Suite struct MethodMeasurementTests {
  /// What the library says if it is called step by step, for every method.
  @Test(arguments: BoundMethod.allCases) func agreesWithTheMethod(method: BoundMethod) throws {
    for seed in 0..<6 as Range<UInt64> {
      var random = RandomNetworks(seed: seed)
      let network = seed.isMultiple(of: 2) ? try random.dense([4, 8, 7, 3]) : try random.convolutional()
      let box = random.box(network.inputCount, radius: 0.2)
      let rows = LinearRows.margins(of: [0, 2], label: 1, outputs: 3)
      for slope in LowerSlope.allCases {
        let found = MethodMeasurement(
          method, of: network, over: box, label: 1, settings: MethodSettings(lowerSlope: slope))
        var bounds = RegionBounds(of: network, over: box)
        if method.usesRefinedRanges { bounds.refine(lowerSlope: slope) }
        let upper = bounds.upperBounds(of: rows, by: method, lowerSlope: slope)
        #expect(found.margins == [0: upper[0], 2: upper[1]])
        #expect(found.worst == max(upper[0], upper[1]) && found.margins[found.worstClass] == found.worst)
        #expect(found.isCertified == (found.worst < 0) && found.seconds > 0)
        switch method {
        case .zonotope: bounds = ZonotopeBounds(bounds).bounds
        case .forward: bounds = ForwardLinearBounds(bounds).bounds
        default: break
        }
        #expect(
          found.layers.map(\.status?.unstable) == network.activationNodes.map { bounds.unstableUnits(of: $0).count })
        for (layer, node) in zip(found.layers, network.activationNodes) {
          let ranges = bounds.preActivations(of: node)
          let widths = (0..<ranges.count).map { ranges.upper[$0] - ranges.lower[$0] }
          #expect(layer.name == node.name && layer.activation == "Relu" && layer.units == ranges.count)
          #expect(abs(layer.meanWidth - widths.reduce(0, +) / Double(widths.count)) <= 1e-12 * layer.meanWidth)
        }
      }
    }
  }

  @Test func optimisedRangesAreNoWider() throws {
    var random = RandomNetworks(seed: 5)
    let network = try random.dense([4, 10, 10, 10, 3])
    let box = random.box(4, radius: 0.5)
    func width(_ iterations: Int) -> Double {
      let found = MethodMeasurement(
        .alphaCROWN, of: network, over: box, label: 0, settings: MethodSettings(rangeIterations: iterations))
      return found.layers.reduce(0) { $0 + $1.meanWidth }
    }
    #expect(width(10) < width(0))
  }

  @Test func smoothNetworksAreBoundedByAllMethods() throws {
    var builder = NetworkBuilder(inputShape: Shape(vector: 2))
    let layer = LinearLayer(map: .dense(DenseMap(rows: 2, columns: 2, weights: [1, -2, 0.5, 1])), bias: [3, 0])
    var last = try builder.linear(layer, of: builder.input, shape: Shape(vector: 2), name: "a")
    last = builder.activation(.sigmoid, of: last, name: "sigmoid")
    last = try builder.linear(layer, of: last, shape: Shape(vector: 2), name: "b")
    let network = builder.network(output: last)
    for method in BoundMethod.allCases {
      let found = MethodMeasurement(method, of: network, over: Box(lower: [0, 0], upper: [0.1, 0.1]), label: 0)
      #expect(found.isCertified && found.worst > -4)
      #expect(found.layers.count == 1 && found.layers[0].status == nil && found.layers[0].activation == "Sigmoid")
    }
  }
}
