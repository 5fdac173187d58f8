import RegionNetworks
import TestSupport
import Testing

@testable import MathematicalPrograms

@Suite struct ClpSolverTests {
  /// Maximise a multiple of x + y, where x and y are at most 1 and their sum at most 1.5.
  private static func program(objective: Double) -> LinearProgram {
    var program = LinearProgram()
    for _ in 0..<2 { _ = program.addColumn(0, 1, objective: objective) }
    program.addRow([(0, 1), (1, 1)], -.infinity, 1.5)
    return program
  }

  @Test func `an optimum and its multipliers`() throws {
    // A solver has one owner, which the macros of tests cannot be.
    guard var solver = ClpSolver(Self.program(objective: 2)), let outcome = solver.solve(seconds: 10) else {
      Issue.record("the program has an optimum")
      return
    }
    #expect(outcome.isOptimal)
    #expect(abs(outcome.columns[0] + outcome.columns[1] - 1.5) < 1e-9)
    #expect(abs(outcome.duals[0] - 2) < 1e-9)
  }

  /// Clp's own answer to such a coefficient is to end the process.
  @Test(arguments: [1e25, -1e300, .infinity, .nan]) func `objectives beyond what Clp takes are refused`(
    _ coefficient: Double
  ) throws {
    let beyond = Self.program(objective: coefficient)
    if case _? = ClpSolver(beyond) { Issue.record("Clp was given the objective") }
    guard var solver = ClpSolver(Self.program(objective: 1)) else {
      Issue.record("the program has an optimum")
      return
    }
    solver.setObjective(of: beyond)
    let beyondLimit = solver.solve(seconds: 10)
    #expect(beyondLimit == nil)
    solver.setObjective(of: Self.program(objective: 3))
    let withinLimit = solver.solve(seconds: 10)
    #expect(withinLimit?.isOptimal == true)
  }

  /// Where a solve ends early, its multipliers prove what was enough; where nothing is, it goes on to the optimum, and
  /// so does the next one.
  @Test(arguments: 0..<44) func `a solve that has enough proves it`(_ number: Int) throws {
    var random = RandomNetworks(seed: 0xE0 &+ UInt64(number))
    // On numbers of very different sizes Clp is wrong about optima as well.
    let kinds = RandomNetworks.Planar.allCases.filter(\.isTame)
    let question = try RelaxedQuestion(kinds[number % kinds.count], &random)
    let program = TriangleRelaxation(question.region, objective: 0, penalty: 16).program
    guard var whole = ClpSolver(program), let optimum = whole.solve(seconds: 10), optimum.isOptimal else { return }
    let best = program.objectiveValue(at: optimum.columns)
    let bound = DualBound(program)
    let start = bound.upperBound(
      multipliers: [Double](repeating: 0, count: program.rowCount), columns: program.columnRanges)
    for share in [0.1, 0.5, 0.9, 1.5] {
      let enough = best + share * (start - best)
      guard enough > best + 1e-6 * max(1, best.magnitude), start.isFinite, var solver = ClpSolver(program),
        let early = solver.solve(seconds: 10, enough: enough)
      else { continue }
      let proved = bound.upperBound(multipliers: early.duals, columns: program.columnRanges)
      #expect(proved <= enough + 1e-6 * max(1, enough.magnitude), "network \(number), \(share)")
      #expect(early.iterations <= optimum.iterations, "network \(number), \(share)")
      let after = solver.solve(seconds: 10)
      let value = after.map { program.objectiveValue(at: $0.columns) }
      #expect(after?.isOptimal == true)
      #expect(abs((value ?? .infinity) - best) <= 1e-6 * max(1, best.magnitude), "network \(number), \(share)")
    }
  }
}
