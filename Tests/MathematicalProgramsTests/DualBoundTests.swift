import Intervals
import RegionNetworks
import TestSupport
import Testing

@testable import MathematicalPrograms

@Suite struct DualBoundTests {
  /// A solver's multipliers, and worse ones: the bound is never below what they prove in exact arithmetic.
  @Test(arguments: 0..<44) func `no bound is below what its multipliers prove`(_ number: Int) throws {
    var random = RandomNetworks(seed: UInt64(number))
    let question = try RelaxedQuestion(number: number, &random)
    let program = TriangleRelaxation(question.region, objective: 0, penalty: 16).program
    guard var solver = ClpSolver(program), let optimum = solver.solve(seconds: 10) else { return }
    let bound = DualBound(program)
    for factor in [0, 1, -1, 1.5, 1e9, 1e-9] {
      let multipliers = optimum.duals.map { factor * $0 + (factor == 1 ? 0 : random.uniform(-1e-3, 1e-3)) }
      let upper = bound.upperBound(multipliers: multipliers, columns: program.columnRanges)
      guard let upper = Rational(upper) else { continue }
      #expect(program.proof(from: multipliers) <= upper, "network \(number), \(factor) times the multipliers")
    }
  }
}

extension LinearProgram {
  /// What row multipliers prove about the largest value, exactly; those of rows without an end on their side say nothing.
  func proof(from multipliers: [Double]) -> Rational {
    var total = Rational.zero
    var reduced = objective.map { exact($0) }
    for (row, multiplier) in multipliers.enumerated() {
      guard let end = Rational(multiplier > 0 ? rowUpper[row] : rowLower[row]) else { continue }
      total = total + exact(multiplier) * end
      forEachTerm(of: row) { reduced[$0] = reduced[$0] - exact(multiplier) * exact($1) }
    }
    for (column, cost) in reduced.enumerated() {
      total = total + max(cost * exact(columnLower[column]), cost * exact(columnUpper[column]))
    }
    return total
  }
}
