import Intervals

/// An affine expression over a region's inputs and the outputs of its unstable units.
///
/// - Soundness: on the region, the real quantity that the row stands for differs from
///   `constant + Σ inputs + Σ units`, evaluated in real arithmetic, by at most `error`.
public struct AffineRow: Sendable {
  /// A coefficient and the position of the variable it belongs to.
  public struct Term: Hashable, Sendable {
    /// The input's element, or the position in ``RegionNetwork/units``.
    public let variable: Int
    /// The coefficient, not zero.
    public let coefficient: Double

    /// A term of a row.
    public init(variable: Int, coefficient: Double) {
      self.variable = variable
      self.coefficient = coefficient
    }
  }

  /// Coefficients over inputs, by increasing element.
  public let inputs: [Term]
  /// Coefficients over unstable units' outputs, by increasing position.
  public let units: [Term]
  /// The constant.
  public let constant: Double
  /// How far the real quantity can be from the row, in either direction.
  public let error: Double

  /// A row that is at least this one plus a number, by no more than rounding.
  public func raised(by number: Double) -> AffineRow {
    AffineRow(inputs: inputs, units: units, constant: (constant + number).nextUp, error: error)
  }

  /// The row's value at a point, in ordinary double precision.
  ///
  /// - Parameters:
  ///   - input: the value of every input element.
  ///   - outputs: the output of every unstable unit that the row names.
  public func value(input: [Double], outputs: [Double]) -> Double {
    let fromInputs = inputs.reduce(constant) { $0 + $1.coefficient * input[$1.variable] }
    return units.reduce(fromInputs) { $0 + $1.coefficient * outputs[$1.variable] }
  }
}
