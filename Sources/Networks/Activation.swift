import Foundation
import Intervals

/// A scalar function applied to each element: the kinds that are left after import.
///
/// All are continuous and never fall. Leaky ReLUs, clips, absolute values and maxima are not here: they are ReLUs and
/// linear maps exactly.
public enum Activation: Hashable, Sendable {
  /// max(z, 0).
  case relu
  /// 1/(1 + e⁻ᶻ).
  case sigmoid
  /// (eᶻ − e⁻ᶻ)/(eᶻ + e⁻ᶻ).
  case tanh

  /// The field's name, as ONNX writes it.
  public var name: String {
    switch self {
    case .relu: "Relu"
    case .sigmoid: "Sigmoid"
    case .tanh: "Tanh"
    }
  }

  /// Whether the function is affine but for kinks.
  public var isPiecewiseLinear: Bool {
    switch self {
    case .relu: true
    case .sigmoid, .tanh: false
    }
  }

  /// The function's value at a pre-activation, in ordinary double precision.
  @inline(__always)
  public func callAsFunction(_ z: Double) -> Double {
    switch self {
    case .relu: z > 0 ? z : 0
    case .sigmoid: Self.logistic(z)
    case .tanh: Foundation.tanh(z)
    }
  }

  /// A derivative at a pre-activation, in ordinary double precision; at the kink of a ReLU, the left one.
  @inline(__always)
  public func derivative(_ z: Double) -> Double {
    switch self {
    case .relu:
      return z > 0 ? 1 : 0
    case .sigmoid:
      return Self.logistic(z) * Self.logistic(-z)
    case .tanh:
      let value = Foundation.tanh(z)
      return (1 - value) * (1 + value)
    }
  }

  /// The smallest range that contains the function's real values on `[lower, upper]`, but for rounding outward.
  ///
  /// - Soundness: the functions never fall, so that the ends' values bound all others. ReLU is exact. The others come
  ///   from the C library's `exp` and `tanh`, for which the GNU C library documents errors of at most 1 and 2 units in
  ///   the last place; `libraryError` allows for more than three times what that amounts to, and values that underflow
  ///   are covered by the smallest positive number.
  /// - Source: The GNU C Library Reference Manual, "Known Maximum Errors in Math Functions".
  public func range(on lower: Double, _ upper: Double) -> (lower: Double, upper: Double) {
    switch self {
    case .relu:
      return (max(0, lower), max(0, upper))
    case .sigmoid:
      return (max(0, Self.below(self(lower))), min(1, Self.above(self(upper))))
    case .tanh:
      return (max(-1, Self.below(self(lower))), min(1, Self.above(self(upper))))
    }
  }

  /// How far a computed sigmoid or tanh may be from the real one, relative to it: 16 units of rounding.
  ///
  /// The sigmoid is a quotient: 2 units for `exp` (one unit in the last place), one for the sum, one for the quotient.
  private static let libraryError = 16 * RoundingError.unit

  private static func below(_ value: Double) -> Double {
    (value - libraryError * value.magnitude).nextDown
  }

  private static func above(_ value: Double) -> Double {
    (value + libraryError * value.magnitude).nextUp
  }

  /// The sigmoid without overflow and without cancellation on either side.
  @inline(__always)
  private static func logistic(_ z: Double) -> Double {
    if z >= 0 { return 1 / (1 + exp(-z)) }
    let power = exp(z)
    return power / (1 + power)
  }
}
