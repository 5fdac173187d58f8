import Intervals
import Tensors

extension Network {
  /// The network whose outputs are the *violations* of linear rows over this one's inputs x and outputs y.
  ///
  /// A row of a property's unsafe set says `Σ a·x + Σ b·y + c ≤ 0`; its violation is `−(Σ a·x + Σ b·y + c)`. So the row
  /// holds where its violation is not negative, and a property is a question about the signs of outputs alone.
  /// - Soundness: coefficients that are no doubles are stored as the nearest ones, and what that changes is part of the
  ///   layers' errors.
  /// - Parameter rows: rows over no more inputs and outputs than there are.
  /// - Returns: a network with one output for each row.
  /// - Throws: ``NetworkError/notFinite(node:what:index:)`` where a coefficient is beyond the range of doubles.
  public func violations(of rows: [LinearRow]) throws(NetworkError) -> Network {
    var nodes = nodes
    let shape = Shape(vector: rows.count)
    func isInput(_ variable: Variable) -> Bool { if case .input = variable { true } else { false } }
    func add(_ operation: Operation, _ name: String) -> NodeID {
      let id = NodeID(nodes.count)
      nodes.append(Node(id: id, name: name, shape: shape, operation: operation))
      return id
    }

    let constants = rows.map { -$0.constant }
    let ofOutputs = try Self.layer(rows, columns: outputCount, constants: constants, name: "violations") {
      if case .output(let index) = $0 { index } else { nil }
    }
    var result = add(.linear(ofOutputs, source: output), "violations")
    if rows.contains(where: { $0.terms.contains { isInput($0.variable) } }) {
      let ofInputs = try Self.layer(rows, columns: inputCount, constants: nil, name: "violations of inputs") {
        if case .input(let index) = $0 { index } else { nil }
      }
      let inputs = add(.linear(ofInputs, source: NodeID(0)), "violations of inputs")
      result = add(.sum([result, inputs]), "violations in all")
    }
    return Network(nodes, output: result, shape: nil)
  }

  /// The negated coefficients of some of the rows' variables as a dense layer.
  private static func layer(
    _ rows: [LinearRow], columns: Int, constants: [ExactNumber]?, name: String, column: (Variable) -> Int?
  ) throws(NetworkError) -> LinearLayer {
    var weights = [Double](repeating: 0, count: rows.count * columns)
    var isRounded = false
    for (row, terms) in rows.map(\.terms).enumerated() {
      for term in terms {
        guard let column = column(term.variable) else { continue }
        let coefficient = -term.coefficient.nearest
        guard coefficient.isFinite, coefficient.magnitude >= .leastNormalMagnitude else {
          throw .notFinite(node: name, what: "coefficient", index: row)
        }
        weights[row * columns + column] = coefficient
        isRounded = isRounded || term.coefficient.double == nil
      }
    }
    let bias = constants?.map(\.nearest) ?? [Double](repeating: 0, count: rows.count)
    if let row = bias.firstIndex(where: { !$0.isFinite }) {
      throw .notFinite(node: name, what: "constant", index: row)
    }
    let isExact = constants?.allSatisfy { $0.double != nil } ?? true
    return LinearLayer(
      map: .dense(DenseMap(rows: rows.count, columns: columns, weights: weights)), bias: bias,
      // The nearest double is within half a unit in the last place, 2⁻⁵³ of itself.
      coefficientError: isRounded ? 2 * RoundingError.unit : 0,
      biasError: isExact ? [] : (constants ?? []).map { $0.enclosure.width })
  }
}
