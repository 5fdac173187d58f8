import Bounds
import Networks
import Tensors
import TestSupport
import Testing

@testable import Studies

@Suite struct RegionStatisticsTests {
  private func statistics(_ network: Network, at image: [Double], radius: Double) throws -> RegionStatistics {
    var stream = RandomStream(seed: 1, purpose: "test")
    let region = try Region(ballAround: image, radius: radius, validRange: 0...1)
    return try RegionStatistics(
      of: network, at: image, label: 0, region: region, radius: radius, validRange: 0...1, using: &stream)
  }

  @Test(arguments: 0..<10) func partsAgree(seed: UInt64) throws {
    var random = RandomNetworks(seed: seed)
    let network = try random.dense([5, 9, 8, 3])
    let image = (0..<5).map { _ in random.uniform(0, 1) }
    let found = try statistics(network, at: image, radius: 0.3)
    let region = try Region(ballAround: image, radius: 0.3, validRange: 0...1)
    let bounds = RegionBounds(of: network, over: region.outer)
    #expect(found.status == ReLUStatus(in: bounds))
    #expect(found.statusAtImage.unstable == 0 && found.statusAtImage.units == 17)
    #expect(found.statusAtImage.dead >= found.status.dead && found.statusAtImage.active >= found.status.active)
    #expect(found.signChanges <= found.status.unstable)
    let tightness = PropagationTightness.ofMargins(of: network, at: image, over: region.outer, label: 0)
    #expect(abs(found.tightness - tightness.reduce(0, +) / 2) < 1e-12)

    let shares = [RegionStatistic.dead, .active, .unstable].compactMap { $0.value(in: found) }
    #expect(shares.count == 3 && abs(shares.reduce(0, +) - 100) < 1e-9)
    #expect(RegionStatistic.unstable.value(in: found) == 100 * Double(found.status.unstable) / 17)
  }

  @Test func aRadiusOfZeroIsTheLimit() throws {
    // The unit is zero at the image and unstable however small the radius is.
    var builder = NetworkBuilder(inputShape: Shape(vector: 1))
    func layer(_ rows: Int, _ weights: [Double], _ bias: [Double]) -> LinearLayer {
      LinearLayer(map: .dense(DenseMap(rows: rows, columns: 1, weights: weights)), bias: bias)
    }
    var last = try builder.linear(layer(1, [1], [-0.5]), of: builder.input, shape: Shape(vector: 1), name: "a")
    last = builder.activation(.relu, of: last, name: "relu")
    last = try builder.linear(layer(2, [1, -1], [0, 1]), of: last, shape: Shape(vector: 2), name: "b")
    let found = try statistics(builder.network(output: last), at: [0.5], radius: 0)
    #expect(found.status == ReLUStatus(unstable: 1))
    #expect(found.tightness == 1 && found.margins.meanHalfWidth < 1e-12 && found.margins.naturalMargin == 1)
  }

  @Test func aNetworkWithoutReLUsHasNoShares() throws {
    var builder = NetworkBuilder(inputShape: Shape(vector: 2))
    let out = builder.activation(.sigmoid, of: builder.input, name: "sigmoid")
    let found = try statistics(builder.network(output: out), at: [0.3, 0.6], radius: 0.1)
    #expect(RegionStatistic.unstable.value(in: found) == nil && RegionStatistic.signChanges.value(in: found) == nil)
    #expect(RegionStatistic.tightness.value(in: found) == 1)
  }
}
