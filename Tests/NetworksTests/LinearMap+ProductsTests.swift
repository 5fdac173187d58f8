import Tensors
import Testing

@testable import Networks

@Suite struct LinearMapProductsTests {
  /// Matrices with rows longer than a block, of odd sizes, and of fewer columns than a vector has elements.
  static let sizes = [(rows: 5, columns: 4099, blocks: 1), (2, 17, 3), (1, 3, 2), (10, 64, 1)]

  func expectProducts<Scalar: AnalysisScalar>(_ map: DenseMap, batch: Int, in type: Scalar.Type) {
    var random = RandomStream(seed: 1, purpose: "centres and radii")
    // Small whole numbers: every sum is exact in any order.
    func numbers(_ range: ClosedRange<Int>) -> [Scalar] {
      (0..<batch * map.blocks * map.columns).map { _ in Scalar(range.lowerBound + random.index(below: range.count)) }
    }
    let (centres, radii) = (numbers(-4...4), numbers(0...4))
    let linear = LinearMap.dense(map)
    let balls = linear.apply(centres: centres, radii: radii, batch: batch)
    #expect(balls.middles == linear.apply(centres, batch: batch))
    #expect(balls.spreads == linear.apply(radii, batch: batch, .magnitudes))
  }

  @Test(arguments: sizes, 1...8) func `centres and radii get what single products give`(
    _ size: (rows: Int, columns: Int, blocks: Int), _ batch: Int
  ) {
    var random = RandomStream(seed: 2, purpose: "matrix")
    let map = DenseMap(
      rows: size.rows, columns: size.columns, blocks: size.blocks,
      weights: (0..<size.rows * size.columns).map { _ in Double(random.index(below: 9)) - 4 })
    expectProducts(map, batch: batch, in: Double.self)
    expectProducts(map, batch: batch, in: Float.self)
  }

  /// A matrix with a share of coefficients, in blocks, some rows and columns empty.
  func sparseMap(share: Int) -> DenseMap {
    var random = RandomStream(seed: 3, purpose: "sparse matrix")
    let (rows, columns) = (70, 130)
    let weights = (0..<rows * columns).map { position in
      let isEmpty = (position / columns).isMultiple(of: 7) || (position % columns).isMultiple(of: 5)
      return isEmpty || random.index(below: share) > 0 ? 0 : Double(random.index(below: 9)) - 4
    }
    return DenseMap(rows: rows, columns: columns, blocks: 2, weights: weights)
  }

  func expectSparseProducts<Scalar: AnalysisScalar>(in type: Scalar.Type) {
    let map = sparseMap(share: 80)
    var random = RandomStream(seed: 4, purpose: "vectors")
    let batch = 3
    func vectors(_ count: Int) -> [Scalar] {
      (0..<batch * map.blocks * count).map { _ in Scalar(max(0, random.index(below: 9) - 4)) }
    }
    let (inputs, outputs) = (vectors(map.columns), vectors(map.rows))
    for coefficients in [Coefficients.signed, .magnitudes] {
      var forwards = [Scalar](repeating: 0, count: outputs.count)
      var backwards = [Scalar](repeating: 0, count: inputs.count)
      for block in 0..<batch * map.blocks {
        for row in 0..<map.rows {
          for column in 0..<map.columns {
            let weight = map.weights[row * map.columns + column]
            let w = Scalar(coefficients == .signed ? weight : abs(weight))
            forwards[block * map.rows + row] += w * inputs[block * map.columns + column]
            backwards[block * map.columns + column] += w * outputs[block * map.rows + row]
          }
        }
      }
      #expect(LinearMap.dense(map).apply(inputs, batch: batch, coefficients) == forwards)
      #expect(LinearMap.dense(map).applyTransposed(outputs, batch: batch, coefficients) == backwards)
    }
    let balls = LinearMap.dense(map).apply(centres: inputs, radii: inputs, batch: batch)
    #expect(balls.middles == LinearMap.dense(map).apply(inputs, batch: batch))
    #expect(balls.spreads == LinearMap.dense(map).apply(inputs, batch: batch, .magnitudes))
  }

  @Test func `sparse matrices are multiplied as by definition`() {
    expectSparseProducts(in: Double.self)
    expectSparseProducts(in: Float.self)
  }

  @Test func `sums over sparse matrices are as long as they have coefficients`() {
    let map = sparseMap(share: 80)
    let rows = (0..<map.rows).map { row in
      map.weights[row * map.columns..<(row + 1) * map.columns].count { $0 != 0 }
    }
    let columns = (0..<map.columns).map { column in
      stride(from: column, to: map.weights.count, by: map.columns).count { map.weights[$0] != 0 }
    }
    let linear = LinearMap.dense(map)
    #expect(linear.longestSum == max(rows.max() ?? 0, columns.max() ?? 0))
    #expect(linear.multiplyAdds == 2 * rows.reduce(0, +))
    #expect(linear.parameterCount == map.weights.count)
    let isSparse = sparseMap(share: 8).sparse != nil
    #expect(!isSparse)
    let empty = LinearMap.dense(DenseMap(rows: 64, columns: 65, weights: [Double](repeating: 0, count: 64 * 65)))
    #expect(empty.longestSum == 1)
    #expect(empty.apply([Float](repeating: 1, count: 65), batch: 1) == [Float](repeating: 0, count: 64))
    #expect(empty.applyTransposed([Double](repeating: 2, count: 64), batch: 1) == [Double](repeating: 0, count: 65))
  }

  /// What is not there cannot make a result no number.
  @Test func `sparse matrices read no more than they name`() {
    let map = sparseMap(share: 80)
    var inputs = [Double](repeating: 1, count: 2 * map.columns)
    // An empty column.
    inputs[5] = .infinity
    let areFinite = LinearMap.dense(map).apply(inputs, batch: 1).allSatisfy(\.isFinite)
    #expect(areFinite)
  }
}
