/// The graph of a file, checked for what does not depend on operators: every tensor is defined once, no cycles,
/// one input, one output; and put in order.
struct FileGraph {
  /// The nodes that the output depends on, each after what it reads.
  private(set) var operators: [Operator] = []
  /// The stored tensors by name, as long as they are needed.
  private(set) var initializers: [String: Onnx_TensorProto]
  /// The one input that is no initialiser, and the one output.
  let input, output: Onnx_ValueInfoProto
  /// What was done to the graph, for people.
  private(set) var notes: [String] = []

  init(_ graph: consuming Onnx_GraphProto) throws(Fault) {
    let graph = graph
    let all = graph.node.enumerated().map { Operator($1, position: $0) }
    guard let output = graph.output.first else {
      throw .malformed(place: "", reason: "graph has no output")
    }
    if let sparse = graph.sparseInitializer.first {
      throw .malformed(place: sparse.values.name.printable, reason: "sparse initialisers are not supported")
    }

    var stored: [String: Onnx_TensorProto] = [:]
    for tensor in graph.initializer {
      guard stored.updateValue(tensor, forKey: tensor.name) == nil else {
        throw .malformed(place: tensor.name.printable, reason: "is defined twice, as initialiser both times")
      }
    }
    let initializers = stored
    let inputs = graph.input.filter { initializers[$0.name] == nil }
    let producers = try Self.producers(of: all, inputs: inputs, initializers: initializers)
    let sources = try Self.sources(of: all, producers: producers, inputs: inputs, initializers: initializers)
    let order = try Self.order(all, sources: sources)
    guard graph.output.count == 1 else {
      let names = graph.output.map(\.name.printable).joined(separator: ", ")
      throw .malformed(place: "", reason: "graph has \(graph.output.count) outputs (\(names)), only one is supported")
    }
    let isProduced = producers[output.name] != nil || inputs.contains { $0.name == output.name }
    guard isProduced else {
      throw .malformed(place: "", reason: "output \(output.name.printable) is produced by no node")
    }
    guard let input = inputs.first, inputs.count == 1 else {
      let names = inputs.isEmpty ? "" : " (\(inputs.map(\.name.printable).joined(separator: ", ")))"
      throw .malformed(
        place: "",
        reason: inputs.isEmpty
          ? "graph has no input" : "graph has \(inputs.count) inputs\(names), only one is supported")
    }
    self.initializers = initializers
    self.input = input
    self.output = output

    var needed = [Bool](repeating: false, count: all.count)
    var open = producers[output.name].map { [$0] } ?? []
    while let node = open.popLast() {
      if needed[node] { continue }
      needed[node] = true
      open += sources[node]
    }
    operators = order.filter { needed[$0] }.map { all[$0] }
    if order != Array(all.indices) { notes.append("nodes put into topological order") }
    if operators.count < all.count {
      notes.append("\(all.count - operators.count) nodes left out that the output does not depend on")
    }
  }

  /// Hands a node over, which is not asked for again: its attributes may hold weights.
  mutating func takeOperator(_ position: Int) -> Operator {
    let node = operators[position]
    operators[position].dropAttributes()
    return node
  }

  /// Lets go of a stored tensor.
  mutating func forgetInitializer(_ name: String) { initializers[name] = nil }

  /// The node that writes each tensor.
  private static func producers(
    of operators: [Operator], inputs: [Onnx_ValueInfoProto], initializers: [String: Onnx_TensorProto]
  ) throws(Fault) -> [String: Int] {
    var producers: [String: Int] = [:]
    let given = Set(inputs.map(\.name))
    guard given.count == inputs.count else { throw .malformed(place: "", reason: "two inputs have the same name") }
    for (i, node) in operators.enumerated() {
      for name in node.outputs where !name.isEmpty {
        let earlier =
          producers[name].map { operators[$0].name } ?? (given.contains(name) ? "the graph's inputs" : nil)
          ?? (initializers[name] == nil ? nil : "the initialisers")
        if let earlier {
          throw .malformed(place: name.printable, reason: "is defined twice (\(earlier), \(node.name))")
        }
        producers[name] = i
      }
    }
    return producers
  }

  /// For each node, the nodes it reads.
  private static func sources(
    of operators: [Operator], producers: [String: Int], inputs: [Onnx_ValueInfoProto],
    initializers: [String: Onnx_TensorProto]
  ) throws(Fault) -> [[Int]] {
    let given = Set(inputs.map(\.name))
    var sources: [[Int]] = []
    sources.reserveCapacity(operators.count)
    for node in operators {
      var read: [Int] = []
      for name in node.inputs where !name.isEmpty {
        if let producer = producers[name] {
          read.append(producer)
        } else if !given.contains(name), initializers[name] == nil {
          throw .malformed(place: node.name, reason: "reads \(name.printable), which nothing defines")
        }
      }
      sources.append(read)
    }
    return sources
  }

  /// The nodes in an order in which each follows its sources: the file's own if it is one.
  private static func order(_ operators: [Operator], sources: [[Int]]) throws(Fault) -> [Int] {
    if sources.indices.allSatisfy({ node in sources[node].allSatisfy { $0 < node } }) {
      return Array(operators.indices)
    }
    var readers = [[Int]](repeating: [], count: operators.count)
    var waiting = sources.map(\.count)
    for (node, read) in sources.enumerated() {
      for source in read { readers[source].append(node) }
    }
    var order = operators.indices.filter { waiting[$0] == 0 }
    var next = 0
    while next < order.count {
      for reader in readers[order[next]] {
        waiting[reader] -= 1
        if waiting[reader] == 0 { order.append(reader) }
      }
      next += 1
    }
    guard let start = operators.indices.first(where: { waiting[$0] > 0 }) else { return order }

    // Every node left waits for another one that is left: following them backwards must come round.
    var path: [Int] = []
    var steps: [Int: Int] = [:]
    var node = start
    while steps[node] == nil {
      steps[node] = path.count
      path.append(node)
      guard let previous = sources[node].first(where: { waiting[$0] > 0 }) else { break }
      node = previous
    }
    let cycle = path[(steps[node] ?? 0)...].reversed().map { operators[$0].name }
    let shown = cycle.prefix(8).joined(separator: ", ") + (cycle.count > 8 ? ", …" : "")
    throw .malformed(place: "", reason: "cycle through \(shown)")
  }
}
