import Bounds
import Intervals
import MathematicalPrograms
import Networks
import RegionNetworks
import TestSupport
import Testing

@testable import BranchAndBound

@Suite struct PhaseSearchTests {
  /// A small network, a box, bounds, and its folding with two margins as objectives.
  struct Question {
    let network: Network
    let bounds: RegionBounds
    let region: RegionNetwork
    var box: Box { bounds.input }

    init(_ seed: Int, hidden: Int = 6) throws {
      var random = RandomNetworks(seed: UInt64(seed))
      network = try random.dense([3, hidden, hidden, 3])
      var bounds = RegionBounds(of: network, over: random.box(3, radius: 0.4))
      bounds.refine()
      self.bounds = bounds
      region = try #require(RegionNetwork(bounds, objectives: .margins(of: [1, 2], label: 0, outputs: 3)))
    }
  }

  /// The largest value over all activation patterns, one linear program each; nil with more than 8 units.
  static func bruteForce(_ region: RegionNetwork, objective: Int) -> Double? {
    guard region.units.count <= 8 else { return nil }
    let encoding = BigMEncoding(region, objective: objective)
    var best = -Double.infinity
    for bits in 0..<(1 << region.units.count) {
      let pattern = region.units.indices.map { bits >> $0 & 1 == 1 }
      guard var solver = ClpSolver(encoding.fixed(to: pattern)), let outcome = solver.solve(seconds: 10),
        outcome.isOptimal
      else { continue }
      best = max(
        best, encoding.objectiveConstant + encoding.program.objectiveValue(at: outcome.columns))
    }
    return best
  }

  /// Runs a search that takes every offered input at its word in ordinary arithmetic.
  static func search(
    _ question: Question, objective: Int, nodeLimit: Int = .max, goal: Double = -.infinity
  ) -> (outcome: PhaseSearchOutcome, best: Double) {
    let region = question.region
    func value(_ input: [Double]) -> Double {
      region.objectives[objective].value(input: input, outputs: region.outputs(at: input))
    }
    let centre = question.box.clamp([0, 0, 0])
    var best = value(centre)
    var request = PhaseSearchRequest(
      incumbent: best, tolerance: { _ in 5e-7 }, nodeLimit: nodeLimit, remaining: { 30 },
      offer: { input in
        best = max(best, value(input))
        return best
      })
    request.goal = goal
    var search = PhaseSearch<ClpSolver>(
      .margins(of: [objective + 1], label: 0, outputs: 3), others: centre, request)
    return (search.run(question.bounds, upper: 1e6), best)
  }

  @Test func `a solver that needs all the time is not given it twice`() throws {
    let question = try Question(3)
    let limit = 0.25
    let end = ContinuousClock.now + .seconds(limit)
    let request = PhaseSearchRequest(
      incumbent: -1e3, tolerance: { _ in 0 }, remaining: { max(0, (end - .now) / .seconds(1)) }, offer: { _ in -1e3 })
    var search = PhaseSearch<IdleSolver>(
      .margins(of: [1], label: 0, outputs: 3), others: question.box.clamp([0, 0, 0]), request)
    let outcome = search.run(question.bounds, upper: 1e6)
    #expect(outcome.stop == .timeLimit && outcome.upper <= 1e6)
    #expect(IdleSolver.granted.withLock { $0 } <= limit)
  }

  @Test func `without time nothing is folded to the end`() throws {
    let question = try Question(3)
    var asked = 0
    // One question before the first rows, then none left.
    let request = PhaseSearchRequest(
      incumbent: -1e3, tolerance: { _ in 0 },
      remaining: {
        asked += 1
        return asked > 1 ? 0 : 1
      }, offer: { _ in -1e3 })
    var search = PhaseSearch<ClpSolver>(
      .margins(of: [1], label: 0, outputs: 3), others: question.box.clamp([0, 0, 0]), request)
    let outcome = search.run(question.bounds, upper: 7)
    #expect(outcome.stop == .timeLimit && outcome.upper == 7 && outcome.nodes == 0 && outcome.parts == 0)
  }

  @Test(arguments: 0..<40) func `the search ends at the optimum of brute force`(_ seed: Int) throws {
    let question = try Question(seed)
    for objective in 0..<2 {
      let (outcome, best) = Self.search(question, objective: objective)
      #expect(outcome.stop == .finished)
      #expect(outcome.upper >= best - 1e-9)
      #expect(outcome.upper <= best + 1e-6)
      guard let expected = Self.bruteForce(question.region, objective: objective) else { continue }
      #expect(outcome.upper >= expected - 1e-9)
      #expect(abs(best - expected) < 1e-6)
    }
  }

  /// The promise that matters, judged without any solver: no point of the box exceeds the upper end, finished or not.
  @Test(arguments: 0..<20) func `no point exceeds the upper end`(_ seed: Int) throws {
    let question = try Question(100 + seed, hidden: 14)
    var random = RandomNetworks(seed: UInt64(seed))
    for limit in [0, 1, 5, Int.max] {
      let outcome = Self.search(question, objective: 1, nodeLimit: limit).outcome
      for _ in 0..<20 {
        let outputs = exactValues(of: question.network, at: random.point(in: question.box))[
          question.network.output.index]
        #expect(outputs[2] <= outputs[0] + exact(outcome.upper))
      }
    }
  }

  @Test(arguments: 0..<10) func `more nodes never loosen the bound`(_ seed: Int) throws {
    let question = try Question(200 + seed, hidden: 16)
    var last = Double.infinity
    for limit in [1, 4, 16, 64] {
      let upper = Self.search(question, objective: 0, nodeLimit: limit).outcome.upper
      #expect(upper <= last + 1e-9)
      last = upper
    }
  }

  /// Half of the way from the root's bound to the optimum takes fewer programs, and the bound is no lower than asked for.
  @Test func `a search that need not come all the way ends sooner`() throws {
    var (nodes, nodesToGoal) = (0, 0)
    for seed in 300..<320 {
      let question = try Question(seed, hidden: 14)
      let root = Self.search(question, objective: 0, nodeLimit: 1).outcome
      let (whole, best) = Self.search(question, objective: 0)
      let goal = best + (root.upper - best) / 2
      let part = Self.search(question, objective: 0, goal: goal).outcome
      #expect(part.stop == .finished && part.upper >= best - 1e-9 && part.upper <= max(goal, best + 1e-6))
      nodes += whole.nodes
      nodesToGoal += part.nodes
    }
    #expect(nodesToGoal < nodes, "\(nodesToGoal) and \(nodes)")
  }
}
