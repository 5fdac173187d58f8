/// Upper bounds of the margins o_i − o_y over boxes by CROWN-IBP: one row of a ``BackSubstitutionPass`` for each class
/// but the label, mixed with the elided interval bounds of ``ElidedMargins``.
///
/// - Source: Zhang et al., *Towards Stable and Efficient Training of Verifiably Robust Neural Networks*, ICLR 2020,
///   where β falls from 1 to its final value as ε grows: `β = 1 − ε/ε_max·(1 − β_final)`.
final class CROWNMargins: Sendable {
  private let pass: BackSubstitutionPass
  private let classes: Int
  private let bounds, seeds: FloatBuffer

  /// Room for up to `capacity` boxes at a time.
  ///
  /// - Parameter meetsEveryBox: see ``BackSubstitutionPass/init(stack:capacity:rowsPerBox:meetsEveryBox:)``.
  init(stack: LayerStack, capacity: Int, meetsEveryBox: Bool = false) {
    classes = stack.classCount
    pass = BackSubstitutionPass(
      stack: stack, capacity: capacity, rowsPerBox: classes - 1, meetsEveryBox: meetsEveryBox)
    bounds = FloatBuffer(count: capacity * (classes - 1))
    seeds = FloatBuffer(count: capacity * (classes - 1))
  }

  /// Writes the upper margins, `[batch, classes]`; the label's own is 0.
  ///
  /// - Parameters:
  ///   - box: a pass with the boxes of this batch at every boundary but the last.
  ///   - beta: the part of CROWN-IBP, from 0 (interval bounds alone) to 1.
  func forward(
    _ box: BoxPass, labels: UnsafePointer<Int32>, batch: Int, parameters: Parameters, beta: Float,
    into margins: UnsafeMutablePointer<Float>
  ) {
    pass.functions.update(repeating: 0, count: batch * (classes - 1) * classes)
    forEachRow(labels, batch: batch) { row, _, label, other in
      pass.functions[row * classes + other] = 1
      pass.functions[row * classes + label] = -1
    }
    pass.forward(box, batch: batch, parameters: parameters, beta: beta, into: bounds.pointer)
    margins.update(repeating: 0, count: batch * classes)
    forEachRow(labels, batch: batch) { row, vector, _, other in
      margins[vector * classes + other] = bounds.pointer[row]
    }
  }

  /// Differentiates `Σ seed·margins` after ``forward(_:labels:batch:parameters:beta:into:)``.
  ///
  /// - Parameters:
  ///   - seed: `[batch, classes]`; the labels' own entries are not read.
  ///   - gradient: where to add the gradient with respect to the parameters, with the boxes fixed.
  ///   - boxGradient: where to write the gradient with respect to the boxes that the last layer reads; that with
  ///     respect to the others is in ``boxGradients``.
  func backward(
    seed: UnsafePointer<Float>, _ box: BoxPass, labels: UnsafePointer<Int32>, batch: Int, parameters: Parameters,
    into gradient: ParameterGradient, boxGradient: BoxPass.Gradient
  ) {
    forEachRow(labels, batch: batch) { row, vector, _, other in
      seeds.pointer[row] = seed[vector * classes + other]
    }
    boxGradient.clear(count: batch * pass.stack.lastLayer.inputs)
    pass.backward(
      box, batch: batch, seed: seeds.pointer, parameters: parameters, into: gradient, boxGradient: boxGradient)
  }

  /// The gradients with respect to boxes for ``BoxPass`` to carry on besides, by boundary.
  var boxGradients: [Int: BoxPass.Gradient] { pass.boxGradients }

  /// The rows with their image, its label and the other class.
  private func forEachRow(_ labels: UnsafePointer<Int32>, batch: Int, _ body: (Int, Int, Int, Int) -> Void) {
    for row in 0..<batch * (classes - 1) {
      let vector = row / (classes - 1)
      let label = Int(labels[vector])
      let other = row % (classes - 1)
      body(row, vector, label, other < label ? other : other + 1)
    }
  }
}
