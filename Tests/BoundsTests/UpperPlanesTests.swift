import Networks
import TestSupport
import Testing

@testable import Bounds

@Suite struct UpperPlanesTests {
  @Test(arguments: 0..<80) func `planes lie above the rows, and clipping keeps what reaches`(_ number: Int) throws {
    var random = RandomNetworks(seed: 900 &+ UInt64(number))
    let network = number.isMultiple(of: 2) ? try random.dense([3, 6, 6, 2]) : try random.convolutional(outputs: 2)
    let box = random.box(network.inputCount, radius: 0.6)
    var bounds = RegionBounds(of: network, over: box)
    if number.isMultiple(of: 3) { bounds.refine() }
    let planes = bounds.upperPlanes(of: .elements([0, 1], width: 2))
    // A level that part of the box reaches.
    let level = network.outputs(box.centre)[1]
    let clipped = planes.clip(box, whereAllOf: [0, 1], reach: level)
    for _ in 0..<200 {
      let point = (0..<box.count).map { random.uniform(box.lower[$0], box.upper[$0]) }
      let outputs = network.enclosure(at: point)
      for row in 0..<2 {
        let plane = (0..<box.count).reduce(planes.constants[row]) {
          $0 + planes.coefficients[row * box.count + $1] * point[$1]
        }
        #expect(outputs.lower[row] <= plane + 1e-9 * (1 + plane.magnitude))
        #expect(outputs.lower[row] <= planes.bounds[row])
      }
      if outputs.lower[0] >= level, outputs.lower[1] >= level {
        let holds = clipped?.contains(point) ?? false
        #expect(holds)
      }
    }
  }

  @Test func `a box that no plane reaches is empty`() {
    let planes = UpperPlanes(count: 1, width: 2, coefficients: [1, -2], constants: [0.5], bounds: [3.5])
    let box = Box(lower: [0, 0], upper: [1, 1])
    #expect(planes.clip(box, whereAllOf: [0], reach: 1.6) == nil)
    // x − 2y + 0.5 ≥ 1 leaves x ≥ 0.5 and y ≤ 0.25.
    let clipped = planes.clip(box, whereAllOf: [0], reach: 1)
    #expect(clipped.map { abs($0.lower[0] - 0.5) < 1e-12 && $0.lower[0] <= 0.5 } == true)
    #expect(clipped.map { abs($0.upper[1] - 0.25) < 1e-12 && $0.upper[1] >= 0.25 } == true)
  }
}
