import Networks

extension RegionBounds {
  /// Tightens the ranges of the units that matter most to some rows, with lower slopes optimised for each end of each
  /// range (α-CROWN inside the intermediate bounds).
  ///
  /// A unit costs the rows about its coefficient times the distance between the activation and the line that the
  /// coefficient chooses, here at the middle of the unit's range. With the lines fixed elsewhere, a tighter range
  /// means a tighter bound; so that it is enough to optimise each range for itself, and only where that cost is high.
  ///
  /// - Parameters:
  ///   - rows: rows over the output.
  ///   - lowerSlope: the lower line of unstable ReLUs where slopes are not optimised.
  ///   - settings: how slopes are optimised; without a budget for intermediate ranges nothing is tightened.
  ///   - mayContinue: asked before each activation node; what is not optimised keeps the range that it has.
  /// - Returns: upper bounds of the rows, by CROWN on the ranges as they were.
  /// - Complexity: one backward pass of the rows; for each activation node but those right after the first layer, two
  ///   rows for each unit of the budget and iteration, twice through all maps before it.
  /// - Source: Xu et al. 2021 optimise the slopes of all intermediate ranges; the budget is ours.
  @discardableResult
  public mutating func refine(
    for rows: LinearRows, lowerSlope: LowerSlope = .adaptive, optimising settings: AlphaSettings = AlphaSettings(),
    mayContinue: () -> Bool = { true }
  ) -> [Double] {
    var relaxations = self.relaxations(lowerSlope: lowerSlope)
    var costs = [[Double]](repeating: [], count: network.nodes.count)
    var pass = BackwardPass<Double>(rows, over: network.output, bounds: self)
    let upperBounds = pass.upperBounds(by: [relaxations]) { node, lines, coefficients in
      costs[node.id.index] = Self.costs(of: coefficients, along: lines, at: node, on: preActivations(of: node))
    }
    // Ranges that were computed without errors may cross.
    guard let budget = settings.intermediate, accountsForRounding else { return upperBounds }
    var inner = settings
    inner.iterations = budget.iterations
    for node in network.activationNodes {
      guard case .activation(_, let source) = node.operation else { continue }
      let costs = costs[node.id.index]
      if !costs.isEmpty, !hasExactRanges(source), mayContinue() {
        let units = relaxedUnits(of: node).filter { costs[$0] > 0 }.sorted { costs[$0] > costs[$1] }
        optimise(
          source, units: Array(units.prefix(budget.units)), by: relaxations, lowerSlope: lowerSlope, settings: inner)
      }
      // The ranges before the next node are final now, and so are the lines.
      relaxations[node.id.index] = relaxation(of: node, lowerSlope: lowerSlope)
    }
    return upperBounds
  }

  /// Tightens the ranges of some of a node's elements by α-CROWN, each in its own cone where that is small.
  ///
  /// - Parameter relaxations: the lines of all activations before the node.
  mutating func optimise(
    _ node: NodeID, units: [Int], by relaxations: [LinearRelaxation?], lowerSlope: LowerSlope, settings: AlphaSettings
  ) {
    // What suffices for the rows says nothing about a range.
    var settings = settings
    (settings.sufficient, settings.leastGain) = (nil, 0)
    var ends = (lower: boxes[node.index].lower, upper: boxes[node.index].upper)
    var others: [Int] = []
    for unit in units {
      guard let cone = UnitCone(of: unit, at: node, in: network) else {
        others.append(unit)
        continue
      }
      let bounds = cone.bounds(in: self)
      let uppers = bounds.optimisedUpperBounds(
        of: LinearRows(count: 2, width: 1, coefficients: [1, -1]), over: cone.network.output,
        by: bounds.relaxations(lowerSlope: lowerSlope), settings)
      ends.upper[unit] = min(ends.upper[unit], uppers[0])
      ends.lower[unit] = max(ends.lower[unit], -uppers[1])
    }
    if others.count < units.count { tighten(node, with: Box(lower: ends.lower, upper: ends.upper)) }
    tighten(node, units: others) { bounds, units, sign in
      let rows = LinearRows.elements(units, coefficient: sign, width: bounds.boxes[node.index].count)
      return bounds.optimisedUpperBounds(of: rows, over: node, by: relaxations, settings)
    }
  }

  /// For each unit, what its relaxation costs all rows together.
  private static func costs(
    of coefficients: [Double], along lines: LinearRelaxation, at node: Node, on box: Box
  ) -> [Double] {
    guard case .activation(let activation, _) = node.operation else { return [] }
    var (above, below): ([Double], [Double]) = ([], [])
    for i in 0..<box.count {
      let middle = box.lower[i] / 2 + box.upper[i] / 2
      let value = activation(middle)
      above.append(lines.upperSlope[i] * middle + lines.upperOffset[i] - value)
      below.append(value - lines.lowerSlope[i] * middle - lines.lowerOffset[i])
    }
    var costs = [Double](repeating: 0, count: box.count)
    for start in stride(from: 0, to: coefficients.count, by: box.count) {
      for i in 0..<box.count {
        let a = coefficients[start + i]
        costs[i] += a > 0 ? a * above[i] : -a * below[i]
      }
    }
    return costs
  }
}
