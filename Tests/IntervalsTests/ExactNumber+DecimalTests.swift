import BigInt
import Intervals
import Tensors
import TestSupport
import Testing

@Suite struct ExactNumberDecimalTests {
  @Test func `a decimal is kept exactly, whatever its length`() throws {
    var random = RandomStream(seed: 5, purpose: "decimals")
    for round in 0..<4000 {
      let count = 1 + random.index(below: round % 4 == 0 ? 60 : 19)
      let digits = (0..<count).map { _ in "0123456789".randomElement(using: &random).map(String.init) ?? "" }.joined()
      let point = random.index(below: count + 1)
      let exponent = random.index(below: 3) == 0 ? random.index(below: 700) - 350 : 0
      let text = "\(round % 2 == 0 ? "-" : "")\(digits.prefix(point)).\(digits.dropFirst(point))e\(exponent)"
      let number = try ExactNumber(decimal: text)
      let significand = try #require(BigInt(digits)) * (round % 2 == 0 ? -1 : 1)
      let power = exponent - (count - point)
      let expected =
        power >= 0
        ? Rational(significand * BigInt(10).power(power), 1) : Rational(significand, BigInt(10).power(-power))
      #expect(number.value == expected, "\(text)")
      #expect(expected.isInside(number.enclosure), "\(text)")
      #expect(number.double != nil || number.enclosure.upper == number.enclosure.lower.nextUp, "\(text)")
      #expect(number.nearest == Double(text), "\(text)")
      let written = try #require(number.decimalText)
      #expect(try ExactNumber(decimal: written) == number, "\(text) became \(written)")
    }
  }

  @Test(arguments: [
    ("0", "0"), ("-0.0", "0"), ("0e999999999", "0"), ("+1.50", "1.5"), (".5", "0.5"), ("5.", "5"), ("1E+3", "1000"),
    ("1e-5", "0.00001"), ("1e-9", "1e-9"), ("1.25e30", "1.25e30"), ("100", "100"), ("-12.5e1", "-125"),
    ("0.1", "0.1"), ("123456789012345678901", "123456789012345678901"),
  ])
  func `decimals are written as people write them`(text: String, expected: String) throws {
    #expect(try ExactNumber(decimal: text).decimalText == expected)
  }

  @Test func `a double's digits are all written`() {
    #expect(
      ExactNumber(0.1).decimalText == "0.1000000000000000055511151231257827021181583404541015625")
    #expect(ExactNumber(Rational(1, 3)).decimalText == nil)
    for extreme in [Double.leastNonzeroMagnitude, .leastNormalMagnitude.nextDown, .greatestFiniteMagnitude] {
      let text = ExactNumber(extreme).decimalText ?? ""
      #expect((try? ExactNumber(decimal: text)) == ExactNumber(extreme))
    }
  }

  @Test(arguments: ["", "-", ".", "e5", "1e", "1e+", "1.2.3", "0x10", "1f", "nan", "inf", "--1", "1_0", "1e5.0", "−1"])
  func `what is no number is refused`(text: String) {
    #expect(throws: DecimalFault.notANumber) { try ExactNumber(decimal: text) }
  }

  @Test(arguments: ["1e999999999", "1e-999999999", "1e99999999999999999999999", "1e2001"])
  func `absurd exponents are refused at once`(text: String) {
    #expect(throws: DecimalFault.tooLong) { try ExactNumber(decimal: text) }
    #expect(throws: DecimalFault.tooLong) { try ExactNumber(decimal: "1." + String(repeating: "1", count: 100_000)) }
  }
}
