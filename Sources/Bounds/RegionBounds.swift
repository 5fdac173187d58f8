import Intervals
import Networks

/// Boxes for all nodes of a network over one input region, and what rounding may add to a backward pass there.
///
/// - Invariant: each box contains its node's real value at every point of the region.
public struct RegionBounds: Sendable {
  /// The network.
  public let network: Network
  /// The box that contains each node's value, by node index.
  public private(set) var boxes: [Box]
  /// For each linear node, by how much one unit of coefficient on each of its outputs can be wrong after it has
  /// been pulled through the layer; empty for other nodes.
  let errorReach: [[Double]]
  /// For each linear node, what all underflows of pulled-back coefficients together can change; 0 for others.
  let underflowReach: [Double]
  /// Whether backward passes count what rounding may have added. They always do, but in a test that asks whether its
  /// judge would notice if they did not.
  package let accountsForRounding: Bool

  /// The boxes of interval propagation (IBP).
  ///
  /// - Parameter input: the box of inputs.
  /// - Complexity: three products with each linear map.
  public init(of network: Network, over input: Box) {
    self.init(of: network, over: input, accountsForRounding: true)
  }

  /// The same, with backward passes whose results hold only if nothing was rounded: for tests and measurements.
  package init(of network: Network, over input: Box, accountsForRounding: Bool) {
    self.network = network
    self.accountsForRounding = accountsForRounding
    boxes = network.intervals(over: input)
    var reach: [[Double]] = []
    var underflow: [Double] = []
    for node in network.nodes {
      if accountsForRounding, case .linear(let layer, let source) = node.operation {
        reach.append(layer.errorReach(over: boxes[source.index]))
        underflow.append(RoundingError.underflow * (1 + boxes[source.index].magnitudes.reduce(0, +)))
      } else {
        reach.append([])
        underflow.append(0)
      }
    }
    errorReach = reach
    underflowReach = underflow
  }

  /// The input box.
  public var input: Box { boxes[0] }

  /// The box of an activation node's pre-activations.
  ///
  /// - Precondition: the node is an activation.
  public func preActivations(of node: Node) -> Box {
    guard case .activation(_, let source) = node.operation else {
      preconditionFailure("Node \(node.id.index) (\(node.name)) is not an activation")
    }
    return boxes[source.index]
  }

  /// The units of a ReLU node whose pre-activation has no fixed sign: `lower < 0 < upper`; none of other activations.
  public func unstableUnits(of node: Node) -> [Int] {
    guard case .activation(.relu, _) = node.operation else { return [] }
    let box = preActivations(of: node)
    return (0..<box.count).filter { box.lower[$0] < 0 && box.upper[$0] > 0 }
  }

  /// The number of ReLUs without a fixed sign, over all activation nodes.
  public var unstableCount: Int {
    network.activationNodes.reduce(0) { $0 + unstableUnits(of: $1).count }
  }

  /// Replaces a node's box by its intersection with another that also holds, and propagates the gain to the
  /// nodes after it.
  ///
  /// - Parameters:
  ///   - node: any node but the input.
  ///   - box: a box that contains the node's real value at every point of the region.
  public mutating func tighten(_ node: NodeID, with box: Box) {
    boxes[node.index] = boxes[node.index].intersection(box)
    for later in network.nodes[(node.index + 1)...] { tightenAlone(later.id, with: nil) }
  }

  /// Intersects one node's box with what the boxes of its sources imply, and with another that also holds, if any; the
  /// nodes after it keep theirs.
  mutating func tightenAlone(_ node: NodeID, with box: Box?) {
    let propagated = network.interval(of: network[node], from: boxes, input: boxes[0])
    let known = boxes[node.index].intersection(propagated)
    boxes[node.index] = box.map(known.intersection) ?? known
  }
}

extension LinearLayer {
  /// For each output element, an upper bound of what pulling one unit of coefficient on it through this layer can
  /// get wrong in the value of a row, over the given box of sources.
  ///
  /// The pulled-back coefficients `fl(A·W)` differ from `A·W` by at most γ|A||W|, and from the file's `A·W` by the
  /// coefficient error on top; on the box that changes the row's value by at most (γ + e)|A|·(|W||x|). The constant
  /// `fl(A·b)` is wrong by at most γ|A||b|.
  func errorReach(over box: Box) -> [Double] {
    let pulled = (RoundingError.gamma(map.longestSum + 16) + 2 * coefficientError).nextUp
    let constant = RoundingError.gamma(bias.count + 16)
    let magnitudes = map.apply(box.magnitudes, batch: 1, .magnitudes)
    return magnitudes.indices.map { i in
      let reach =
        (pulled * magnitudes[i] + constant * bias[i].magnitude) * (1 + RoundingError.gamma(map.longestSum + 16))
        + (biasError.isEmpty ? 0 : biasError[i]) + RoundingError.underflow
      return (reach * (1 + 8 * RoundingError.unit)).nextUp
    }
  }
}
