import Bounds
import Intervals
import Networks
import RegionNetworks
import TestSupport
import Testing

@Suite struct RegionNetworkTests {
  /// Folded rows are compared with the network in exact arithmetic: they may differ by their stated error, no more.
  @Test(arguments: 0..<24) func `rows equal the network on the region`(_ seed: Int) throws {
    var random = RandomNetworks(seed: UInt64(seed), spread: seed.isMultiple(of: 3) ? 30 : 0)
    for network in [try random.dense([3, 8, 7, 3]), try random.convolutional()] {
      let box = random.box(network.inputCount, radius: 0.4)
      var bounds = RegionBounds(of: network, over: box)
      bounds.refine()
      let region = try #require(
        RegionNetwork(bounds, objectives: .margins(of: [0, 2], label: 1, outputs: 3)))
      for _ in 0..<5 {
        let point = random.point(in: box)
        let truth = exactValues(of: network, at: point)
        let outputs = region.units.map { truth[$0.position.node.index][$0.position.element] }
        func check(_ row: AffineRow, _ value: Rational, _ what: String) {
          var sum = exact(row.constant)
          for term in row.inputs { sum = sum + exact(term.coefficient) * exact(point[term.variable]) }
          for term in row.units { sum = sum + exact(term.coefficient) * outputs[term.variable] }
          let distance = max(sum - value, value - sum)
          #expect(distance <= exact(row.error), "\(what)")
          if seed % 3 != 0 { #expect(row.error < 1e-11) }
        }
        for unit in region.units {
          guard case .activation(_, let source) = network[unit.position.node].operation else { continue }
          check(
            unit.preActivation, truth[source.index][unit.position.element],
            "unit \(unit.position.element) of \(unit.position.node.index)")
        }
        let logits = truth[network.output.index]
        check(region.objectives[0], logits[0] - logits[1], "objective 0")
        check(region.objectives[1], logits[2] - logits[1], "objective 1")
      }
    }
  }

  @Test func `units that no objective reaches are left out`() throws {
    var random = RandomNetworks(seed: 4)
    let network = try random.dense([3, 12, 12, 3])
    var bounds = RegionBounds(of: network, over: random.box(3, radius: 1.5))
    bounds.refine()
    let rows = LinearRows(count: 1, width: 3, coefficients: [0, 0, 0])
    #expect(bounds.unstableCount > 0)
    #expect(try #require(RegionNetwork(bounds, objectives: rows)).units.isEmpty)
  }

  @Test func `folding ends when it may not continue`() throws {
    var random = RandomNetworks(seed: 4)
    let network = try random.dense([3, 12, 12, 3])
    let bounds = RegionBounds(of: network, over: random.box(3, radius: 1.5))
    // Two layers with unstable units, and the objective.
    for limit in 0..<4 {
      var asked = 0
      let region = RegionNetwork(bounds, objectives: .margins(of: [1], label: 0, outputs: 3)) {
        asked += 1
        return asked <= limit
      }
      #expect((region == nil) == (limit < 3) && asked == min(limit + 1, 3))
    }
  }

  @Test func `its own evaluation follows the network`() throws {
    var random = RandomNetworks(seed: 5)
    let network = try random.dense([3, 12, 12, 3])
    let box = random.box(3, radius: 0.8)
    let region = try #require(
      RegionNetwork(RegionBounds(of: network, over: box), objectives: .margins(of: [1], label: 0, outputs: 3)))
    for _ in 0..<20 {
      let point = random.point(in: box)
      let outputs = network.outputs(point)
      let value = region.objectives[0].value(input: point, outputs: region.outputs(at: point))
      #expect(abs(value - (outputs[1] - outputs[0])) < 1e-10)
    }
  }

  /// What layers read, and any sums of such terms, compared with the network in exact arithmetic.
  @Test(arguments: 0..<24) func `rows of what layers read equal the network`(_ seed: Int) throws {
    var random = RandomNetworks(seed: UInt64(900 + seed), spread: seed.isMultiple(of: 3) ? 30 : 0)
    for network in [try random.dense([3, 8, 7, 3]), try random.convolutional(), try random.stacked(reshaping: true)] {
      let box = random.box(network.inputCount, radius: 0.4)
      var bounds = RegionBounds(of: network, over: box)
      if seed.isMultiple(of: 2) { bounds.refine() }
      let region = try #require(
        RegionNetwork(bounds, objectives: .margins(of: [0], label: 1, outputs: 3)))
      let layers = region.layerRows()
      let terms = layers.flatMap(\.terms)
      guard !terms.isEmpty else { continue }
      // Some of each layer's terms, and terms of several layers, both with other coefficients.
      let wanted = layers.map(\.terms) + (0..<4).map { _ in terms.filter { _ in random.index(0...9) == 0 } }
      let sums = wanted.map { terms in
        var seen: Set<[Int]> = []
        return terms.compactMap { term in
          seen.insert([term.node.index, term.element]).inserted && random.index(0...1) == 0
            ? term.withCoefficient(random.weight()) : nil
        }
      }
      guard let rows = region.rows(sums) else {
        // Weights of very different sizes leave units that are negligible in every row.
        #expect(seed.isMultiple(of: 3))
        continue
      }
      #expect(rows.count == sums.count)
      for _ in 0..<3 {
        let point = random.point(in: box)
        let truth = exactValues(of: network, at: point)
        let outputs = region.units.map { truth[$0.position.node.index][$0.position.element] }
        func value(_ terms: [LayerRow.Term]) -> Rational {
          terms.reduce(.zero) { $0 + exact($1.coefficient) * truth[$1.node.index][$1.element] }
        }
        for (unit, layer) in zip(region.units, layers) {
          guard case .activation(_, let source) = network[unit.position.node].operation else { continue }
          let distance = value(layer.terms) + exact(layer.constant) - truth[source.index][unit.position.element]
          #expect(max(distance, .zero - distance) <= exact(layer.error))
          for term in layer.terms { #expect(truth[term.node.index][term.element].isInside(term.range)) }
        }
        for (sum, row) in zip(sums, rows) {
          let fromInputs = row.inputs.reduce(exact(row.constant)) {
            $0 + exact($1.coefficient) * exact(point[$1.variable])
          }
          let folded = row.units.reduce(fromInputs) { $0 + exact($1.coefficient) * outputs[$1.variable] }
          let distance = folded - value(sum)
          #expect(max(distance, .zero - distance) <= exact(row.error))
        }
      }
    }
  }
}
