import Intervals
import Networks

/// Maxima as ReLUs, exactly: `max(a, b) = b + ReLU(a − b)`, and balanced trees of such for more than two.
extension GraphImport {
  /// The largest element under a window: one axis after the other, so that neighbouring windows share their parts.
  ///
  /// Padding is no element and never wins: windows at the border hold fewer.
  mutating func maxPool(_ node: Operator, _ x: Value) throws(Fault) -> Value {
    let (image, spatial, window, roundsUp) = try pooling(node, x)
    var result = image
    for axis in spatial.indices {
      let count = try poolingPositions(window, axis, extent: spatial[axis], roundsUp: roundsUp, node)
      let range = 0..<spatial[axis]
      let (most, overflow) = count.multipliedReportingOverflow(by: min(window.kernel[axis], spatial[axis]))
      guard !overflow else { throw node.malformed("the windows have too many elements") }
      try spend(most, for: node)
      var groups: [[Int]] = []
      for position in 0..<count {
        let taps = window.taps(axis, at: position, within: range)
        guard taps.count > 0 else {
          throw node.malformed("window \(position) of axis \(axis) lies in the padding alone")
        }
        groups.append((0..<taps.count).map { taps.first + $0 * window.dilations[axis] })
      }
      result = try largest(of: groups, in: result, axis: axis + 2, node)
    }
    return .variable(result)
  }

  /// The largest element of each channel.
  mutating func globalMaxPool(_ node: Operator, _ x: Value) throws(Fault) -> Value {
    let image = try pooledImage(x, node)
    return .variable(try largest(over: Array(image.extents.indices.dropFirst(2)), of: image, node))
  }

  /// The largest element (or, with a sign of -1, the smallest) over whole axes.
  mutating func extremeReduction(
    _ node: Operator, _ x: Value, _ axes: Value?, sign: Double
  ) throws(Fault) -> Value {
    let source: Variable
    switch x {
    case .constant(let constant): return try constantReduction(node, constant, axes)
    case .variable(let variable): source = variable
    }
    guard let reduction = try reduction(node, axes, of: source.extents) else { return x }
    var result = sign < 0 ? try negated(source, node) : source
    result = try largest(over: reduction.axes, of: result, node)
    if sign < 0 { result = try negated(result, node) }
    result.extents = reduction.extents
    return .variable(result)
  }

  /// The element-wise maximum or minimum of several tensors, with numpy broadcasting.
  mutating func extreme(_ node: Operator, _ inputs: [Value], isMaximum: Bool) throws(Fault) -> Value {
    guard var result = inputs.first else { throw node.malformed("has no input") }
    for next in inputs.dropFirst() {
      switch (result, next) {
      case (.constant(let a), .constant(let b)):
        result = .constant(try extreme(a, b, isMaximum: isMaximum, node))
      case (.variable, let other), (let other, .variable):
        // min(x, c) = c − ReLU(c − x).
        let variable: Value = if case .variable = result { result } else { next }
        let (a, b) = isMaximum ? (variable, other) : (other, variable)
        guard case .variable(let difference) = try arithmetic(.subtract, a, b, node) else { return result }
        let excess = Value.variable(activate(.relu, difference, for: node))
        result = try arithmetic(isMaximum ? .add : .subtract, other, excess, node)
      }
    }
    return result
  }

  private mutating func extreme(
    _ a: Constant, _ b: Constant, isMaximum: Bool, _ node: Operator
  ) throws(Fault) -> Constant {
    guard let extents = Broadcasting.extents(a.extents, b.extents), a.isInteger == b.isInteger else {
      throw node.malformed("\(a.extents.joined) and \(b.extents.joined) do not fit each other")
    }
    try spend(try count(of: extents, for: node), for: node)
    guard a.errors.isEmpty, b.errors.isEmpty else { throw .unsupported(reason: "of computed constants") }
    let left = Broadcasting.sources(from: a.extents, to: extents)
    let right = Broadcasting.sources(from: b.extents, to: extents)
    let values = zip(left, right).map { i, j in
      isMaximum ? max(a.values[i], b.values[j]) : min(a.values[i], b.values[j])
    }
    return Constant(extents: extents, isInteger: a.isInteger, values: values)
  }

