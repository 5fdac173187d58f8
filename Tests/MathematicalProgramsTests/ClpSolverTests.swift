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
}
