import BigInt

extension Rational {
  /// `significand · 10^exponent`.
  public init(significand: BigInt, decimalExponent exponent: Int) {
    if exponent >= 0 || significand.isZero {
      self.init(significand * BigInt(10).power(max(exponent, 0)), 1)
      return
    }
    // Only twos and fives can cancel: cheaper to find than a common divisor.
    var numerator = significand
    let twos = min(-exponent, numerator.magnitude.trailingZeroBitCount)
    numerator >>= twos
    var fives = 0
    while fives < -exponent {
      let (quotient, remainder) = numerator.quotientAndRemainder(dividingBy: 5)
      guard remainder.isZero else { break }
      numerator = quotient
      fives += 1
    }
    self.init(reduced: numerator, BigInt(5).power(-exponent - fives) << (-exponent - twos))
  }

  private init(reduced numerator: BigInt, _ denominator: BigInt) {
    self.numerator = numerator
    self.denominator = denominator
  }
}

/// Why a text is no number that is kept.
public enum DecimalFault: Error, Equatable, Sendable {
  /// It is not written like a number.
  case notANumber
  /// It has more digits, or a larger exponent, than ``ExactNumber/longestDecimal``.
  case tooLong
}

extension ExactNumber {
  /// The most digits that a decimal may have, and the largest exponent of its last digit. Any double's exact decimal
  /// keeps to it.
  public static let longestDecimal = 2000

  /// The number that a decimal text stands for: an optional sign, digits with an optional point, an optional exponent.
  public init(decimal text: String) throws(DecimalFault) {
    let bytes = Array(text.utf8)
    self = try bytes.withUnsafeBufferPointer { (bytes) throws(DecimalFault) in try ExactNumber(decimal: bytes) }
  }

  /// The number that the bytes of a decimal text stand for.
  public init(decimal bytes: UnsafeBufferPointer<UInt8>) throws(DecimalFault) {
    var position = 0
    var negative = false
    if let first = bytes.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") {
      negative = first == UInt8(ascii: "-")
      position = 1
    }
    let mantissa = try Mantissa(bytes, from: &position)
    var exponent = mantissa.zeros - mantissa.fractionDigits
    if position < bytes.count {
      exponent += try Self.exponent(bytes, from: position)
    }
    if mantissa.significantDigits == 0 {
      self = .zero
      return
    }
    guard mantissa.significantDigits <= Self.longestDecimal, exponent.magnitude <= Self.longestDecimal else {
      throw .tooLong
    }
    if mantissa.significantDigits <= Mantissa.capacity {
      self.init(significand: negative ? -mantissa.value : mantissa.value, decimalExponent: exponent)
      return
    }
    let digits = bytes.prefix { $0 != UInt8(ascii: "e") && $0 != UInt8(ascii: "E") }.filter {
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
    }
    guard let significand = BigInt(String(decoding: digits.dropLast(mantissa.zeros), as: UTF8.self)) else {
      throw .notANumber
    }
    self.init(Rational(significand: negative ? -significand : significand, decimalExponent: exponent))
  }

  /// The digits before an exponent, without leading and trailing zeros.
  private struct Mantissa {
    /// As many digits surely fit in `value`.
    static let capacity = 18

    var value: Int64 = 0
    /// From the first digit that is not zero to the last.
    var significantDigits = 0
    /// Zeros after the last other digit.
    var zeros = 0
    /// Digits after the point.
    var fractionDigits = 0

    init(_ bytes: UnsafeBufferPointer<UInt8>, from position: inout Int) throws(DecimalFault) {
      var hasPoint = false
      var hasDigits = false
      while position < bytes.count {
        let byte = bytes[position]
        if byte == UInt8(ascii: "."), !hasPoint {
          hasPoint = true
        } else {
          guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { break }
          hasDigits = true
          if hasPoint { fractionDigits += 1 }
          append(Int64(byte - UInt8(ascii: "0")))
        }
        position += 1
      }
      guard hasDigits else { throw .notANumber }
    }

    private mutating func append(_ digit: Int64) {
      if digit == 0 {
        zeros += significantDigits > 0 ? 1 : 0
        return
      }
      significantDigits += zeros + 1
      if significantDigits <= Self.capacity {
        for _ in 0...zeros { value *= 10 }
        value += digit
      }
      zeros = 0
    }
  }

  private static func exponent(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) throws(DecimalFault) -> Int {
    var position = start
    guard bytes[position] == UInt8(ascii: "e") || bytes[position] == UInt8(ascii: "E") else { throw .notANumber }
    position += 1
    var negative = false
    if position < bytes.count, bytes[position] == UInt8(ascii: "-") || bytes[position] == UInt8(ascii: "+") {
      negative = bytes[position] == UInt8(ascii: "-")
      position += 1
    }
    guard position < bytes.count else { throw .notANumber }
    var exponent = 0
    while position < bytes.count {
      guard bytes[position] >= UInt8(ascii: "0"), bytes[position] <= UInt8(ascii: "9") else { throw .notANumber }
      // However many digits follow, it stays beyond the limit.
      exponent = min(10 * exponent + Int(bytes[position] - UInt8(ascii: "0")), 1 << 40)
      position += 1
    }
    return negative ? -exponent : exponent
  }

  /// The number in decimal digits, all of them, or nil if they do not end, as those of 1/3.
  public var decimalText: String? {
    if let short = shortDecimal { return Self.text("\(short.significand)", exponent: short.exponent) }
    let value = value
    let twos = value.denominator.magnitude.trailingZeroBitCount
    var rest = value.denominator >> twos
    var fives = 0
    while rest != 1 {
      let (quotient, remainder) = rest.quotientAndRemainder(dividingBy: 5)
      guard remainder.isZero else { return nil }
      rest = quotient
      fives += 1
    }
    let places = max(twos, fives)
    let digits = (value.numerator * BigInt(5).power(places - fives)) << (places - twos)
    return Self.text("\(digits)", exponent: -places)
  }

  /// Digits and an exponent of ten as people write them, with an exponent only where there would be many zeros.
  private static func text(_ signed: String, exponent: Int) -> String {
    let sign = signed.hasPrefix("-") ? "-" : ""
    var digits = signed.dropFirst(sign.count)
    var exponent = exponent
    while digits.count > 1, digits.last == "0" {
      digits = digits.dropLast()
      exponent += 1
    }
    // The place of the point among the digits.
    let point = digits.count + exponent
    if digits == "0" { return "0" }
    if point > 21 || point < -5 {
      let fraction = digits.count > 1 ? "." + digits.dropFirst() : ""
      return "\(sign)\(digits.prefix(1))\(fraction)e\(point - 1)"
    }
    if point <= 0 { return sign + "0." + String(repeating: "0", count: -point) + digits }
    if exponent >= 0 { return sign + digits + String(repeating: "0", count: exponent) }
    return sign + digits.prefix(point) + "." + digits.dropFirst(point)
  }
}
