import Intervals
import Networks
import TestSupport
import Testing

@Suite struct RobustnessPropertyTests {
  @Test func `the ball has the exact ends, clipped to the valid range`() throws {
    let centre = [0.3, 0.05, 1, 0.5]
    let property = try Property.robustness(
      ballAround: centre, radius: 0.1, validRange: 0...1, label: 2, outputCount: 3)
    #expect(property.inputCount == 4 && property.outputCount == 3 && property.groups.count == 1)
    let inputs = property.groups[0].inputs
    for i in centre.indices {
      #expect(inputs.lower[i].value == max(.zero, exact(centre[i]) - exact(0.1)))
      #expect(inputs.upper[i].value == min(Rational(1), exact(centre[i]) + exact(0.1)))
    }
    // The samples that other parts of the tool take from this ball lie in it.
    let region = try Region(ballAround: centre, radius: 0.1, validRange: 0...1)
    #expect(inputs.truth(region.inner) == .certainlyTrue)
    for i in centre.indices {
      #expect(region.outer.lower[i] <= inputs.region.outer.lower[i])
      #expect(region.outer.upper[i] >= inputs.region.outer.upper[i])
    }
  }

  @Test func `another output that is as large is unsafe, and nothing else`() throws {
    let property = try Property.robustness(ballAround: [0.5], radius: 0.25, validRange: 0...1, label: 1, outputCount: 3)
    func isUnsafe(_ input: Double, _ outputs: [Double]) -> Bool {
      property.contains(inputs: [exact(input)], outputs: outputs.map(exact))
    }
    #expect(!isUnsafe(0.5, [0, 1, 0.9]))
    #expect(isUnsafe(0.5, [1, 1, 0]))
    #expect(isUnsafe(0.75, [0, 1, 1.5]))
    #expect(!isUnsafe(0.8, [0, 1, 1.5]))
  }

  @Test func `a ball that makes no sense is refused`() {
    func property(_ centre: Double, _ radius: Double) throws {
      _ = try Property.robustness(ballAround: [centre], radius: radius, validRange: 0...1, label: 0, outputCount: 2)
    }
    #expect(throws: RegionError.radius(-0.1)) { try property(0.5, -0.1) }
    #expect(throws: RegionError.radius(.infinity)) { try property(0.5, .infinity) }
    #expect(throws: RegionError.centreOutside(element: 0, value: 1.5)) { try property(1.5, 0.1) }
    #expect(throws: RegionError.self) { try property(.nan, 0.1) }
    #expect(throws: RegionError.self) { try property(0.5, .nan) }
  }
}
