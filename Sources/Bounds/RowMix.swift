import Foundation

/// A row that is mixed from several outputs with weights that are not negative: where all of the outputs are at least
/// zero, so is the mix; a mix that is negative everywhere excludes that.
///
/// - Source: Lagrangian duality of the conjunction; the weights move by exponentiated gradients (Kivinen & Warmuth 1997).
struct RowMix: Sendable {
  /// The outputs, and their weights.
  let outputs: [Int]
  private(set) var weights: [Double]

  init(outputs: [Int], weights: [Double]) {
    self.outputs = outputs
    self.weights = weights
  }

  /// Moves weight to outputs that are small at the point where the row's bound is attained, and writes the row anew.
  mutating func descend<Scalar: RowScalar>(
    by step: Double, _ values: [Scalar], row: Int, of rows: inout LinearRows
  ) {
    let base = row * rows.width
    let own = outputs.map { Double(values[base + $0]) }
    let size = own.reduce(0) { max($0, $1.magnitude) }
    guard size > 0, own.allSatisfy(\.isFinite) else { return }
    let moved = weights.indices.map { weights[$0] * exp(-2 * step * own[$0] / size) }
    let total = moved.reduce(0, +)
    guard total > 0, total.isFinite else { return }
    for k in weights.indices {
      weights[k] = max(moved[k] / total, 0x1p-40)
      rows.coefficients[base + outputs[k]] = weights[k]
    }
  }
}
