import ClpBridge

/// A solver of linear programs whose columns' ranges change from solve to solve, and to which rows are added.
///
/// Whatever it says is a hint: nothing that is reported rests on it before it was derived again.
public protocol LinearProgramSolver: ~Copyable {
  /// A solver that holds a copy of a program; nil if there can be none.
  init?(_ program: LinearProgram)

  /// Gives a column another range.
  mutating func setRange(ofColumn column: Int, _ lower: Double, _ upper: Double)

  /// Replaces the objective by that of a program with the same columns.
  mutating func setObjective(of program: LinearProgram)

  /// Adds the rows of a program from the given one on; false if that failed.
  ///
  /// - Precondition: the rows before are those that the solver holds.
  mutating func addRows(of program: LinearProgram, from first: Int) -> Bool

  /// The basis that the last solve ended with: where another solve with as many rows can start.
  func basis() -> [UInt8]

  /// Starts the next solve from a basis; one of another size is ignored.
  mutating func start(from basis: [UInt8])

  /// Solves the program, for about the given wall-clock time at most; nil if the solver has nothing to say.
  ///
  /// - Parameter enough: a value of the objective; where the largest one is sure to be less, its multipliers are all that
  ///   is asked for, and the solver may stop.
  mutating func solve(seconds: Double, enough: Double) -> LinearProgramOutcome?
}

extension LinearProgramSolver where Self: ~Copyable {
  /// Solves the program to the end.
  public mutating func solve(seconds: Double) -> LinearProgramOutcome? { solve(seconds: seconds, enough: -.infinity) }
}

/// What a solver says about a program on its current ranges.
public struct LinearProgramOutcome: Sendable {
  /// The value of every column; meaningful where the solver found an optimum.
  public var columns: [Double]
  /// One multiplier for each row, in the sense that maximising `objective·v` gives it.
  public var duals: [Double]
  /// Whether the solver takes the columns for an optimum.
  public var isOptimal: Bool
  /// Iterations of the simplex method.
  public var iterations: Int

  /// An outcome.
  public init(columns: [Double], duals: [Double], isOptimal: Bool, iterations: Int) {
    self.columns = columns
    self.duals = duals
    self.isOptimal = isOptimal
    self.iterations = iterations
  }
}

/// One linear program in Clp. The model has exactly one owner and dies with it.
///
/// Clp computes with tolerances: what it says are hints until they are re-derived. Solving again after ranges have
/// changed starts from the last basis and its factorisation, which takes a few iterations only.
public struct ClpSolver: ~Copyable, LinearProgramSolver {
  /// How far Clp may be from feasible and from optimal before it stops.
  private static let tolerance = 1e-9

  private let handle: OpaquePointer
  private let columnCount: Int
  private var isWithinLimit = true

  /// A solver that holds a copy of a program; integrality is ignored.
  ///
  /// - Returns: nil if Clp cannot make a model, or the program's numbers are beyond what Clp takes.
  public init?(_ program: LinearProgram) {
    guard program.isSolvable() else { return nil }
    // Clp minimises: the objective's sign is turned, so that the signs of duals mean the same everywhere.
    let model = clp_bridge_new(
      Int32(program.columnCount), Int32(program.rowCount), program.rowStarts, program.rowColumns, program.rowValues,
      program.columnLower, program.columnUpper, program.objective.map { -$0 }, program.rowLower, program.rowUpper,
      Self.tolerance)
    guard let model else { return nil }
    handle = model
    columnCount = program.columnCount
  }

  deinit {
    clp_bridge_delete(handle)
  }

  /// Gives a column another range.
  public mutating func setRange(ofColumn column: Int, _ lower: Double, _ upper: Double) {
    precondition(column < columnCount, "Column \(column) of another program")
    clp_bridge_set_column(handle, Int32(column), lower, upper)
  }

  /// Replaces the objective by that of a program with the same columns; one that is beyond what Clp takes leaves it
  /// with nothing to say.
  public mutating func setObjective(of program: LinearProgram) {
    precondition(program.columnCount == columnCount, "The objective of another program")
    isWithinLimit = program.isSolvable()
    guard isWithinLimit else { return }
    clp_bridge_set_objective(handle, program.objective.map { -$0 })
  }

  /// Adds the rows of a program from the given one on; false if that failed.
  public mutating func addRows(of program: LinearProgram, from first: Int) -> Bool {
    precondition(program.columnCount == columnCount && clp_bridge_rows(handle) == first, "Rows of another program")
    guard program.isSolvable(from: first) else { return false }
    let base = program.rowStarts[first]
    let terms = Int(base)...
    return clp_bridge_add_rows(
      handle, Int32(program.rowCount - first), program.rowStarts[first...].map { $0 - base },
      Array(program.rowColumns[terms]), Array(program.rowValues[terms]), Array(program.rowLower[first...]),
      Array(program.rowUpper[first...])) != 0
  }

  /// The basis that the last solve ended with.
  public func basis() -> [UInt8] {
    let size = Int(clp_bridge_basis_size(handle))
    return [UInt8](unsafeUninitializedCapacity: size) { basis, initialized in
      if let basis = basis.baseAddress { clp_bridge_get_basis(handle, basis) }
      initialized = size
    }
  }

  /// Starts the next solve from a basis; one of another size is ignored, and bytes that make none are mended.
  public mutating func start(from basis: [UInt8]) {
    guard let status = BasisStatus(basis, columns: columnCount, rows: Int(clp_bridge_rows(handle))) else { return }
    clp_bridge_set_basis(handle, status.balanced())
  }

  /// Solves the program by the dual simplex method, for about the given wall-clock time at most.
  ///
  /// - Returns: nil if Clp has nothing to say.
  public mutating func solve(seconds: Double, enough: Double) -> LinearProgramOutcome? {
    guard isWithinLimit else { return nil }
    let status = clp_bridge_dual(handle, seconds, -enough)
    guard let columns = clp_bridge_columns(handle), let duals = clp_bridge_duals(handle) else { return nil }
    let rowCount = Int(clp_bridge_rows(handle))
    return LinearProgramOutcome(
      columns: Array(UnsafeBufferPointer(start: columns, count: columnCount)),
      duals: UnsafeBufferPointer(start: duals, count: rowCount).map { -$0 },
      isOptimal: status == CLP_BRIDGE_OPTIMAL,
      iterations: Int(clp_bridge_iterations(handle)))
  }
}
