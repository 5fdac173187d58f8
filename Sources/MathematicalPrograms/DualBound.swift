import Intervals

/// Upper bounds of a linear program's largest value, in real arithmetic, from any row multipliers.
///
/// For every y: `c·v = y·(A·v) + (c − Aᵀy)·v ≤ Σᵢ max over the row's range of yᵢ·rᵢ + Σⱼ max over the column's range
/// of dⱼ·vⱼ`, whatever solver the y came from and however wrong it is; good multipliers merely make the bound tight.
/// - Soundness: computed to nearest, then widened by a-priori errors: a reduced cost dⱼ summed from k products is
///   wrong by at most γ_k of their magnitudes, which costs that much times the column's largest magnitude. Summed over
///   columns, that is γ times the rows' reaches `Rᵢ = Σⱼ |aᵢⱼ|·max |vⱼ|` weighted with |yᵢ|. The final sum is wrong by
///   at most γ of its terms' magnitudes.
/// - Source: Neumaier & Shcherbina 2004, "Safe bounds in linear and mixed-integer linear programming".
public struct DualBound: Sendable {
  private let program: LinearProgram
  private let gamma: Double
  private let sumGamma: Double
  /// For each row Rᵢ, and `Σⱼ |cⱼ|·max |vⱼ|` of the objective, over the ranges that the program has of itself.
  private let reaches: [Double]
  private let objectiveReach: Double
  /// Σⱼ max |vⱼ|.
  private let width: Double

  /// The bounds of a program; narrower ranges are given with each call.
  public init(_ program: LinearProgram) {
    self.program = program
    // γ of a few operations more than there are covers the rounding of the reaches themselves.
    gamma = RoundingError.gamma(program.rowCount + program.columnCount + 16)
    sumGamma = RoundingError.gamma(2 * (program.rowCount + program.columnCount) + 16)
    let magnitudes = zip(program.columnLower, program.columnUpper).map { max($0.magnitude, $1.magnitude) }
    reaches = (0..<program.rowCount).map { row in
      var reach = 0.0
      program.forEachTerm(of: row) { reach += $1.magnitude * magnitudes[$0] }
      return reach
    }
    objectiveReach = zip(program.objective, magnitudes).reduce(0) { $0 + $1.0.magnitude * $1.1 }
    width = magnitudes.reduce(0, +)
  }

  /// An upper bound and what it rests on.
  public struct Certificate: Sendable {
    /// The largest value that the program can have, or more; infinity where the multipliers said nothing.
    public let bound: Double
    /// For each column d, as computed: the program's value at a point v is at most the bound, less what each `dⱼ·vⱼ`
    /// falls short of its largest value.
    let reducedCosts: [Double]

    /// The part of a column's range outside of which the program's value is at most the target.
    ///
    /// - Precondition: the bound exceeds the target.
    public func range(
      ofColumn column: Int, reaching target: Double, within ranges: LinearProgram.ColumnRanges
    ) -> (lower: Double, upper: Double) {
      let (lower, upper) = (ranges.lower[column], ranges.upper[column])
      let cost = reducedCosts[column]
      let reach = ((bound - target).nextUp / cost.magnitude).nextUp
      guard reach < upper - lower else { return (lower, upper) }
      return cost > 0 ? (max(lower, (upper - reach).nextDown), upper) : (lower, min(upper, (lower + reach).nextUp))
    }
  }

  /// The largest value that the program can have on the given ranges, or more.
  public func upperBound(multipliers: [Double], columns: LinearProgram.ColumnRanges) -> Double {
    certificate(multipliers: multipliers, columns: columns).bound
  }

  /// The largest value that the program can have on the given ranges, or more, with the reduced costs.
  ///
  /// - Parameters:
  ///   - multipliers: y, one for each row.
  ///   - columns: the columns' ranges, within those of the program.
  /// - Complexity: O(non-zeros).
  public func certificate(multipliers: [Double], columns: LinearProgram.ColumnRanges) -> Certificate {
    precondition(multipliers.count == program.rowCount, "Multipliers of another program")
    var bound = 0.0
    var magnitude = 0.0
    var error = objectiveReach
    var reduced = program.objective
    for (row, multiplier) in multipliers.enumerated() where multiplier != 0 {
      // A multiplier of the wrong sign for a one-sided row says nothing: drop it.
      let end = multiplier > 0 ? program.rowUpper[row] : program.rowLower[row]
      guard end.isFinite else { continue }
      bound += multiplier * end
      magnitude += (multiplier * end).magnitude
      error += multiplier.magnitude * reaches[row]
      program.subtract(row: row, times: multiplier, from: &reduced)
    }
    for (column, cost) in reduced.enumerated() {
      let term = max(cost * columns.lower[column], cost * columns.upper[column])
      bound += term
      magnitude += term.magnitude
    }
    let total =
      bound + (gamma * error + sumGamma * magnitude) * (1 + 0x1p-20) + RoundingError.underflow * (1 + width)
    return Certificate(bound: total.isNaN ? .infinity : total.nextUp, reducedCosts: reduced)
  }
}
