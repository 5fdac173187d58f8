import MathematicalPrograms
import Networks
import RegionNetworks

/// The linear program of one objective, as a search moves it from node to node.
///
/// Phases change one column's range each; cuts hold everywhere and are never taken back.
struct NodeRelaxation<Solver: LinearProgramSolver & ~Copyable>: ~Copyable {
  /// What is known of a node once its program was solved.
  struct Solution {
    /// An upper bound of the program's value, in real arithmetic, whatever the solver said.
    var bound: Double { certificate.bound }
    /// The bound with the reduced costs that it rests on.
    let certificate: DualBound.Certificate
    /// What the solver said.
    let outcome: LinearProgramOutcome
  }

  /// The program with its cuts.
  private(set) var relaxation: TriangleRelaxation
  private var solver: Solver
  private var dualBound: DualBound
  private var ranges: LinearProgram.ColumnRanges
  private var phases: [Phase]
  /// How many programs were solved, and their simplex iterations.
  private(set) var solves = 0
  private(set) var iterations = 0

  /// The program with every phase free; nil if the solver takes none.
  init?(_ region: RegionNetwork, objective: Int) {
    let relaxation = TriangleRelaxation(region, objective: objective)
    guard let solver = Solver(relaxation.program) else { return nil }
    self.relaxation = relaxation
    self.solver = solver
    dualBound = DualBound(relaxation.program)
    ranges = relaxation.program.columnRanges
    phases = [Phase](repeating: .free, count: region.units.count)
  }

  /// Solves the program under the given phases, from where the last solve ended.
  ///
  /// - Returns: nil if the solver has nothing to say.
  mutating func solve(_ wanted: [Phase], seconds: Double) -> Solution? {
    move(to: wanted)
    solves += 1
    guard let outcome = solver.solve(seconds: seconds), outcome.duals.count == relaxation.program.rowCount,
      outcome.columns.count == relaxation.program.columnCount
    else { return nil }
    iterations += outcome.iterations
    return Solution(
      certificate: dualBound.certificate(multipliers: outcome.duals, columns: ranges), outcome: outcome)
  }

  /// The part of a box of inputs outside of which the program's value is at most the target, by a root's certificate.
  ///
  /// - Precondition: the certificate is of a solve with every phase free, and its bound exceeds the target.
  func inputs(within box: Box, reaching target: Double, by certificate: DualBound.Certificate) -> Box {
    relaxation.inputs(within: box) { column in
      certificate.range(ofColumn: column, reaching: target, within: ranges)
    }
  }

  /// Adds cuts; false if the solver failed to take them, after which there is no going on.
  mutating func add(_ cuts: [OutputCut]) -> Bool {
    let first = relaxation.program.rowCount
    for cut in cuts { relaxation.add(cut) }
    dualBound = DualBound(relaxation.program)
    return solver.addRows(of: relaxation.program, from: first)
  }

  private mutating func move(to wanted: [Phase]) {
    let program = relaxation.program
    for unit in phases.indices where phases[unit] != wanted[unit] {
      for (column, upper) in [
        (relaxation.closedColumn(of: unit, in: phases[unit]), nil),
        (relaxation.closedColumn(of: unit, in: wanted[unit]), 0.0),
      ] {
        guard let column else { continue }
        ranges.upper[column] = upper ?? program.columnUpper[column]
        solver.setRange(ofColumn: column, program.columnLower[column], ranges.upper[column])
      }
      phases[unit] = wanted[unit]
    }
  }
}
