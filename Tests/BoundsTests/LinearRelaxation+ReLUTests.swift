import Intervals
import Networks
import TestSupport
import Testing

@testable import Bounds

@Suite struct LinearRelaxationReLUTests {
  private func lines(on lower: Double, _ upper: Double, _ choice: LowerSlope) -> (below: Line, upper: Line) {
    let lines = LinearRelaxation(of: .relu, on: Box(lower: [lower], upper: [upper]), lowerSlope: choice)
    return (
      Line(slope: lines.lowerSlope[0], offset: lines.lowerOffset[0]),
      Line(slope: lines.upperSlope[0], offset: lines.upperOffset[0])
    )
  }

  @Test(arguments: LowerSlope.allCases) func `ReLU lies between its lines`(_ slope: LowerSlope) {
    var ranges = RandomRanges(seed: 11)
    for _ in 0..<1500 {
      let range = ranges.range()
      let (below, above) = lines(on: range.lower, range.upper, slope)
      for z in ranges.points(in: range, count: 6) {
        let value = exact(max(0, z))
        #expect(below.value(at: z) <= value, "\(range), \(z)")
        // Around the largest doubles there may be no line.
        #expect(above.offset == .infinity || above.value(at: z) >= value, "\(range), \(z)")
      }
    }
  }

  @Test func `units with a fixed sign are exact`() {
    let box = Box(lower: [-2, 0, -.infinity, 3, 0, -1], upper: [-1, 0, 0, .infinity, 5, 1])
    let lines = LinearRelaxation(of: .relu, on: box)
    #expect(lines.lowerSlope.prefix(5) == [0, 0, 0, 1, 1])
    #expect(lines.upperSlope.prefix(5) == [0, 0, 0, 1, 1])
    #expect(lines.lowerOffset.allSatisfy { $0 == 0 } && lines.upperOffset.prefix(5).allSatisfy { $0 == 0 })
    #expect(lines.upperSlope[5] == 0.5 && lines.upperOffset[5] >= 0.5)
    #expect(lines.reach == [0, 0, 0, 0, 0, 1])
  }

  @Test func `unbounded ranges have no line that is not there`() {
    let (below, above) = lines(on: -.infinity, 2, .adaptive)
    #expect(below == Line(constant: 0) && above == Line(constant: 2))
    #expect(lines(on: -3, .infinity, .one).upper == Line(constant: .infinity))
  }

  @Test func `the variants choose their slope`() {
    let slopes = LowerSlope.allCases.map { slope in
      [(-1.0, 2.0), (-2.0, 1.0)].map { lines(on: $0.0, $0.1, slope).below.slope }
    }
    #expect(slopes == [[1, 0], [0, 0], [1, 1]])
  }
}

extension Line {
  /// The line's height in exact arithmetic.
  func value(at z: Double) -> Rational { exact(slope) * exact(z) + exact(offset) }
}
