import Bounds
import Intervals
import Networks
import RegionNetworks
import TestSupport
import Testing

@testable import MathematicalPrograms

@Suite struct IdealCutsTests {
  /// Whatever point a cut was made at, no point of the region violates it in exact arithmetic.
  @Test(arguments: 0..<100) func `cuts from any point hold on the region`(_ seed: Int) throws {
    var random = RandomNetworks(seed: UInt64(6000 + seed))
    let question = try RelaxedQuestion(number: seed, &random)
    let region = question.region
    let hulls = IdealCuts(region)
    let cuts = (0..<20).flatMap { _ in
      let (input, outputs) = question.nonsense(&random)
      return hulls.violated(input: input, outputs: outputs, units: Array(region.units.indices))
    }
    for _ in 0..<8 {
      let point = ExactPoint(random.point(in: region.input), in: question.network)
      for cut in cuts {
        #expect(
          point.output(region.units[cut.unit]) <= point.value(cut.limit, on: region) + exact(cut.limit.error),
          "a cut of unit \(cut.unit)")
      }
    }
  }

  /// A cut that is asked for at a point that violates the hull does cut it off; none is made at points of the network.
  @Test(arguments: 0..<40) func `cuts cut off what they are made for`(_ seed: Int) throws {
    var random = RandomNetworks(seed: UInt64(7000 + seed))
    let network = try random.dense([3, 8, 8, 3])
    let bounds = RegionBounds(of: network, over: random.box(3, radius: 0.8))
    let region = try #require(RegionNetwork(bounds, objectives: .margins(of: [1], label: 0, outputs: 3)))
    let hulls = IdealCuts(region)
    let units = Array(region.units.indices)
    let point = random.point(in: region.input)
    #expect(hulls.violated(input: point, outputs: region.outputs(at: point), units: units).isEmpty)
    let raised = region.units.map(\.upper)
    let found = hulls.violated(input: point, outputs: raised, units: units)
    for cut in found {
      #expect(raised[cut.unit] > cut.limit.value(input: point, outputs: raised) + cut.limit.error)
    }
  }
}
