import Bounds
import Networks
import RegionNetworks
import TestSupport
import Testing

@testable import MathematicalPrograms

@Suite struct BigMEncodingTests {
  /// A region network with between one and eight unstable units.
  static func region(_ seed: Int) throws -> (Network, RegionNetwork)? {
    var random = RandomNetworks(seed: UInt64(seed))
    let network = try random.dense([3, 6, 6, 3])
    var bounds = RegionBounds(of: network, over: random.box(3, radius: 0.4))
    bounds.refine()
    let region = try #require(RegionNetwork(bounds, objectives: .margins(of: [1, 2], label: 0, outputs: 3)))
    return (1...8).contains(region.units.count) ? (network, region) : nil
  }

  /// The largest value over all activation patterns, one linear program each.
  static func bruteForce(_ encoding: BigMEncoding, units: Int) -> Double {
    var best = -Double.infinity
    for bits in 0..<(1 << units) {
      guard var solver = ClpSolver(encoding.fixed(to: (0..<units).map { bits >> $0 & 1 == 1 })),
        let outcome = solver.solve(seconds: 10), outcome.isOptimal
      else { continue }
      best = max(best, encoding.program.objectiveValue(at: outcome.columns))
    }
    return best
  }

  @Test(arguments: 0..<40) func `CBC finds the optimum of brute force`(_ seed: Int) throws {
    guard let (_, region) = try Self.region(seed) else { return }
    for objective in 0..<2 {
      let encoding = BigMEncoding(region, objective: objective)
      let expected = Self.bruteForce(encoding, units: region.units.count)
      let free = CBCSolver.maximise(encoding.program, .init(seconds: 30))
      #expect(free.stop == .finished)
      #expect(free.dualBound >= expected - 1e-9)
      #expect(free.dualBound <= expected + 1e-6)
      // With the optimum as cutoff nothing better may turn up; with a little less, the optimum must.
      let above = CBCSolver.maximise(encoding.program, .init(seconds: 30, cutoff: expected + 1e-5))
      #expect(above.stop == .finished && above.candidate == nil)
      let below = CBCSolver.maximise(encoding.program, .init(seconds: 30, cutoff: expected - 1e-3))
      #expect(below.candidate != nil)
      #expect(abs(below.dualBound - expected) < 1e-6)
    }
  }

  @Test(arguments: 0..<40) func `a start is taken, whatever its cutoff, and never lost`(_ seed: Int) throws {
    guard let (_, region) = try Self.region(seed) else { return }
    var random = RandomNetworks(seed: UInt64(3000 + seed))
    let encoding = BigMEncoding(region, objective: 0)
    let expected = Self.bruteForce(encoding, units: region.units.count)
    let start = encoding.columns(for: random.point(in: region.input))
    let value = encoding.program.objectiveValue(at: start)
    let search = CBCSolver.maximise(encoding.program, .init(seconds: 30, cutoff: value, start: start))
    #expect(search.stop == .finished)
    #expect(search.candidate != nil)
    #expect(abs(search.dualBound - expected) < 1e-6)
    // From the optimum itself, nothing better is left to find.
    let optimum = try #require(search.candidate)
    let again = CBCSolver.maximise(encoding.program, .init(seconds: 30, cutoff: expected, start: optimum))
    #expect(again.stop == .finished)
    #expect(again.candidate != nil)
    #expect(abs(again.dualBound - expected) < 1e-6)
  }

  @Test(arguments: 0..<40) func `every point of the region satisfies the program`(_ seed: Int) throws {
    guard let (network, region) = try Self.region(seed) else { return }
    var random = RandomNetworks(seed: UInt64(1000 + seed))
    let encoding = BigMEncoding(region, objective: 0)
    for _ in 0..<20 {
      let point = random.point(in: region.input)
      let columns = encoding.columns(for: point)
      for (column, value) in columns.enumerated() {
        #expect(value >= encoding.program.columnLower[column] && value <= encoding.program.columnUpper[column])
      }
      for row in 0..<encoding.program.rowCount {
        var value = 0.0
        encoding.program.forEachTerm(of: row) { value += $1 * columns[$0] }
        #expect(value >= encoding.program.rowLower[row] - 1e-12 && value <= encoding.program.rowUpper[row] + 1e-12)
      }
      let outputs = network.outputs(point)
      let objective = encoding.objectiveConstant + encoding.program.objectiveValue(at: columns)
      #expect(abs(objective - (outputs[1] - outputs[0])) < 1e-10)
    }
  }

  @Test(arguments: 0..<40) func `dual bounds hold for good and for random multipliers`(_ seed: Int) throws {
    guard let (_, region) = try Self.region(seed) else { return }
    var random = RandomNetworks(seed: UInt64(2000 + seed))
    let encoding = BigMEncoding(region, objective: 1)
    let units = region.units.count
    let optimum = Self.bruteForce(encoding, units: units)
    guard var relaxed = ClpSolver(encoding.program), let outcome = relaxed.solve(seconds: 10) else {
      Issue.record("the relaxation has a solution")
      return
    }
    let value = encoding.program.objectiveValue(at: outcome.columns)
    let bound = DualBound(encoding.program).upperBound(
      multipliers: outcome.duals, columns: encoding.program.columnRanges)
    #expect(bound >= optimum - 1e-9)
    #expect(abs(bound - value) < 1e-6)
    for _ in 0..<10 {
      let multipliers = random.weights(encoding.program.rowCount)
      #expect(
        DualBound(encoding.program).upperBound(multipliers: multipliers, columns: encoding.program.columnRanges)
          >= optimum - 1e-9)
    }
  }

  @Test func `a time limit leaves an honest bound`() throws {
    guard let (_, region) = try Self.region(3) ?? Self.region(5) else { return }
    let encoding = BigMEncoding(region, objective: 0)
    let outcome = CBCSolver.maximise(encoding.program, .init(seconds: 0))
    #expect(outcome.dualBound >= Self.bruteForce(encoding, units: region.units.count) - 1e-9)
  }
}
