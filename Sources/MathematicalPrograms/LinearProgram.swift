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
  private var rowTerms: [[(column: Int, coefficient: Double)]] = []

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
    rowTerms.append(terms)
    rowLower.append(lower)
    rowUpper.append(upper)
  }

  /// Adds a value to a column's objective coefficient.
  public mutating func addObjective(_ value: Double, column: Int) {
    objective[column] += value
  }

  /// Narrows a column to one value.
  public mutating func fix(column: Int, to value: Double) {
    columnLower[column] = value
    columnUpper[column] = value
  }

  /// The objective's value at a point, one entry for each column.
  public func objectiveValue(at point: [Double]) -> Double {
    zip(objective, point).reduce(0) { $0 + $1.0 * $1.1 }
  }

  /// Calls the closure with each column and coefficient of a row.
  func forEachTerm(of row: Int, _ body: (Int, Double) -> Void) {
    for term in rowTerms[row] { body(term.column, term.coefficient) }
  }

  /// The ranges of columns and rows: what a search changes from node to node.
  public struct Ranges: Sendable {
    /// For each column and each row, the smallest and the largest value.
    public var columnLower, columnUpper, rowLower, rowUpper: [Double]
  }

  /// The ranges as they were given.
  public var ranges: Ranges {
    Ranges(columnLower: columnLower, columnUpper: columnUpper, rowLower: rowLower, rowUpper: rowUpper)
  }

  /// The matrix column by column, as the solvers' C interfaces take it.
  struct Columns {
    var starts: [Int32]
    var rows: [Int32]
    var values: [Double]
  }

  func columns() -> Columns {
    var counts = [Int](repeating: 0, count: columnCount)
    for terms in rowTerms { for term in terms { counts[term.column] += 1 } }
    var next = [Int](repeating: 0, count: columnCount)
    var starts = [Int32](repeating: 0, count: columnCount + 1)
    var total = 0
    for column in 0..<columnCount {
      next[column] = total
      starts[column] = Int32(total)
      total += counts[column]
    }
    starts[columnCount] = Int32(total)
    var rows = [Int32](repeating: 0, count: total)
    var values = [Double](repeating: 0, count: total)
    for (row, terms) in rowTerms.enumerated() {
      for term in terms {
        rows[next[term.column]] = Int32(row)
        values[next[term.column]] = term.coefficient
        next[term.column] += 1
      }
    }
    return Columns(starts: starts, rows: rows, values: values)
  }
}
