/// Numpy's rule for operands of different shapes: extents are compared from the last, and an extent of 1 is
/// repeated.
enum Broadcasting {
  /// The shape of the result, or nil if the operands do not fit.
  static func extents(_ a: [Int], _ b: [Int]) -> [Int]? {
    let rank = max(a.count, b.count)
    let left = padded(a, to: rank)
    let right = padded(b, to: rank)
    var result: [Int] = []
    for (x, y) in zip(left, right) {
      guard x == y || x == 1 || y == 1 else { return nil }
      result.append(max(x, y))
    }
    return result
  }

  /// For each element of the result, the element of the operand it comes from.
  ///
  /// - Precondition: the operand's shape broadcasts to the result's.
  static func sources(from operand: [Int], to extents: [Int]) -> [Int] {
    let padded = padded(operand, to: extents.count)
    var strides = [Int](repeating: 0, count: extents.count)
    var step = 1
    for axis in extents.indices.reversed() {
      strides[axis] = padded[axis] == 1 ? 0 : step
      step *= padded[axis]
    }
    return StridedIndices.list(extents: extents, strides: strides)
  }

  private static func padded(_ extents: [Int], to rank: Int) -> [Int] {
    [Int](repeating: 1, count: rank - extents.count) + extents
  }
}

/// Flat indices of a strided view, in the row-major order of the view.
enum StridedIndices {
  static func list(extents: [Int], strides: [Int]) -> [Int] {
    var indices = [0]
    for (extent, stride) in zip(extents, strides) {
      var next: [Int] = []
      next.reserveCapacity(indices.count * extent)
      for index in indices {
        for i in 0..<extent { next.append(index + i * stride) }
      }
      indices = next
    }
    return indices
  }

  /// The strides of a row-major array.
  static func rowMajor(_ extents: [Int]) -> [Int] {
    var strides = [Int](repeating: 1, count: extents.count)
    for axis in extents.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * extents[axis + 1] }
    return strides
  }
}
