import BigInt

/// An exact rational number, for judging what floating-point code claims.
///
/// Every finite double is one. Arithmetic is exact and slow: meant for tests and for the checking of small
/// facts, not for whole networks of any size.
///
/// - Invariant: the denominator is positive and shares no factor with the numerator.
public struct Rational: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The reduced fraction.
  public let numerator, denominator: BigInt

  /// Zero.
  public static let zero = Rational(0)

  /// A whole number.
  public init(_ value: Int) {
    numerator = BigInt(value)
    denominator = 1
  }

  /// The exact value of a double, or nil if it is not finite.
  public init?(_ value: Double) {
    guard value.isFinite else { return nil }
    guard value != 0 else {
      self = .zero
      return
    }
    // value = ±significand·2^exponent with an odd or even 53-bit whole significand.
    let exponent = Int(value.exponent) - 52
    let significand = BigInt(Int64(value.significand * 0x1p52)) * (value < 0 ? -1 : 1)
    if exponent >= 0 {
      self.init(significand << exponent, 1)
    } else {
      self.init(significand, BigInt(1) << (-exponent))
    }
  }

  /// The fraction in lowest terms.
  ///
  /// - Precondition: the denominator is not zero.
  public init(_ numerator: BigInt, _ denominator: BigInt) {
    precondition(denominator != 0, "A rational number needs a denominator other than zero")
    // Whole numbers are reduced already, and looking for divisors costs the square of their length.
    guard denominator != 1 else {
      self.numerator = numerator
      self.denominator = 1
      return
    }
    // So it is for the sums and products of doubles, whose denominators are powers of two.
    let zeros = denominator.trailingZeroBitCount
    if denominator > 0, zeros + 1 == denominator.magnitude.bitWidth {
      let common = numerator == 0 ? zeros : min(zeros, numerator.trailingZeroBitCount)
      self.numerator = numerator >> common
      self.denominator = denominator >> common
      return
    }
    let divisor = numerator.greatestCommonDivisor(with: denominator)
    let sign: BigInt = denominator < 0 ? -1 : 1
    self.numerator = sign * numerator / divisor
    self.denominator = sign * denominator / divisor
  }

  public static func + (a: Rational, b: Rational) -> Rational {
    Rational(a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator)
  }

  public static func - (a: Rational, b: Rational) -> Rational {
    Rational(a.numerator * b.denominator - b.numerator * a.denominator, a.denominator * b.denominator)
  }

  public static func * (a: Rational, b: Rational) -> Rational {
    Rational(a.numerator * b.numerator, a.denominator * b.denominator)
  }

  /// - Precondition: `b` is not zero.
  public static func / (a: Rational, b: Rational) -> Rational {
    Rational(a.numerator * b.denominator, a.denominator * b.numerator)
  }

  public static func < (a: Rational, b: Rational) -> Bool {
    a.numerator * b.denominator < b.numerator * a.denominator
  }

  /// Whether the number lies in the interval; infinite ends exclude nothing.
  public func isInside(_ interval: Interval) -> Bool {
    let aboveLower = Rational(interval.lower).map { $0 <= self } ?? (interval.lower < 0)
    let belowUpper = Rational(interval.upper).map { self <= $0 } ?? (interval.upper > 0)
    return aboveLower && belowUpper
  }

  public var description: String { "\(numerator)/\(denominator)" }
}
