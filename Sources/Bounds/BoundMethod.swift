import Networks

/// The incomplete methods that bound linear rows of a network's output from above.
public enum BoundMethod: String, CaseIterable, Codable, Sendable {
  /// Interval propagation up to the last activations, then the merged last layer (last-layer elision).
  case ibp = "IBP"
  /// One backward pass of the rows to the input, with relaxations from interval propagation's boxes.
  case crownIBP = "CROWN-IBP"
  /// The same with relaxations from backward passes for every unstable unit (CROWN, DeepPoly).
  case crown = "CROWN"
  /// The same with lower slopes optimised for each row (α-CROWN).
  case alphaCROWN = "alpha-CROWN"
}

extension RegionBounds {
  /// Upper bounds of linear rows over the network's output, in real arithmetic, over the whole region.
  ///
  /// CROWN and α-CROWN are meant for bounds that were refined by ``refine()`` before; on others it is CROWN-IBP. Both are
  /// intersected with IBP's bound of the same row, and so never looser.
  ///
  /// - Complexity: IBP a product with the last layers for all rows; the others one with every linear map.
  public func upperBounds(of rows: LinearRows, by method: BoundMethod) -> [Double] {
    let interval = intervalUpperBounds(of: rows)
    switch method {
    case .ibp:
      return interval
    case .crownIBP, .crown:
      let relaxed = relaxedUpperBounds(of: rows, over: network.output)
      return zip(interval, relaxed).map(min)
    case .alphaCROWN:
      var search = AlphaCROWN(rows, over: network.output, bounds: self)
      return zip(interval, search.upperBounds(AlphaSettings())).map(min)
    }
  }

  /// IBP's bounds with last-layer elision: the rows are merged into the layers after the last activations before
  /// the box is taken, which is strictly tighter than bounding each output alone.
  ///
  /// - Source: Gowal et al. 2018, section 3; `C·W` merged as in CROWN-IBP (Zhang et al. 2020).
  private func intervalUpperBounds(of rows: LinearRows) -> [Double] {
    var pass = BackwardPass(rows, over: network.output, bounds: self)
    pass.run { _, _, _ in .concretise }
    pass.concretise(pass.inputCoefficients, over: input)
    return pass.upperBounds()
  }

  /// The bounds of one backward pass to the input (CROWN) for rows over any node's value.
  func relaxedUpperBounds(of rows: LinearRows, over node: NodeID) -> [Double] {
    var pass = BackwardPass(rows, over: node, bounds: self)
    return pass.relaxedUpperBounds()
  }

  /// The same for single units of a node, times 1 or -1.
  func relaxedUpperBounds(ofUnits units: [Int], coefficient: Double, over node: NodeID) -> [Double] {
    if var pass = WindowPass(units: units, coefficient: coefficient, of: node, bounds: self) {
      return pass.upperBounds { hasLines($0) ? ReLULines(on: preActivations(of: $0)) : nil }
    }
    return relaxedUpperBounds(
      of: .elements(units, coefficient: coefficient, width: network[node].shape.count), over: node)
  }

  /// Whether an activation node is relaxed by lines: smooth functions are not yet, and on an unbounded range no line lies
  /// above ReLU.
  func hasLines(_ node: Node) -> Bool {
    guard case .activation(.relu, _) = node.operation else { return false }
    let box = preActivations(of: node)
    return box.lower.allSatisfy(\.isFinite) && box.upper.allSatisfy(\.isFinite)
  }
}

extension BackwardPass {
  /// Pulls the rows to the input, relaxing every activation that has lines, and takes their largest values.
  mutating func relaxedUpperBounds() -> [Double] {
    run { pass, node, coefficients in
      guard pass.bounds.hasLines(node) else { return .concretise }
      let box = pass.bounds.preActivations(of: node)
      ReLURelaxation(on: box).relax(&coefficients, in: &pass, preActivations: box)
      return .toSource
    }
    concretise(inputCoefficients, over: bounds.input)
    return upperBounds()
  }
}
