import Intervals

extension LinearProgram {
  /// An upper bound of the program's largest value, in real arithmetic, from any row multipliers.
  ///
  /// For every y: `c·v = y·(A·v) + (c − Aᵀy)·v ≤ Σᵢ max over the row's range of yᵢ·rᵢ + Σⱼ max over the column's range
  /// of dⱼ·vⱼ`, whatever solver the y came from and however wrong it is; good multipliers merely make the bound
  /// tight. Every operation is rounded outward.
  ///
  /// - Parameter multipliers: one for each row.
  /// - Returns: the bound; infinite where a multiplier presses on a row end that is not there.
  /// - Complexity: O(non-zeros).
  /// - Source: Neumaier & Shcherbina 2004, "Safe bounds in linear and mixed-integer linear programming".
  public func dualBound(multipliers: [Double]) -> Double {
    precondition(multipliers.count == rowCount, "\(multipliers.count) multipliers for \(rowCount) rows")
    var reduced = objective.map { Interval($0) }
    var bound = Interval(0)
    for row in 0..<rowCount {
      var y = multipliers[row]
      guard y.isFinite else { return .infinity }
      // A multiplier of the wrong sign for a one-sided row says nothing: drop it.
      if (y > 0 && rowUpper[row] == .infinity) || (y < 0 && rowLower[row] == -.infinity) { y = 0 }
      guard y != 0 else { continue }
      bound = bound + Interval(y) * Interval(y > 0 ? rowUpper[row] : rowLower[row])
      forEachTerm(of: row) { column, coefficient in
        reduced[column] = reduced[column] - Interval(y) * Interval(coefficient)
      }
    }
    for column in 0..<columnCount {
      let range = Interval(lower: columnLower[column], upper: columnUpper[column]) ?? .entire
      let product = reduced[column] * range
      bound = bound + Interval(product.upper)
    }
    return bound.upper
  }
}
