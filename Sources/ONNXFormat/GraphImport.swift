import Intervals
import Networks
import Tensors

/// The translation of a file's graph into a network, one node after the other.
///
/// Constants are computed as they are met; everything that depends on the input becomes a node of the network or,
/// where only the shape changes, nothing at all.
struct GraphImport {
  /// What a tensor of the file is to the network.
  enum Value {
    case constant(Constant)
    case variable(Variable)
  }

  /// A tensor that depends on the input: a node's value, in the shape that the file gives it.
  struct Variable {
    var node: NodeID
    var extents: [Int]
    var count: Int { extents.reduce(1, *) }
  }

  /// Elements of a node, -1 standing for zero.
  struct Choice {
    /// The node, and the number of its elements.
    let node: NodeID
    let count: Int
    /// For each element of the result, the node's element that it is.
    let sources: [Int]
  }

  private(set) var graph: FileGraph
  let operatorSet: Int
  let options: ImportOptions
  let weights: ExternalWeights?
  private(set) var nodes: [FileNode] = []
  private(set) var notes: [String]
  private var builder: NetworkBuilder
  private var values: [String: Value] = [:]
  /// Whether the file leaves the leading dimension of the input open.
  let isBatched: Bool
  /// The nodes that only choose elements of an earlier node.
  private var choices: [NodeID: Choice] = [:]
  /// How many numbers the network may still store: small files can ask for large arrays by broadcasting and
  /// padding.
  private var allowance: Int

  /// How many numbers a network may store beyond four times those in the file: enough for the activations of large
  /// images.
  static let usualAllowance = 1 << 25

  /// - Parameters:
  ///   - weights: where tensors with external data are; nil if none may be read.
  ///   - allowance: how many numbers the network may store beyond a multiple of what the file does.
  init(
    _ graph: consuming FileGraph, operatorSet: Int, options: ImportOptions, weights: ExternalWeights?, allowance: Int
  ) throws(Fault) {
    let graph = graph
    self.graph = graph
    self.options = options
    self.weights = weights
    self.operatorSet = operatorSet
    notes = graph.notes
    let stored = graph.initializers.values.reduce(0) { $0 + $1.rawData.count + $1.floatData.count }
    self.allowance = allowance + 4 * stored
    let (extents, isBatched) = try Self.inputExtents(graph.input)
    self.isBatched = isBatched
    // Whatever is computed from the input by rearranging it is no larger.
    guard let count = extents.elementCount, count <= self.allowance else {
      throw .malformed(place: "input \(graph.input.name.printable)", reason: "\(extents.joined) is too large")
    }
    builder = NetworkBuilder(
      inputShape: try Self.shape(extents, isBatched, place: graph.input.name), name: graph.input.name.printable)
    values[graph.input.name] = .variable(Variable(node: builder.input, extents: extents))
  }

  /// Translates every node.
  ///
  /// - Throws: the first contradiction in the file; or, if there is none, all nodes that are not supported.
  mutating func run() throws(Fault) -> Network {
    var unsupported: [UnsupportedNode] = []
    // What is left to be read of each tensor, so that weights are held once: in the file's form or in the network's.
    var readers = [graph.output.name: 1]
    for node in graph.operators { for name in node.inputs { readers[name, default: 0] += 1 } }
    let read = Set(readers.keys)
    for position in graph.operators.indices {
      let node = graph.takeOperator(position)
      defer {
        for name in node.inputs {
          readers[name, default: 1] -= 1
          if readers[name] == 0 {
            values[name] = nil
            graph.forgetInitializer(name)
          }
        }
      }
      func reject(_ reason: String) {
        unsupported.append(UnsupportedNode(name: node.name, operatorName: node.type, reason: reason))
      }
      guard let counts = Self.inputCounts[node.type] else {
        reject("operator \(node.type) is not supported")
        continue
      }
      try Self.check(node, takes: counts)
      if node.type != "Split", node.outputs.dropFirst().contains(where: read.contains) {
        reject("outputs of \(node.type) beyond the first are not supported")
        continue
      }
      // What depends on an unsupported node stays unknown; only the node itself is to blame.
      do {
        guard let inputs = try inputs(of: node) else { continue }
        let results = node.type == "Split" ? try split(node, inputs) : [try translate(node, inputs)]
        for (name, value) in zip(node.outputs, results) where !name.isEmpty { values[name] = value }
        nodes.append(FileNode(name: node.name, operatorName: node.type, outputExtents: results.first?.extents ?? []))
      } catch .unsupported(let reason) {
        reject("\(node.type): \(reason)")
      }
    }
    guard unsupported.isEmpty else { throw .unsupportedNodes(unsupported) }
    guard case .variable(let output)? = values[graph.output.name] else {
      throw .malformed(place: "", reason: "output \(graph.output.name.printable) does not depend on the input")
    }
    compareDeclaredOutput(with: output.extents)
    return try finish(output)
  }

