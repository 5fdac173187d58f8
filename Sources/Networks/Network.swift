import Tensors

/// The position of a node in its network's topological order.
public struct NodeID: Hashable, Comparable, Sendable {
  /// The position, from 0.
  public let index: Int

  /// The node at the given position.
  public init(_ index: Int) { self.index = index }

  public static func < (a: NodeID, b: NodeID) -> Bool { a.index < b.index }
}

/// What a node computes from its sources.
///
/// The list is closed on purpose: each analysis switches over it without a `default`, so that a new case makes
/// the compiler name every analysis that has nothing to say about it yet.
public enum Operation: Sendable {
  /// The network's input, always node 0.
  case input
  /// `W·x + b`.
  case linear(LinearLayer, source: NodeID)
  /// The sum of several nodes of one size.
  case sum([NodeID])
  /// A scalar function applied to each element.
  case activation(Activation, source: NodeID)
}

extension Operation {
  /// The same operation on other sources.
  func movingSources(_ moved: (NodeID) -> NodeID) -> Operation {
    switch self {
    case .input: .input
    case .linear(let layer, let source): .linear(layer, source: moved(source))
    case .sum(let sources): .sum(sources.map(moved))
    case .activation(let activation, let source): .activation(activation, source: moved(source))
    }
  }
}

/// An affine layer `y = W·x + b`, with what is known of its distance from the layer the file describes.
///
/// Analyses speak about the file's layer in real arithmetic. Where coefficients had to be computed (batch norm,
/// normalisation), the stored ones are rounded; the two error fields bound by how much.
public struct LinearLayer: Sendable {
  /// The map W.
  public let map: LinearMap
  /// The bias b, one for each output element.
  public let bias: [Double]
  /// Every real coefficient w and its stored value ŵ satisfy |w − ŵ| ≤ coefficientError·|ŵ|.
  public let coefficientError: Double
  /// |b − b̂| for each output element; empty where every bias is exact.
  public let biasError: [Double]

  /// The number of coefficients and biases that a file would store: one bias for each channel of a convolution
  /// where its positions agree.
  public var parameterCount: Int {
    guard case .convolution(let map) = map else { return map.parameterCount + bias.count }
    let positions = map.geometry.positions
    let isShared = bias.indices.allSatisfy { bias[$0] == bias[$0 / positions * positions] }
    return map.weights.count + (isShared ? map.geometry.outputChannels : bias.count)
  }

  /// A layer whose coefficients are wrong by at most the given errors.
  ///
  /// - Precondition: one bias (and, unless empty, one bias error) for each output element.
  public init(map: LinearMap, bias: [Double]? = nil, coefficientError: Double = 0, biasError: [Double] = []) {
    let bias = bias ?? [Double](repeating: 0, count: map.outputCount)
    precondition(bias.count == map.outputCount, "\(bias.count) biases for \(map.outputCount) outputs")
    precondition(biasError.isEmpty || biasError.count == bias.count, "One bias error for each bias")
    self.map = map
    self.bias = bias
    self.coefficientError = coefficientError
    self.biasError = biasError
  }
}

/// One node of a network.
public struct Node: Sendable {
  /// Where it stands.
  public let id: NodeID
  /// The file's name for it, for messages; not necessarily unique.
  public let name: String
  /// The shape of its value, without the batch.
  public let shape: Shape
  /// What it computes.
  public let operation: Operation

  /// The nodes it reads.
  public var sources: [NodeID] {
    switch operation {
    case .input: []
    case .linear(_, let source), .activation(_, let source): [source]
    case .sum(let sources): sources
    }
  }
}

/// A feed-forward network in the four kinds of node that the analyses understand.
///
/// - Invariant: `nodes[i].id.index == i`, node 0 is the only input, sources precede their readers, sizes
///   agree, and every coefficient is finite.
public struct Network: Sendable {
  /// The nodes in topological order.
  public let nodes: [Node]
  /// The node whose value is the network's output.
  public let output: NodeID

  /// The input's shape, without the batch.
  public var inputShape: Shape { nodes[0].shape }
  /// The output's shape, without the batch.
  public var outputShape: Shape { nodes[output.index].shape }
  /// The number of input elements.
  public var inputCount: Int { inputShape.count }
  /// The number of output elements.
  public var outputCount: Int { outputShape.count }

  /// The node at a position.
  public subscript(_ id: NodeID) -> Node { nodes[id.index] }

  /// The activation nodes in topological order.
  public var activationNodes: [Node] {
    nodes.filter { if case .activation = $0.operation { true } else { false } }
  }

  /// Multiply-adds of the linear maps in one evaluation.
  public var multiplyAdds: Int {
    nodes.reduce(0) { sum, node in
      if case .linear(let layer, _) = node.operation { sum + layer.map.multiplyAdds } else { sum }
    }
  }

  /// Whether the network is affine between the kinks of its ReLUs: what exact search over phases needs.
  public var isPiecewiseLinear: Bool {
    nodes.allSatisfy { node in
      guard case .activation(let activation, _) = node.operation else { return true }
      return activation.isPiecewiseLinear
    }
  }

  /// The number of stored coefficients and biases.
  public var parameterCount: Int {
    nodes.reduce(0) { total, node in
      guard case .linear(let layer, _) = node.operation else { return total }
      return total + layer.parameterCount
    }
  }

  init(nodes: [Node], output: NodeID) {
    self.nodes = nodes
    self.output = output
  }
}
