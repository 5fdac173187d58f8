import Networks

extension RegionBounds {
  /// Rows pulled back together: enough to fill the matrix products, few enough to stay in cache.
  private static let rowsAtOnce = 512
  /// Where a limit of time is to be kept, multiply-adds of rows that are pulled back together, some tenths of a second;
  /// and rows below which products would become slow.
  private static let operationsAtOnce = 2_000_000_000
  private static let fewestRows = 32
  /// Of rows over all elements of large nodes fewer: coefficients that one step may write, below which memory is the
  /// same from step to step and not asked for anew each time.
  private static let coefficientsAtOnce = 1 << 20

  /// Tightens the pre-activation ranges of all units whose lines are not exact by backward passes, first activations
  /// first (CROWN).
  ///
  /// Stable ReLUs keep their range: their relaxation is exact whatever it is. A unit that becomes stable here costs
  /// later passes nothing.
  ///
  /// - Parameters:
  ///   - lowerSlope: the lower line of unstable ReLUs in these passes.
  ///   - slopes: how lower slopes are optimised for the units that CROWN leaves unstable; nil if they are not.
  ///   - mayContinue: asked before each block of units, of which there are more on large networks then; what is not
  ///     refined keeps the range that it has. nil means to the end.
  /// - Complexity: for each activation node, two rows for each unstable ReLU, or for each unit of a smooth activation,
  ///   through all maps before it; with optimised slopes twice as many again for each iteration and unit that is left.
  /// - Source: Zhang et al. 2018 (CROWN), algorithm 1; Xu et al. 2021 (α-CROWN).
  public mutating func refine(
    lowerSlope: LowerSlope = .adaptive, optimising slopes: AlphaSettings? = nil, mayContinue: (() -> Bool)? = nil
  ) {
    let rowsAtOnce = mayContinue == nil ? Self.rowsAtOnce : Self.rowsWithinLimit(of: network)
    let mayContinue = mayContinue ?? { true }
    // Ranges before a node do not change any more once it is reached, and neither do their lines.
    var relaxations = [LinearRelaxation?](repeating: nil, count: network.nodes.count)
    for node in network.activationNodes {
      guard case .activation(_, let source) = node.operation else { continue }
      guard mayContinue() else { return }
      if !hasExactRanges(source) {
        tighten(
          source, units: relaxedUnits(of: node), rowsAtOnce: rowsAtOnce, mayContinue: mayContinue
        ) { bounds, units, sign in
          bounds.relaxedUpperBounds(ofUnits: units, coefficient: sign, over: source, by: relaxations)
        }
        if let slopes, mayContinue() {
          optimise(source, units: relaxedUnits(of: node), by: relaxations, lowerSlope: lowerSlope, settings: slopes)
        }
      }
      relaxations[node.id.index] = relaxation(of: node, lowerSlope: lowerSlope)
    }
  }

  /// How many rows may be pulled back together, through all maps, where a limit of time is to be kept.
  public static func rowsWithinLimit(of network: Network) -> Int {
    min(rowsAtOnce, max(fewestRows, operationsAtOnce / max(1, network.multiplyAdds)))
  }

  /// Whether so many rows are pulled back through all maps in so short a time that they are even once it is up.
  public static func areQuick(rows: Int, of network: Network) -> Bool {
    rows * network.multiplyAdds <= operationsAtOnce / 4
  }

  /// Tightens the ranges of some of a node's elements with upper bounds of the elements and of their negatives.
  mutating func tighten(
    _ node: NodeID, units: [Int], rowsAtOnce: Int = rowsAtOnce, mayContinue: () -> Bool = { true },
    upperBounds: (RegionBounds, _ units: [Int], _ sign: Double) -> [Double]
  ) {
    guard !units.isEmpty else { return }
    var lower = boxes[node.index].lower
    var upper = boxes[node.index].upper
    for start in stride(from: 0, to: units.count, by: rowsAtOnce) {
      let part = Array(units[start..<min(start + rowsAtOnce, units.count)])
      guard mayContinue() else { break }
      for (unit, above) in zip(part, upperBounds(self, part, 1)) { upper[unit] = min(upper[unit], above) }
      guard mayContinue() else { break }
      for (unit, below) in zip(part, upperBounds(self, part, -1)) { lower[unit] = max(lower[unit], -below) }
    }
    tighten(node, with: Box(lower: lower, upper: upper))
  }

  /// The upper bounds of one backward pass to the input (CROWN) for rows over any node's value.
  ///
  /// - Parameter relaxations: lines for each activation before the node, by node index; where there are none, its box is
  ///   taken.
  func relaxedUpperBounds(of rows: LinearRows, over node: NodeID, by relaxations: [LinearRelaxation?]) -> [Double] {
    func bounds<Scalar: RowScalar>(in type: Scalar.Type) -> [Double] {
      var pass = BackwardPass<Scalar>(rows, over: node, bounds: self)
      return pass.upperBounds(by: [relaxations])
    }
    return switch precision {
    case .single: bounds(in: Float.self)
    case .double: bounds(in: Double.self)
    }
  }

