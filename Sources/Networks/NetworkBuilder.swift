import Tensors

/// Why something is no network.
public enum NetworkError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A node reads a vector of another size than it takes.
  case sizeMismatch(node: String, expected: Int, found: Int)
  /// A coefficient is NaN or infinite, so that every bound computed with it would be meaningless.
  case notFinite(node: String, what: String, index: Int)

  public var description: String {
    switch self {
    case .sizeMismatch(let node, let expected, let found):
      "\(node): takes \(expected) elements, its source has \(found)"
    case .notFinite(let node, let what, let index):
      "\(node): \(what) number \(index) is not finite: every bound computed with it would be meaningless"
    }
  }
}

/// Makes a network node by node, checking each.
public struct NetworkBuilder {
  private var nodes: [Node]

  /// A network that has only its input so far.
  public init(inputShape: Shape, name: String = "input") {
    nodes = [Node(id: NodeID(0), name: name, shape: inputShape, operation: .input)]
  }

  /// The input node.
  public var input: NodeID { NodeID(0) }

  /// The shape of a node that was added before.
  public func shape(of id: NodeID) -> Shape { nodes[id.index].shape }

  /// Adds an affine layer.
  ///
  /// - Parameters:
  ///   - layer: the layer.
  ///   - source: what it reads.
  ///   - shape: the shape of its value, with as many elements as the layer has outputs.
  ///   - name: a name for messages.
  /// - Throws: ``NetworkError`` if sizes disagree or a coefficient is not finite.
  public mutating func linear(
    _ layer: LinearLayer, of source: NodeID, shape: Shape, name: String
  ) throws(NetworkError) -> NodeID {
    let found = nodes[source.index].shape.count
    guard found == layer.map.inputCount else {
      throw .sizeMismatch(node: name, expected: layer.map.inputCount, found: found)
    }
    guard shape.count == layer.map.outputCount else {
      throw .sizeMismatch(node: name, expected: shape.count, found: layer.map.outputCount)
    }
    try Self.requireFinite(layer, name)
    return add(.linear(layer, source: source), shape, name)
  }

  /// Adds the sum of several nodes.
  ///
  /// - Precondition: there is at least one.
  /// - Throws: ``NetworkError/sizeMismatch(node:expected:found:)`` if they differ in size.
  public mutating func sum(_ sources: [NodeID], shape: Shape, name: String) throws(NetworkError) -> NodeID {
    precondition(!sources.isEmpty, "A sum of nothing (\(name))")
    for source in sources {
      let found = nodes[source.index].shape.count
      guard found == shape.count else { throw .sizeMismatch(node: name, expected: shape.count, found: found) }
    }
    return add(.sum(sources), shape, name)
  }

  /// Adds an activation of each element of a node.
  public mutating func activation(_ activation: Activation, of source: NodeID, name: String) -> NodeID {
    add(.activation(activation, source: source), nodes[source.index].shape, name)
  }

  /// The network whose output is the given node, without the nodes that the output does not depend on.
  ///
  /// - Parameter shape: the output's shape, if it is not the node's own (a final reshape).
  public func network(output: NodeID, shape: Shape? = nil) -> Network {
    Network(nodes, output: output, shape: shape)
  }

  private mutating func add(_ operation: Operation, _ shape: Shape, _ name: String) -> NodeID {
    let id = NodeID(nodes.count)
    nodes.append(Node(id: id, name: name, shape: shape, operation: operation))
    return id
  }

  private static func requireFinite(_ layer: LinearLayer, _ name: String) throws(NetworkError) {
    let coefficients: [Double] =
      switch layer.map {
      case .dense(let map): map.weights
      case .convolution(let map): map.weights
      case .diagonal(let map): map.factors
      case .gather: []
      }
    if let index = coefficients.firstIndex(where: { !$0.isFinite }) {
      throw .notFinite(node: name, what: "weight", index: index)
    }
    if let index = layer.bias.firstIndex(where: { !$0.isFinite }) {
      throw .notFinite(node: name, what: "bias", index: index)
    }
    if let index = layer.biasError.firstIndex(where: { !$0.isFinite }) {
      throw .notFinite(node: name, what: "bias error", index: index)
    }
    guard layer.coefficientError.isFinite else {
      throw .notFinite(node: name, what: "coefficient error", index: 0)
    }
  }
}
