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
}
