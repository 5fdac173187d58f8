import Networks

/// A value's elements in another shape and order.
struct Rearrangement {
  /// The new extents.
  let extents: [Int]
  /// For each new element the old one it is, or -1 for none; nil if they keep their order.
  let sources: [Int]?
  /// The value of new elements that are no old ones.
  let fill: Double

  init(_ extents: [Int], sources: [Int]? = nil, fill: Double = 0) {
    self.extents = extents
    self.sources = sources
    self.fill = fill
  }

  /// The elements at chosen positions of each axis, -1 standing for none.
  init(positions: [[Int]], of extents: [Int], fill: Double = 0) {
    self.extents = positions.map(\.count)
    self.fill = fill
    guard !zip(positions, extents).allSatisfy({ $0.elementsEqual(0..<$1) }) else {
      sources = nil
      return
    }
    var sources = [0]
    for (chosen, extent) in zip(positions, extents) {
      var next: [Int] = []
      next.reserveCapacity(sources.count * chosen.count)
      for source in sources {
        for position in chosen { next.append(source < 0 || position < 0 ? -1 : source * extent + position) }
      }
      sources = next
    }
    self.sources = sources
  }
}

extension GraphImport {
  /// The value with its elements rearranged; a change of shape alone costs nothing.
  mutating func rearrange(
    _ value: Value, _ rearrangement: Rearrangement, _ node: Operator
  ) throws(Fault) -> Value {
    switch value {
    case .constant(var constant):
      constant.extents = rearrangement.extents
      if let sources = rearrangement.sources {
        try spend(sources.count, for: node)
        if !constant.errors.isEmpty { constant.errors = sources.map { $0 < 0 ? 0 : constant.errors[$0] } }
        constant.values = sources.map { $0 < 0 ? rearrangement.fill : constant.values[$0] }
      }
      return .constant(constant)
    case .variable(let variable):
      return .variable(try rearrange(variable, rearrangement, node))
    }
  }

  /// The variable with its elements rearranged.
  mutating func rearrange(
    _ variable: Variable, _ rearrangement: Rearrangement, _ node: Operator
  ) throws(Fault) -> Variable {
    guard let sources = rearrangement.sources, !sources.elementsEqual(0..<variable.count) else {
      return Variable(node: variable.node, extents: rearrangement.extents)
    }
    let fill = rearrangement.fill
    let origin = origin(of: variable)
    let choice = Choice(
      node: origin.node, count: origin.count,
      sources: origin.sources.map { earlier in sources.map { $0 < 0 ? -1 : earlier[$0] } } ?? sources)
    return try choose(
      choice, extents: rearrangement.extents, bias: fill == 0 ? nil : sources.map { $0 < 0 ? fill : 0 }, for: node)
  }

  func flattening(_ node: Operator, _ extents: [Int]) throws(Fault) -> Rearrangement {
    let given = try node.integer("axis", default: 1)
    guard given >= -extents.count, given <= extents.count else {
      throw node.malformed("axis \(given) of a tensor of rank \(extents.count)")
    }
    let axis = given < 0 ? given + extents.count : given
    return Rearrangement([extents[..<axis].reduce(1, *), extents[axis...].reduce(1, *)])
  }

  func reshaping(_ node: Operator, _ extents: [Int], _ shape: Value) throws(Fault) -> Rearrangement {
    let count = extents.reduce(1, *)
    let keepsZero = try node.integer("allowzero", default: 0) != 0
    var target = try integers(shape, "shape", node)
    var open: Int?
    for (axis, extent) in target.enumerated() {
      switch extent {
      case -1:
        guard open == nil else { throw node.malformed("more than one -1 in the shape") }
        open = axis
        target[axis] = 1
      case 0 where !keepsZero:
        guard axis < extents.count else { throw node.malformed("axis \(axis) copies an extent that is not there") }
        target[axis] = extents[axis]
      case ...0:
        throw node.malformed("extent \(extent) in the shape")
      default:
        break
      }
    }
    guard let known = target.elementCount, open != nil ? count.isMultiple(of: known) : known == count else {
      var shown = target.map(String.init)
      if let open { shown[open] = "?" }
      throw node.malformed("\(count) elements do not fit \(shown.joined(separator: "x"))")
    }
    if let open { target[open] = count / known }
    return Rearrangement(target)
  }

