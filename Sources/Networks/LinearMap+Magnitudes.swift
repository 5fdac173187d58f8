import CKernels
import Intervals

extension LinearMap {
  /// Columns of a dense map that are bounded together.
  private static let blockLength = 64

  /// For each output, an upper bound of `|W|·m`, far cheaper than the product: coefficients are summed in blocks, and
  /// each block meets its largest magnitude. Blocks are the channels of a convolution's image, or 64 columns.
  ///
  /// - Parameter magnitudes: m, one number that is not negative for each input element; may be infinite.
  /// - Complexity: a pass over m and, for dense maps, a 64th of the product.
  public func magnitudeBound(of magnitudes: [Double]) -> [Double] {
    switch self {
    case .dense(let map):
      let length = Self.blockLength
      let norms = map.derived.blockNorms(of: map.weights, rowLength: map.columns, blockLength: length)
      let count = (map.columns + length - 1) / length
      var bounds: [Double] = []
      bounds.reserveCapacity(map.blocks * map.rows)
      for block in 0..<map.blocks {
        let first = block * map.columns
        let largest = (0..<count).map { part in
          Self.largest(magnitudes, first + part * length..<first + min((part + 1) * length, map.columns))
        }
        for row in 0..<map.rows {
          bounds.append(Self.upperBound(norms, from: row * count, largest, from: 0, count: count))
        }
      }
      return bounds
    case .convolution(let map):
      let g = map.geometry
      let area = g.height * g.width
      let largest = (0..<g.channels).map { Self.largest(magnitudes, $0 * area..<($0 + 1) * area) }
      let norms = map.derived.blockNorms(
        of: map.weights, rowLength: g.patchCount, blockLength: g.kernelHeight * g.kernelWidth)
      let groupChannels = g.channels / g.groups
      var bounds: [Double] = []
      bounds.reserveCapacity(g.outputCount)
      for output in 0..<g.outputChannels {
        let bound = Self.upperBound(
          norms, from: output * groupChannels, largest,
          from: output / (g.outputChannels / g.groups) * groupChannels, count: groupChannels)
        bounds.append(contentsOf: repeatElement(bound, count: g.positions))
      }
      return bounds
    case .diagonal(let map):
      return map.factors.indices.map { (map.factors[$0].magnitude * magnitudes[$0]).nextUp }
    case .gather(let map):
      return map.sources.map { $0 < 0 ? 0 : magnitudes[$0] }
    }
  }

  private static func largest(_ values: [Double], _ range: Range<Int>) -> Double {
    values[range].withUnsafeBufferPointer { values in values.baseAddress.map { ck_largest($0, values.count) } ?? 0 }
  }

  /// `Σ norms·largest`, rounded up. A block without coefficients counts nothing, even where nothing is known.
  private static func upperBound(
    _ norms: [Double], from norm: Int, _ largest: [Double], from start: Int, count: Int
  ) -> Double {
    var sum = 0.0
    for i in 0..<count where norms[norm + i] > 0 { sum += norms[norm + i] * largest[start + i] }
    return (sum * (1 + RoundingError.gamma(count + 16))).nextUp
  }
}
