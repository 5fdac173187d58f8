import Foundation
import Networks
import Testing

@testable import Bounds

@Suite struct SShapedLinesTests {
  static let functions: [Activation] = [.sigmoid, .tanh]

  #if arch(x86_64)
    @Test(arguments: functions) func `the function lies between its lines`(_ function: Activation) {
      var ranges = RandomRanges(seed: 21)
      for _ in 0..<6000 {
        let range = ranges.range()
        let (below, above) = function.sShapedLines(on: range.lower, range.upper)
        for z in ranges.points(in: range, count: 10) {
          let value = function.wide(z)
          #expect(below.wide(z) <= value, "\(range), \(z)")
          #expect(above.wide(z) >= value, "\(range), \(z)")
        }
      }
    }

    /// The point where a line comes closest is between the samples: look for it near where it touches.
    @Test(arguments: functions) func `lines hold where they touch`(_ function: Activation) {
      var ranges = RandomRanges(seed: 22)
      for _ in 0..<400 {
        let range = ranges.range()
        let (below, above) = function.sShapedLines(on: range.lower, range.upper)
        for (line, sign) in [(below, -1.0), (above, 1.0)] as [(Line, Double)] {
          // Ternary search for the smallest distance; it has one minimum on either side of 0.
          for part in [(range.lower, min(range.upper, 0)), (max(range.lower, 0), range.upper)] where part.0 <= part.1 {
            var (a, b) = (max(part.0, -800), min(part.1, 800))
            for _ in 0..<200 {
              let (c, d) = (a + (b - a) / 3, b - (b - a) / 3)
              let distance = [c, d].map { Float80(sign) * (line.wide($0) - function.wide($0)) }
              #expect(distance.allSatisfy { $0 >= 0 } || a > b, "\(range), \(c), \(d)")
              if distance[0] < distance[1] { b = d } else { a = c }
            }
          }
        }
      }
    }
  #endif

  @Test(arguments: functions) func `lines are no higher in the middle than constants`(_ function: Activation) {
    var ranges = RandomRanges(seed: 23)
    for _ in 0..<4000 {
      let (l, u) = ranges.range()
      let (below, above) = function.sShapedLines(on: l, u)
      let middle = l / 2 + u / 2
      #expect(above.slope * middle + above.offset <= function(u) + 1e-13, "\(l) \(u)")
      #expect(below.slope * middle + below.offset >= function(l) - 1e-13, "\(l) \(u)")
    }
  }

  @Test(arguments: functions) func `on narrow ranges lines are the function`(_ function: Activation) {
    var ranges = RandomRanges(seed: 24)
    var narrow = 0
    for _ in 0..<6000 {
      let (l, u) = ranges.range()
      guard u - l < 0.1 else { continue }
      narrow += 1
      let (below, above) = function.sShapedLines(on: l, u)
      for z in [l, l / 2 + u / 2, u] {
        // The largest second derivative is below 0.8, and lines differ by an eighth or a half of it.
        let allowed = 0.8 * (u - l) * (u - l) + 1e-14
        #expect(abs(above.slope * z + above.offset - function(z)) <= allowed, "\(l) \(u)")
        #expect(abs(below.slope * z + below.offset - function(z)) <= allowed, "\(l) \(u)")
      }
    }
    #expect(narrow > 1000)
  }

  /// Known tangents: through (−1, tanh −1) the line touches tanh near 0.51; where the range ends earlier, it is the chord.
  @Test func `lines touch where they should`() {
    let (_, chord) = Activation.tanh.sShapedLines(on: -1, 0.25)
    #expect(abs(chord.slope - (tanh(0.25) + tanh(1)) / 1.25) < 1e-14)
    #expect(abs(-chord.slope + chord.offset + tanh(1)) < 1e-14)
    let (_, tangent) = Activation.tanh.sShapedLines(on: -1, 0.6)
    #expect(abs(-tangent.slope + tangent.offset + tanh(1)) < 1e-12)
    // Beyond the middle, the tangent there has the smaller area.
    let (_, wide) = Activation.tanh.sShapedLines(on: -1, 5)
    #expect(abs(wide.slope - Activation.tanh.derivative(2)) < 1e-14)
  }

  @Test(arguments: functions) func `unbounded ranges have constant lines`(_ function: Activation) {
    let whole = function.sShapedLines(on: -.infinity, .infinity)
    #expect(whole == (Line(constant: function == .tanh ? -1 : 0), Line(constant: 1)))
    let half = function.sShapedLines(on: 0.5, .infinity)
    #expect(half.lower.slope == 0 && half.lower.offset <= function(0.5) && half.upper == Line(constant: 1))
  }
}

#if arch(x86_64)
  extension Activation {
    /// The value in extended precision.
    func wide(_ z: Float80) -> Float80 {
      switch self {
      case .relu: max(0, z)
      case .sigmoid: z >= 0 ? 1 / (1 + Foundation.exp(-z)) : Foundation.exp(z) / (1 + Foundation.exp(z))
      case .tanh: Foundation.tanh(z)
      }
    }
    /// The value in extended precision.
    func wide(_ z: Double) -> Float80 { wide(Float80(z)) }
  }

  extension Line {
    /// The height in extended precision.
    func wide(_ z: Double) -> Float80 { Float80(offset).addingProduct(Float80(slope), Float80(z)) }
  }
#endif
