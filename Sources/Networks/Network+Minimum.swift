import Tensors

extension Network {
  /// The network whose only output is the smallest of some of this one's outputs: min(a, b) = a − ReLU(a − b), in a
  /// balanced tree. The nodes of this network keep their positions.
  ///
  /// - Precondition: there is an output among those asked for, and each is one of the network's.
  public func minimum(of outputs: [Int]) -> Network {
    precondition(!outputs.isEmpty, "The smallest of no outputs")
    var nodes = nodes
    func add(_ operation: Operation, count: Int) -> NodeID {
      let id = NodeID(nodes.count)
      nodes.append(Node(id: id, name: "minimum", shape: Shape(vector: count), operation: operation))
      return id
    }
    func linear(_ source: NodeID, columns: Int, _ rows: [[(column: Int, weight: Double)]]) -> NodeID {
      var weights = [Double](repeating: 0, count: rows.count * columns)
      for (row, terms) in rows.enumerated() {
        for term in terms { weights[row * columns + term.column] += term.weight }
      }
      let map = DenseMap(rows: rows.count, columns: columns, weights: weights)
      return add(.linear(LinearLayer(map: .dense(map)), source: source), count: rows.count)
    }

    var last = linear(output, columns: outputCount, outputs.map { [($0, 1)] })
    var count = outputs.count
    while count > 1 {
      let pairs = count / 2
      let differences = linear(last, columns: count, (0..<pairs).map { [(2 * $0, 1), (2 * $0 + 1, -1)] })
      let excess = add(.activation(.relu, source: differences), count: pairs)
      // The first of each pair less what it exceeds the second by; one that is left over as it is.
      let next = count - pairs
      let kept = linear(last, columns: count, (0..<next).map { [(2 * $0, 1)] })
      let taken = linear(excess, columns: pairs, (0..<next).map { $0 < pairs ? [($0, -1)] : [] })
      last = add(.sum([kept, taken]), count: next)
      count = next
    }
    return Network(nodes: nodes, output: last)
  }
}
