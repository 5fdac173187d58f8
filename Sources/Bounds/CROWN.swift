import Networks

extension RegionBounds {
  /// Rows pulled back together: enough to fill the matrix products, few enough to stay in cache.
  private static let rowsAtOnce = 256

  /// Tightens the pre-activation ranges of all unstable units by backward passes, first activations first (CROWN).
  ///
  /// Stable units keep their range: their relaxation is exact whatever it is. A unit that becomes stable here costs
  /// later passes nothing.
  ///
  /// - Complexity: for each activation node, two rows for each unstable unit through all maps before it.
  /// - Source: Zhang et al. 2018 (CROWN), algorithm 1.
  public mutating func refine() {
    for node in network.activationNodes {
      guard case .activation(_, let source) = node.operation else { continue }
      // One affine layer over the input box: interval propagation is exact already.
      if case .linear(_, let first) = network[source].operation, first.index == 0 { continue }
      let units = unstableUnits(of: node)
      guard !units.isEmpty else { continue }
      let old = boxes[source.index]
      var lower = old.lower
      var upper = old.upper
      for start in stride(from: 0, to: units.count, by: Self.rowsAtOnce) {
        let part = Array(units[start..<min(start + Self.rowsAtOnce, units.count)])
        let above = relaxedUpperBounds(ofUnits: part, coefficient: 1, over: source)
        let below = relaxedUpperBounds(ofUnits: part, coefficient: -1, over: source)
        for (k, unit) in part.enumerated() {
          upper[unit] = min(upper[unit], above[k])
          lower[unit] = max(lower[unit], -below[k])
        }
      }
      tighten(source, with: Box(lower: lower, upper: upper))
    }
  }
}
