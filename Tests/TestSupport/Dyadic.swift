import BigInt
import Intervals

/// A number `significand · 2^exponent`, exactly: what sums and products of doubles are.
///
/// Other than ``Rational`` it is never reduced by common divisors, which is what costs most there.
public struct Dyadic: Sendable {
  /// The number is `significand · 2^exponent`.
  public let significand: BigInt
  public let exponent: Int

  /// Zero.
  public static let zero = Dyadic(0, exponent: 0)

  /// A whole number times a power of two.
  public init(_ significand: BigInt, exponent: Int) {
    self.significand = significand
    self.exponent = significand.isZero ? 0 : exponent
  }

  /// A finite double's own value.
  public init(_ value: Double) {
    precondition(value.isFinite, "\(value) is no number to be exact about")
    guard value != 0 else {
      self = .zero
      return
    }
    // The odd part of the significand alone: small numbers stay small.
    let shift = value.exponent - value.significandWidth
    let odd = Int64((Double(sign: .plus, exponent: value.significandWidth, significand: value.significand)))
    self.init(BigInt(value < 0 ? -odd : odd), exponent: Int(shift))
  }

  public static func + (a: Dyadic, b: Dyadic) -> Dyadic {
    if a.significand.isZero { return b }
    if b.significand.isZero { return a }
    let exponent = min(a.exponent, b.exponent)
    return Dyadic(a.significand(at: exponent) + b.significand(at: exponent), exponent: exponent)
  }

  public static func * (a: Dyadic, b: Dyadic) -> Dyadic {
    Dyadic(a.significand * b.significand, exponent: a.exponent + b.exponent)
  }

  /// The significand that goes with a smaller exponent.
  func significand(at other: Int) -> BigInt {
    exponent == other ? significand : significand << (exponent - other)
  }

  /// The same as a fraction in lowest terms.
  public var rational: Rational {
    exponent >= 0 ? Rational(significand << exponent, 1) : Rational(significand, BigInt(1) << -exponent)
  }
}
