import Bounds
import Intervals
import Networks
import TestSupport
import Testing

/// Bounds on parts of a region, and on parts of parts, judged in exact arithmetic.
@Suite struct NarrowedBoundsTests {
  @Test(arguments: 0..<24) func `points of the part are inside its boxes`(_ seed: Int) throws {
    var random = RandomNetworks(seed: UInt64(7000 + seed), spread: [0, 0, 40, 100][seed % 4])
    let networks = [
      try random.dense([3, 6, 5, 3]), try random.convolutional(), try random.stacked(reshaping: seed.isMultiple(of: 2)),
    ]
    for network in networks {
      let precision = Precision.allCases[random.index(0...1)]
      let box = random.box(network.inputCount, radius: 0.8)
      var bounds = RegionBounds(of: network, over: box, precision: precision)
      if random.index(0...1) == 0 { bounds.refine() }
      for _ in 0..<3 {
        let part = part(of: bounds.input, &random)
        var narrowed = bounds.narrowed(to: part)
        #expect(narrowed.input.lower == part.lower && narrowed.input.upper == part.upper)
        for (node, old) in bounds.boxes.enumerated() {
          let new = narrowed.boxes[node]
          #expect(new.lower.indices.allSatisfy { old.lower[$0] <= new.lower[$0] && new.upper[$0] <= old.upper[$0] })
        }
        // What passes over the larger region found out about rounding must not serve the part, nor the other way.
        if random.index(0...1) == 0 { narrowed.refine() }
        check(narrowed, &random)
        bounds = narrowed
      }
    }
  }

  /// The larger region's own bounds stay what they were.
  @Test func `narrowing leaves the region alone`() throws {
    var random = RandomNetworks(seed: 7)
    let network = try random.dense([3, 6, 5, 3])
    var bounds = RegionBounds(of: network, over: random.box(3, radius: 0.8))
    bounds.refine()
    _ = bounds.narrowed(to: part(of: bounds.input, &random))
    check(bounds, &random)
  }

  /// A part: most sides shorter, some of them as they were, some a single point or an end.
  private func part(of box: Box, _ random: inout RandomNetworks) -> Box {
    var (lower, upper) = (box.lower, box.upper)
    for side in lower.indices {
      let ends = [random.point(in: box)[side], random.point(in: box)[side]]
      switch random.index(0...5) {
      case 0: continue
      case 1: (lower[side], upper[side]) = (ends[0], ends[0])
      case 2: (lower[side], upper[side]) = (box.upper[side], box.upper[side])
      default: (lower[side], upper[side]) = (min(ends[0], ends[1]), max(ends[0], ends[1]))
      }
    }
    return Box(lower: lower, upper: upper)
  }

  private func check(_ bounds: RegionBounds, _ random: inout RandomNetworks) {
    let network = bounds.network
    let rows = LinearRows.margins(of: [1, 2], label: 0, outputs: 3)
    let uppers = [BoundMethod.ibp, .crown].map { bounds.upperBounds(of: rows, by: $0) }
    for _ in 0..<4 {
      let truth = exactValues(of: network, at: random.point(in: bounds.input))
      for node in network.nodes {
        for (element, value) in truth[node.id.index].enumerated() {
          #expect(value.isInside(bounds.boxes[node.id.index][element]), "\(node.name) element \(element)")
        }
      }
      let outputs = truth[network.output.index]
      for row in 0..<2 {
        for upper in uppers where upper[row].isFinite { #expect(outputs[row + 1] - outputs[0] <= exact(upper[row])) }
      }
    }
  }
}
