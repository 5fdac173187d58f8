import Tensors

extension Network {
  /// The nodes up to one of them, and behind it the values of some of its elements and, after these, the same values
  /// negated: upper bounds of the outputs are both ends of the elements' ranges.
  ///
  /// The nodes keep their places, so that what is known of them holds there too.
  ///
  /// - Parameters:
  ///   - elements: positions in the node's value, at least one.
  ///   - node: any node but the input.
  package func ends(of elements: [Int], at node: NodeID) -> Network {
    let count = elements.count
    let zeros = [Double](repeating: 0, count: 2 * count)
    let signs = [Double](repeating: 1, count: count) + [Double](repeating: -1, count: count)
    let layers = [
      LinearLayer(
        map: .gather(GatherMap(inputCount: self[node].shape.count, sources: elements + elements)), bias: zeros),
      LinearLayer(map: .diagonal(DiagonalMap(factors: signs)), bias: zeros),
    ]
    var nodes = Array(nodes[...node.index])
    for layer in layers {
      let source = NodeID(nodes.count - 1)
      nodes.append(
        Node(
          id: NodeID(nodes.count), name: "ends", shape: Shape(vector: 2 * count),
          operation: .linear(layer, source: source)))
    }
    return Network(nodes: nodes, output: NodeID(nodes.count - 1))
  }
}
