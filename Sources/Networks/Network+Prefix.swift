import Tensors

extension Network {
  /// The part of the network that one node's value depends on, as a network whose output is that node.
  ///
  /// - Precondition: the node is one of the network's.
  public func prefix(endingAt node: NodeID) -> Network {
    Network(nodes, output: node, shape: nil)
  }

  /// The network of those nodes that the output depends on.
  ///
  /// - Parameter shape: the output's shape, if it is not the node's own.
  init(_ nodes: [Node], output: NodeID, shape: Shape?) {
    var needed = [Bool](repeating: false, count: nodes.count)
    needed[0] = true
    needed[output.index] = true
    for node in nodes.reversed() where needed[node.id.index] {
      for source in node.sources { needed[source.index] = true }
    }
    var moved = [NodeID](repeating: NodeID(0), count: nodes.count)
    var kept: [Node] = []
    for node in nodes where needed[node.id.index] {
      moved[node.id.index] = NodeID(kept.count)
      let operation = node.operation.movingSources { moved[$0.index] }
      let isOutput = node.id == output
      kept.append(
        Node(
          id: NodeID(kept.count), name: node.name, shape: isOutput ? shape ?? node.shape : node.shape,
          operation: operation))
    }
    self.init(nodes: kept, output: moved[output.index])
  }
}
