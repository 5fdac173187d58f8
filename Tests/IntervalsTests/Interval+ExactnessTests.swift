import Intervals
import Testing

@Suite("Exact arithmetic on intervals")
struct IntervalExactnessTests {
  @Test("Exact results stay points")
  func points() {
    let three = Interval(3)
    #expect(three.sum(Interval(0.5)).point == 3.5)
    #expect(three.difference(Interval(0.5)).point == 2.5)
    #expect(three.product(Interval(-0.5)).point == -1.5)
    #expect(three.quotient(Interval(4)).point == 0.75)
    #expect(Interval(9).exactSquareRoot()?.point == 3)
    #expect(Interval(0.1).product(Interval(1)).point == 0.1)
    #expect(Interval(centre: 0.1, radius: 0).point == 0.1)
  }

  @Test("Rounded results are enclosed")
  func enclosures() {
    let values: [Double] = [0.1, -0.3, 1 / 3, 7e15 + 1, 5e-324, 1e-200, -1e300, 2]
    for a in values {
      for b in values {
        guard let x = Rational(a), let y = Rational(b) else { continue }
        #expect((x + y).isInside(Interval(a).sum(Interval(b))))
        #expect((x - y).isInside(Interval(a).difference(Interval(b))))
        #expect((x * y).isInside(Interval(a).product(Interval(b))))
        #expect((x / y).isInside(Interval(a).quotient(Interval(b))))
      }
      if a > 0, let x = Rational(a), let root = Interval(a).exactSquareRoot(), let low = Rational(root.lower),
        let high = Rational(root.upper)
      {
        #expect(low * low <= x && x <= high * high)
      }
    }
  }

  @Test("Centre and radius cover the interval")
  func centres() throws {
    let interval = try #require(Interval(lower: 0.1, upper: 0.3))
    let (centre, radius) = interval.centreAndRadius
    #expect(centre - radius <= 0.1 && centre + radius >= 0.3)
    #expect(Interval.entire.centreAndRadius.radius == .infinity)
    #expect(Interval(0.1).centreAndRadius == (0.1, 0))
  }
}