  /// What the operators need; fails on shapes too large to hold.
  static func shape(_ extents: [Int], _ isBatched: Bool, place: String) throws(Fault) -> Shape {
    do {
      return try Shape(isBatched && extents.count > 1 && extents[0] == 1 ? Array(extents.dropFirst()) : extents)
    } catch {
      throw .malformed(place: place.printable, reason: "\(error)")
    }
  }

  /// Adds an affine layer to the network.
  mutating func linear(
    _ layer: @autoclosure () -> LinearLayer, of source: NodeID, extents: [Int], parameters: Int, for node: Operator
  ) throws(Fault) -> Value {
    .variable(try affine(layer(), of: source, extents: extents, parameters: parameters, for: node))
  }

  /// Adds an affine layer to the network, as one of the steps that a node becomes.
  mutating func affine(
    _ layer: @autoclosure () -> LinearLayer, of source: NodeID, extents: [Int], parameters: Int, for node: Operator
  ) throws(Fault) -> Variable {
    let shape = try Self.shape(extents, isBatched, place: node.name)
    try spend(parameters + 2 * shape.count, for: node)
    do {
      let id = try builder.linear(layer(), of: source, shape: shape, name: node.name)
      return Variable(node: id, extents: extents)
    } catch {
      throw .malformed(place: "", reason: "\(error)")
    }
  }

  /// Adds the sum of two variables of one shape.
  mutating func sum(_ a: Variable, _ b: Variable, for node: Operator) throws(Fault) -> Value {
    .variable(try sum([a.node, b.node], extents: a.extents, for: node))
  }

  /// Adds the sum of several nodes of one size; one alone is its own sum.
  mutating func sum(_ terms: [NodeID], extents: [Int], for node: Operator) throws(Fault) -> Variable {
    if terms.count == 1 { return Variable(node: terms[0], extents: extents) }
    let shape = try Self.shape(extents, isBatched, place: node.name)
    do {
      return Variable(node: try builder.sum(terms, shape: shape, name: node.name), extents: extents)
    } catch {
      throw .malformed(place: "", reason: "\(error)")
    }
  }

  /// Adds an activation.
  mutating func activate(_ activation: Activation, _ source: Variable, for node: Operator) -> Variable {
    Variable(node: builder.activation(activation, of: source.node, name: node.name), extents: source.extents)
  }

  /// Adds a choice of elements; a choice of chosen elements is one of the elements themselves.
  ///
  /// - Parameter bias: what is added to each element, with its errors, if anything is.
  mutating func choose(
    _ choice: Choice, extents: [Int], bias: [Double]? = nil, biasError: [Double] = [], for node: Operator
  ) throws(Fault) -> Variable {
    if bias == nil, choice.sources.elementsEqual(0..<choice.count) {
      return Variable(node: choice.node, extents: extents)
    }
    let result = try affine(
      LinearLayer(
        map: .gather(GatherMap(inputCount: choice.count, sources: choice.sources)), bias: bias, biasError: biasError),
      of: choice.node, extents: extents, parameters: choice.sources.count, for: node)
    if bias == nil { choices[result.node] = choice }
    return result
  }

  /// The node whose elements a variable's are, and which of them; nil for all in their order.
  func origin(of variable: Variable) -> (node: NodeID, count: Int, sources: [Int]?) {
    guard let choice = choices[variable.node] else { return (variable.node, variable.count, nil) }
    return (choice.node, choice.count, choice.sources)
  }

  /// How many elements an array may still have.
  var allowedElements: Int { allowance }

  /// The number of elements of an array that is about to be made.
  ///
  /// - Throws: if there are more than may still be stored, with a bias and an index for each.
  func count(of extents: [Int], for node: Operator) throws(Fault) -> Int {
    guard let count = extents.elementCount, count <= allowance / 3 else {
      throw node.malformed("\(extents.joined) is too large")
    }
    return count
  }

  /// Takes note of arrays that are about to be made.
  mutating func spend(_ count: Int, for node: Operator) throws(Fault) {
    guard count <= allowance else {
      throw node.malformed("the network would need far more numbers than the file holds, \(count) for this node")
    }
    allowance -= count
  }

  /// The names of the input and output tensors.
  var inputName: String { graph.input.name }
  var outputName: String { graph.output.name }

  mutating func note(_ text: String) { notes.append(text) }

