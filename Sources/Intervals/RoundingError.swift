/// A-priori bounds of rounding errors in IEEE arithmetic, round to nearest; in binary64 unless said.
///
/// - Source: N. J. Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed., §3.1.
public enum RoundingError {
  /// The unit roundoff u = 2⁻⁵³: one operation is wrong by at most this fraction of its result.
  public static let unit = 0x1p-53

  /// The unit roundoff of IEEE binary32, 2⁻²⁴.
  public static let singleUnit = 0x1p-24

  /// γ_k = k·u/(1 − k·u), rounded up: a sum of `k` products, in any order and with or without fused
  /// multiply-adds, is wrong by at most γ_k times the sum of the magnitudes, underflow aside.
  ///
  /// - Precondition: `k >= 0` and `k·u < 1/2`; in binary64 that is less than any array in memory reaches.
  public static func gamma(_ k: Int, unit: Double = unit) -> Double {
    precondition(k >= 0 && Double(k) * unit < 0.5, "No error bound for a sum of \(k) terms")
    let ku = Double(k) * unit  // exact: a multiplication by a power of two
    return (ku / (1 - ku)).nextUp.nextUp
  }

  /// What all underflows of one sum together may change: each product that underflows is wrong by at most
  /// 2⁻¹⁰⁷⁵, and no array in memory holds 2⁵⁰ of them.
  public static let underflow = Double.leastNormalMagnitude
}
