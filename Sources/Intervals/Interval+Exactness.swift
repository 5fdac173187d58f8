/// Arithmetic that keeps points where the double result is exact.
///
/// The operators of ``Interval`` step outward always; a coefficient that is computed without rounding (a product
/// with 1, a sum with 0) should have no error at all.
extension Interval {
  /// The numbers within a distance of a centre.
  ///
  /// - Precondition: the centre is not NaN, the radius neither NaN nor negative.
  public init(centre: Double, radius: Double) {
    self = radius == 0 ? Interval(centre) : Interval(centre) + (Interval(lower: -radius, upper: radius) ?? .entire)
  }

  /// The value when there is only one.
  public var point: Double? { lower == upper ? lower : nil }

  /// A double of the interval and an upper bound of its distance from every member.
  ///
  /// The distance is zero for a point, infinite for an unbounded interval.
  public var centreAndRadius: (centre: Double, radius: Double) {
    if let point { return (point, 0) }
    let centre = midpoint
    guard centre.isFinite, lower.isFinite, upper.isFinite else { return (0, .infinity) }
    return (centre, max((upper - centre).nextUp, (centre - lower).nextUp))
  }

  /// The sum; a point if both terms are and no rounding happens.
  public func sum(_ other: Interval) -> Interval {
    if let a = point, let b = other.point {
      // Knuth's two-sum: the rounding error of an addition is itself a double.
      let s = a + b
      let head = s - a
      if s.isFinite, (a - (s - head)) + (b - head) == 0 { return Interval(s) }
    }
    return self + other
  }

  /// The difference; a point if both terms are and no rounding happens.
  public func difference(_ other: Interval) -> Interval { sum(-other) }

  /// The product; a point if both factors are and no rounding happens.
  public func product(_ other: Interval) -> Interval {
    if point == 0 || other.point == 0, magnitude.isFinite, other.magnitude.isFinite { return Interval(0) }
    if point == 1 { return other }
    if other.point == 1 { return self }
    if let a = point, let b = other.point {
      let p = a * b
      if Self.isSafe(p), (-p).addingProduct(a, b) == 0 { return Interval(p) }
    }
    return self * other
  }

  /// The quotient; a point if both terms are and no rounding happens; ``entire`` where the divisor contains zero.
  public func quotient(_ other: Interval) -> Interval {
    if point == 0, other.lower > 0 || other.upper < 0 { return Interval(0) }
    if let a = point, let b = other.point, b != 0 {
      let q = a / b
      if Self.isSafe(q), Self.isSafe(a), (-a).addingProduct(q, b) == 0 { return Interval(q) }
    }
    return self / other
  }

  /// The square root; a point if it is exact; nil if no member has one.
  public func exactSquareRoot() -> Interval? {
    if let a = point, a >= 0 {
      let root = a.squareRoot()
      if a == 0 || Self.isSafe(a) && (-a).addingProduct(root, root) == 0 { return Interval(root) }
    }
    return squareRoot()
  }

  /// Whether a result is so far from underflow and overflow that the residual of a product with it is a double.
  private static func isSafe(_ value: Double) -> Bool {
    value.isFinite && value.magnitude > 0x1p-900
  }
}
