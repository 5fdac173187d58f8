import Intervals
import Networks

/// A constant matrix `[rows, columns]` with a bound of its rounding.
private struct Matrix {
  let rows, columns: Int
  let values: [Double]
  let relativeError: Double

  /// `factor` times a constant of rank 2, or of rank 1 seen as a matrix of the given number of rows.
  init(_ constant: Constant, rows: Int, columns: Int, transposed: Bool, factor: Double = 1) {
    let scaled =
      factor == 1
      ? Centres(constant) : Centres((0..<constant.count).map { constant[$0].product(Interval(factor)) })
    values = transposed ? Self.transpose(scaled.centres, rows: rows, columns: columns) : scaled.centres
    relativeError = scaled.relativeError
    self.rows = transposed ? columns : rows
    self.columns = transposed ? rows : columns
  }

  private static func transpose(_ values: [Double], rows: Int, columns: Int) -> [Double] {
    [Double](unsafeUninitializedCapacity: values.count) { result, initialized in
      // In tiles, so that neither side jumps through memory.
      let tile = 32
      for top in stride(from: 0, to: rows, by: tile) {
        for left in stride(from: 0, to: columns, by: tile) {
          for row in top..<min(top + tile, rows) {
            for column in left..<min(left + tile, columns) {
              result[column * rows + row] = values[row * columns + column]
            }
          }
        }
      }
      initialized = values.count
    }
  }

  func map(blocks: Int) -> LinearMap {
    .dense(DenseMap(rows: rows, columns: columns, blocks: blocks, weights: values))
  }
}

extension GraphImport {
  /// `alpha·A·B + beta·C` with the weights on either side.
  mutating func gemm(_ node: Operator, _ a: Value, _ b: Value, _ c: Value?) throws(Fault) -> Value {
    let alpha = try node.number("alpha", default: 1)
    let beta = try node.number("beta", default: 1)
    let transposesA = try node.integer("transA", default: 0) != 0
    let transposesB = try node.integer("transB", default: 0) != 0
    guard a.extents.count == 2, b.extents.count == 2 else {
      throw node.malformed("Gemm multiplies matrices, not \(a.extents.joined) and \(b.extents.joined)")
    }
    let left = transposesA ? Array(a.extents.reversed()) : a.extents
    let right = transposesB ? Array(b.extents.reversed()) : b.extents
    guard left[1] == right[0] else {
      throw node.malformed(
        "\(a.extents.joined)\(transposesA ? " transposed" : "") cannot be multiplied by "
          + "\(b.extents.joined)\(transposesB ? " transposed" : ""): \(left[1]) features meet \(right[0])")
    }
    let extents = [left[0], right[1]]
    let bias = try gemmBias(c, beta, extents, node)

    switch (a, b) {
    case (.variable(let a), .constant(let b)):
      let source = transposesA ? try moved(a, [1, 0], node) : a
      let matrix = Matrix(
        b, rows: b.extents[0], columns: b.extents[1], transposed: !transposesB, factor: alpha)
      return try linear(
        LinearLayer(
          map: matrix.map(blocks: left[0]), bias: bias.centres, coefficientError: matrix.relativeError,
          biasError: bias.radii),
        of: source.node, extents: extents, parameters: matrix.values.count, for: node)
    case (.constant(let a), .variable(let b)):
      let source = transposesB ? try moved(b, [1, 0], node) : b
      let matrix = Matrix(a, rows: a.extents[0], columns: a.extents[1], transposed: transposesA, factor: alpha)
      let product = try fromLeft(matrix, source, bias: bias, node)
      return .variable(product)
    case (.variable, .variable):
      throw .unsupported(reason: "product of two non-constant tensors")
    case (.constant, .constant):
      throw .unsupported(reason: "product of two constants")
    }
  }

