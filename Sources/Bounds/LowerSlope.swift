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

  /// What `ck_relu_lines` calls it.
  var mode: Int32 {
    switch self {
    case .adaptive: 0
    case .zero: 1
    case .one: 2
    }
  }
}
