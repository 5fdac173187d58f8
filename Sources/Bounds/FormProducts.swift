import CKernels
import Intervals
import Tensors

/// A matrix, row-major, with each column multiplied by its own factor.
///
/// - Complexity: one pass over the matrix.
func scaledColumns(_ rows: [Double], by factors: [Double]) -> [Double] {
  [Double](unsafeUninitializedCapacity: rows.count) { scaled, count in
    rows.withUnsafeBufferPointer { rows in
      factors.withUnsafeBufferPointer { factors in
        for start in stride(from: 0, to: rows.count, by: factors.count) {
          for i in 0..<factors.count { scaled[start + i] = rows[start + i] * factors[i] }
        }
      }
    }
    count = rows.count
  }
}

/// The dot product of each of `count` rows of coefficients with each row of a matrix, both of the given width: row
/// after row, one element for each row of the matrix.
func productsWithRows(_ coefficients: [Double], _ matrix: [Double], count: Int, width: Int) -> [Double] {
  let columns = width == 0 ? 0 : matrix.count / width
  guard count > 0, columns > 0 else { return [] }
  return [Double](unsafeUninitializedCapacity: count * columns) { products, initialized in
    coefficients.withUnsafeBufferPointer { coefficients in
      matrix.withUnsafeBufferPointer { matrix in
        if let a = coefficients.baseAddress, let b = matrix.baseAddress, let c = products.baseAddress {
          Double.gemm(
            .asStored, .transposed, m: count, n: columns, k: width, alpha: 1, a, lda: width, b, ldb: width, beta: 0,
            c, ldc: columns)
        }
      }
    }
    initialized = count * columns
  }
}

extension BackwardPass where Scalar == Double {
  /// Adds `Σ |elements|` of each row of a matrix to the row's constant: what symbols in [−1, 1] can make of them.
  mutating func addMagnitudes(_ rows: [Double], width: Int) {
    let ones = [Double](repeating: 1, count: width)
    rows.withUnsafeBufferPointer { rows in
      guard let base = rows.baseAddress else { return }
      for row in 0..<count {
        let sum = ck_row_reach_f64(base + row * width, ones, width)
        totals.add(sum, to: row)
        totals.addError(RoundingError.gamma(width + 16) * sum, to: row)
      }
    }
  }
}
