import CCoinOR

/// One linear program in Clp. The C object has exactly one owner and dies with it.
///
/// Clp computes with tolerances: what it says are hints until they are re-derived. Solving again after the ranges
/// have changed starts from the last basis, which takes a few iterations only.
public struct ClpSolver: ~Copyable {
  /// What Clp says about a program on its current ranges.
  public struct Outcome: Sendable {
    /// The value of every column; meaningful where Clp found an optimum.
    public let columns: [Double]
    /// One multiplier for each row, in the sense that maximising `objective·v` gives it.
    public let duals: [Double]
    /// Whether Clp takes the columns for an optimum.
    public let isOptimal: Bool
  }

  /// Clp's status for a solve that ended at a limit.
  private static let stopped: Int32 = 3

  /// How far Clp may be from feasible and from optimal before it stops.
  private static let tolerance = 1e-9

  private let handle: OpaqueModel
  private let columnCount: Int
  private let rowCount: Int

  /// A solver that holds a copy of a program; integrality is ignored.
  ///
  /// - Returns: nil if Clp cannot make a model.
  public init?(_ program: LinearProgram) {
    guard let model = Clp_newModel() else { return nil }
    handle = model
    columnCount = program.columnCount
    rowCount = program.rowCount
    Clp_setLogLevel(model, 0)
    let columns = program.columns()
    // Clp minimises by default; the objective's sign is turned rather than the solver's sense, so that the
    // signs of duals mean the same everywhere.
    Clp_loadProblem(
      model, Int32(columnCount), Int32(rowCount), columns.starts, columns.rows, columns.values, program.columnLower,
      program.columnUpper, program.objective.map { -$0 }, program.rowLower, program.rowUpper)
    Clp_setPrimalTolerance(model, Self.tolerance)
    Clp_setDualTolerance(model, Self.tolerance)
  }

  deinit {
    Clp_deleteModel(handle)
  }

  /// Replaces the ranges of all columns and rows.
  ///
  /// - Precondition: as many as the program has.
  public mutating func set(_ ranges: LinearProgram.Ranges) {
    precondition(
      ranges.columnLower.count == columnCount && ranges.rowLower.count == rowCount, "Ranges of another program")
    Clp_columnLower(handle)?.update(from: ranges.columnLower, count: columnCount)
    Clp_columnUpper(handle)?.update(from: ranges.columnUpper, count: columnCount)
    Clp_rowLower(handle)?.update(from: ranges.rowLower, count: rowCount)
    Clp_rowUpper(handle)?.update(from: ranges.rowUpper, count: rowCount)
  }

  /// Iterations between two looks at the clock. Clp's own time limit counts the processor time of all threads of the
  /// process, which has nothing to do with this solve.
  private static let slice: Int32 = 2000

  /// Solves the program by the dual simplex method, for about the given wall-clock time at most.
  ///
  /// - Returns: nil if Clp has nothing to say.
  public mutating func solve(seconds: Double) -> Outcome? {
    let start = ContinuousClock.now
    Clp_setMaximumIterations(handle, Self.slice)
    repeat {
      _ = Clp_dual(handle, 0)
    } while Clp_status(handle) == Self.stopped && (ContinuousClock.now - start) / .seconds(1) < seconds
    guard let columns = Clp_primalColumnSolution(handle), let duals = Clp_dualRowSolution(handle) else { return nil }
    return Outcome(
      columns: Array(UnsafeBufferPointer(start: columns, count: columnCount)),
      duals: UnsafeBufferPointer(start: duals, count: rowCount).map { -$0 }, isOptimal: Clp_status(handle) == 0)
  }
}

/// What the C interfaces of Clp and CBC call a model.
typealias OpaqueModel = UnsafeMutableRawPointer
