import Intervals
import Networks
import TestSupport
import Testing

@testable import Bounds

@Suite struct ParallelLinesTests {
  static let ranges: [(Double, Double)] = [
    (-1, 1), (-3, 0.5), (0.5, 3), (-3, -0.5), (-40, 40), (-1e-9, 1e-9), (2, 2), (-0.25, -0.25), (-800, -700),
    (-1e300, 1e300), (-0x1p-1030, 0x1p-1070), (30, 31), (0, 5), (-5, 0), (17.3, 17.300000000000004),
  ]

  @Test(arguments: ranges) func `the lines hold`(_ lower: Double, _ upper: Double) {
    for activation in [Activation.relu, .sigmoid, .tanh] {
      let parallel = ParallelLines(activation, on: lower, upper)
      #expect(parallel.slope >= 0 && parallel.slope <= 1 && parallel.radius >= 0)
      for step in 0...50 {
        let z = min(max(lower + (upper / 50 - lower / 50) * Double(step), lower), upper)
        let (low, high) = activation.range(on: z, z)
        let middle = exact(parallel.slope) * exact(z) + exact(parallel.centre)
        // The real value lies between `low` and `high`, which are equal for ReLU.
        #expect(exact(low) <= middle + exact(parallel.radius) && middle - exact(parallel.radius) <= exact(high))
      }
    }
  }

  /// λ = u/(u − l) and μ = −λl/2 for ReLU; the smaller derivative at the ends for the others.
  @Test func `the lines of the paper`() {
    let relu = ParallelLines(.relu, on: -1, 3)
    #expect(abs(relu.slope - 0.75) < 1e-15 && abs(relu.centre - 0.375) < 1e-15 && abs(relu.radius - 0.375) < 1e-15)
    for activation in [Activation.sigmoid, .tanh] {
      let lines = ParallelLines(activation, on: -2, 1)
      let slope = activation.derivative(-2)
      let centre = (activation(1) + activation(-2) - slope * (1 - 2)) / 2
      let radius = (activation(1) - activation(-2) - slope * 3) / 2
      #expect(abs(lines.slope - slope) < 1e-14)
      #expect(abs(lines.centre - centre) < 1e-14 && abs(lines.radius - radius) < 1e-14)
    }
  }

  @Test func `stable ReLUs are exact`() {
    let active = ParallelLines(.relu, on: 0, 3)
    #expect(active.slope == 1 && active.centre == 0 && active.radius == 0)
    let dead = ParallelLines(.relu, on: -3, 0)
    #expect(dead.slope == 0 && dead.centre == 0 && dead.radius == 0)
    #expect(ParallelLines(.relu, on: -1, 1).radius > 0)
  }
}