  /// The same for single units of a node, times 1 or -1: in windows as long as those pay.
  func relaxedUpperBounds(
    ofUnits units: [Int], coefficient: Double, over node: NodeID, by relaxations: [LinearRelaxation?]
  ) -> [Double] {
    func bounds<Scalar: RowScalar>(in type: Scalar.Type) -> [Double]? {
      var pass = WindowPass<Scalar>(units: units, coefficient: Scalar(coefficient), of: node, bounds: self)
      return pass?.upperBounds(by: relaxations)
    }
    let inWindows =
      switch precision {
      case .single: bounds(in: Float.self)
      case .double: bounds(in: Double.self)
      }
    if let inWindows { return inWindows }
    let (width, largest) = (network[node].shape.count, network.nodes.reduce(1) { max($0, $1.shape.count) })
    let count = max(16, Self.coefficientsAtOnce / largest)
    return stride(from: 0, to: units.count, by: count).flatMap { start in
      relaxedUpperBounds(
        of: .elements(Array(units[start..<min(start + count, units.count)]), coefficient: coefficient, width: width),
        over: node, by: relaxations)
    }
  }

  /// Whether interval propagation is exact already: one affine layer over the input box.
  package func hasExactRanges(_ node: NodeID) -> Bool {
    if case .linear(_, let source) = network[node].operation { source.index == 0 } else { false }
  }

  /// The lines of all activations on the present boxes, by node index.
  func relaxations(lowerSlope: LowerSlope) -> [LinearRelaxation?] {
    network.nodes.map { relaxation(of: $0, lowerSlope: lowerSlope) }
  }

  /// The lines of a node; nil where it is no activation, or where a range is unbounded: a coefficient that is zero there
  /// would meet infinity further back, and the node's own box is as good.
  func relaxation(of node: Node, lowerSlope: LowerSlope) -> LinearRelaxation? {
    guard case .activation(let activation, let source) = node.operation else { return nil }
    let box = boxes[source.index]
    guard box.isBounded else { return nil }
    return LinearRelaxation(of: activation, on: box, lowerSlope: lowerSlope)
  }

  /// The units of an activation node whose lines differ: unstable ReLUs, and smooth units but for those whose value
  /// hardly changes on their range, where a better range would buy nothing.
  func relaxedUnits(of node: Node) -> [Int] {
    guard case .activation(let activation, _) = node.operation else { return [] }
    if activation.isPiecewiseLinear { return unstableUnits(of: node) }
    let box = boxes[node.id.index]
    return (0..<box.count).filter { box.upper[$0] - box.lower[$0] > 0x1p-40 }
  }
}

extension BackwardPass {
  /// Pulls the rows to the input, relaxing every activation that has lines, and takes their largest values.
  ///
  /// - Parameters:
  ///   - relaxations: lines for each region and activation, by node index; an activation has some in all regions or in
  ///     none.
  ///   - meeting: called with a region's lines and the coefficients over each such activation's outputs.
  mutating func upperBounds(
    by relaxations: [[LinearRelaxation?]], meeting: (Node, LinearRelaxation, [Scalar]) -> Void = { _, _, _ in }
  ) -> [Double] {
    run { pass, node, coefficients in pass.relax(&coefficients, at: node, by: relaxations, meeting: meeting) }
    concretiseInput()
    return upperBounds()
  }

  /// The smaller of ``upperBounds(by:meeting:)`` and ``intervalUpperBounds()``, which begin with the same products.
  mutating func upperBoundsWithinIntervals(by relaxations: [[LinearRelaxation?]]) -> [Double] {
    var stopping: BackwardPass?
    run { pass, node, coefficients in
      if stopping == nil {
        stopping = pass
        stopping?.concretise(coefficients, over: node.id)
      }
      return pass.relax(&coefficients, at: node, by: relaxations, meeting: { _, _, _ in })
    }
    concretiseInput()
    guard let intervals = stopping?.intervalUpperBounds() else { return upperBounds() }
    return zip(intervals, upperBounds()).map(min)
  }

  /// Relaxes all rows over an activation's outputs along the lines of their regions, if there are some.
  private mutating func relax(
    _ coefficients: inout [Scalar], at node: Node, by relaxations: [[LinearRelaxation?]],
    meeting: (Node, LinearRelaxation, [Scalar]) -> Void
  ) -> Step {
    for (region, lines) in relaxations.enumerated() {
      guard let lines = lines[node.id.index] else { return .concretise }
      meeting(node, lines, coefficients)
      relax(&coefficients, of: region, along: lines)
    }
    return .toSource
  }
}
