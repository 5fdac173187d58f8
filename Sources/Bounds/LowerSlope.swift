/// The line through the origin that bounds a ReLU from below where its pre-activation has no fixed sign.
///
/// Every slope in `[0, 1]` is sound, and none is best on all rows: the smallest of several bounds is a bound.
/// - Source: Zhang et al. 2018 (CROWN), the adaptive slope; Singh et al. 2019 (DeepPoly).
public enum LowerSlope: String, CaseIterable, Codable, Sendable {
  /// 1 where u > −l on the range `[l, u]`, else 0: the smaller area between the lines.
  case adaptive
  /// 0 everywhere: outputs are not negative, as interval propagation knows too.
  case zero
  /// 1 everywhere: outputs are no less than pre-activations.
  case one

  /// The slope on a range with `lower < 0 < upper`.
  func callAsFunction(on lower: Double, _ upper: Double) -> Double {
    switch self {
    case .adaptive: upper > -lower ? 1 : 0
    case .zero: 0
    case .one: 1
    }
  }
}
