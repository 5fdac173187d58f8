/// A-priori bounds of rounding errors in IEEE binary64, round to nearest.
///
/// - Source: N. J. Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed., §3.1.
public enum RoundingError {
  /// The unit roundoff u = 2⁻⁵³: one operation is wrong by at most this fraction of its result.
  public static let unit = 0x1p-53

  /// γ_k = k·u/(1 − k·u), rounded up: a sum of `k` products, in any order and with or without fused
  /// multiply-adds, is wrong by at most γ_k times the sum of the magnitudes, underflow aside.
  ///
  /// - Precondition: `0 <= k < 2⁵⁰`, which no array in memory reaches.
  public static func gamma(_ k: Int) -> Double {
    precondition(k >= 0 && k < 1 << 50, "No error bound for a sum of \(k) terms")
    let ku = Double(k) * unit  // exact: a multiplication by a power of two
    return (ku / (1 - ku)).nextUp.nextUp
  }

  /// What all underflows of one sum together may change: each product that underflows is wrong by at most
  /// 2⁻¹⁰⁷⁵, and no array in memory holds 2⁵⁰ of them.
  public static let underflow = Double.leastNormalMagnitude
}
