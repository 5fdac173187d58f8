import Bounds
import Networks
import Tensors
import TestSupport
import Testing

@testable import Studies

@Suite struct SignChangesTests {
  private func stream(_ index: Int = 0) -> RandomStream { RandomStream(seed: 7, purpose: "sign changes", index: index) }

  /// Points one by one, and every unit's signs among them.
  @Test(arguments: 0..<20) func unitsOfBothSignsAreCounted(seed: UInt64) throws {
    var random = RandomNetworks(seed: seed)
    let network = seed.isMultiple(of: 2) ? try random.dense([4, 7, 6, 3]) : try random.convolutional()
    let box = random.box(network.inputCount, radius: 0.4)
    var first = stream()
    var second = stream()
    let counted = SignChanges.count(in: network, over: Region(box: box), using: &first)

    var positive: Set<[Int]> = []
    var negative: Set<[Int]> = []
    for _ in 0..<50 {
      let point = (0..<box.count).map { i in
        let (low, high) = (box.lower[i], box.upper[i])
        let value = (low + high) / 2 + (high - low) / 2 * second.normal()
        return min(max(value, low), high)
      }
      let values = network.evaluate(point).values
      for node in network.nodes {
        guard case .activation(_, let source) = node.operation else { continue }
        for (unit, value) in values[source.index].enumerated() {
          if value > 0 { positive.insert([node.id.index, unit]) }
          if value < 0 { negative.insert([node.id.index, unit]) }
        }
      }
    }
    #expect(counted == positive.intersection(negative).count)
    #expect(counted <= RegionBounds(of: network, over: box).unstableCount)
    #expect(counted > 0 || RegionBounds(of: network, over: box).unstableCount < 5)
  }

  @Test func aPointShowsNothing() throws {
    var random = RandomNetworks(seed: 1)
    let network = try random.dense([4, 7, 3])
    var stream = stream()
    #expect(SignChanges.count(in: network, over: Region(box: random.box(4, radius: 0)), using: &stream) == 0)
  }
}
