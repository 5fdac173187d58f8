import Bounds
import Networks
import TestSupport
import Testing

@testable import Studies

/// Which precision a survey takes.
@Suite struct PrecisionTests {
  private func network(hidden: Int) throws -> Network {
    var random = RandomNetworks(seed: 3)
    return try random.dense([1500, hidden, 3])
  }

  private func measure(_ network: Network, radius: Double, _ policy: PrecisionPolicy) -> MethodMeasurement {
    var random = RandomNetworks(seed: 4)
    return MethodMeasurement(
      .crownIBP, of: network, over: random.box(network.inputCount, radius: radius), label: 0,
      settings: MethodSettings(precision: policy))
  }

  @Test func smallNetworksAreBoundedInDoublePrecision() throws {
    let network = try network(hidden: 4)
    #expect(PrecisionPolicy.automatic.first(for: network) == .double)
    #expect(measure(network, radius: 0.1, .automatic).margins == measure(network, radius: 0.1, .double).margins)
    #expect(measure(network, radius: 0.1, .single).precision == .single)
  }

  @Test func largeNetworksAreBoundedInSinglePrecisionWhereThatCertifies() throws {
    let network = try network(hidden: 2700)
    #expect(PrecisionPolicy.automatic.first(for: network) == .single)
    // Margins on so small a box have the signs that they have in its middle, one way or the other.
    for radius in [1e-9, 0.5] {
      let (double, single) = (measure(network, radius: radius, .double), measure(network, radius: radius, .single))
      let automatic = measure(network, radius: radius, .automatic)
      #expect(automatic.isCertified == double.isCertified || automatic.isCertified)
      #expect(automatic.precision == (single.isCertified ? .single : .double))
      for (label, bound) in automatic.margins {
        #expect(bound == min(single.margins[label] ?? 0, single.isCertified ? .infinity : double.margins[label] ?? 0))
        #expect(single.margins[label] != double.margins[label])
      }
    }
  }

  @Test func methodsWithoutSinglePrecisionSaySo() throws {
    let network = try network(hidden: 4)
    let found = MethodMeasurement(
      .zonotope, of: network,
      over: Box(lower: [Double](repeating: 0, count: 1500), upper: [Double](repeating: 0, count: 1500)),
      label: 0, settings: MethodSettings(precision: .single))
    #expect(found.precision == .double)
  }
}
