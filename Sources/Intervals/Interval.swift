/// A closed interval `[lower, upper]` of real numbers, stored as two doubles.
///
/// - Invariant: `lower <= upper`, and neither end is NaN. Infinite ends mean "nothing is known on this side".
/// - Soundness: every operation returns an interval that contains the exact real result for every choice of
///   operands inside the inputs: computed to nearest, then one step outward. Not always the tightest one.
public struct Interval: Hashable, Sendable, CustomStringConvertible {
  /// The smallest and the largest member.
  public let lower, upper: Double

  /// All real numbers.
  public static let entire = Interval(uncheckedLower: -.infinity, upper: .infinity)

  /// The interval between two ends, or nil if they are out of order or not numbers.
  public init?(lower: Double, upper: Double) {
    guard lower <= upper else { return nil }
    self.init(uncheckedLower: lower, upper: upper)
  }

  /// The interval that holds one number.
  ///
  /// - Precondition: `value` is not NaN.
  public init(_ value: Double) {
    precondition(!value.isNaN, "An interval cannot hold NaN")
    self.init(uncheckedLower: value, upper: value)
  }

  private init(uncheckedLower lower: Double, upper: Double) {
    self.lower = lower
    self.upper = upper
  }

  /// The interval whose ends were computed to nearest: one step outward, everything if an end is NaN.
  private init(outwardLower lower: Double, upper: Double) {
    guard !lower.isNaN, !upper.isNaN else {
      self = .entire
      return
    }
    // An overflow to infinity on the wrong side would exclude finite numbers: `nextDown` of +∞ is finite.
    self.init(uncheckedLower: lower.nextDown, upper: upper.nextUp)
  }

  /// The middle, rounded to nearest.
  public var midpoint: Double { lower / 2 + upper / 2 }
  /// An upper bound of the distance between the ends.
  public var width: Double { lower == upper ? 0 : (upper - lower).nextUp }
  /// The largest magnitude of a member.
  public var magnitude: Double { max(lower.magnitude, upper.magnitude) }

  /// Whether the number lies inside.
  public func contains(_ value: Double) -> Bool { lower <= value && value <= upper }

  public static func + (a: Interval, b: Interval) -> Interval {
    Interval(outwardLower: a.lower + b.lower, upper: a.upper + b.upper)
  }

  public static func - (a: Interval, b: Interval) -> Interval {
    Interval(outwardLower: a.lower - b.upper, upper: a.upper - b.lower)
  }

  public static prefix func - (a: Interval) -> Interval {
    Interval(uncheckedLower: -a.upper, upper: -a.lower)
  }

  public static func * (a: Interval, b: Interval) -> Interval {
    extremes(of: [a.lower * b.lower, a.lower * b.upper, a.upper * b.lower, a.upper * b.upper])
  }

  /// The quotient; ``entire`` where the divisor contains zero.
  public static func / (a: Interval, b: Interval) -> Interval {
    guard b.lower > 0 || b.upper < 0 else { return .entire }
    return extremes(of: [a.lower / b.lower, a.lower / b.upper, a.upper / b.lower, a.upper / b.upper])
  }

  /// The square root of the members that have one, or nil if none has.
  public func squareRoot() -> Interval? {
    guard upper >= 0 else { return nil }
    let low = max(0, lower).squareRoot()
    return Interval(uncheckedLower: max(0, low.nextDown), upper: upper.squareRoot().nextUp)
  }

  private static func extremes(of products: [Double]) -> Interval {
    var low = Double.infinity
    var high = -Double.infinity
    for product in products {
      if product.isNaN { return .entire }
      low = min(low, product)
      high = max(high, product)
    }
    return Interval(outwardLower: low, upper: high)
  }

  public var description: String { "[\(lower), \(upper)]" }
}
