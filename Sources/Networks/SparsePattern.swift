/// Where a matrix that is nearly all zeros has its coefficients, row by row.
///
/// Networks that compare or select (lattices of minima, pruned layers, slices written as products) have matrices with a
/// few coefficients in each row. Products with these alone take a hundredth of the time, and sums of a few terms round
/// less.
struct SparsePattern: Sendable {
  /// The share of coefficients that are not zero, one of so many, up to which a matrix is taken for sparse, and the size
  /// from which on that matters: products with all coefficients take them in vectors.
  private static let leastSparsity = 64, leastSize = 1 << 12

  /// The sizes of the matrix.
  private let rows, columns: Int
  /// For each row where its coefficients begin, and where the last one's end.
  private let starts: [Int32]
  /// The column of each coefficient, and its position in the matrix.
  private let places: [Int32]
  let positions: [Int]
  /// The largest number of coefficients of a row or a column: of products summed for one element, forwards or backwards.
  let longestSum: Int

  /// The pattern of a row-major matrix; nil unless it is large and nearly all zeros.
  init?(_ weights: [Double], rows: Int, columns: Int) {
    guard (Self.leastSize...Int(Int32.max)).contains(weights.count) else { return nil }
    let most = weights.count / Self.leastSparsity
    var starts: [Int32] = [0]
    var places: [Int32] = []
    var positions: [Int] = []
    var fans = [Int](repeating: 0, count: columns)
    var longest = 1
    for row in 0..<rows {
      for column in 0..<columns where weights[row * columns + column] != 0 {
        guard positions.count < most else { return nil }
        places.append(Int32(column))
        positions.append(row * columns + column)
        fans[column] += 1
      }
      longest = max(longest, positions.count - Int(starts[row]))
      starts.append(Int32(positions.count))
    }
    (self.rows, self.columns, self.starts, self.places, self.positions) = (rows, columns, starts, places, positions)
    longestSum = max(longest, fans.max() ?? 1)
  }

  /// The products of the matrix, or of its transpose, with each of some vectors.
  ///
  /// - Parameter values: the coefficients that are not zero, in their order.
  func multiply<Scalar: AnalysisScalar>(
    _ values: [Scalar], _ coefficients: Coefficients, isTransposed: Bool, _ vectors: UnsafePointer<Scalar>, batch: Int,
    into products: UnsafeMutablePointer<Scalar>
  ) {
    guard !values.isEmpty else {
      return products.update(repeating: 0, count: batch * (isTransposed ? columns : rows))
    }
    starts.withUnsafeBufferPointer { starts in
      places.withUnsafeBufferPointer { places in
        values.withUnsafeBufferPointer { values in
          if let starts = starts.baseAddress, let places = places.baseAddress, let values = values.baseAddress {
            Scalar.compressedProduct(
              starts: starts, columns: places, values, m: rows, n: columns, isTransposed: isTransposed,
              magnitudes: coefficients == .magnitudes, vectors, batch: batch, into: products)
          }
        }
      }
    }
  }
}
