import Bounds
import Networks
import TestSupport
import Testing

@testable import Studies

@Suite struct MarginBoxTests {
  /// The margin's row merged into the last layer by hand.
  @Test(arguments: 0..<10) func halfWidthsAreThoseOfTheElidedLayer(seed: UInt64) throws {
    var random = RandomNetworks(seed: seed)
    let network = try random.dense([4, 7, 6, 3])
    let box = random.box(4, radius: 0.3)
    let label = random.index(0...2)
    let boxes = network.intervals(over: box)
    guard case .linear(let last, let source) = network[network.output].operation, case .dense(let map) = last.map
    else { throw Unexpected() }
    let radii = boxes[source.index].centreAndRadius.radius
    let halfWidths = (0..<3).filter { $0 != label }.map { i in
      radii.indices.reduce(0) {
        $0 + abs(map.weights[i * map.columns + $1] - map.weights[label * map.columns + $1]) * radii[$1]
      }
    }
    let found = MarginBox(RegionBounds(of: network, over: box), outputs: [0.5, 3, 1], label: label)
    #expect(abs(found.meanHalfWidth - halfWidths.reduce(0, +) / 2) <= 1e-10)
    #expect(found.naturalMargin == 2 && found.ratio == found.meanHalfWidth / 2)
  }

  private struct Unexpected: Error {}

  @Test func equalOutputsHaveNoMargin() {
    #expect(MarginBox(meanHalfWidth: 0.5, naturalMargin: 0).ratio == .infinity)
  }
}
