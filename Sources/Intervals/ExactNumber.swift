/// A rational number kept exactly, with the doubles around it at hand.
///
/// For what people write: 0.1 is no double, and whether a point keeps to a bound of 0.1 must not depend on how
/// 0.1 was rounded. Most questions are answered by the two doubles; the exact value is consulted where they are not
/// enough. Arithmetic on doubles that happens to be exact costs no big numbers.
///
/// - Invariant: ``enclosure`` is the narrowest interval of doubles around the number.
public struct ExactNumber: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The narrowest interval of doubles that holds the number: a point if it is a double, else two neighbours.
  ///
  /// Beyond the range of doubles the outer end is infinite.
  public let enclosure: Interval
  private let form: Form

  private enum Form: Sendable {
    /// The enclosure's point.
    case double
    /// `significand · 10^exponent`, with a significand that is no multiple of ten.
    case decimal(significand: Int64, exponent: Int)
    case rational(Boxed)
  }

  /// Keeps the numbers small where they are copied by the thousand.
  private final class Boxed: Sendable {
    let value: Rational
    init(_ value: Rational) { self.value = value }
  }

  /// Zero.
  public static let zero = ExactNumber(0)
  /// One.
  public static let one = ExactNumber(1)

  /// A double's own value.
  ///
  /// - Precondition: it is finite.
  public init(_ value: Double) {
    precondition(value.isFinite, "\(value) is no number to be exact about")
    enclosure = Interval(value + 0)  // makes −0 zero
    form = .double
  }

  /// A rational number.
  public init(_ value: Rational) {
    enclosure = Interval(tightestAround: value)
    form = enclosure.point == nil ? .rational(Boxed(value)) : .double
  }

  /// `significand · 10^exponent`.
  ///
  /// - Precondition: the exponent is so small that the number's digits fit in memory.
  public init(significand: Int64, decimalExponent exponent: Int) {
    let magnitude = significand.magnitude
    guard
      let enclosure = Interval(
        tightestAround: magnitude, decimalExponent: exponent, negative: significand < 0)
    else {
      self.init(Rational(significand: .init(significand), decimalExponent: exponent))
      return
    }
    self.init(
      enclosure: enclosure,
      form: enclosure.point == nil ? .decimal(significand: significand, exponent: exponent) : .double)
  }

  private init(enclosure: Interval, form: Form) {
    self.enclosure = enclosure
    self.form = form
  }

  /// The exact value.
  public var value: Rational {
    switch form {
    case .double: Rational(enclosure.lower) ?? .zero
    case .decimal(let significand, let exponent):
      Rational(significand: .init(significand), decimalExponent: exponent)
    case .rational(let boxed): boxed.value
    }
  }

  /// The number as a double, if it is one.
  public var double: Double? { enclosure.point }

  /// The double next to the number, the even one of two that are equally near; infinite beyond the range of doubles.
  public var nearest: Double {
    let (low, high) = (enclosure.lower, enclosure.upper)
    guard low != high, let below = Rational(low), let above = Rational(high) else {
      return low.isFinite ? high : low
    }
    let twice = value + value
    let sum = below + above
    if twice == sum { return low.significandBitPattern & 1 == 0 ? low : high }
    return twice < sum ? low : high
  }

  /// How many bits the exact value takes, for keeping malicious arithmetic within limits.
  public var bitCount: Int {
    guard case .rational(let boxed) = form else { return 128 }
    return boxed.value.numerator.bitWidth + boxed.value.denominator.bitWidth
  }

  /// The significand and exponent of ten as written, if that is how the number is kept.
  var shortDecimal: (significand: Int64, exponent: Int)? {
    guard case .decimal(let significand, let exponent) = form else { return nil }
    return (significand, exponent)
  }

  public static func == (a: ExactNumber, b: ExactNumber) -> Bool {
    guard a.enclosure == b.enclosure else { return false }
    if a.enclosure.point != nil { return true }
    if case .decimal(let s, let e) = a.form, case .decimal(let t, let f) = b.form, s == t, e == f { return true }
    return a.value == b.value
  }

  public static func < (a: ExactNumber, b: ExactNumber) -> Bool {
    // Enclosures are neighbours or points: they overlap in more than an end only if they are equal.
    if a.enclosure == b.enclosure { return a.enclosure.point == nil && a.value < b.value }
    return a.enclosure.upper <= b.enclosure.lower
  }

  /// Numbers that are equal have equal enclosures.
  public func hash(into hasher: inout Hasher) { hasher.combine(enclosure) }

  public static prefix func - (a: ExactNumber) -> ExactNumber {
    switch a.form {
    case .double: ExactNumber(-a.enclosure.lower)
    case .decimal(let significand, let exponent):
      ExactNumber(enclosure: -a.enclosure, form: .decimal(significand: -significand, exponent: exponent))
    case .rational(let boxed):
      ExactNumber(enclosure: -a.enclosure, form: .rational(Boxed(.zero - boxed.value)))
    }
  }

  public static func + (a: ExactNumber, b: ExactNumber) -> ExactNumber {
    if a == .zero { return b }
    if b == .zero { return a }
    return exact(a, b, Interval.sum) ?? ExactNumber(a.value + b.value)
  }

  public static func - (a: ExactNumber, b: ExactNumber) -> ExactNumber { a + -b }

  public static func * (a: ExactNumber, b: ExactNumber) -> ExactNumber {
    for (factor, other) in [(a, b), (b, a)] {
      if factor == .one { return other }
      if factor.double == -1 { return -other }
    }
    return exact(a, b, Interval.product) ?? ExactNumber(a.value * b.value)
  }

  /// - Precondition: `b` is not zero.
  public static func / (a: ExactNumber, b: ExactNumber) -> ExactNumber {
    precondition(b != .zero, "Division of \(a) by zero")
    if b == .one { return a }
    if b.double == -1 { return -a }
    return exact(a, b, Interval.quotient) ?? ExactNumber(a.value / b.value)
  }

  /// The result on doubles, if both numbers and the result are doubles.
  private static func exact(
    _ a: ExactNumber, _ b: ExactNumber, _ operation: (Interval) -> (Interval) -> Interval
  ) -> ExactNumber? {
    guard a.double != nil, b.double != nil, let point = operation(a.enclosure)(b.enclosure).point, point.isFinite
    else { return nil }
    return ExactNumber(point)
  }

  public var description: String { decimalText ?? value.description }
}