  /// The network, with the output in the shape that the file gives it.
  private mutating func finish(_ output: Variable) throws(Fault) -> Network {
    let shape = try Self.shape(output.extents, isBatched, place: graph.output.name)
    guard output.node == builder.input, shape != builder.shape(of: builder.input) else {
      return builder.network(output: output.node, shape: shape)
    }
    // The input itself in another shape: a node of its own keeps the input's.
    let identity = LinearLayer(
      map: .gather(GatherMap(inputCount: shape.count, sources: Array(0..<shape.count))))
    do {
      let node = try builder.linear(
        identity, of: output.node, shape: shape, name: graph.output.name.printable)
      return builder.network(output: node)
    } catch {
      throw .malformed(place: graph.output.name.printable, reason: "\(error)")
    }
  }

  /// The values that a node reads, nil for those left out; nil altogether if one is unknown.
  private mutating func inputs(of node: Operator) throws(Fault) -> [Value?]? {
    var result: [Value?] = []
    for name in node.inputs {
      if name.isEmpty {
        result.append(nil)
      } else if let value = values[name] {
        result.append(value)
      } else if let tensor = graph.initializers[name] {
        let constant = try Constant(tensor, name: name, weights: weights)
        // What lies in another file counts once it was found there, not when it is claimed.
        if !tensor.externalData.isEmpty { allowance += 16 * constant.count }
        let value = Value.constant(constant)
        graph.forgetInitializer(name)
        values[name] = value
        result.append(value)
      } else {
        return nil
      }
    }
    return result
  }

  private static func check(_ node: Operator, takes counts: ClosedRange<Int>) throws(Fault) {
    guard counts.contains(node.inputs.count) else {
      let (low, high) = (counts.lowerBound, counts.upperBound)
      let allowed = low == high ? "\(low)" : high == low + 1 ? "\(low) or \(high)" : "\(low) to \(high)"
      throw node.malformed(
        "\(node.type) takes \(allowed) input\(high == 1 ? "" : "s"), has \(node.inputs.count)")
    }
    if let left = node.inputs.prefix(counts.lowerBound).firstIndex(of: "") {
      throw node.malformed("input \(left) of \(node.type) is left out")
    }
    guard !node.outputs.isEmpty else { throw node.malformed("has no output") }
  }

  private static func inputExtents(_ input: Onnx_ValueInfoProto) throws(Fault) -> (extents: [Int], isBatched: Bool) {
    func wrong(_ reason: String) -> Fault { .malformed(place: "input \(input.name.printable)", reason: reason) }
    guard case .tensorType(let tensor)? = input.type.value else { throw wrong("is no tensor") }
    guard let type = TensorType(rawValue: tensor.elemType) else {
      throw wrong("unknown element type \(tensor.elemType)")
    }
    guard type.isFloatingPoint else { throw wrong("element type \(type) is not supported") }
    guard tensor.hasShape else { throw wrong("has no shape") }
    var extents: [Int] = []
    for (axis, dimension) in tensor.shape.dim.enumerated() {
      // Some exporters write an open batch as -1.
      if case .dimValue(let extent)? = dimension.value, extent >= 0 || axis > 0 {
        guard extent > 0 else {
          throw wrong(extent == 0 ? "is empty (dimension \(axis) is 0)" : "dimension \(axis) is \(extent)")
        }
        extents.append(Int(extent))
      } else {
        guard axis == 0 else {
          let name = dimension.dimParam.isEmpty ? "" : " (\(dimension.dimParam.printable))"
          throw wrong("the extent of dimension \(axis)\(name) is unknown")
        }
        extents.append(1)
      }
    }
    let isOpen: Bool =
      switch tensor.shape.dim.first?.value {
      case .dimValue(let extent)?: extent < 0
      case .dimParam?: true
      case nil: !tensor.shape.dim.isEmpty
      }
    return (extents, isOpen)
  }

  private mutating func compareDeclaredOutput(with extents: [Int]) {
    guard case .tensorType(let tensor)? = graph.output.type.value, tensor.hasShape else { return }
    let declared = tensor.shape.dim
    let agrees =
      declared.count == extents.count
      && zip(declared, extents).allSatisfy { dimension, extent in
        guard case .dimValue(let stated)? = dimension.value, stated > 0 else { return true }
        return stated == extent
      }
    if !agrees {
      let stated = declared.map { dimension in
        if case .dimValue(let extent)? = dimension.value { return "\(extent)" }
        return "?"
      }
      notes.append(
        "output \(graph.output.name.printable) is declared \(stated.joined(separator: "x")) but is \(extents.joined)")
    }
  }
}

extension GraphImport.Value {
  var extents: [Int] {
    switch self {
    case .constant(let constant): constant.extents
    case .variable(let variable): variable.extents
    }
  }
}
