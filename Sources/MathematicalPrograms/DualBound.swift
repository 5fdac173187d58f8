import Intervals

/// Upper bounds of a linear program's largest value, in real arithmetic, from any row multipliers.
///
/// For every y: `c·v = y·(A·v) + (c − Aᵀy)·v ≤ Σᵢ max over the row's range of yᵢ·rᵢ + Σⱼ max over the column's range
/// of dⱼ·vⱼ`, whatever solver the y came from and however wrong it is; good multipliers merely make the bound tight.
/// - Soundness: computed to nearest, then widened by a-priori errors: a reduced cost dⱼ summed from k products is
///   wrong by at most γ_k of their magnitudes, which costs that much times the column's largest magnitude; the final
///   sum is wrong by at most γ of its terms' magnitudes.
/// - Source: Neumaier & Shcherbina 2004, "Safe bounds in linear and mixed-integer linear programming".
public struct DualBound: Sendable {
  private let objective: [Double]
  private let columns: LinearProgram.Columns
  private let gamma: Double
  private let sumGamma: Double

  /// The bounds of a program; its ranges are given with each call.
  public init(_ program: LinearProgram) {
    objective = program.objective
    columns = program.columns()
    gamma = RoundingError.gamma(program.rowCount + 8)
    sumGamma = RoundingError.gamma(2 * (program.rowCount + program.columnCount) + 16)
  }

  /// The largest value that the program can have on the given ranges, or more.
  ///
  /// - Parameters:
  ///   - multipliers: y, one for each row.
  ///   - ranges: the columns' and rows' ranges; columns are finite.
  /// - Returns: infinity where the multipliers say nothing.
  /// - Complexity: O(non-zeros).
  public func upperBound(multipliers: [Double], ranges: LinearProgram.Ranges) -> Double {
    var bound = 0.0
    var magnitude = 0.0
    var y = multipliers
    for row in y.indices {
      // A multiplier of the wrong sign for a one-sided row says nothing: drop it.
      let end = y[row] > 0 ? ranges.rowUpper[row] : ranges.rowLower[row]
      guard y[row] != 0, end.isFinite else {
        y[row] = 0
        continue
      }
      bound += y[row] * end
      magnitude += (y[row] * end).magnitude
    }
    var error = 0.0
    var widths = 0.0
    for column in objective.indices {
      var reduced = objective[column]
      var size = reduced.magnitude
      for k in Int(columns.starts[column])..<Int(columns.starts[column + 1]) {
        let product = y[Int(columns.rows[k])] * columns.values[k]
        reduced -= product
        size += product.magnitude
      }
      let lower = ranges.columnLower[column]
      let upper = ranges.columnUpper[column]
      let term = max(reduced * lower, reduced * upper)
      bound += term
      magnitude += term.magnitude
      error += size * max(lower.magnitude, upper.magnitude)
      widths += max(lower.magnitude, upper.magnitude)
    }
    let total =
      bound + (gamma * error + sumGamma * magnitude) * (1 + 0x1p-20)
      + RoundingError.underflow * (1 + widths)
    return total.isNaN ? .infinity : total.nextUp
  }
}
