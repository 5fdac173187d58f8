import Intervals
import Networks
import TestSupport
import Testing

@testable import Bounds

@Suite struct AlphaCROWNTests {
  private static let rows = LinearRows.margins(of: [1, 2], label: 0, outputs: 3)

  /// CROWN's ranges on a small network, for even seeds dense, for odd ones convolutional.
  private static func problem(_ seed: Int) throws -> (bounds: RegionBounds, random: RandomNetworks) {
    var random = RandomNetworks(seed: UInt64(seed))
    let network = seed % 2 == 0 ? try random.dense([4, 12, 12, 12, 3]) : try random.convolutional()
    var bounds = RegionBounds(of: network, over: random.box(network.inputCount, radius: 0.4))
    bounds.refine()
    return (bounds, random)
  }

  @Test(arguments: 0..<20) func `never looser than the CROWN it starts from, and no point beyond it`(
    _ seed: Int
  ) throws {
    var (bounds, random) = try Self.problem(seed)
    let crown = bounds.upperBounds(of: Self.rows, by: .crown)
    let rowsAlone = AlphaSettings(intermediate: nil)
    for settings in [AlphaSettings(), rowsAlone, AlphaSettings(iterations: 3, leastGain: 0.01)] {
      let alpha = bounds.upperBounds(of: Self.rows, by: .alphaCROWN, optimising: settings)
      for (a, b) in zip(alpha, crown) { #expect(a <= b) }
      for _ in 0..<20 {
        let outputs = bounds.network.outputs(random.point(in: bounds.input))
        for (row, upper) in alpha.enumerated() { #expect(outputs[row + 1] - outputs[0] <= upper) }
      }
    }
  }

  @Test func `twenty iterations gain on a network with many unstable units, and ranges gain more`() throws {
    var random = RandomNetworks(seed: 77)
    let network = try random.dense([6, 20, 20, 3])
    var bounds = RegionBounds(of: network, over: random.box(6, radius: 0.5))
    bounds.refine()
    let crown = bounds.upperBounds(of: Self.rows, by: .crown)
    let alone = bounds.upperBounds(of: Self.rows, by: .alphaCROWN, optimising: AlphaSettings(intermediate: nil))
    let alpha = bounds.upperBounds(of: Self.rows, by: .alphaCROWN)
    #expect(alone.reduce(0, +) < crown.reduce(0, +) - 1e-3)
    #expect(alpha.reduce(0, +) < alone.reduce(0, +) - 1e-3)
  }

  @Test(arguments: 0..<10) func `rows stop where a verdict is enough, and only there`(_ seed: Int) throws {
    let (bounds, _) = try Self.problem(seed)
    let full = bounds.upperBounds(of: Self.rows, by: .alphaCROWN)
    // In the middle between the rows, so that one may stop and the other goes on.
    let enough = full.reduce(0, +) / 2
    let early = bounds.upperBounds(of: Self.rows, by: .alphaCROWN, optimising: AlphaSettings(sufficient: enough))
    for (a, b) in zip(early, full) {
      #expect((a < enough) == (b < enough))
      #expect(a >= b - 1e-9)
      if b >= enough { #expect(a <= b + 1e-9) }
    }
  }

  @Test(arguments: 0..<10) func `rows that gain too little stop after two iterations`(_ seed: Int) throws {
    let (bounds, _) = try Self.problem(seed)
    func margins(_ settings: AlphaSettings) -> [Double] {
      bounds.upperBounds(of: Self.rows, by: .alphaCROWN, optimising: settings)
    }
    let impatient = margins(AlphaSettings(leastGain: .infinity))
    for (a, b) in zip(impatient, margins(AlphaSettings(iterations: 2))) { #expect(abs(a - b) < 1e-9) }
  }

  @Test(arguments: 0..<10) func `optimised ranges lie in CROWN's and hold every point`(_ seed: Int) throws {
    var random = RandomNetworks(seed: UInt64(900 + seed))
    let network = seed % 2 == 0 ? try random.dense([4, 10, 10, 10, 3]) : try random.convolutional()
    let interval = RegionBounds(of: network, over: random.box(network.inputCount, radius: 0.4))
    var crown = interval
    crown.refine()
    var optimised = [interval, crown]
    optimised[0].refine(optimising: AlphaSettings())
    optimised[1].refine(for: Self.rows, optimising: AlphaSettings(intermediate: IntermediateSlopes(units: 3)))
    let uppers = optimised.map { $0.upperBounds(of: Self.rows, by: .alphaCROWN) }
    for (bounds, wider) in zip(optimised, [interval, crown]) {
      for node in network.nodes {
        let (old, new) = (wider.boxes[node.id.index], bounds.boxes[node.id.index])
        for i in 0..<old.count { #expect(new.lower[i] >= old.lower[i] && new.upper[i] <= old.upper[i]) }
      }
      #expect(bounds.unstableCount <= crown.unstableCount)
    }
    for _ in 0..<6 {
      let point = random.point(in: interval.input)
      let truth = exactValues(of: network, at: point)
      let outputs = truth[network.output.index]
      for (bounds, uppers) in zip(optimised, uppers) {
        for (node, values) in truth.enumerated() {
          for (i, value) in values.enumerated() { #expect(value.isInside(bounds.boxes[node][i])) }
        }
        for (row, upper) in uppers.enumerated() { #expect(outputs[row + 1] - outputs[0] <= exact(upper)) }
      }
    }
  }

  @Test(arguments: 0..<8) func `the slopes' gradient equals finite differences`(_ seed: Int) throws {
    var random = RandomNetworks(seed: UInt64(500 + seed))
    let network = try random.dense([4, 8, 8, 3])
    var bounds = RegionBounds(of: network, over: random.box(4, radius: 0.5))
    bounds.refine()
    var search = AlphaCROWN<Double>(
      Self.rows, over: network.output, bounds: bounds, relaxations: bounds.relaxations(lowerSlope: .adaptive))
    for index in search.layers.indices {
      guard let layer = search.layers[index], layer.hasChoice else { continue }
      search.layers[index]?.slopes = layer.slopes.indices.map { at in
        layer.free[at % layer.free.count] == 1 ? 0.4 : layer.slopes[at]
      }
    }
    func total(changing at: Int, of node: Int, by change: Double) -> Double {
      var changed = search
      changed.layers[node]?.slopes[at] += change
      return changed.pass().reduce(0, +)
    }
    _ = search.pass()
    search.pushCorner()
    for (index, layer) in search.layers.enumerated() {
      guard let layer, layer.hasChoice else { continue }
      for (at, gradient) in layer.gradient.enumerated() where layer.free[at % layer.free.count] == 1 {
        let step = 1e-6
        let slope = (total(changing: at, of: index, by: step) - total(changing: at, of: index, by: -step)) / (2 * step)
        #expect(abs(slope - gradient) < 1e-5 * (1 + gradient.magnitude))
      }
    }
  }
}
