import Foundation
import MathematicalPrograms
import Synchronization

/// Takes all the time that it is given, and knows nothing in the end.
struct IdleSolver: ~Copyable, LinearProgramSolver {
  /// The seconds that all solvers were given together.
  static let granted = Mutex(0.0)

  private let columns: Int
  private var rows: Int

  init?(_ program: LinearProgram) { (columns, rows) = (program.columnCount, program.rowCount) }

  mutating func setRange(ofColumn column: Int, _ lower: Double, _ upper: Double) {}
  mutating func setObjective(of program: LinearProgram) {}
  mutating func addRows(of program: LinearProgram, from first: Int) -> Bool {
    rows = program.rowCount
    return true
  }
  func basis() -> [UInt8] { [] }
  mutating func start(from basis: [UInt8]) {}

  mutating func solve(seconds: Double, enough: Double) -> LinearProgramOutcome? {
    Self.granted.withLock { $0 += seconds }
    Thread.sleep(forTimeInterval: seconds)
    return LinearProgramOutcome(
      columns: [Double](repeating: 0, count: columns), duals: [Double](repeating: 0, count: rows), isOptimal: false,
      iterations: 0)
  }
}
