import Networks

extension GraphImport {
  /// Tensors joined along an axis.
  ///
  /// Parts that depend on the input become a sum of maps, one for each node whose elements they are, that put these in
  /// place and leave zeros elsewhere; constant parts become the bias of the first.
  mutating func concatenation(_ node: Operator, _ inputs: [Value]) throws(Fault) -> Value {
    guard let first = inputs.first else { throw node.malformed("joins nothing") }
    let rank = first.extents.count
    guard node.has("axis") else { throw node.malformed("has no axis") }
    let axis = try axis(try node.integer("axis", default: 0), rank: rank, node)
    var extents = first.extents
    extents[axis] = 0
    for input in inputs {
      var comparable = input.extents
      if comparable.count == rank { comparable[axis] = first.extents[axis] }
      guard comparable == first.extents else {
        throw node.malformed("\(input.extents.joined) cannot be joined to \(first.extents.joined)")
      }
      extents[axis] += input.extents[axis]
    }
    let count = try count(of: extents, for: node)
    let layout = Layout(outer: extents[..<axis].reduce(1, *), total: extents[axis...].reduce(1, *))

    var constants: [(part: Constant, offset: Int)] = []
    var variables: [NodeID: [(part: Variable, offset: Int)]] = [:]
    var order: [NodeID] = []
    var offset = 0
    for input in inputs {
      switch input {
      case .constant(let part): constants.append((part, offset))
      case .variable(let part):
        let origin = origin(of: part).node
        if variables[origin] == nil { order.append(origin) }
        variables[origin, default: []].append((part, offset))
      }
      offset += input.extents[axis...].reduce(1, *)
    }

    try spend(count, for: node)
    let isInteger = first.isIntegerConstant
    guard constants.allSatisfy({ $0.part.isInteger == isInteger }), !isInteger || order.isEmpty else {
      throw node.malformed("joins integers to other numbers")
    }
    var values = [Double](repeating: 0, count: constants.isEmpty ? 0 : count)
    var errors = [Double](repeating: 0, count: constants.allSatisfy(\.part.errors.isEmpty) ? 0 : count)
    for (part, offset) in constants {
      layout.place(part.count, at: offset) { from, to in
        values[to] = part.values[from]
        if !part.errors.isEmpty { errors[to] = part.errors[from] }
      }
    }
    guard !order.isEmpty else {
      return .constant(Constant(extents: extents, isInteger: isInteger, values: values, errors: errors))
    }

    var terms: [NodeID] = []
    for source in order {
      var sources = [Int](repeating: -1, count: count)
      var size = 0
      for (part, offset) in variables[source] ?? [] {
        let origin = origin(of: part)
        size = origin.count
        layout.place(part.count, at: offset) { from, to in sources[to] = origin.sources?[from] ?? from }
      }
      let isFirst = terms.isEmpty
      let term = try choose(
        Choice(node: source, count: size, sources: sources), extents: extents,
        bias: isFirst && !values.isEmpty ? values : nil, biasError: isFirst ? errors : [], for: node)
      terms.append(term.node)
    }
    return .variable(try sum(terms, extents: extents, for: node))
  }

  /// Where the elements of a part go: one run of it after the other.
  private struct Layout {
    /// How many runs there are, and the length of all parts' runs together.
    let outer, total: Int

    func place(_ count: Int, at offset: Int, _ body: (_ from: Int, _ to: Int) -> Void) {
      let run = count / outer
      for o in 0..<outer {
        for i in 0..<run { body(o * run + i, o * total + offset + i) }
      }
    }
  }
}
