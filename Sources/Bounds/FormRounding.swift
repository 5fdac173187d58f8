import Intervals
import Networks

extension FormRules {
  /// γ_k, or less in the tests that leave rounding out.
  func gamma(_ k: Int) -> Double { roundingShare * RoundingError.gamma(k) }

  /// What the underflows of one sum can change, or less in the tests that leave rounding out.
  var underflow: Double { roundingShare * RoundingError.underflow }

  /// The radius of a layer's outputs whose affine parts were computed by products with the stored coefficients.
  ///
  /// For sources `p + radius·δ`, where the affine parts p have rows of coefficients with the column sums of magnitudes
  /// `reach`: the products of all rows together are wrong by at most γ|W|·reach, and the file's coefficients differ by
  /// at most e|W|·(reach + radius). All of it goes into one product with |W|, as in interval propagation. Underflows:
  /// there are no more products for one output element than elements in the matrix of rows, fewer than 2⁵⁰.
  ///
  /// - Parameters:
  ///   - radius: the sources' radius.
  ///   - reach: upper bounds of the column sums, constants included.
  ///   - middle: the computed constants of the outputs, with the bias.
  /// - Complexity: one product of |W| with a vector.
  func carriedRadius(
    _ radius: [Double], reach: [Double], through layer: LinearLayer, middle: [Double]
  ) -> [Double] {
    // Twice the longest sum covers the rounding of the product with |W| itself.
    let gamma = roundingShare * (RoundingError.gamma(2 * layer.map.longestSum + 16) + 2 * layer.coefficientError).nextUp
    var inflated = radius
    for i in inflated.indices {
      // The last term covers what underflows here before a large weight multiplies it.
      inflated[i] = (radius[i] + gamma * (reach[i] + radius[i])) * (1 + 4 * RoundingError.unit) + underflow
    }
    var carried = layer.map.apply(inflated, batch: 1, .magnitudes)
    for i in carried.indices {
      var width = (carried[i] + gamma * (layer.bias[i].magnitude + middle[i].magnitude)) * (1 + gamma)
      width += layer.biasError.isEmpty ? 0 : layer.biasError[i] * (1 + gamma)
      carried[i] = width * (1 + 4 * RoundingError.unit) + underflow
    }
    return carried
  }
}

/// Sums of magnitudes over the rows of a matrix, row-major with `width` columns: for each column an upper bound.
///
/// - Complexity: one pass over the matrix.
func columnMagnitudes(_ rows: [Double], width: Int) -> [Double] {
  var sums = [Double](repeating: 0, count: width)
  guard width > 0, !rows.isEmpty else { return sums }
  let count = rows.count / width
  rows.withUnsafeBufferPointer { rows in
    sums.withUnsafeMutableBufferPointer { sums in
      for row in 0..<count {
        let base = row * width
        for i in 0..<width { sums[i] += rows[base + i].magnitude }
      }
    }
  }
  let excess = 1 + RoundingError.gamma(count + 4)
  return sums.map { $0 == 0 ? 0 : $0 * excess }
}

/// For each row of a matrix, row-major with `width` columns, the sum of its magnitudes, to nearest.
func rowMagnitudes(_ rows: [Double], width: Int) -> [Double] {
  guard width > 0 else { return [] }
  return rows.withUnsafeBufferPointer { rows in
    (0..<rows.count / width).map { row in
      var sum = 0.0
      for i in row * width..<(row + 1) * width { sum += rows[i].magnitude }
      return sum
    }
  }
}
