import Bounds
import MathematicalPrograms
import Networks
import RegionNetworks

/// The linear program of one region network's only objective, as a search moves it from node to node.
///
/// Phases change one column's range each; cuts hold on the whole region and are never taken back.
struct NodeRelaxation<Solver: LinearProgramSolver & ~Copyable>: ~Copyable {
  /// What is known of a node once its program was solved.
  struct Solution {
    /// An upper bound of the objective's real value under the node's phases, whatever the solver said.
    let bound: Double
    /// What the solver said.
    let outcome: LinearProgramOutcome
    /// The input of the relaxed solution, and the outputs of all units there.
    let input: [Double]
    let outputs: [Double]
    /// What the bound rests on.
    fileprivate let certificate: DualBound.Certificate
  }

  let region: RegionNetwork
  private let others: [Double]
  private var relaxation: TriangleRelaxation
  private var solver: Solver
  private var dualBound: DualBound
  private var ranges: LinearProgram.ColumnRanges
  private var phases: [Phase]

  /// What it costs to break ties, at first; by how much that rises for ties that a bound rests on; and where that ends,
  /// since multipliers of very different sizes lose digits. Relative to what a unit can move the objective.
  private static var firstPenalty: Double { 16 }
  private static var penaltyStep: Double { 32 }
  private static var largestPenalty: Double { 1e6 }

  /// How far below a target the solver's own objective must lie for the bound that is derived again to lie below, too.
  private static var overshoot: Double { 1e-8 }

  /// The program with every phase free; nil if the solver takes none.
  ///
  /// - Parameter others: an input of the region; inputs that the program does not name take its values.
  init?(_ region: RegionNetwork, others: [Double]) {
    let relaxation = TriangleRelaxation(region, objective: 0, penalty: Self.firstPenalty)
    guard let solver = Solver(relaxation.program) else { return nil }
    self.region = region
    self.others = others
    self.relaxation = relaxation
    self.solver = solver
    dualBound = DualBound(relaxation.program)
    ranges = relaxation.program.columnRanges
    phases = [Phase](repeating: .free, count: region.units.count)
  }

  /// What a smaller part of the region can take over: the cuts that carried a solution, and the basis.
  struct Heritage {
    fileprivate let region: RegionNetwork
    fileprivate let relaxation: TriangleRelaxation
    fileprivate let cuts: [Int]
    fileprivate let basis: [UInt8]
  }

  /// What a smaller part can take over from the last solve.
  func heritage(of solution: Solution) -> Heritage {
    Heritage(
      region: region, relaxation: relaxation,
      cuts: relaxation.cuts.indices.filter { solution.outcome.duals[relaxation.row(ofCut: $0)] != 0 },
      basis: solver.basis())
  }

  /// Takes over what a larger part of the region left; false if the solver failed.
  ///
  /// - Precondition: nothing was added or solved yet.
  mutating func inherit(_ heritage: Heritage, _ hulls: IdealCuts) -> Bool {
    let old = heritage.relaxation
    let adapted = hulls.adapted(heritage.cuts.map { old.cuts[$0] }, of: heritage.region)
    if !adapted.isEmpty { guard add(adapted.map(\.cut)) else { return false } }
    let positions = Dictionary(
      uniqueKeysWithValues: zip(heritage.region.units.map(\.position), heritage.region.units.indices))
    solver.start(
      from: relaxation.basis(
        from: heritage.basis, of: old, units: region.units.map { positions[$0.position] },
        cuts: adapted.map { heritage.cuts[$0.position] }))
    return true
  }

  /// Solves the program under the given phases, from where the last solve ended.
  ///
  /// - Parameter target: a bound that is as good as any lower one: where the solver can reach it, it need not go on.
  /// - Returns: nil if the solver has nothing to say.
  mutating func solve(_ wanted: [Phase], seconds: Double, target: Double = -.infinity) -> Solution? {
    move(to: wanted)
    let enough = target - relaxation.objectiveConstant - Self.overshoot * max(1, target.magnitude)
    let start = ContinuousClock.now
    guard let solution = solve(seconds: seconds, enough: enough) else { return nil }
    // What the solver is sure of may not hold once it is derived again; what ended by the clock has had its time.
    let isShort = enough > -.infinity && !solution.outcome.isOptimal && solution.bound > target
    let left = seconds - (ContinuousClock.now - start) / .seconds(1)
    return isShort && left > 0 ? solve(seconds: left, enough: -.infinity) ?? solution : solution
  }

