import Intervals
import Networks
import TestSupport
import Testing

@Suite struct InputBoundsTests {
  private func bounds(_ pairs: [(String, String)]) throws -> InputBounds {
    InputBounds(
      lower: try pairs.map { try ExactNumber(decimal: $0.0) }, upper: try pairs.map { try ExactNumber(decimal: $0.1) })
  }

  @Test func `the outer box contains the exact one and the inner box lies in it, a rounding apart`() throws {
    let bounds = try bounds([("-0.1", "0.3"), ("0.5", "0.75"), ("0.1", "0.7")])
    #expect(bounds.roundedElements.isEmpty)
    for i in 0..<3 {
      #expect(exact(bounds.region.outer.lower[i]) <= bounds.lower[i].value)
      #expect(bounds.lower[i].value <= exact(bounds.region.inner.lower[i]))
      #expect(exact(bounds.region.inner.upper[i]) <= bounds.upper[i].value)
      #expect(bounds.upper[i].value <= exact(bounds.region.outer.upper[i]))
      #expect(bounds.region.inner.lower[i] <= bounds.region.outer.lower[i].nextUp)
      #expect(bounds.region.inner.upper[i] >= bounds.region.outer.upper[i].nextDown)
    }
    #expect(bounds.region.inner[1] == bounds.region.outer[1])
  }

  @Test func `an input fixed to a decimal has a nearest double, and says so`() throws {
    let bounds = try bounds([("0.1", "0.1"), ("0.5", "0.5"), ("0.3", "0.30000000000000000001"), ("0", "1")])
    #expect(bounds.roundedElements == [0, 2])
    #expect(bounds.region.inner[0] == Interval(0.1))
    #expect(bounds.region.inner[1] == Interval(0.5))
    #expect(bounds.region.inner[2] == Interval(0.3))
    #expect(bounds.region.outer[0] == Interval(lower: (0.1).nextDown, upper: 0.1))
    let box = try #require(bounds.witnessBox(around: [0.1, 0.5, 0.3, 0.2]))
    #expect(box[0] == bounds.region.outer[0])
    #expect(box[1] == Interval(0.5))
    #expect(box[3] == Interval(0.2))
    #expect(bounds.lower[0].value.isInside(box[0]))
    #expect(bounds.witnessBox(around: [(0.1).nextDown, 0.5, 0.3, 0.2]) == nil)
    #expect(bounds.witnessBox(around: [0.1, 0.5, 0.3, 1.1]) == nil)
  }

  @Test func `membership is decided without rounding`() throws {
    let bounds = try bounds([("0.1", "0.7")])
    func truth(_ lower: Double, _ upper: Double) -> Truth { bounds.truth(Box(lower: [lower], upper: [upper])) }
    // The double 0.1 lies above the decimal, the double 0.7 below it.
    #expect(truth(0.1, 0.7) == .certainlyTrue)
    #expect(truth((0.1).nextDown, 0.7) == .undecided)
    #expect(truth(0.1, (0.7).nextUp) == .undecided)
    #expect(truth(0, (0.1).nextDown) == .certainlyFalse)
    #expect(truth((0.7).nextUp, 1) == .certainlyFalse)
    #expect(bounds.contains([Rational(1, 10)]) && bounds.contains([Rational(7, 10)]))
    #expect(!bounds.contains([exact(0.1.nextDown)]))
    let point = try self.bounds([("0.5", "0.5")])
    #expect(point.truth(Box(lower: [0.5], upper: [0.5])) == .certainlyTrue)
    #expect(point.truth(Box(lower: [(0.5).nextUp], upper: [0.6])) == .certainlyFalse)
  }
}