  // MARK: - The tree

  /// The maximum over whole axes, which keep an extent of 1.
  private mutating func largest(over axes: [Int], of source: Variable, _ node: Operator) throws(Fault) -> Variable {
    var result = source
    for axis in axes { result = try largest(of: [Array(0..<result.extents[axis])], in: result, axis: axis, node) }
    return result
  }

  /// For each group of positions along an axis, the largest element.
  ///
  /// Each level halves the groups; pairs that several groups share are compared once.
  private mutating func largest(
    of windows: [[Int]], in source: Variable, axis: Int, _ node: Operator
  ) throws(Fault) -> Variable {
    var groups = windows
    var current = source
    while groups.contains(where: { $0.count > 1 }) {
      var duels: [Duel] = []
      var places: [Duel: Int] = [:]
      for g in groups.indices {
        let group = groups[g]
        groups[g] = stride(from: 0, to: group.count, by: 2).map { i in
          let duel = Duel(first: group[i], second: i + 1 < group.count ? group[i + 1] : nil)
          if let place = places[duel] { return place }
          places[duel] = duels.count
          duels.append(duel)
          return duels.count - 1
        }
      }
      current = try winners(of: duels, in: current, axis: axis, node)
    }
    var positions = try positions(of: current, for: node)
    positions[axis] = groups.map { $0[0] }
    return try rearrange(current, Rearrangement(positions: positions, of: current.extents), node)
  }

  /// Two positions along an axis of which the larger element is kept, or one that has nobody to compare with.
  private struct Duel: Hashable {
    let first: Int
    let second: Int?
  }

  /// One level of the tree: for each duel its larger element.
  private mutating func winners(
    of duels: [Duel], in source: Variable, axis: Int, _ node: Operator
  ) throws(Fault) -> Variable {
    let extent = source.extents[axis]
    let outer = source.extents[..<axis].reduce(1, *)
    let inner = source.extents[(axis + 1)...].reduce(1, *)
    let pairs = duels.compactMap { duel in duel.second.map { (duel.first, $0) } }
    var extents = source.extents
    extents[axis] = pairs.count
    let differences = try count(of: extents, for: node)
    extents[axis] = duels.count
    let results = try count(of: extents, for: node)

    // a − b: the pairs side by side, and one small matrix for all of them.
    var operands: [Int] = []
    operands.reserveCapacity(2 * differences)
    for o in 0..<outer {
      for (a, b) in pairs {
        for i in 0..<inner {
          operands.append((o * extent + a) * inner + i)
          operands.append((o * extent + b) * inner + i)
        }
      }
    }
    let paired = try rearrange(source, Rearrangement([differences, 2], sources: operands), node)
    let difference = try affine(
      LinearLayer(map: .dense(DenseMap(rows: 1, columns: 2, blocks: differences, weights: [1, -1]))),
      of: paired.node, extents: [differences], parameters: 2, for: node)
    let excess = activate(.relu, difference, for: node)

    // b + ReLU(a − b), where those without a rival only have the b.
    var bases: [Int] = []
    var slots: [Int] = []
    bases.reserveCapacity(results)
    slots.reserveCapacity(results)
    var slot = 0
    for o in 0..<outer {
      for duel in duels {
        let base = (o * extent + (duel.second ?? duel.first)) * inner
        for i in 0..<inner {
          bases.append(base + i)
          slots.append(duel.second == nil ? -1 : slot + i)
        }
        if duel.second != nil { slot += inner }
      }
    }
    let base = try rearrange(source, Rearrangement(extents, sources: bases), node)
    let gain = try rearrange(excess, Rearrangement(extents, sources: slots), node)
    return try sum([base.node, gain.node], extents: extents, for: node)
  }

  private mutating func negated(_ source: Variable, _ node: Operator) throws(Fault) -> Variable {
    let zero = Constant(extents: [], isInteger: false, values: [0])
    guard case .variable(let result) = try shift(source, factor: -1, by: zero, node) else { return source }
    return result
  }
}
