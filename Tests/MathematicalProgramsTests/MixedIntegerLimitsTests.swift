import Bounds
import RegionNetworks
import TestSupport
import Testing

@testable import MathematicalPrograms

/// CBC ends where a request says so.
@Suite struct MixedIntegerLimitsTests {
  @Test func `a search ends after its nodes, or its solutions`() throws {
    var (full, short) = (0, 0)
    var endedEarly = 0
    for seed in 0..<6 {
      var random = RandomNetworks(seed: 0x11317 &+ UInt64(seed))
      let network = try random.dense([6, 14, 14, 2])
      let bounds = RegionBounds(of: network, over: random.box(6, radius: 1))
      let region = try #require(RegionNetwork(bounds, objectives: .margins(of: [1], label: 0, outputs: 2)))
      let program = BigMEncoding(region, objective: 0).program
      let all = CBCSolver.maximise(program, .init(seconds: 60))
      let some = CBCSolver.maximise(program, .init(seconds: 60, nodeLimit: 1))
      #expect(all.stop == .finished && some.dualBound >= all.dualBound - 1e-6, "network \(seed)")
      if all.nodes > 50 { #expect(some.stop == .workLimit && some.nodes < all.nodes, "network \(seed)") }
      full += all.nodes
      short += some.nodes
      let first = CBCSolver.maximise(program, .init(seconds: 60, solutionLimit: 1))
      #expect(first.candidate != nil, "network \(seed)")
      if first.stop == .workLimit { endedEarly += 1 }
    }
    #expect(full > 10 * short && endedEarly > 0, "\(full) nodes, \(short) with a limit, \(endedEarly) first solutions")
  }
}
