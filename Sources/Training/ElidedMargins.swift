import CKernels
import Tensors

/// Upper bounds of the margins o_i − o_y over boxes, with the last layer merged into the difference.
///
/// The bound is `(W_i − W_y)·c + b_i − b_y + |W_i − W_y|·r`: tighter than the difference of the two outputs'
/// own bounds, because both read the same box. The margin of the label itself is 0, so that a row of margins
/// is a row of logits for the cross-entropy with label y.
///
/// Neighbours with the same label share one matrix product: any order is right, sorted labels are fast.
final class ElidedMargins: Sendable {
  private let inputs, classes: Int
  private let differences, products: FloatBuffer

  /// - Parameter stack: the network whose last layer is merged.
  init(stack: LayerStack) {
    (inputs, classes) = stack.lastLayer
    differences = FloatBuffer(count: inputs * classes)
    products = FloatBuffer(count: inputs * classes)
  }

  /// Writes the upper margins, `[batch, classes]`, of the boxes that the last layer reads.
  ///
  /// - Parameter weights: the last layer's parameters, weights `[classes, inputs]` then biases.
  func forward(
    centres: UnsafePointer<Float>, radii: UnsafePointer<Float>, labels: UnsafePointer<Int32>, batch: Int,
    weights: UnsafePointer<Float>, into margins: UnsafeMutablePointer<Float>
  ) {
    let layer = AffineLayer(map: .dense(inputs: inputs, outputs: classes))
    layer.apply(weights, to: centres, batch: batch, into: margins)
    layer.addBias(weights + layer.weightCount, batch: batch, to: margins)
    for vector in 0..<batch {
      let row = margins + vector * classes
      let own = row[Int(labels[vector])]
      for i in 0..<classes { row[i] -= own }
    }
    forEachRun(of: labels, batch: batch) { run, label in
      writeDifferences(weights, label: label)
      let d = differences.pointer
      for i in 0..<inputs * classes { d[i] = abs(d[i]) }
      Float.gemm(
        .asStored, .transposed, m: run.count, n: classes, k: inputs, alpha: 1, radii + run.lowerBound * inputs,
        lda: inputs, d, ldb: inputs, beta: 1, margins + run.lowerBound * classes, ldc: classes)
    }
  }

  /// Differentiates `Σ seed·margins`.
  ///
  /// - Parameters:
  ///   - seed: `[batch, classes]`; the label's own entry must be minus the sum of the others, as the gradient of
  ///     the cross-entropy is.
  ///   - gradient: where to add the gradient with respect to the last layer's parameters.
  ///   - boxGradient: where to write the gradient with respect to the boxes.
  func backward(
    seed: UnsafePointer<Float>, centres: UnsafePointer<Float>, radii: UnsafePointer<Float>,
    labels: UnsafePointer<Int32>, batch: Int, weights: UnsafePointer<Float>,
    into gradient: UnsafeMutablePointer<Float>, boxGradient: BoxPass.Gradient
  ) {
    let layer = AffineLayer(map: .dense(inputs: inputs, outputs: classes))
    layer.accumulateWeightGradient(inputs: centres, outputGradients: seed, batch: batch, into: gradient)
    layer.accumulateBiasGradient(
      outputGradients: seed, batch: batch, ones: nil, into: gradient + layer.weightCount)
    layer.applyTransposed(weights, to: seed, batch: batch, into: boxGradient.centre)
    forEachRun(of: labels, batch: batch) { run, label in
      writeDifferences(weights, label: label)
      let d = differences.pointer
      let product = products.pointer
      let r = radii + run.lowerBound * inputs
      let g = seed + run.lowerBound * classes
      // The gradient with respect to |W_i − W_y|, which is sign(W_i − W_y) times that of W_i, and minus that of W_y.
      Float.gemm(
        .transposed, .asStored, m: classes, n: inputs, k: run.count, alpha: 1, g, lda: classes, r, ldb: inputs,
        beta: 0, product, ldc: inputs)
      let own = gradient + label * inputs
      for i in 0..<classes where i != label {
        ck_add_signed_f32(product + i * inputs, d + i * inputs, gradient + i * inputs, own, inputs)
      }
      for i in 0..<inputs * classes { d[i] = abs(d[i]) }
      Float.gemm(
        .asStored, .asStored, m: run.count, n: inputs, k: classes, alpha: 1, g, lda: classes, d, ldb: inputs,
        beta: 0, boxGradient.radius + run.lowerBound * inputs, ldc: inputs)
    }
  }

  /// Writes W_i − W_y for each class i; the label's own row is zero.
  private func writeDifferences(_ weights: UnsafePointer<Float>, label: Int) {
    let own = weights + label * inputs
    for i in 0..<classes {
      let row = weights + i * inputs
      let to = differences.pointer + i * inputs
      for j in 0..<inputs { to[j] = row[j] - own[j] }
    }
  }

  private func forEachRun(of labels: UnsafePointer<Int32>, batch: Int, _ body: (Range<Int>, Int) -> Void) {
    var start = 0
    while start < batch {
      var end = start + 1
      while end < batch, labels[end] == labels[start] { end += 1 }
      body(start..<end, Int(labels[start]))
      start = end
    }
  }
}
