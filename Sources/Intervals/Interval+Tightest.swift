import BigInt

/// The narrowest intervals of doubles around exact numbers.
extension Interval {
  /// The narrowest interval that holds a rational number: a point if it is a double, else two neighbouring doubles,
  /// the outer one infinite beyond the range of doubles.
  public init(tightestAround number: Rational) {
    let numerator = number.numerator.magnitude
    let denominator = number.denominator.magnitude
    guard !numerator.isZero else {
      self.init(0)
      return
    }
    // In this unit the magnitude lies between 2⁵² and 2⁵⁴, or below where the number is subnormal.
    let unit = max(numerator.bitWidth - denominator.bitWidth - 53, -1074)
    let (quotient, remainder) =
      unit >= 0
      ? numerator.quotientAndRemainder(dividingBy: denominator << unit)
      : (numerator << -unit).quotientAndRemainder(dividingBy: denominator)
    self.init(
      negative: number.numerator.sign == .minus, UInt128(UInt64(quotient)), isExact: remainder.isZero, unit: unit)
  }

  /// The narrowest interval that holds `±significand · 10^exponent`, without big numbers.
  ///
  /// - Returns: nil where the number does not fit this way; then ask for it as a rational number.
  init?(tightestAround significand: UInt64, decimalExponent exponent: Int, negative: Bool) {
    guard significand != 0 else {
      self.init(0)
      return
    }
    let wide = UInt128(significand)
    if exponent >= 0 {
      guard exponent < Self.powersOfFive.count else { return nil }
      let (product, overflow) = wide.multipliedReportingOverflow(by: Self.powersOfFive[exponent])
      guard !overflow else { return nil }
      self.init(negative: negative, product, isExact: true, unit: exponent)
    } else {
      // 5³¹ < 2⁷²: a dividend of 128 bits leaves a quotient of more than 53.
      guard -exponent < Self.powersOfFive.count else { return nil }
      let shift = wide.leadingZeroBitCount
      let (quotient, remainder) = (wide << shift).quotientAndRemainder(dividingBy: Self.powersOfFive[-exponent])
      self.init(negative: negative, quotient, isExact: remainder == 0, unit: exponent - shift)
    }
  }

  /// 5⁰ to 5³¹.
  private static let powersOfFive: [UInt128] = (0..<31).reduce(into: [1]) { powers, i in
    powers.append(powers[i] * 5)
  }

  /// The doubles around `±(quotient + rest) · 2^unit` with a rest in `[0, 1)`, which is zero if `isExact`.
  private init(negative: Bool, _ quotient: UInt128, isExact: Bool, unit: Int) {
    let bits = UInt128.bitWidth - quotient.leadingZeroBitCount
    let excess = max(bits - 53, -1074 - unit, 0)
    let kept = quotient >> excess
    let isPoint = isExact && kept << excess == quotient
    // No rounding: at most 53 bits, none of them below 2⁻¹⁰⁷⁴.
    let scaled = Double(sign: .plus, exponent: unit + excess, significand: Double(UInt64(kept)))
    let low = scaled.isFinite ? scaled : .greatestFiniteMagnitude
    let high = isPoint && scaled.isFinite ? scaled : low.nextUp
    self = negative ? Interval(lower: -high, upper: -low) ?? .entire : Interval(lower: low, upper: high) ?? .entire
  }
}
