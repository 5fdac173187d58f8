import Intervals
import TestSupport
import Testing

@Suite struct IntervalTests {
  /// Numbers of all sizes, zero and the ends of the range included.
  static let numbers: [Double] = {
    var networks = RandomNetworks(seed: 1, spread: 80)
    return networks.weights(40) + [0, 1, -1, 3, 0.1, 1e300, -1e-300, .leastNonzeroMagnitude]
  }()

  @Test func `every operation contains the exact result`() throws {
    for a in Self.numbers {
      for b in Self.numbers {
        let x = Interval(a)
        let y = Interval(b)
        #expect((exact(a) + exact(b)).isInside(x + y))
        #expect((exact(a) - exact(b)).isInside(x - y))
        #expect((exact(a) * exact(b)).isInside(x * y))
        if b != 0 { #expect((exact(a) / exact(b)).isInside(x / y)) }
      }
      if a >= 0, let root = Interval(a).squareRoot() {
        #expect(exact(root.lower) * exact(root.lower) <= exact(a))
        #expect(exact(a) <= exact(root.upper) * exact(root.upper))
      }
    }
  }

  @Test func `wide intervals contain every combination of members`() throws {
    let x = try #require(Interval(lower: -2, upper: 3))
    let y = try #require(Interval(lower: -5, upper: -1))
    for a in [-2.0, 0, 0.1, 3] {
      for b in [-5.0, -1.7, -1] {
        #expect((exact(a) * exact(b)).isInside(x * y))
        #expect((exact(a) / exact(b)).isInside(x / y))
        #expect((exact(a) - exact(b)).isInside(x - y))
      }
    }
  }

  @Test func `what has no ends is refused or everything`() {
    #expect(Interval(lower: 1, upper: 0) == nil)
    #expect(Interval(lower: .nan, upper: 0) == nil)
    #expect(Interval(-1).squareRoot() == nil)
    #expect(Interval(1) / Interval(0) == .entire)
    #expect(Interval.entire * Interval(0) == .entire)
    let overflow = Interval(1e308) + Interval(1e308)
    #expect(overflow.lower.isFinite && overflow.upper == .infinity)
  }
}

@Suite struct RationalTests {
  @Test func `doubles convert without loss`() {
    for value in IntervalTests.numbers {
      let rational = exact(value)
      #expect(rational.isInside(Interval(value)))
    }
    #expect(Rational(.nan) == nil && Rational(.infinity) == nil)
    #expect(exact(0.5) + exact(0.25) == Rational(3, 4))
    #expect(Rational(6, -4) == Rational(-3, 2))
    #expect(exact(0.1) != Rational(1, 10))
  }
}

@Suite struct RoundingErrorTests {
  /// The model promises that a sum of k products is wrong by at most γ_k of the magnitudes: held against exact sums
  /// of numbers that cancel badly.
  @Test func `gamma bounds the error of a dot product`() {
    for seed in 0..<20 {
      var networks = RandomNetworks(seed: UInt64(seed), spread: 40)
      let a = networks.weights(200)
      let b = networks.weights(200)
      let computed = zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
      let products = zip(a, b).map { exact($0) * exact($1) }
      let sum = products.reduce(.zero, +)
      let magnitude = products.reduce(.zero) { $0 + max($1, .zero - $1) }
      let error = max(exact(computed) - sum, sum - exact(computed))
      #expect(error <= exact(RoundingError.gamma(200)) * magnitude)
    }
  }
}
