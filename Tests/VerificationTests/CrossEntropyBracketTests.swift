import Foundation
import Intervals
import Networks
import TestSupport
import Testing

@testable import Verification

@Suite struct CrossEntropyBracketTests {
  @Test(arguments: 0..<12) func `no sampled loss lies above the upper end, and the lower end is attained`(
    _ seed: Int
  ) throws {
    var random = RandomNetworks(seed: UInt64(0xCE + seed))
    let network = try random.dense([2, 6, 6, 3])
    let region = try Region(
      ballAround: [random.uniform(0.2, 0.8), random.uniform(0.2, 0.8)], radius: 0.2, validRange: 0...1)
    func loss(_ input: [Double]) -> Double {
      let outputs = network.outputs(input)
      return log(outputs.reduce(0) { $0 + exp($1 - outputs[0]) })
    }
    let bracket = try CrossEntropyBracket(of: network, over: region, label: 0, sample: seed, settings: .init())
    #expect(bracket.margins.openCount == 0 && bracket.lower <= bracket.upper)
    #expect(region.inner.contains(bracket.input))
    #expect(abs(loss(bracket.input) - bracket.lower) < 1e-12)
    var best = -Double.infinity
    for x in 0...40 {
      for y in 0...40 {
        let point = zip(region.inner.lower, region.inner.upper).enumerated().map { index, ends in
          ends.0 + (ends.1 - ends.0) * Double(index == 0 ? x : y) / 40
        }
        best = max(best, loss(region.inner.clamp(point)))
      }
    }
    #expect(best <= bracket.upper + 1e-12)
    #expect(best <= bracket.lower + 0.05)
  }

  /// With two classes there is one margin, and the bracket closes with it.
  @Test func `the loss of two classes is exact`() throws {
    var random = RandomNetworks(seed: 2)
    for _ in 0..<5 {
      let network = try random.dense([4, 10, 10, 2])
      let region = try Region(ballAround: [0.4, 0.5, 0.6, 0.5], radius: 0.2, validRange: 0...1)
      let bracket = try CrossEntropyBracket(of: network, over: region, label: 1, settings: .init())
      #expect(bracket.upper - bracket.lower <= 2e-6)
    }
  }

  /// Margins and their loss, computed with 40 decimal digits.
  private static let references: [([Double], Double)] = [
    ([0], 0.69314718055994530942), ([1, 2], 2.4076059644443803045), ([-40], 4.2483542552915889863e-18),
    ([800, 1], 800), ([-800], 0), ([-3, -4, -5], 0.072172421993317450902),
  ]

  @Test(arguments: references)
  func `the computed loss encloses the real one, a few units of rounding wide`(
    _ margins: [Double], _ value: Double
  ) {
    let loss = CrossEntropyBracket.loss(ofMargins: margins.map { Interval($0) })
    #expect(loss.lower <= value && value <= loss.upper)
    #expect(loss.width <= 1e-13 * value + .leastNonzeroMagnitude * 8)
  }

  @Test func `infinite margins give an infinite upper end, and no false lower one`() {
    let loss = CrossEntropyBracket.loss(ofMargins: [.entire, Interval(0)])
    #expect(loss.upper == .infinity && loss.lower <= log(2.0) && loss.lower > 0.69)
  }
}
