import Foundation

/// The cross-entropy `ln Σᵢ exp(zᵢ − z_y)` of rows of logits, or of upper margins.
///
/// Of the logits at a point it is the natural loss; of the upper margins of a box, with the label's own at
/// zero, it is `ln(1 + Σ exp(upper mᵢ))`, the interval bound of the worst loss in the box.
enum CrossEntropy {
  /// What a batch amounts to.
  struct Sum: Sendable {
    /// The sum of the rows' losses.
    var loss = 0.0
    /// How many rows have their label strictly on top.
    var correct = 0

    static func += (a: inout Sum, b: Sum) {
      a.loss += b.loss
      a.correct += b.correct
    }
  }

  /// Sums the losses of `batch` rows of `classes` logits and writes `weight` times their gradient, which is
  /// `weight·(softmax(z) − e_y)`.
  ///
  /// - Parameter gradient: `[batch, classes]`, or nil where only the sum is wanted.
  static func evaluate(
    _ logits: UnsafePointer<Float>, labels: UnsafePointer<Int32>, batch: Int, classes: Int, weight: Float = 1,
    gradient: UnsafeMutablePointer<Float>? = nil
  ) -> Sum {
    var sum = Sum()
    for vector in 0..<batch {
      let row = logits + vector * classes
      let label = Int(labels[vector])
      let loss = self.row(
        row, label: label, classes: classes, weight: weight, gradient: gradient.map { $0 + vector * classes })
      sum.loss += Double(loss)
      var isOnTop = true
      for i in 0..<classes where i != label { isOnTop = isOnTop && row[label] > row[i] }
      if isOnTop { sum.correct += 1 }
    }
    return sum
  }

  /// The loss of one row; see ``evaluate(_:labels:batch:classes:weight:gradient:)``.
  static func row(
    _ row: UnsafePointer<Float>, label: Int, classes: Int, weight: Float, gradient: UnsafeMutablePointer<Float>?
  ) -> Float {
    var top = row[0]
    for i in 1..<classes { top = max(top, row[i]) }
    // Shifted by the largest, so that early margins of thousands neither overflow nor lose the loss.
    var total: Float = 0
    for i in 0..<classes { total += exp(row[i] - top) }
    let loss = (top - row[label]) + log(total)
    guard let gradient else { return loss }
    var others: Float = 0
    for i in 0..<classes where i != label {
      gradient[i] = weight * exp(row[i] - top) / total
      others += gradient[i]
    }
    gradient[label] = -others
    return loss
  }
}
