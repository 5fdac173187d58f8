import Intervals
import TestSupport
import Testing

@Suite struct ExactNumberTests {
  /// Doubles of all sizes, decimals that are none, and a fraction that is no decimal.
  static let numbers: [ExactNumber] = {
    var networks = RandomNetworks(seed: 3, spread: 300)
    var numbers = networks.weights(25).map { ExactNumber($0) }
    numbers += [0, 1, -1, 3, 0.1, -0.0, .leastNonzeroMagnitude, .greatestFiniteMagnitude].map { ExactNumber($0) }
    for text in ["0.1", "-0.1", "1e-330", "12345678901234567890.5", "1e400", "-2.5e-17", "0.3"] {
      if let number = try? ExactNumber(decimal: text) { numbers.append(number) }
    }
    return numbers + [ExactNumber(Rational(1, 3)), ExactNumber(Rational(-22, 7))]
  }()

  /// The enclosure's two promises: it contains the number, and its ends are neighbours.
  private func isTightest(_ number: ExactNumber) -> Bool {
    let interval = number.enclosure
    guard number.value.isInside(interval) else { return false }
    if let point = interval.point { return Rational(point) == number.value }
    return interval.upper == interval.lower.nextUp
  }

  @Test func `every operation is exact and encloses its result tightly`() {
    #expect(Self.numbers.count == 42)
    for a in Self.numbers {
      #expect(isTightest(a))
      #expect((-a).value == .zero - a.value)
      for b in Self.numbers {
        #expect((a + b).value == a.value + b.value)
        #expect((a - b).value == a.value - b.value)
        #expect((a * b).value == a.value * b.value)
        #expect(isTightest(a + b) && isTightest(a * b))
        if b != .zero {
          #expect((a / b).value == a.value / b.value)
          #expect(isTightest(a / b))
        }
      }
    }
  }

  @Test func `numbers compare as their exact values`() {
    for a in Self.numbers {
      for b in Self.numbers {
        #expect((a < b) == (a.value < b.value))
        #expect((a == b) == (a.value == b.value))
        if a == b { #expect(a.hashValue == b.hashValue) }
      }
    }
  }

  @Test func `the nearest double is the one that the standard library reads`() throws {
    for text in ["0.1", "0.3", "-0.7", "1e23", "123456789.987654321", "5e-324", "3e-324", "2e-324", "9007199254740993"]
    {
      #expect(try ExactNumber(decimal: text).nearest == Double(text), "\(text)")
    }
    #expect(try ExactNumber(decimal: "1e400").nearest == .infinity)
    #expect(try ExactNumber(decimal: "-1e400").nearest == -.infinity)
  }

  @Test func `one number has one form`() throws {
    #expect(try ExactNumber(decimal: "0.5") == ExactNumber(0.5))
    #expect(try ExactNumber(decimal: "0.10") == ExactNumber(Rational(1, 10)))
    #expect(try ExactNumber(decimal: "0.1") != ExactNumber(0.1))
    #expect(ExactNumber(-0.0).enclosure.lower.sign == .plus)
  }
}
