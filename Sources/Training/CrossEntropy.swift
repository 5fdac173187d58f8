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
      var top = -Float.infinity
      var topOther = -Float.infinity
      for i in 0..<classes {
        top = max(top, row[i])
        if i != label { topOther = max(topOther, row[i]) }
      }
      // Shifted by the largest, so that early margins of thousands neither overflow nor lose the loss.
      var total: Float = 0
      for i in 0..<classes { total += exp(row[i] - top) }
      sum.loss += Double(top - row[label]) + Double(log(total))
      if row[label] > topOther { sum.correct += 1 }
      guard let gradient else { continue }
      let to = gradient + vector * classes
      var others: Float = 0
      for i in 0..<classes where i != label {
        to[i] = weight * exp(row[i] - top) / total
        others += to[i]
      }
      to[label] = -others
    }
    return sum
  }
}
