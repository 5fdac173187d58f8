import Networks
import TestSupport
import Testing

@testable import Bounds

/// Several regions whose products are computed together against each of them alone.
@Suite struct BoundBatchTests {
  @Test(arguments: Precision.allCases, BoundMethod.allCases) func `a batch gives the bounds of each region`(
    _ precision: Precision, _ method: BoundMethod
  ) throws {
    var random = RandomNetworks(seed: 5)
    for network in [try random.dense([4, 9, 7, 3]), try random.convolutional()] {
      let boxes = (0..<5).map { random.box(network.inputCount, radius: $0 == 2 ? 0 : 0.3 * Double($0)) }
      let rows = (0..<5).map { LinearRows.margins(of: $0 == 1 ? [0, 2] : [1, 2], label: $0 == 1 ? 1 : 0, outputs: 3) }
      let batch = RegionBounds.batch(of: network, over: boxes, precision: precision)
      let together = RegionBounds.upperBounds(of: rows, over: batch, by: method)
      for (i, box) in boxes.enumerated() {
        let bounds = RegionBounds(of: network, over: box, precision: precision)
        let alone = bounds.upperBounds(of: rows[i], by: method)
        for (a, b) in zip(together[i], alone) {
          #expect(abs(a - b) <= (precision == .double ? 1e-11 : 1e-3) * (1 + b.magnitude))
        }
      }
    }
  }

  /// An unbounded region relaxes nothing; the others must not lose by it.
  @Test func `a region that is unbounded leaves the others alone`() throws {
    var random = RandomNetworks(seed: 6)
    let network = try random.dense([3, 8, 8, 3])
    let open = Box(lower: [-.infinity, 0, 0], upper: [.infinity, 1, 1])
    let boxes = [random.box(3, radius: 0.2), open]
    let rows = LinearRows.margins(of: [1, 2], label: 0, outputs: 3)
    let batch = RegionBounds.batch(of: network, over: boxes)
    let together = RegionBounds.upperBounds(of: [rows, rows], over: batch, by: .crownIBP)
    #expect(together[0] == batch[0].upperBounds(of: rows, by: .crownIBP))
    #expect(together[1].allSatisfy { $0 == .infinity })
  }

  @Test func `single precision costs little and never gains`() throws {
    var random = RandomNetworks(seed: 7)
    for _ in 0..<10 {
      let network = try random.convolutional()
      let box = random.box(network.inputCount, radius: 0.1)
      let rows = LinearRows.margins(of: [1, 2], label: 0, outputs: 3)
      for method in [BoundMethod.ibp, .crownIBP] {
        let double = RegionBounds(of: network, over: box).upperBounds(of: rows, by: method)
        let single = RegionBounds(of: network, over: box, precision: .single).upperBounds(of: rows, by: method)
        for (a, b) in zip(single, double) {
          #expect(a > b, "no looser than in double precision")
          #expect(abs(a - b) < 1e-3 * (1 + b.magnitude))
        }
      }
    }
  }
}
