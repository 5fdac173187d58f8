import Bounds
import Intervals
import MathematicalPrograms
import Networks
import TestSupport
import Testing

@testable import Verification

/// Whole brackets judged by counting all linear pieces in exact arithmetic.
@Suite struct ExhaustiveMarginTests {
  @Test(arguments: 0..<150) func `the bracket holds the exact margin`(_ number: Int) throws {
    try expectExactMargin(number, firstRound: 1_000)
  }

  /// With one linear program each at first, bounds come down by many steps.
  @Test(arguments: 0..<150) func `searches in rounds come to the same end`(_ number: Int) throws {
    try expectExactMargin(number, firstRound: 1)
  }

  /// So that the test above is one of rounds.
  @Test func `short rounds are many`() throws {
    let nodes = try [1_000, 1].map { firstRound in
      try (0..<20).reduce(0) { sum, seed in
        var random = RandomNetworks(seed: 0x40D &+ UInt64(seed))
        let network = try random.dense([5, 12, 12, 3])
        let region = try Region(
          ballAround: (0..<5).map { _ in random.uniform(0, 1) }, radius: 0.3, validRange: 0...1)
        return try sum + bracket(of: network, over: region, label: 2, sample: seed, firstRound: firstRound).nodes
      }
    }
    #expect(nodes[1] > nodes[0], "\(nodes)")
  }

  private func bracket(
    of network: Network, over region: Region, label: Int, sample: Int, firstRound: Int
  ) throws -> MarginBracket {
    try ExactMargin.bracket(
      of: network, over: region, label: label, sample: sample, settings: ExactSettings(timeout: 30, engine: .bab),
      solvers: ClpSolver.self, CBCProcesses.self, firstRound: firstRound)
  }

  private func expectExactMargin(_ number: Int, firstRound: Int) throws {
    let kinds = RandomNetworks.Planar.allCases
    let kind = kinds[number % kinds.count]
    var random = RandomNetworks(seed: 0xB0B &+ UInt64(number))
    let (network, box) = try random.planar(kind)
    let margins = ExactMaximum(of: .margins(of: [0, 1], label: 2, outputs: 3), of: network, over: box)
    let maximum = try #require(margins.values.max())
    let size = max(1, abs(ExactNumber(maximum).nearest))
    let bracket = try bracket(of: network, over: Region(box: box), label: 2, sample: number, firstRound: firstRound)
    let (lower, upper) = (bracket.lower.margin, bracket.upper)
    let what: Comment = "network \(number) (\(kind)): [\(lower), \(upper)], \(ExactNumber(maximum).nearest)"
    #expect(maximum.isInside(try #require(Interval(lower: lower, upper: upper))), what)
    if kind.isTame { #expect(bracket.openReason == nil && bracket.gap <= 1e-6 * size, what) }
  }
}
