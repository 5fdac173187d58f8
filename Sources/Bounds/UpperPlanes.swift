import Intervals
import Networks

/// Affine functions of the input, each of which bounds one row over a network's output from above on the region:
/// `row(x) ≤ Σ coefficients·x + constant` for every input x of the region, in real arithmetic.
public struct UpperPlanes: Sendable {
  /// The number of rows, and of inputs.
  public let count, width: Int
  /// The coefficients, row after row.
  public let coefficients: [Double]
  /// The constants; infinite where something overflowed.
  public let constants: [Double]
  /// Upper bounds of the rows on the region: the planes' largest values, or what else is known if that is less.
  public let bounds: [Double]

  /// The smallest box that contains all points of another where each of some rows' planes is at least a value.
  ///
  /// Each row bounds each input while all others take their best values (Clip-and-Verify); rows take turns on what the
  /// earlier ones left.
  /// - Returns: nil if there is no such point.
  /// - Soundness: a plane's sum is rounded up, the ends of the box outward.
  /// - Source: Zhou et al. 2025, "Clip-and-Verify"; in field terms, bound propagation on one linear constraint.
  public func clip(_ box: Box, whereAllOf rows: [Int], reach value: Double) -> Box? {
    var (lower, upper) = (box.lower, box.upper)
    for row in rows {
      let base = row * width
      // The plane's largest value less the value, rounded up, with room for the rounding of what is taken out below.
      var slack = constants[row] - value
      var magnitude = constants[row].magnitude + value.magnitude
      for k in 0..<width {
        let a = coefficients[base + k]
        let term = a > 0 ? a * upper[k] : a * lower[k]
        slack += term
        magnitude += term.magnitude
      }
      guard slack.isFinite, magnitude.isFinite else { continue }
      slack += RoundingError.gamma(2 * width + 8) * magnitude + RoundingError.underflow
      if slack < 0 { return nil }
      for k in 0..<width {
        let a = coefficients[base + k]
        // The other end of the range may lie no further away than the slack allows.
        guard a != 0 else { continue }
        let reach = (slack / a.magnitude).nextUp
        guard reach < upper[k] - lower[k] else { continue }
        if a > 0 {
          lower[k] = max(lower[k], (upper[k] - reach).nextDown)
        } else {
          upper[k] = min(upper[k], (lower[k] + reach).nextUp)
        }
      }
    }
    return Box(lower: lower, upper: upper)
  }
}

extension RegionBounds {
  /// Planes over the input that bound rows of the network's output from above, by one backward pass along the lines
  /// of the boxes (CROWN, if these were refined).
  ///
  /// - Complexity: one product with each linear map for all rows.
  public func upperPlanes(of rows: LinearRows, lowerSlope: LowerSlope = .adaptive) -> UpperPlanes {
    let relaxations = relaxations(lowerSlope: lowerSlope)
    var pass = BackwardPass<Double>(rows, over: network.output, bounds: self)
    pass.run { pass, node, coefficients in
      guard let lines = relaxations[node.id.index] else { return .concretise }
      pass.relax(&coefficients, along: lines)
      return .toSource
    }
    let planes = pass.inputCoefficients
    let constants = pass.upperBounds()
    pass.concretise(planes, over: NodeID(0))
    return UpperPlanes(
      count: rows.count, width: network.inputCount, coefficients: planes, constants: constants,
      bounds: pass.upperBounds())
  }
}