  func squeezing(_ node: Operator, _ extents: [Int], _ axes: Value?) throws(Fault) -> Rearrangement {
    let chosen =
      try axisList(node, axes, rank: extents.count) ?? extents.indices.filter { extents[$0] == 1 }
    if let wrong = chosen.first(where: { extents[$0] != 1 }) {
      throw node.malformed("axis \(wrong) of \(extents.joined) is not 1")
    }
    return Rearrangement(extents.indices.filter { !chosen.contains($0) }.map { extents[$0] })
  }

  func unsqueezing(_ node: Operator, _ extents: [Int], _ axes: Value?) throws(Fault) -> Rearrangement {
    let added: Int
    if let axes { added = axes.extents.reduce(1, *) } else { added = try node.integers("axes")?.count ?? 0 }
    guard added > 0, added <= 64 else { throw node.malformed("\(added) axes to add") }
    let rank = extents.count + added
    guard let chosen = try axisList(node, axes, rank: rank), Set(chosen).count == added else {
      throw node.malformed("the axes to add are not different from each other")
    }
    var old = extents.makeIterator()
    return Rearrangement((0..<rank).map { chosen.contains($0) ? 1 : old.next() ?? 1 })
  }

  func transposing(_ node: Operator, _ extents: [Int]) throws(Fault) -> Rearrangement {
    let order = try node.integers("perm") ?? extents.indices.reversed()
    guard order.sorted() == Array(extents.indices) else {
      throw node.malformed("perm \(order) is no order of \(extents.count) axes")
    }
    return Self.transposition(extents, order)
  }

  static func transposition(_ extents: [Int], _ order: [Int]) -> Rearrangement {
    let strides = StridedIndices.rowMajor(extents)
    let moved = order.map { extents[$0] }
    // Axes of extent 1 may go anywhere.
    if order.filter({ extents[$0] > 1 }) == extents.indices.filter({ extents[$0] > 1 }) { return Rearrangement(moved) }
    return Rearrangement(moved, sources: StridedIndices.list(extents: moved, strides: order.map { strides[$0] }))
  }

  func gathering(_ node: Operator, _ extents: [Int], _ indices: Value) throws(Fault) -> Rearrangement {
    guard !extents.isEmpty else { throw node.malformed("gathers from a scalar") }
    let axis = try axis(try node.integer("axis", default: 0), rank: extents.count, node)
    let chosen = try integers(indices, "indices", node)
    let extent = extents[axis]
    if let wrong = chosen.first(where: { $0 < -extent || $0 >= extent }) {
      throw node.malformed("index \(wrong) into \(extent) elements")
    }
    let positions = chosen.map { $0 < 0 ? $0 + extent : $0 }
    let outer = extents[..<axis].reduce(1, *)
    let inner = extents[(axis + 1)...].reduce(1, *)
    let result = extents[..<axis] + indices.extents + extents[(axis + 1)...]
    guard let count = Array(result).elementCount, count <= allowedElements else {
      throw node.malformed("\(Array(result).joined) is too large")
    }
    var sources: [Int] = []
    sources.reserveCapacity(count)
    for o in 0..<outer {
      for position in positions {
        for i in 0..<inner { sources.append((o * extent + position) * inner + i) }
      }
    }
    return Rearrangement(Array(result), sources: sources)
  }

  /// The values of a constant list of integers.
  func integers(_ value: Value, _ what: String, _ node: Operator) throws(Fault) -> [Int] {
    guard case .constant(let constant) = value else { throw .unsupported(reason: "the \(what) are not constant") }
    guard constant.isInteger else { throw node.malformed("the \(what) must be integers") }
    // Some files write "to the end" as the largest integer there is.
    return constant.values.map { Int(max(-0x1p62, min(0x1p62, $0))) }
  }

  /// The axes that a node names, as attribute before operator set 13 and as input since; nil if it names none.
  func axisList(_ node: Operator, _ axes: Value?, rank: Int) throws(Fault) -> [Int]? {
    let given: [Int]
    if let axes {
      given = try integers(axes, "axes", node)
    } else if let attribute = try node.integers("axes") {
      given = attribute
    } else {
      return nil
    }
    var result: [Int] = []
    for axis in given { result.append(try self.axis(axis, rank: rank, node)) }
    return result
  }

  func axis(_ axis: Int, rank: Int, _ node: Operator) throws(Fault) -> Int {
    guard axis >= -rank, axis < rank else { throw node.malformed("axis \(axis) of a tensor of rank \(rank)") }
    return axis < 0 ? axis + rank : axis
  }
}
