import CCoinOR
import Synchronization

/// Exact mixed-integer programs by COIN-OR CBC.
///
/// CBC 2.10 keeps global state: two solves in one process disturb each other, and a second solve of one model returns
/// the first one's answer. Here every solve makes a fresh model, and a lock lets one run at a time.
public enum CBCSolver: MixedIntegerSolver {
  /// How far an LP inside CBC may be from dual feasible: as tight as double precision carries.
  static let dualTolerance = 1e-9
  /// How much better than the best known a solution must be for CBC to look for it.
  static let increment = 1e-7

  /// How far below a start's value the cutoff must lie for CBC to take the start.
  static let startMargin = 1e-6

  private static let oneAtATime = Mutex(())

  /// Maximises a program.
  ///
  /// - Complexity: exponential in the number of integer columns, in the worst case.
  public static func maximise(_ program: LinearProgram, _ request: MixedIntegerRequest) -> MixedIntegerOutcome {
    let asked = ContinuousClock.now
    return oneAtATime.withLock { _ in
      let waited = (ContinuousClock.now - asked) / .seconds(1)
      var outcome = solve(program, request)
      outcome.waitedSeconds = waited
      return outcome
    }
  }

  /// By how much CBC's own bound may lie below the true one.
  ///
  /// A simplex basis that is dual feasible to within δ bounds its LP from above to within δ times the summed widths
  /// of the columns; a node is dropped when it promises less than the increment. Primal and integrality tolerances
  /// only ever enlarge what CBC takes for feasible, and so its bound.
  static func allowance(_ program: LinearProgram) -> Double {
    let widths = zip(program.columnLower, program.columnUpper).reduce(0) { $0 + ($1.1 - $1.0) }
    return increment + dualTolerance * widths
  }

  private static func solve(_ program: LinearProgram, _ request: MixedIntegerRequest) -> MixedIntegerOutcome {
    let failure = MixedIntegerOutcome(dualBound: .infinity, candidate: nil, stop: .failed, nodes: 0)
    guard program.isSolvable(), let model = Cbc_newModel() else { return failure }
    defer { Cbc_deleteModel(model) }
    Cbc_setLogLevel(model, 0)

    let columns = program.columns()
    Cbc_loadProblem(
      model, Int32(program.columnCount), Int32(program.rowCount), columns.starts, columns.rows, columns.values,
      program.columnLower, program.columnUpper, program.objective.map { -$0 }, program.rowLower, program.rowUpper)
    for column in 0..<program.columnCount where program.isInteger[column] { Cbc_setInteger(model, Int32(column)) }

    // Preprocessing and scaling are where CBC's wrong answers cluster. Its cuts, two-step rounding before all, are computed
    // from the program as scaled, where tolerances mean something else than in the program as given; rows of folded
    // networks are of like size anyway. Without either CBC is faster, too.
    let tolerance = "\(MixedIntegerRequest.tolerance)"
    let parameters: KeyValuePairs = [
      "timeMode": "elapsed", "preprocess": "off", "scaling": "off", "dualTolerance": "\(dualTolerance)",
      "primalTolerance": tolerance, "integerTolerance": tolerance, "increment": "\(increment)", "ratioGap": "0",
      "allowableGap": "0",
    ]
    for (name, value) in parameters { Cbc_setParameter(model, name, value) }
    Cbc_setMaximumSeconds(model, max(0.01, request.seconds))
    if let nodes = Int32(exactly: max(0, request.nodeLimit)) { Cbc_setMaximumNodes(model, nodes) }
    if let solutions = Int32(exactly: max(1, request.solutionLimit)) { Cbc_setMaximumSolutions(model, solutions) }
    if let cutoff = request.cutoff {
      let value = request.start.map { program.objectiveValue(at: $0) - startMargin } ?? .infinity
      Cbc_setCutoff(model, -min(cutoff, value))
    }
    if let start = request.start {
      Cbc_setMIPStartI(model, Int32(start.count), Array(0..<Int32(start.count)), start)
    }

    guard Cbc_solve(model) >= 0 else { return failure }
    return outcome(of: model, program, request)
  }

  private static func outcome(
    of model: OpaqueModel, _ program: LinearProgram, _ request: MixedIntegerRequest
  ) -> MixedIntegerOutcome {
    let nodes = Int(Cbc_getNodeCount(model))
    let status = Cbc_status(model)
    let secondary = Cbc_secondaryStatus(model)
    let best = Cbc_getObjValue(model)
    let hasSolution = best.magnitude < 1e49 && Cbc_bestSolution(model) != nil
    var candidate: [Double]?
    if hasSolution, let solution = Cbc_bestSolution(model) {
      candidate = Array(UnsafeBufferPointer(start: solution, count: program.columnCount))
    }
    let floor = max(request.cutoff ?? -.infinity, hasSolution ? -best : -.infinity)
    let allowance = allowance(program)

    switch (status, secondary) {
    case (0, 0), (0, 1):
      // Complete: nothing better than the best solution, or than the cutoff if there is none.
      guard floor > -.infinity else {
        // Without cutoff and solution, "infeasible" contradicts every network having outputs.
        return MixedIntegerOutcome(dualBound: .infinity, candidate: nil, stop: .failed, nodes: nodes)
      }
      return MixedIntegerOutcome(dualBound: floor + allowance, candidate: candidate, stop: .finished, nodes: nodes)
    case (0, _), (1, _):
      let bound = -Cbc_getBestPossibleObjValue(model)
      let known = bound.isFinite && bound.magnitude < 1e49
      return MixedIntegerOutcome(
        dualBound: known ? max(bound, floor) + allowance : .infinity, candidate: candidate,
        stop: [3, 6].contains(secondary) ? .workLimit : .timeLimit, nodes: nodes)
    default:
      return MixedIntegerOutcome(dualBound: .infinity, candidate: candidate, stop: .failed, nodes: nodes)
    }
  }
}

/// What the C interface of CBC calls a model.
private typealias OpaqueModel = UnsafeMutableRawPointer
