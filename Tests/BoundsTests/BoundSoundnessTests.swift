import Bounds
import Intervals
import Networks
import Tensors
import TestSupport
import Testing

/// The promise of every bound: no point of the region, corner or interior, exceeds it, judged in exact arithmetic.
@Suite struct BoundSoundnessTests {
  /// Weights about one, and weights that span 12 and 30 orders of magnitude (2⁴⁰ and 2¹⁰⁰).
  static let cases: [(seed: Int, spread: Double)] = (0..<12).flatMap { seed in
    [0, 40, 100].map { (seed, $0) }
  }

  @Test(arguments: cases) func `no point leaves the bounds`(_ seed: Int, _ spread: Double) throws {
    var random = RandomNetworks(seed: UInt64(seed), spread: spread)
    let networks = [try random.dense([3, 6, 5, 3]), try random.convolutional(), try random.dense([2, 3])]
    for network in networks {
      let box = random.box(network.inputCount, radius: random.uniform(0, 1) < 0.3 ? 1e-9 : 0.7)
      let interval = RegionBounds(of: network, over: box)
      var refined = interval
      refined.refine()
      let rows = LinearRows.margins(of: [1, 2], label: 0, outputs: 3)
      let claims: [(BoundMethod, [Double])] = [
        (.ibp, interval.upperBounds(of: rows, by: .ibp)), (.crownIBP, interval.upperBounds(of: rows, by: .crownIBP)),
        (.crown, refined.upperBounds(of: rows, by: .crown)),
      ]
      for _ in 0..<6 {
        let point = random.point(in: box)
        let truth = exactValues(of: network, at: point)
        for bounds in [interval, refined] {
          for node in network.nodes {
            for (i, value) in truth[node.id.index].enumerated() {
              #expect(value.isInside(bounds.boxes[node.id.index][i]), "\(node.name) element \(i)")
            }
          }
        }
        let outputs = truth[network.output.index]
        for (method, uppers) in claims {
          for (row, upper) in uppers.enumerated() where upper.isFinite {
            #expect(outputs[row + 1] - outputs[0] <= exact(upper), "\(method) row \(row)")
          }
        }
      }
    }
  }

  /// A one-unit box makes the bounds tight: they may then exceed the exact margin by rounding only.
  @Test(arguments: 0..<10) func `on a point the bounds are the value`(_ seed: Int) throws {
    var random = RandomNetworks(seed: UInt64(seed))
    let network = try random.convolutional()
    let point = random.weights(network.inputCount)
    let bounds = RegionBounds(of: network, over: Box(lower: point, upper: point))
    let outputs = network.outputs(point)
    let rows = LinearRows.margins(of: [1, 2], label: 0, outputs: 3)
    for method in BoundMethod.allCases {
      let uppers = bounds.upperBounds(of: rows, by: method)
      // Error terms count with the largest magnitudes of whole channels: some 10⁻¹² here.
      for row in 0..<2 { #expect(abs(uppers[row] - (outputs[row + 1] - outputs[0])) < 4e-12) }
    }
  }

  @Test(arguments: 0..<20) func `relaxations never lose against intervals`(_ seed: Int) throws {
    var random = RandomNetworks(seed: UInt64(300 + seed))
    let network = try random.dense([4, 10, 10, 3])
    let interval = RegionBounds(of: network, over: random.box(4, radius: 0.5))
    var refined = interval
    refined.refine()
    let rows = LinearRows.margins(of: [0, 2], label: 1, outputs: 3)
    let ibp = interval.upperBounds(of: rows, by: .ibp)
    for (bound, loose) in zip(interval.upperBounds(of: rows, by: .crownIBP), ibp) { #expect(bound <= loose) }
    for (bound, loose) in zip(refined.upperBounds(of: rows, by: .crown), ibp) { #expect(bound <= loose) }
    for node in network.nodes {
      let old = interval.boxes[node.id.index]
      let new = refined.boxes[node.id.index]
      for i in 0..<old.count { #expect(new.lower[i] >= old.lower[i] && new.upper[i] <= old.upper[i]) }
    }
  }

  /// Many nodes read the input; the sums of their coefficients nearly cancel, the errors of the partial sums do not.
  @Test func `partial sums at a node with many readers are counted`() throws {
    let readers = 1000
    var builder = NetworkBuilder(inputShape: Shape(vector: 1))
    var terms: [NodeID] = []
    for i in 0..<readers {
      let weight = i == 0 ? -1 : i == readers - 1 ? 1 : 0x1p-53
      terms.append(
        try builder.linear(
          LinearLayer(map: .dense(DenseMap(rows: 1, columns: 1, weights: [weight]))), of: builder.input,
          shape: Shape(vector: 1), name: "branch \(i)"))
    }
    let output = try builder.sum(terms, shape: Shape(vector: 1), name: "sum")
    let bounds = RegionBounds(of: builder.network(output: output), over: Box(lower: [0], upper: [1]))
    let upper = bounds.upperBounds(of: .elements([0], width: 1), by: .crown)[0]
    #expect(exact(upper) >= exact(Double(readers - 2) * 0x1p-53))
  }

  @Test func `overflow leaves bounds that say nothing, not wrong ones`() throws {
    var random = RandomNetworks(seed: 1, spread: 1500)
    for _ in 0..<10 {
      let network = try random.dense([3, 5, 5, 3])
      let box = random.box(3, radius: 1)
      var bounds = RegionBounds(of: network, over: box)
      bounds.refine()
      let truth = exactValues(of: network, at: random.point(in: box))[network.output.index]
      let uppers = bounds.upperBounds(of: .margins(of: [1, 2], label: 0, outputs: 3), by: .crown)
      for row in 0..<2 where uppers[row].isFinite { #expect(truth[row + 1] - truth[0] <= exact(uppers[row])) }
      #expect(!uppers.contains { $0.isNaN })
    }
  }
}