  /// `A·B` by numpy's rules for any ranks, with the constant on either side.
  mutating func matrixProduct(_ node: Operator, _ a: Value, _ b: Value) throws(Fault) -> Value {
    guard !a.extents.isEmpty, !b.extents.isEmpty else { throw node.malformed("MatMul of a scalar") }
    // A vector is a row on the left and a column on the right; the extra axis is dropped from the result.
    let left = a.extents.count == 1 ? [1] + a.extents : a.extents
    let right = b.extents.count == 1 ? b.extents + [1] : b.extents
    let (rows, columns) = (left[left.count - 2], right[right.count - 1])
    let inner = left[left.count - 1]
    guard inner == right[right.count - 2] else {
      throw node.malformed(
        "\(a.extents.joined) cannot be multiplied by \(b.extents.joined): \(inner) features meet "
          + "\(right[right.count - 2])")
    }
    guard let stack = Broadcasting.extents(left.dropLast(2), right.dropLast(2)) else {
      throw node.malformed("\(a.extents.joined) and \(b.extents.joined) do not fit each other")
    }
    let extents = stack + (a.extents.count == 1 ? [] : [rows]) + (b.extents.count == 1 ? [] : [columns])
    var product: Variable
    switch (a, b) {
    case (.variable(let a), .constant(let b)):
      if right.dropLast(2).allSatisfy({ $0 == 1 }) {
        let matrix = Matrix(b, rows: inner, columns: columns, transposed: true)
        let value = try linear(
          LinearLayer(map: matrix.map(blocks: a.count / inner), coefficientError: matrix.relativeError),
          of: a.node, extents: extents, parameters: matrix.values.count, for: node)
        return value
      }
      product = try stacked(a, left, b, right, stack, variableIsLeft: true, node)
    case (.constant(let a), .variable(var b)):
      if left.dropLast(2).allSatisfy({ $0 == 1 }) {
        b.extents = right
        product = try fromLeft(Matrix(a, rows: rows, columns: inner, transposed: false), b, bias: nil, node)
      } else {
        product = try stacked(b, right, a, left, stack, variableIsLeft: false, node)
      }
    case (.variable, .variable):
      throw .unsupported(reason: "product of two non-constant tensors")
    case (.constant(let a), .constant(let b)):
      return .constant(try self.product(a, left, b, right, stack, extents, node))
    }
    product.extents = extents
    return .variable(product)
  }

  /// The product of constants, each sum enclosed.
  private mutating func product(
    _ a: Constant, _ left: [Int], _ b: Constant, _ right: [Int], _ stack: [Int], _ extents: [Int], _ node: Operator
  ) throws(Fault) -> Constant {
    let (rows, inner, columns) = (left[left.count - 2], left[left.count - 1], right[right.count - 1])
    guard let work = (stack + [rows, inner, columns]).elementCount, work <= 1 << 24 else {
      throw .unsupported(reason: "product of two constants of this size")
    }
    // A few bytes ask for each of them, so what takes time counts too, though nothing is stored.
    try spend(work, for: node)
    let leftBlocks = Broadcasting.sources(from: Array(left.dropLast(2)), to: stack)
    let rightBlocks = Broadcasting.sources(from: Array(right.dropLast(2)), to: stack)
    var sums: [Interval] = []
    for (x, y) in zip(leftBlocks, rightBlocks) {
      for i in 0..<rows {
        for j in 0..<columns {
          sums.append(
            (0..<inner).reduce(Interval(0)) { sum, k in
              sum.sum(a[(x * rows + i) * inner + k].product(b[(y * inner + k) * columns + j]))
            })
        }
      }
    }
    return try Constant(extents: extents, enclosures: sums, place: node.name)
  }

