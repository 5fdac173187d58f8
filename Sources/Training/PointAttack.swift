import CKernels
import Tensors

/// Projected gradient ascent on the loss in the boxes around a chunk's images (PGD), from random points.
///
/// Each image keeps the best of all points that were looked at, over steps and restarts. Gradients are with respect to
/// the points alone.
/// - Source: Madry et al., *Towards Deep Learning Models Resistant to Adversarial Attacks*, ICLR 2018.
final class PointAttack: @unchecked Sendable {
  /// What is searched, and how long.
  struct Settings: Hashable, Sendable {
    /// The steps, as fractions of the box's half width.
    var steps: AttackSteps
    /// How many random points are started from.
    var restarts = 1
    var loss = TrainingConfiguration.AttackLoss.crossEntropy
    /// What the radius of the boxes is multiplied by.
    var radiusScale = 1.0
  }

  /// Where the points are propagated; ``search(around:labels:batch:parameters:settings:stream:)`` leaves the best in
  /// its first boundary.
  let pass: PointPass
  /// The boxes' ends, `[batch, inputs]`, to be filled by the caller.
  let lower, upper: FloatBuffer
  private let best, seeds: FloatBuffer
  private let bestLosses: FloatBuffer

  init(stack: LayerStack, capacity: Int) {
    pass = PointPass(stack: stack, capacity: capacity)
    let size = stack.inputShape.count
    lower = FloatBuffer(count: capacity * size)
    upper = FloatBuffer(count: capacity * size)
    best = FloatBuffer(count: capacity * size)
    seeds = FloatBuffer(count: capacity * stack.classCount)
    bestLosses = FloatBuffer(count: capacity)
  }

  /// Searches in the boxes and leaves the best points in the first boundary of ``pass``, without propagating them.
  ///
  /// - Parameters:
  ///   - images: the points around which restarts begin.
  ///   - stream: the random numbers of an image's restart.
  func search(
    around images: UnsafePointer<Float>, labels: UnsafePointer<Int32>, batch: Int, parameters: Parameters,
    settings: Settings, stream: (_ vector: Int, _ restart: Int) -> RandomStream
  ) {
    let stack = pass.stack
    let size = stack.inputShape.count
    let x = pass.values[0].pointer
    let all = 0..<stack.layers.count
    for vector in 0..<batch { bestLosses.pointer[vector] = -.infinity }
    for restart in 0..<settings.restarts {
      for vector in 0..<batch {
        var random = stream(vector, restart)
        random.start(
          around: images + vector * size, lower: lower.pointer + vector * size, upper: upper.pointer + vector * size,
          count: size, into: x + vector * size)
      }
      for step in 0...settings.steps.count {
        pass.forward(all, batch: batch, parameters: parameters.values.pointer)
        keepBest(labels: labels, batch: batch, loss: settings.loss)
        guard step < settings.steps.count else { break }
        guard
          let gradient = pass.backward(
            all, batch: batch, seed: seeds.pointer, parameters: parameters.values.pointer, into: nil, needsInput: true)
        else { break }
        // Steps are fractions of half the width.
        let moved = ck_ascend_f32(
          x, gradient, lower.pointer, upper.pointer, batch * size, settings.steps.size(step) / 2)
        guard moved != 0 else { break }
      }
    }
    x.update(from: best.pointer, count: batch * size)
  }

  /// Copies the points that are better than the best so far, and writes the losses' gradients to ``seeds``.
  private func keepBest(labels: UnsafePointer<Int32>, batch: Int, loss: TrainingConfiguration.AttackLoss) {
    let stack = pass.stack
    let size = stack.inputShape.count
    let classes = stack.classCount
    let logits = pass.values[stack.layers.count].pointer
    for vector in 0..<batch {
      let row = logits + vector * classes
      let seed = seeds.pointer + vector * classes
      let value = loss.evaluate(row, label: Int(labels[vector]), classes: classes, gradient: seed)
      // What is no number is kept as well, so that the loss shows it.
      if value > bestLosses.pointer[vector] || value.isNaN {
        bestLosses.pointer[vector] = value
        (best.pointer + vector * size).update(from: pass.values[0].pointer + vector * size, count: size)
      }
    }
  }
}

extension TrainingConfiguration.AttackLoss {
  /// What an attack climbs along at a row of logits, and its gradient.
  func evaluate(
    _ row: UnsafePointer<Float>, label: Int, classes: Int, gradient: UnsafeMutablePointer<Float>
  ) -> Float {
    switch self {
    case .crossEntropy:
      return CrossEntropy.row(row, label: label, classes: classes, weight: 1, gradient: gradient)
    case .margin:
      var top = label == 0 ? 1 : 0
      for i in 0..<classes where i != label && row[i] > row[top] { top = i }
      for i in 0..<classes { gradient[i] = 0 }
      gradient[top] = 1
      gradient[label] = -1
      return row[top] - row[label]
    }
  }
}

extension RandomStream {
  /// A point that is uniform within half the box's width around an image, cut to the box.
  mutating func start(
    around image: UnsafePointer<Float>, lower: UnsafePointer<Float>, upper: UnsafePointer<Float>, count: Int,
    into point: UnsafeMutablePointer<Float>
  ) {
    for i in 0..<count {
      let share = Float(next() >> 40) * 0x1p-24 - 0.5
      point[i] = max(lower[i], min(upper[i], image[i] + share * (upper[i] - lower[i])))
    }
  }

  /// A point that is uniform in a box.
  mutating func start(
    lower: UnsafePointer<Float>, upper: UnsafePointer<Float>, count: Int, into point: UnsafeMutablePointer<Float>
  ) {
    for i in 0..<count {
      let share = Float(next() >> 40) * 0x1p-24
      point[i] = max(lower[i], min(upper[i], lower[i] + share * (upper[i] - lower[i])))
    }
  }
}
