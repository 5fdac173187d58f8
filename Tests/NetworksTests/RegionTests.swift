import Intervals
import Networks
import TestSupport
import Testing

@Suite struct RegionTests {
  @Test func `the inner box lies in the real ball and the outer box around it`() throws {
    var random = RandomNetworks(seed: 2)
    for _ in 0..<200 {
      let centre = (0..<5).map { _ in random.uniform(0, 1) }
      let radius = random.uniform(0, 0.4)
      let region = try Region(ballAround: centre, radius: radius, validRange: 0...1)
      for i in centre.indices {
        let low = max(exact(centre[i]) - exact(radius), .zero)
        let high = min(exact(centre[i]) + exact(radius), exact(1))
        #expect(exact(region.outer.lower[i]) <= low && low <= exact(region.inner.lower[i]))
        #expect(exact(region.inner.upper[i]) <= high && high <= exact(region.outer.upper[i]))
        #expect(region.inner.lower[i] <= centre[i] && centre[i] <= region.inner.upper[i])
        #expect(region.outer.upper[i] - region.inner.upper[i] < 1e-15)
      }
    }
  }

  @Test func `a radius of zero is the point itself`() throws {
    let region = try Region(ballAround: [0, 0.1, 1], radius: 0, validRange: 0...1)
    #expect(region.outer == region.inner)
    #expect(region.inner.lower == [0, 0.1, 1])
  }

  @Test func `impossible regions are refused`() {
    #expect(throws: RegionError.radius(-0.1)) { try Region(ballAround: [0], radius: -0.1, validRange: 0...1) }
    #expect(throws: RegionError.self) { try Region(ballAround: [0], radius: .nan, validRange: 0...1) }
    #expect(throws: RegionError.centreOutside(element: 1, value: 1.5)) {
      try Region(ballAround: [0, 1.5], radius: 0.1, validRange: 0...1)
    }
    #expect(throws: RegionError.self) { try Region(ballAround: [.nan], radius: 0.1, validRange: 0...1) }
  }

  @Test func `centres and radii cover their ranges`() {
    var random = RandomNetworks(seed: 3, spread: 60)
    let ends = (0..<200).map { _ in [random.weight(), random.weight()].sorted() }
    let box = Box(lower: ends.map { $0[0] }, upper: ends.map { $0[1] })
    let (centre, radius) = box.centreAndRadius
    for i in 0..<box.count {
      #expect(exact(centre[i]) - exact(radius[i]) <= exact(box.lower[i]))
      #expect(exact(box.upper[i]) <= exact(centre[i]) + exact(radius[i]))
    }
  }
}