  /// `W·X` for each matrix X of a stack: transposed, `Xᵀ·Wᵀ` is a dense map of each row of Xᵀ.
  private mutating func fromLeft(
    _ matrix: Matrix, _ source: Variable, bias: Centres?, _ node: Operator
  ) throws(Fault) -> Variable {
    let rank = source.extents.count
    let swapped = Array(0..<rank - 2) + [rank - 1, rank - 2]
    let columns = try moved(source, swapped, node)
    var extents = columns.extents
    extents[rank - 1] = matrix.rows
    // The bias is given for the result, the layer computes its transpose.
    func transposed(_ values: [Double]?) -> [Double] {
      guard let values, !values.isEmpty else { return [] }
      let order = StridedIndices.list(extents: extents, strides: [1, extents[rank - 2]])
      return order.map { values[$0] }
    }
    let layer = LinearLayer(
      map: matrix.map(blocks: columns.count / matrix.columns), bias: bias.map { transposed($0.centres) },
      coefficientError: matrix.relativeError, biasError: transposed(bias?.radii))
    let value = try linear(
      layer, of: columns.node, extents: extents, parameters: matrix.values.count, for: node)
    guard case .variable(let product) = value else { return columns }
    return try moved(product, swapped, node)
  }

  /// A product with a stack of different constant matrices, as one matrix that is mostly zeros.
  private mutating func stacked(
    _ variable: Variable, _ shape: [Int], _ constant: Constant, _ constantShape: [Int], _ stack: [Int],
    variableIsLeft: Bool, _ node: Operator
  ) throws(Fault) -> Variable {
    let (left, right) = variableIsLeft ? (shape, constantShape) : (constantShape, shape)
    let (rows, inner, columns) = (left[left.count - 2], left[left.count - 1], right[right.count - 1])
    let extents = stack + [rows, columns]
    guard let outputs = extents.elementCount, outputs <= allowedElements,
      case let (size, overflow) = outputs.multipliedReportingOverflow(by: variable.count), !overflow,
      size <= min(allowedElements, 1 << 22)
    else {
      throw .unsupported(reason: "product with a stack of matrices, too large to write out")
    }
    let variableBlocks = Broadcasting.sources(from: Array(shape.dropLast(2)), to: stack)
    let constantBlocks = Broadcasting.sources(from: Array(constantShape.dropLast(2)), to: stack)
    var weights = [Double](repeating: 0, count: size)
    for block in variableBlocks.indices {
      for i in 0..<rows {
        for j in 0..<columns {
          let output = (block * rows + i) * columns + j
          for k in 0..<inner {
            let (x, w) =
              variableIsLeft
              ? (
                (variableBlocks[block] * rows + i) * inner + k, (constantBlocks[block] * inner + k) * columns + j
              )
              : (
                (variableBlocks[block] * inner + k) * columns + j, (constantBlocks[block] * rows + i) * inner + k
              )
            weights[output * variable.count + x] = constant.values[w]
          }
        }
      }
    }
    let value = try linear(
      LinearLayer(
        map: .dense(DenseMap(rows: outputs, columns: variable.count, weights: weights)),
        coefficientError: Centres(constant).relativeError),
      of: variable.node, extents: extents, parameters: size, for: node)
    guard case .variable(let product) = value else { return variable }
    return product
  }

  /// `beta·C` repeated to the shape of the result; zeros if there is no C.
  private mutating func gemmBias(
    _ c: Value?, _ beta: Double, _ extents: [Int], _ node: Operator
  ) throws(Fault) -> Centres {
    guard let count = extents.elementCount, count <= allowedElements else {
      throw node.malformed("\(extents.joined) is too large")
    }
    guard let c else {
      return Centres(Constant(extents: extents, isInteger: false, values: [Double](repeating: 0, count: count)))
    }
    guard Broadcasting.extents(c.extents, extents) == extents else {
      throw node.malformed("bias of \(c.extents.joined) cannot be added to \(extents.joined)")
    }
    guard case .constant(let constant) = c else { throw .unsupported(reason: "a bias that is not constant") }
    if beta == 1, constant.extents == extents { return Centres(constant) }
    let scaled = (0..<constant.count).map { constant[$0].product(Interval(beta)) }
    return Centres(Broadcasting.sources(from: constant.extents, to: extents).map { scaled[$0] })
  }

  /// The variable with its axes in another order.
  private mutating func moved(_ variable: Variable, _ order: [Int], _ node: Operator) throws(Fault) -> Variable {
    let value = try rearrange(.variable(variable), Self.transposition(variable.extents, order), node)
    guard case .variable(let result) = value else { return variable }
    return result
  }
}
