import Intervals

/// What rows have gathered on their way backwards: a constant each, and how wrong their values can be for all rounding
/// so far.
///
/// - Soundness: each addition to a constant counts its own rounding; whoever computes what is added counts that.
struct RowTotals: Sendable {
  /// For each row, the constant gathered so far.
  private(set) var constants: [Double]
  private var errors: [Double]
  /// False in tests that a judge must notice: then no error counts.
  private let accountsForRounding: Bool

  init(count: Int, accountsForRounding: Bool) {
    constants = [Double](repeating: 0, count: count)
    errors = constants
    self.accountsForRounding = accountsForRounding
  }

  /// Adds to a row's constant, and the sum's rounding to its error.
  mutating func add(_ value: Double, to row: Int) {
    constants[row] += value
    errors[row] += 2 * RoundingError.unit * constants[row].magnitude
  }

  /// Adds to what a row can be wrong.
  mutating func addError(_ error: Double, to row: Int) { errors[row] += error }

  /// How wrong the row's value can be, in total.
  ///
  /// The errors were themselves added up in floating point, each sum of fewer than 2³¹ terms that are not negative
  /// and so at most a 2⁻²⁰th too small.
  func errorBound(_ row: Int) -> Double { accountsForRounding ? (errors[row] * (1 + 0x1p-20)).nextUp : 0 }

  /// An upper bound of each row's value: its constant and its error, once nothing is left to visit.
  ///
  /// Infinite where something overflowed on the way.
  func upperBounds() -> [Double] {
    constants.indices.map { row in
      let bound = accountsForRounding ? (constants[row] + errorBound(row)).nextUp : constants[row]
      return bound.isNaN ? .infinity : bound
    }
  }
}
