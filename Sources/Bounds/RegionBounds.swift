import Intervals
import Networks

/// Boxes for all nodes of a network over one input region.
///
/// - Invariant: each box contains its node's real value at every point of the region.
public struct RegionBounds: Sendable {
  /// The network.
  public let network: Network
  /// The box that contains each node's value, by node index.
  public private(set) var boxes: [Box]
  /// In what precision products are computed.
  public let precision: Precision
  /// Whether backward passes count what rounding may have added. They always do, but in a test that asks whether its
  /// judge would notice if they did not.
  package let accountsForRounding: Bool
  /// What backward passes over these boxes found out about rounding.
  private(set) var knownReaches = KnownReaches()

  /// The boxes of interval propagation (IBP).
  ///
  /// - Parameters:
  ///   - input: the box of inputs.
  ///   - precision: in what products are computed, here and in all that is done with these bounds.
  /// - Complexity: two products with each linear map.
  public init(of network: Network, over input: Box, precision: Precision = .double) {
    self.init(of: network, over: input, precision: precision, accountsForRounding: true)
  }

  /// The same, with backward passes whose results hold only if nothing was rounded: for tests and measurements.
  package init(
    of network: Network, over input: Box, precision: Precision = .double, accountsForRounding: Bool
  ) {
    self =
      Self.batch(
        of: network, over: [input], precision: precision, accountsForRounding: accountsForRounding)[0]
  }

  /// The boxes of interval propagation over several input boxes, each product computed for all of them together: what
  /// matters where the weights do not fit into caches.
  public static func batch(of network: Network, over inputs: [Box], precision: Precision = .double) -> [RegionBounds] {
    batch(of: network, over: inputs, precision: precision, accountsForRounding: true)
  }

  package static func batch(
    of network: Network, over inputs: [Box], precision: Precision, accountsForRounding: Bool
  ) -> [RegionBounds] {
    let boxes =
      switch precision {
      case .single: network.intervals(over: inputs, in: Float.self)
      case .double: network.intervals(over: inputs, in: Double.self)
      }
    return boxes.map {
      RegionBounds(network: network, boxes: $0, precision: precision, accountsForRounding: accountsForRounding)
    }
  }

  private init(network: Network, boxes: [Box], precision: Precision, accountsForRounding: Bool) {
    self.network = network
    self.boxes = boxes
    self.precision = precision
    self.accountsForRounding = accountsForRounding
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

  /// The boxes over a part of the region: those of interval propagation from there, within what is known already.
  ///
  /// - Precondition: the part lies within the region.
  public func narrowed(to part: Box) -> RegionBounds {
    var narrowed = self
    narrowed.boxes[0] = boxes[0].intersection(part)
    for node in network.nodes.dropFirst() { narrowed.tightenAlone(node.id, with: nil) }
    return narrowed
  }

  /// The boxes of another network that begins with the same nodes, those of the nodes behind them by interval propagation.
  ///
  /// - Precondition: the first `common` nodes are the same, and there are others.
  package func carried(to other: Network, common: Int) -> RegionBounds {
    var carried = RegionBounds(
      network: other, boxes: Array(boxes[..<common]), precision: precision, accountsForRounding: accountsForRounding)
    for node in other.nodes[common...] {
      carried.boxes.append(
        Box(
          lower: [Double](repeating: -.infinity, count: node.shape.count),
          upper: [Double](repeating: .infinity, count: node.shape.count)))
      carried.tightenAlone(node.id, with: nil)
    }
    return carried
  }

  /// Replaces a node's box by its intersection with another that also holds, and propagates the gain to the
  /// nodes after it.
  ///
  /// - Parameters:
  ///   - node: any node but the input.
  ///   - box: a box that contains the node's real value at every point of the region.
  public mutating func tighten(_ node: NodeID, with box: Box) {
    boxes[node.index] = boxes[node.index].intersection(box)
    knownReaches = KnownReaches()
    for later in network.nodes[(node.index + 1)...] { tightenAlone(later.id, with: nil) }
  }

  /// Takes over what is known of the first nodes, and propagates the gain to the nodes after them: one pass, where
  /// ``tighten(_:with:)`` for each node would take as many as there are nodes.
  ///
  /// - Parameter known: boxes of the first nodes, the input's foremost, each of which contains its node's real value at
  ///   every point of the region.
  public mutating func tighten(firstNodes known: [Box]) {
    for (index, node) in network.nodes.enumerated().dropFirst() {
      tightenAlone(node.id, with: index < known.count ? known[index] : nil)
    }
  }

  /// Intersects one node's box with what the boxes of its sources imply, and with another that also holds, if any; the
  /// nodes after it keep theirs.
  mutating func tightenAlone(_ node: NodeID, with box: Box?) {
    let propagated =
      switch precision {
      case .single: network.interval(of: network[node], from: boxes, input: boxes[0], in: Float.self)
      case .double: network.interval(of: network[node], from: boxes, input: boxes[0], in: Double.self)
      }
    let known = boxes[node.index].intersection(propagated)
    boxes[node.index] = box.map(known.intersection) ?? known
    // Copies that were not tightened keep theirs, which may not hold what is computed for these boxes from now on.
    knownReaches = KnownReaches()
  }
}