  private mutating func solve(seconds: Double, enough: Double) -> Solution? {
    guard let outcome = solver.solve(seconds: seconds, enough: enough),
      outcome.duals.count == relaxation.program.rowCount, outcome.columns.count == relaxation.program.columnCount
    else { return nil }
    let certificate = dualBound.certificate(multipliers: outcome.duals, columns: ranges)
    return Solution(
      bound: ((certificate.bound + relaxation.objectiveConstant).nextUp + relaxation.objectiveError).nextUp,
      outcome: outcome, input: relaxation.input(from: outcome.columns, others: others, within: region.input),
      outputs: relaxation.outputs(in: outcome.columns), certificate: certificate)
  }

  /// The basis that the last solve ended with, and a basis to start the next one from.
  func basis() -> [UInt8] { solver.basis() }
  mutating func start(from basis: [UInt8]) { solver.start(from: basis) }

  /// Adds cuts; false if the solver failed to take them, after which there is no going on.
  mutating func add(_ cuts: [OutputCut]) -> Bool {
    let first = relaxation.program.rowCount
    for cut in cuts { relaxation.add(cut) }
    dualBound = DualBound(relaxation.program)
    return solver.addRows(of: relaxation.program, from: first)
  }

  /// Makes the ties dearer that a solution breaks.
  ///
  /// - Returns: whether solving again can give another bound.
  mutating func raisePenalties(for solution: Solution) -> Bool {
    guard
      relaxation.raisePenalties(
        for: solution.outcome.columns, by: Self.penaltyStep, limit: Self.largestPenalty)
    else { return false }
    solver.setObjective(of: relaxation.program)
    dualBound = DualBound(relaxation.program)
    return true
  }

  /// The inputs where the objective may exceed the target under the phases of the last solve, by its reduced costs.
  func inputsLeft(by solution: Solution, target: Double) -> Box {
    let level = ((target - relaxation.objectiveConstant).nextDown - relaxation.objectiveError).nextDown
    guard solution.certificate.bound > level else { return region.input }
    return relaxation.inputs(within: region.input) { column in
      solution.certificate.range(ofColumn: column, reaching: level, within: ranges)
    }
  }

  /// A unit's pre-activation in a solution.
  func preActivation(_ unit: Int, in solution: Solution) -> Double {
    relaxation.preActivation(unit, in: solution.outcome.columns)
  }

  /// How far a unit's output lies above ReLU of its pre-activation in a solution, and the most that a unit can move the
  /// objective.
  func gap(_ unit: Int, in solution: Solution) -> Double { relaxation.gap(unit, in: solution.outcome.columns) }
  func sensitivity(of unit: Int) -> Double { relaxation.sensitivities[unit] }

  /// About how much the bound falls once a unit's gap to ReLU is gone: the gap times the multipliers of the rows that
  /// keep the unit from above.
  func promise(of unit: Int, in solution: Solution) -> Double {
    relaxation.gap(unit, in: solution.outcome.columns) * relaxation.upperWeight(unit, in: solution.outcome.duals)
  }

  /// The units whose upper rows carry the bound.
  func carryingUnits(in solution: Solution) -> [Int] {
    region.units.indices.filter { relaxation.upperWeight($0, in: solution.outcome.duals) > 0 }
  }

  private mutating func move(to wanted: [Phase]) {
    for unit in phases.indices where phases[unit] != wanted[unit] {
      for (phase, upper) in [(phases[unit], nil), (wanted[unit], 0.0)] {
        guard let column = relaxation.closedColumn(of: unit, in: phase) else { continue }
        ranges.upper[column] = upper ?? relaxation.program.columnUpper[column]
        solver.setRange(ofColumn: column, relaxation.program.columnLower[column], ranges.upper[column])
      }
      phases[unit] = wanted[unit]
    }
  }
}
