import Bounds
import Networks

/// Floating-point operations of the matrix products of a method: two for each multiply-add. What is done element by
/// element (relaxations, error terms, concretisation) is left out: it is a small share and counts as overhead.
struct OperationCount {
  let network: Network

  /// One product with a linear map and one vector: two for each coefficient and position it applies to.
  private func product(_ node: Node) -> Double {
    guard case .linear(let layer, _) = node.operation else { return 0 }
    return 2 * Double(layer.map.multiplyAdds)
  }

  /// One row over a node's value pulled back to the input, or only to the last activations before it.
  private func backwards(from node: NodeID, toActivations: Bool = false) -> Double {
    var isReached = [Bool](repeating: false, count: node.index + 1)
    isReached[node.index] = true
    var total = 0.0
    for node in network.nodes[...node.index].reversed() where isReached[node.id.index] {
      if case .activation = node.operation, toActivations { continue }
      total += product(node)
      for source in node.sources { isReached[source.index] = true }
    }
    return total
  }

  /// `RegionBounds.init`: for each linear map the centre and the radius.
  private var intervals: Double { 2 * network.nodes.reduce(0) { $0 + product($1) } }

  /// `RegionBounds.refine()`: for each activation but those right after the first layer, two rows for each unstable unit
  /// pulled back to the input, and the boxes of all later nodes once more.
  private func refinement(_ interval: RegionBounds, _ refined: RegionBounds) -> Double {
    var current = interval
    var total = 0.0
    for node in network.activationNodes {
      guard case .activation(_, let source) = node.operation else { continue }
      if case .linear(_, let first) = network[source].operation, first.index == 0 { continue }
      let units = current.unstableUnits(of: node).count
      guard units > 0 else { continue }
      total += 2 * Double(units) * backwards(from: source)
      total += 2 * network.nodes[(source.index + 1)...].reduce(0) { $0 + product($1) }
      current.tighten(source, with: refined.boxes[source.index])
    }
    return total
  }

  /// `RegionBounds.refine(for:)` without the rows' own pass: for each activation node that `refine()` treats, two rows for
  /// each unit of the budget, once and twice for each iteration; over whole images, of which the units' cones are a small
  /// part.
  private func intermediate(_ bounds: RegionBounds) -> Double {
    guard let budget = AlphaSettings().intermediate else { return 0 }
    return network.activationNodes.reduce(0) { total, node in
      guard case .activation(_, let source) = node.operation else { return total }
      if case .linear(_, let first) = network[source].operation, first.index == 0 { return total }
      let units = min(budget.units, bounds.unstableUnits(of: node).count)
      return total + Double(2 * units * (1 + 2 * budget.iterations)) * backwards(from: source)
    }
  }

  /// Matrix products forwards, with so many vectors at each linear map.
  ///
  /// - Parameter vectors: how many, given one for each input and one for each unstable unit so far.
  private func forwards(_ bounds: RegionBounds, vectors: (Double) -> Double) -> Double {
    var generators = Double(network.inputCount)
    return network.nodes.reduce(0) { total, node in
      generators += Double(bounds.unstableUnits(of: node).count)
      return total + vectors(generators) * product(node)
    }
  }

  /// All of it for some rows by one method.
  ///
  /// - Parameter refined: the ranges after refinement; with those before it, an estimate that is too large for CROWN.
  func operations(of method: BoundMethod, rows: Int, interval: RegionBounds, refined: RegionBounds) -> Double {
    let elided = Double(rows) * backwards(from: network.output, toActivations: true)
    let relaxed = Double(rows) * backwards(from: network.output)
    return switch method {
    case .ibp: intervals + elided
    case .crownIBP: intervals + elided + relaxed
    case .crown: intervals + refinement(interval, refined) + elided + relaxed
    case .alphaCROWN:
      intervals + refinement(interval, refined) + elided + relaxed
        + relaxed + 2 * Double(AlphaSettings().iterations) * relaxed + intermediate(refined)
    case .zonotope: intervals + forwards(interval) { $0 } + elided
    case .forward: intervals + forwards(interval) { _ in 4 * Double(network.inputCount + 1) } + elided
    }
  }
}
