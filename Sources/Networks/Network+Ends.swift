import Tensors

extension Network {
  /// The nodes up to one of them, and behind it a layer with the values of some of its elements and, after these, the
  /// same values negated: upper bounds of the outputs are both ends of the elements' ranges.
  ///
  /// The nodes keep their places, so that what is known of them holds there too.
  ///
  /// - Parameters:
  ///   - elements: positions in the node's value, at least one.
  ///   - node: any node but the input.
  public func ends(of elements: [Int], at node: NodeID) -> Network {
    let width = self[node].shape.count
    let count = elements.count
    var weights = [Double](repeating: 0, count: 2 * count * width)
    for (row, element) in elements.enumerated() {
      weights[row * width + element] = 1
      weights[(count + row) * width + element] = -1
    }
    let layer = LinearLayer(
      map: .dense(DenseMap(rows: 2 * count, columns: width, weights: weights)),
      bias: [Double](repeating: 0, count: 2 * count))
    let id = NodeID(node.index + 1)
    let last = Node(
      id: id, name: "ends", shape: Shape(vector: 2 * count), operation: .linear(layer, source: node))
    return Network(nodes: Array(nodes[...node.index]) + [last], output: id)
  }
}
