/// A linear program, with or without integer columns, as a value: maximise `objective·v` over column and row ranges.
///
/// Built once, then handed to Clp or CBC; neither keeps or changes it.
public struct LinearProgram: Sendable {
  /// For each column, its range, its objective coefficient, and whether it must be whole.
  public private(set) var columnLower: [Double] = []
  public private(set) var columnUpper: [Double] = []
  public private(set) var objective: [Double] = []
  public private(set) var isInteger: [Bool] = []
  /// For each row, the range of its value.
  public private(set) var rowLower: [Double] = []
  public private(set) var rowUpper: [Double] = []
  /// The matrix row by row: where each row starts, its columns and their coefficients.
  private(set) var rowStarts: [Int32] = [0]
  private(set) var rowColumns: [Int32] = []
  private(set) var rowValues: [Double] = []

  /// An empty program.
  public init() {}

  /// The numbers of columns and rows.
  public var columnCount: Int { columnLower.count }
  public var rowCount: Int { rowLower.count }

  /// Adds a column and returns its position.
  ///
  /// - Precondition: the ends are finite and in order.
  public mutating func addColumn(
    _ lower: Double, _ upper: Double, objective value: Double = 0, integer: Bool = false
  )
    -> Int
  {
    precondition(lower.isFinite && upper.isFinite && lower <= upper, "Column range [\(lower), \(upper)]")
    columnLower.append(lower)
    columnUpper.append(upper)
    objective.append(value)
    isInteger.append(integer)
    return columnLower.count - 1
  }

  /// Adds the row `lower <= Σ terms <= upper`; an infinite end is no end.
  public mutating func addRow(_ terms: [(column: Int, coefficient: Double)], _ lower: Double, _ upper: Double) {
    for term in terms {
      rowColumns.append(Int32(term.column))
      rowValues.append(term.coefficient)
    }
    rowStarts.append(Int32(rowColumns.count))
    rowLower.append(lower)
    rowUpper.append(upper)
  }

  /// Adds a value to a column's objective coefficient.
  public mutating func addObjective(_ value: Double, column: Int) {
    objective[column] += value
  }

  /// Replaces a column's objective coefficient.
  public mutating func setObjective(_ value: Double, column: Int) {
    objective[column] = value
  }

  /// Narrows a column to one value.
  public mutating func fix(column: Int, to value: Double) {
    columnLower[column] = value
    columnUpper[column] = value
  }

  /// Beyond this Clp and CBC end the process by an assertion, sooner or later.
  private static let solvable = 1e20

  /// Whether the numbers of the program are such that solvers can take them: those of rows, from the given one on, and
  /// those of columns. Only ends of rows may be infinite.
  func isSolvable(from row: Int = 0) -> Bool {
    func isSolvable(_ numbers: some Sequence<Double>) -> Bool {
      numbers.allSatisfy { $0.magnitude < Self.solvable }
    }
    return isSolvable(objective) && isSolvable(columnLower) && isSolvable(columnUpper)
      && isSolvable(rowLower[row...].lazy.filter { $0 != -.infinity })
      && isSolvable(rowUpper[row...].lazy.filter { $0 != .infinity })
      && isSolvable(rowValues[Int(rowStarts[row])...])
  }

  /// The objective's value at a point, one entry for each column.
  public func objectiveValue(at point: [Double]) -> Double {
    zip(objective, point).reduce(0) { $0 + $1.0 * $1.1 }
  }

  /// Calls the closure with each column and coefficient of a row.
  func forEachTerm(of row: Int, _ body: (Int, Double) -> Void) {
    for k in Int(rowStarts[row])..<Int(rowStarts[row + 1]) { body(Int(rowColumns[k]), rowValues[k]) }
  }

  /// The ranges of all columns: what a search changes from node to node.
  public struct ColumnRanges: Sendable {
    /// For each column, the smallest and the largest value.
    public var lower, upper: [Double]
  }

  /// The columns' ranges as they were given.
  public var columnRanges: ColumnRanges { ColumnRanges(lower: columnLower, upper: columnUpper) }

  /// Takes a multiple of a row's coefficients off a vector with one entry for each column.
  func subtract(row: Int, times factor: Double, from vector: inout [Double]) {
    let terms = Int(rowStarts[row])..<Int(rowStarts[row + 1])
    vector.withUnsafeMutableBufferPointer { vector in
      rowColumns.withUnsafeBufferPointer { columns in
        rowValues.withUnsafeBufferPointer { values in
          for k in terms { vector[Int(columns[k])] -= factor * values[k] }
        }
      }
    }
  }

  /// The matrix column by column, as the solvers' C interfaces take it.
  struct Columns {
    var starts: [Int32]
    var rows: [Int32]
    var values: [Double]
  }

  func columns() -> Columns {
    var next = [Int](repeating: 0, count: columnCount + 1)
    for column in rowColumns { next[Int(column) + 1] += 1 }
    for column in 0..<columnCount { next[column + 1] += next[column] }
    let starts = next.map { Int32($0) }
    var rows = [Int32](repeating: 0, count: rowColumns.count)
    var values = [Double](repeating: 0, count: rowColumns.count)
    for row in 0..<rowCount {
      forEachTerm(of: row) { column, value in
        rows[next[column]] = Int32(row)
        values[next[column]] = value
        next[column] += 1
      }
    }
    return Columns(starts: starts, rows: rows, values: values)
  }
}

extension LinearProgram {
  /// Writes the program for another process.
  func write(to writer: inout MessageWriter) {
    for numbers in [columnLower, columnUpper, objective, rowLower, rowUpper, rowValues] { writer.write(numbers) }
    writer.write(isInteger.map { $0 ? 1 : 0 as UInt8 })
    for positions in [rowStarts, rowColumns] { writer.write(positions) }
  }

  /// The program that a process wrote; nil where what was written is none.
  init?(_ reader: inout MessageReader) {
    guard let columnLower = reader.read(Double.self), let columnUpper = reader.read(Double.self),
      let objective = reader.read(Double.self), let rowLower = reader.read(Double.self),
      let rowUpper = reader.read(Double.self), let rowValues = reader.read(Double.self),
      let integers = reader.read(UInt8.self), let rowStarts = reader.read(Int32.self),
      let rowColumns = reader.read(Int32.self)
    else { return nil }
    let columns = columnLower.count
    guard columnUpper.count == columns, objective.count == columns, integers.count == columns,
      rowUpper.count == rowLower.count, rowStarts.count == rowLower.count + 1, rowColumns.count == rowValues.count,
      rowStarts.first == 0, rowStarts.last.map(Int.init) == rowColumns.count,
      zip(rowStarts, rowStarts.dropFirst()).allSatisfy({ $0 <= $1 }),
      rowColumns.allSatisfy({ 0 <= $0 && $0 < columns })
    else { return nil }
    (self.columnLower, self.columnUpper, self.objective) = (columnLower, columnUpper, objective)
    (self.rowLower, self.rowUpper, self.rowValues) = (rowLower, rowUpper, rowValues)
    isInteger = integers.map { $0 != 0 }
    (self.rowStarts, self.rowColumns) = (rowStarts, rowColumns)
  }
}
