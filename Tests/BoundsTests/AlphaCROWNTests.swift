import Intervals
import Networks
import TestSupport
import Testing

@testable import Bounds

@Suite struct AlphaCROWNTests {
  @Test(arguments: 0..<20) func `never looser than the CROWN it starts from, and often tighter`(_ seed: Int) throws {
    var random = RandomNetworks(seed: UInt64(seed))
    let network = seed % 2 == 0 ? try random.dense([4, 12, 12, 12, 3]) : try random.convolutional()
    var bounds = RegionBounds(of: network, over: random.box(network.inputCount, radius: 0.4))
    bounds.refine()
    let rows = LinearRows.margins(of: [1, 2], label: 0, outputs: 3)
    let crown = bounds.upperBounds(of: rows, by: .crown)
    let alpha = bounds.upperBounds(of: rows, by: .alphaCROWN)
    for (a, b) in zip(alpha, crown) { #expect(a <= b) }
    for _ in 0..<20 {
      let outputs = network.outputs(random.point(in: bounds.input))
      for (row, upper) in alpha.enumerated() { #expect(outputs[row + 1] - outputs[0] <= upper) }
    }
  }

  @Test func `twenty iterations gain on a network with many unstable units`() throws {
    var random = RandomNetworks(seed: 77)
    let network = try random.dense([6, 20, 20, 3])
    var bounds = RegionBounds(of: network, over: random.box(6, radius: 0.5))
    bounds.refine()
    let rows = LinearRows.margins(of: [1, 2], label: 0, outputs: 3)
    let crown = bounds.upperBounds(of: rows, by: .crown)
    let alpha = bounds.upperBounds(of: rows, by: .alphaCROWN)
    #expect(alpha[0] < crown[0] - 1e-3 || alpha[1] < crown[1] - 1e-3)
  }

  @Test(arguments: 0..<10) func `optimised ranges lie in CROWN's and hold every point`(_ seed: Int) throws {
    var random = RandomNetworks(seed: UInt64(900 + seed))
    let network = seed % 2 == 0 ? try random.dense([4, 10, 10, 10, 3]) : try random.convolutional()
    let interval = RegionBounds(of: network, over: random.box(network.inputCount, radius: 0.4))
    var (crown, optimised) = (interval, interval)
    crown.refine()
    optimised.refine(optimising: AlphaSettings())
    let rows = LinearRows.margins(of: [1, 2], label: 0, outputs: 3)
    let uppers = optimised.upperBounds(of: rows, by: .alphaCROWN)
    for node in network.nodes {
      let (old, new) = (interval.boxes[node.id.index], optimised.boxes[node.id.index])
      for i in 0..<old.count { #expect(new.lower[i] >= old.lower[i] && new.upper[i] <= old.upper[i]) }
    }
    #expect(optimised.unstableCount <= crown.unstableCount)
    for _ in 0..<6 {
      let point = random.point(in: interval.input)
      let truth = exactValues(of: network, at: point)
      for (node, values) in truth.enumerated() {
        for (i, value) in values.enumerated() { #expect(value.isInside(optimised.boxes[node][i])) }
      }
      let outputs = truth[network.output.index]
      for (row, upper) in uppers.enumerated() { #expect(outputs[row + 1] - outputs[0] <= exact(upper)) }
    }
  }

  @Test(arguments: 0..<8) func `the slopes' gradient equals finite differences`(_ seed: Int) throws {
    var random = RandomNetworks(seed: UInt64(500 + seed))
    let network = try random.dense([4, 8, 8, 3])
    var bounds = RegionBounds(of: network, over: random.box(4, radius: 0.5))
    bounds.refine()
    var search = AlphaCROWN(
      .margins(of: [1, 2], label: 0, outputs: 3), over: network.output, bounds: bounds,
      relaxations: bounds.relaxations(lowerSlope: .adaptive))
    for (node, layer) in search.layers {
      search.layers[node]?.alpha = layer.alpha.indices.map { at in
        layer.isFree[at % layer.isFree.count] ? 0.4 : layer.alpha[at]
      }
    }
    func total(changing index: Int, of node: Int, by change: Double) -> Double {
      var changed = search
      changed.layers[node]?.alpha[index] += change
      return changed.pass().bounds.reduce(0, +)
    }
    let corner = search.pass().corner
    for (node, gradient) in search.gradients(at: corner) {
      let isFree = try #require(search.layers[node]).isFree
      for i in gradient.indices where isFree[i % isFree.count] {
        let step = 1e-6
        let slope = (total(changing: i, of: node, by: step) - total(changing: i, of: node, by: -step)) / (2 * step)
        #expect(abs(slope - gradient[i]) < 1e-5 * (1 + gradient[i].magnitude))
      }
    }
  }
}
