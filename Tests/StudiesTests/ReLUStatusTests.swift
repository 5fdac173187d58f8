import Bounds
import Networks
import Tensors
import TestSupport
import Testing

@testable import Studies

@Suite struct ReLUStatusTests {
  /// Counted one by one from the boxes of interval propagation.
  @Test(arguments: 0..<20) func unitsAreCounted(seed: UInt64) throws {
    var random = RandomNetworks(seed: seed)
    let network = seed.isMultiple(of: 2) ? try random.dense([4, 7, 6, 3]) : try random.convolutional()
    let box = random.box(network.inputCount, radius: 0.3)
    let bounds = RegionBounds(of: network, over: box)
    let boxes = network.intervals(over: box)
    var expected = ReLUStatus()
    for node in network.nodes {
      guard case .activation(.relu, let source) = node.operation else { continue }
      let here = try #require(ReLUStatus(of: node, in: bounds))
      #expect(here.units == node.shape.count)
      for unit in 0..<node.shape.count {
        let range = boxes[source.index][unit]
        if range.upper <= 0 {
          expected.dead += 1
        } else if range.lower >= 0 {
          expected.active += 1
        } else {
          expected.unstable += 1
        }
      }
    }
    #expect(ReLUStatus(in: bounds) == expected)
    #expect(expected.unstable == bounds.unstableCount)
  }

  @Test func smoothUnitsHaveNoStatus() throws {
    var builder = NetworkBuilder(inputShape: Shape(vector: 2))
    let out = builder.activation(.tanh, of: builder.input, name: "tanh")
    let network = builder.network(output: out)
    let bounds = RegionBounds(of: network, over: Box(lower: [-1, -1], upper: [1, 1]))
    #expect(ReLUStatus(of: network.activationNodes[0], in: bounds) == nil)
    #expect(ReLUStatus(in: bounds).units == 0)
  }
}
