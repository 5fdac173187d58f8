import Intervals

extension GraphImport {
  /// A reduction of a constant over whole axes, computed: sizes are worked out with it.
  mutating func constantReduction(
    _ node: Operator, _ constant: Constant, _ axes: Value?
  ) throws(Fault) -> Value {
    guard let reduction = try reduction(node, axes, of: constant.extents) else { return .constant(constant) }
    guard !constant.isRounded else { throw .unsupported(reason: "an integer beyond 2^53") }
    let kept = constant.extents.indices.filter { !reduction.axes.contains($0) }
    let order = Self.transposition(constant.extents, kept + reduction.axes)
    guard case .constant(let rows) = try rearrange(.constant(constant), order, node) else {
      return .constant(constant)
    }
    let size = reduction.axes.reduce(1) { $0 * constant.extents[$1] }
    let combine: (Interval, Interval) -> Interval
    switch node.type {
    case "ReduceSum", "ReduceMean": combine = { $0.sum($1) }
    case "ReduceProd": combine = { $0.product($1) }
    case "ReduceMax": combine = { $0.larger($1) }
    default: combine = { -(-$0).larger(-$1) }
    }
    var results = stride(from: 0, to: rows.count, by: size).map { start in
      (start + 1..<start + size).reduce(rows[start]) { combine($0, rows[$1]) }
    }
    if node.type == "ReduceMean" {
      guard !constant.isInteger else { throw .unsupported(reason: "of integers") }
      results = results.map { $0.quotient(Interval(Double(size))) }
    }
    guard constant.isInteger else {
      return .constant(try Constant(extents: reduction.extents, enclosures: results, place: node.name))
    }
    guard results.allSatisfy({ $0.magnitude < 0x1p53 }) else { throw node.malformed("an integer beyond 2^53") }
    return .constant(Constant(extents: reduction.extents, isInteger: true, values: results.map(\.midpoint)))
  }
}

extension Interval {
  /// Everything that the larger of a member of each may be.
  fileprivate func larger(_ other: Interval) -> Interval {
    Interval(lower: max(lower, other.lower), upper: max(upper, other.upper)) ?? .entire
  }
}
