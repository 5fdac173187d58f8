extension Network {
  /// The part of the network after one node, as a network whose input is that node's value.
  ///
  /// - Returns: nil if some path from the input to the output passes the node by.
  public func suffix(after node: NodeID) -> Network? {
    guard node.index > 0 else { return self }
    var builder: [Node] = [
      Node(id: NodeID(0), name: self[node].name, shape: self[node].shape, operation: .input)
    ]
    func moved(_ id: NodeID) -> NodeID { NodeID(id.index - node.index) }
    for later in nodes[(node.index + 1)...] {
      guard later.sources.allSatisfy({ $0 >= node }) else { return nil }
      let operation = later.operation.movingSources(moved)
      builder.append(Node(id: moved(later.id), name: later.name, shape: later.shape, operation: operation))
    }
    return output < node ? nil : Network(nodes: builder, output: moved(output))
  }
}
