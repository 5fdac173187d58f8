import Networks

extension RegionBounds {
  /// Rows pulled back together: enough to fill the matrix products, few enough to stay in cache.
  private static let rowsAtOnce = 256

  /// Tightens the pre-activation ranges of all unstable units by backward passes, first activations first (CROWN).
  ///
  /// Stable units keep their range: their relaxation is exact whatever it is. A unit that becomes stable here costs
  /// later passes nothing.
  ///
  /// - Parameter slopes: how lower slopes are optimised for the units that CROWN leaves unstable; nil if they are not.
  /// - Complexity: for each activation node, two rows for each unstable unit through all maps before it; with optimised
  ///   slopes twice as many again for each iteration and unit that is left.
  /// - Source: Zhang et al. 2018 (CROWN), algorithm 1; Xu et al. 2021 (α-CROWN).
  public mutating func refine(optimising slopes: AlphaSettings? = nil) {
    for node in network.activationNodes {
      guard case .activation(_, let source) = node.operation else { continue }
      // One affine layer over the input box: interval propagation is exact already.
      if case .linear(_, let first) = network[source].operation, first.index == 0 { continue }
      tighten(node, source) { bounds, units, sign in
        bounds.relaxedUpperBounds(ofUnits: units, coefficient: sign, over: source)
      }
      guard let slopes else { continue }
      tighten(node, source) { bounds, units, sign in
        let width = bounds.boxes[source.index].count
        var search = AlphaCROWN(.elements(units, coefficient: sign, width: width), over: source, bounds: bounds)
        return search.upperBounds(slopes)
      }
    }
  }

  /// Tightens the ranges of a ReLU node's unstable units with upper bounds of the units and of their negatives.
  private mutating func tighten(
    _ node: Node, _ source: NodeID, upperBounds: (RegionBounds, _ units: [Int], _ sign: Double) -> [Double]
  ) {
    let units = unstableUnits(of: node)
    guard !units.isEmpty else { return }
    var lower = boxes[source.index].lower
    var upper = boxes[source.index].upper
    for start in stride(from: 0, to: units.count, by: Self.rowsAtOnce) {
      let part = Array(units[start..<min(start + Self.rowsAtOnce, units.count)])
      let above = upperBounds(self, part, 1)
      let below = upperBounds(self, part, -1)
      for (k, unit) in part.enumerated() {
        upper[unit] = min(upper[unit], above[k])
        lower[unit] = max(lower[unit], -below[k])
      }
    }
    tighten(source, with: Box(lower: lower, upper: upper))
  }
}
