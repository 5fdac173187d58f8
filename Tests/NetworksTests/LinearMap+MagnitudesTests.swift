import Networks
import Tensors
import TestSupport
import Testing

@Suite struct LinearMapMagnitudesTests {
  private static func maps(_ random: inout RandomNetworks) throws -> [LinearMap] {
    let geometry = try ConvolutionGeometry(
      channels: 4, height: 5, width: 6, outputChannels: 6, kernel: (3, 2), stride: (2, 1), pads: (1, 0, 1, 1), groups: 2
    )
    return [
      .dense(DenseMap(rows: 3, columns: 150, weights: random.weights(450))),
      .dense(DenseMap(rows: 4, columns: 5, blocks: 3, weights: random.weights(20))),
      .convolution(ConvolutionMap(geometry: geometry, weights: random.weights(geometry.weightCount))),
      .diagonal(DiagonalMap(factors: random.weights(7))),
      .gather(GatherMap(inputCount: 4, sources: [3, -1, 0, 0])),
    ]
  }

  @Test(arguments: 0..<10) func `the bound is above the product, and near it`(_ seed: Int) throws {
    var random = RandomNetworks(seed: UInt64(seed))
    for map in try Self.maps(&random) {
      let magnitudes = random.weights(map.inputCount).map(\.magnitude)
      let product = map.apply(magnitudes, batch: 1, .magnitudes)
      let bound = map.magnitudeBound(of: magnitudes)
      #expect(bound.count == product.count)
      for (a, b) in zip(bound, product) {
        #expect(a >= b * (1 - 1e-12) && a.isFinite)
        // A block meets its largest magnitude only.
        #expect(a <= b + Double(map.longestSum) * 100 * (1 + b))
      }
      let uniform = [Double](repeating: 0.5, count: map.inputCount)
      if case .convolution = map { continue }
      for (a, b) in zip(map.magnitudeBound(of: uniform), map.apply(uniform, batch: 1, .magnitudes)) {
        #expect(abs(a - b) <= 1e-12 * b)
      }
    }
  }

  @Test func `where nothing is known nothing is claimed`() throws {
    let map = LinearMap.dense(DenseMap(rows: 2, columns: 2, weights: [0, 1, 0, 0]))
    #expect(map.magnitudeBound(of: [.infinity, 1])[0] == .infinity)
  }
}
