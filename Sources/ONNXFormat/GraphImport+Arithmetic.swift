import Intervals
import Networks

/// The element-wise operators of two operands.
enum Arithmetic {
  case add, subtract, multiply, divide
}

extension GraphImport {
  /// A sum, difference, product or quotient with numpy broadcasting.
  ///
  /// Of constants: computed. Of a constant and a variable: a diagonal layer. Of variables: a sum of nodes.
  mutating func arithmetic(_ operation: Arithmetic, _ a: Value, _ b: Value, _ node: Operator) throws(Fault) -> Value {
    guard let extents = Broadcasting.extents(a.extents, b.extents) else {
      throw node.malformed("\(a.extents.joined) and \(b.extents.joined) do not fit each other")
    }
    guard let count = extents.elementCount, count <= allowedElements else {
      throw node.malformed("\(extents.joined) is too large")
    }
    switch (a, b) {
    case (.constant(let a), .constant(let b)):
      try spend(count, for: node)
      return .constant(try Self.compute(operation, a, b, extents, node))
    case (.variable(let a), .variable(let b)):
      return try combine(operation, a, b, extents, node)
    case (.variable(let variable), .constant(let constant)):
      let source = try expand(variable, to: extents, node)
      switch operation {
      case .add:
        return try shift(source, by: constant, node)
      case .subtract:
        return try shift(source, by: constant.negated, node)
      case .multiply:
        return try scale(source, by: (0..<constant.count).map { constant[$0] }, constant.extents, node)
      case .divide:
        try Self.requireNonzero(constant, node)
        return try scale(
          source, by: (0..<constant.count).map { Interval(1).quotient(constant[$0]) }, constant.extents, node)
      }
    case (.constant(let constant), .variable(let variable)):
      let source = try expand(variable, to: extents, node)
      switch operation {
      case .add:
        return try shift(source, by: constant, node)
      case .subtract:
        return try shift(source, factor: -1, by: constant, node)
      case .multiply:
        return try scale(source, by: (0..<constant.count).map { constant[$0] }, constant.extents, node)
      case .divide:
        throw .unsupported(reason: "division by a non-constant tensor")
      }
    }
  }

  private mutating func combine(
    _ operation: Arithmetic, _ a: Variable, _ b: Variable, _ extents: [Int], _ node: Operator
  ) throws(Fault) -> Value {
    switch operation {
    case .multiply: throw .unsupported(reason: "product of two non-constant tensors")
    case .divide: throw .unsupported(reason: "quotient of two non-constant tensors")
    case .add, .subtract: break
    }
    let left = try expand(a, to: extents, node)
    var right = try expand(b, to: extents, node)
    if operation == .subtract {
      let zero = Constant(extents: [], isInteger: false, values: [0])
      if case .variable(let negated) = try shift(right, factor: -1, by: zero, node) { right = negated }
    }
    return try sum(left, right, for: node)
  }

  /// The variable repeated to fill a larger shape.
  mutating func expand(_ variable: Variable, to extents: [Int], _ node: Operator) throws(Fault) -> Variable {
    guard variable.extents != extents else { return variable }
    let count = extents.reduce(1, *)
    let sources = count == variable.count ? nil : Broadcasting.sources(from: variable.extents, to: extents)
    let value = try rearrange(.variable(variable), Rearrangement(extents, sources: sources), node)
    guard case .variable(let expanded) = value else { return variable }
    return expanded
  }

  /// `factor·x + c`, with a factor of 1 or -1.
  mutating func shift(
    _ source: Variable, factor: Double = 1, by constant: Constant, _ node: Operator
  ) throws(Fault) -> Value {
    let indices = Broadcasting.sources(from: constant.extents, to: source.extents)
    return try linear(
      LinearLayer(
        map: .diagonal(DiagonalMap(factors: [Double](repeating: factor, count: indices.count))),
        bias: indices.map { constant.values[$0] },
        biasError: constant.errors.isEmpty ? [] : indices.map { constant.errors[$0] }),
      of: source.node, extents: source.extents, parameters: indices.count, for: node)
  }

  /// `f·x` for enclosed factors of a shape that broadcasts to the variable's.
  mutating func scale(
    _ source: Variable, by factors: [Interval], _ shape: [Int], _ node: Operator
  ) throws(Fault) -> Value {
    let centres = Centres(factors)
    let indices = Broadcasting.sources(from: shape, to: source.extents)
    return try linear(
      LinearLayer(
        map: .diagonal(DiagonalMap(factors: indices.map { centres.centres[$0] })),
        coefficientError: centres.relativeError),
      of: source.node, extents: source.extents, parameters: indices.count, for: node)
  }

  private static func compute(
    _ operation: Arithmetic, _ a: Constant, _ b: Constant, _ extents: [Int], _ node: Operator
  ) throws(Fault) -> Constant {
    guard a.isInteger == b.isInteger else { throw node.malformed("one operand is an integer, the other is not") }
    guard !a.isRounded, !b.isRounded else { throw .unsupported(reason: "an integer beyond 2^53") }
    if operation == .divide { try requireNonzero(b, node) }
    let left = Broadcasting.sources(from: a.extents, to: extents)
    let right = Broadcasting.sources(from: b.extents, to: extents)
    let results = zip(left, right).map { i, j in
      switch operation {
      case .add: a[i].sum(b[j])
      case .subtract: a[i].difference(b[j])
      case .multiply: a[i].product(b[j])
      case .divide: a[i].quotient(b[j])
      }
    }
    guard a.isInteger else { return try Constant(extents: extents, enclosures: results, place: node.name) }
    var values: [Double] = []
    for (k, result) in results.enumerated() {
      // A quotient of integers is cut towards zero; sums and products below 2^53 are exact.
      let value = operation == .divide ? (a.values[left[k]] / b.values[right[k]]).rounded(.towardZero) : result.midpoint
      guard value.magnitude <= 0x1p53 else { throw node.malformed("an integer beyond 2^53") }
      values.append(value)
    }
    return Constant(extents: extents, isInteger: true, values: values)
  }

  private static func requireNonzero(_ divisor: Constant, _ node: Operator) throws(Fault) {
    if let index = (0..<divisor.count).firstIndex(where: { divisor[$0].contains(0) }) {
      throw node.malformed("divisor\(divisor.extents.position(of: index)) is 0")
    }
  }
}

extension Constant {
  /// Whether some integers were too large to be held exactly.
  var isRounded: Bool { isInteger && values.contains { $0.magnitude >= 0x1p53 } }

  /// The values with their signs changed: exact.
  var negated: Constant {
    Constant(extents: extents, isInteger: isInteger, values: values.map { -$0 }, errors: errors)
  }
}
