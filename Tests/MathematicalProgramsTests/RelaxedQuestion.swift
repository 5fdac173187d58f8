import Bounds
import Networks
import RegionNetworks
import TestSupport
import Testing

/// A network folded on a region, for what is said about relaxations of it.
struct RelaxedQuestion {
  let network: Network
  let region: RegionNetwork

  /// A network of one kind.
  init(_ kind: RandomNetworks.Planar, _ random: inout RandomNetworks) throws {
    let (network, box) = try random.planar(kind)
    try self.init(network, RegionBounds(of: network, over: box))
  }

  private init(_ network: Network, _ bounds: RegionBounds) throws {
    self.network = network
    region = try #require(RegionNetwork(bounds, objectives: .margins(of: [1], label: 0, outputs: 3)))
  }

  /// The n-th network that all pieces of can be counted, a larger dense one or a convolutional one.
  init(number: Int, _ random: inout RandomNetworks) throws {
    let kinds = RandomNetworks.Planar.allCases
    let network: Network
    let box: Box
    switch number % (kinds.count + 2) {
    case kinds.count:
      random.spread = number.isMultiple(of: 4) ? 20 : 0
      network = try random.dense([4, 10, 10, 3])
      box = random.box(4, radius: 0.8)
    case kinds.count + 1:
      network = try random.convolutional()
      box = random.box(network.inputCount, radius: 0.4)
    case let kind: (network, box) = try random.planar(kinds[kind])
    }
    var bounds = RegionBounds(of: network, over: box)
    if number.isMultiple(of: 2) { bounds.refine() }
    try self.init(network, bounds)
  }

  /// An input and outputs of units that need not belong to each other, some of them far from anything that can be.
  func nonsense(_ random: inout RandomNetworks) -> (input: [Double], outputs: [Double]) {
    let kind = random.index(0...3)
    var input = random.point(in: region.input)
    var outputs = region.units.map { kind == 0 ? $0.upper : random.uniform(0, $0.upper) }
    if kind == 1 { outputs = outputs.map { 1e3 * $0 * random.uniform(-1, 2) } }
    if kind == 2 {
      let wrong: [Double] = [.infinity, -.infinity, .nan, 1e300, -1e300, 0]
      input = input.map { random.index(0...2) == 0 ? wrong[random.index(0...5)] : $0 }
      outputs = outputs.map { random.index(0...2) == 0 ? wrong[random.index(0...5)] : $0 }
    }
    return (input, outputs)
  }
}
