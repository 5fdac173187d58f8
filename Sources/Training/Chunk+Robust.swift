import Tensors

/// The parts of a ``RobustLoss`` over a chunk.
extension Chunk {
  /// The sums of a loss's parts over a chunk.
  struct RobustSums: Sendable {
    var adversarial = CrossEntropy.Sum()
    var box = CrossEntropy.Sum()
    var latent = CrossEntropy.Sum()
    var stability = 0.0

    static func += (a: inout RobustSums, b: RobustSums) {
      a.adversarial += b.adversarial
      a.box += b.box
      a.latent += b.latent
      a.stability += b.stability
    }
  }

  /// Attacks and propagates what the loss needs, and keeps `share` times each part's gradient with respect to logits
  /// and margins.
  ///
  /// - Parameters:
  ///   - share: one divided by the number of images in the batch; nil where only the sums are wanted.
  ///   - random: the attacks' random numbers, by image of the data set.
  func forwardRobust(
    _ parameters: Parameters, loss: RobustLoss, share: Float?, random: AttackRandom
  ) -> RobustSums {
    var sums = RobustSums()
    let classes = stack.classCount
    if let settings = loss.attack, let attack {
      attack.search(
        around: point.values[0].pointer, labels: labels, batch: batch, parameters: parameters, settings: settings
      ) { [indices] in random.points(image: indices[$0], restart: $1) }
      if loss.needsAdversarialLoss {
        attack.pass.forward(all, batch: batch, parameters: parameters.values.pointer)
        sums.adversarial = CrossEntropy.evaluate(
          attack.pass.values[all.upperBound].pointer, labels: labels, batch: batch, classes: classes,
          weight: share ?? 0,
          gradient: share == nil ? nil : adversarialGradient.pointer)
      }
      if let lambda = loss.smallBox { shrinkBoxes(to: Float(lambda), around: attack.pass.values[0].pointer) }
    }
    self.share = share ?? 0
    if loss.stability != nil || loss.zonotope != nil {
      forwardPrefix(parameters, loss: loss, random: random, into: &sums)
    }
    guard loss.needsBox else { return sums }
    box.forward(extractor, batch: batch, parameters: parameters, shrinkage: loss.shrinkage)
    if let settings = loss.latent, let latent {
      sums.latent = latent.search(box, labels: labels, batch: batch, parameters: parameters, settings: settings) {
        [indices] in random.latent(image: indices[$0], number: $1)
      }
      if let share {
        latent.differentiate(labels: labels, batch: batch, share: share, parameters: parameters, settings: settings)
      }
    }
    if let settings = loss.crown, let fused {
      sums.box = fused.forward(
        box, labels: labels, batch: batch, parameters: parameters, beta: settings.beta, weight: share ?? 0)
      return sums
    }
    if let settings = loss.crown, let crown {
      crown.forward(
        box, labels: labels, batch: batch, parameters: parameters, beta: settings.beta, into: upperMargins.pointer)
    } else {
      margins.forward(
        centres: box.centres[extractor.upperBound].pointer, radii: box.radii[extractor.upperBound].pointer,
        labels: labels, batch: batch, weights: parameters.values.pointer + lastOffset, into: upperMargins.pointer)
    }
    if case .margins(let boxShare) = loss.combination, let attack {
      mixMargins(boxShare: Float(boxShare), logits: attack.pass.values[all.upperBound].pointer)
    }
    sums.box = CrossEntropy.evaluate(
      upperMargins.pointer, labels: labels, batch: batch, classes: classes, weight: share ?? 0,
      gradient: share == nil ? nil : marginGradient.pointer)
    return sums
  }

  /// Adds the gradient of the weighted parts, and of a penalty on pre-activation boxes, to ``gradient``.
  func backwardRobust(
    _ parameters: Parameters, loss: RobustLoss, weights: RobustLoss.Parts,
    regulariser: [Int: FastRegulariser.LayerGradient]
  ) {
    let count = batch * stack.classCount
    var (adversarialWeight, boxWeight) = (Float(weights.adversarial), Float(weights.box))
    if case .margins(let boxShare) = loss.combination {
      adversarialGradient.pointer.update(from: marginGradient.pointer, count: count)
      adversarialWeight = boxWeight * Float(1 - boxShare)
      boxWeight *= Float(boxShare)
    }
    if loss.needsAdversarialLoss, let attack {
      for i in 0..<count { adversarialGradient.pointer[i] *= adversarialWeight }
      attack.pass.backward(
        all, batch: batch, seed: adversarialGradient.pointer, parameters: parameters.values.pointer,
        into: gradient.direct.pointer, needsInput: false)
    }
    backwardPrefix(parameters, loss: loss, weights: weights)
    guard loss.needsBox else { return }
    for i in 0..<count { marginGradient.pointer[i] *= boxWeight }
    var injected: [Int: BoxPass.Gradient] = [:]
    if loss.crown != nil, let fused {
      fused.backward(
        box, labels: labels, batch: batch, parameters: parameters, scale: boxWeight, into: gradient,
        boxGradient: box.seed)
      injected = fused.boxGradients
    } else if loss.crown != nil, let crown {
      crown.backward(
        seed: marginGradient.pointer, box, labels: labels, batch: batch, parameters: parameters, into: gradient,
        boxGradient: box.seed)
      injected = crown.boxGradients
    } else {
      margins.backward(
        seed: marginGradient.pointer, centres: box.centres[extractor.upperBound].pointer,
        radii: box.radii[extractor.upperBound].pointer, labels: labels, batch: batch,
        weights: parameters.values.pointer + lastOffset, into: gradient.direct.pointer + lastOffset,
        boxGradient: box.seed)
    }
    guard let settings = loss.latent, let latent else {
      box.backward(
        extractor, batch: batch, parameters: parameters, into: gradient, needsInput: false,
        shrinkage: loss.shrinkage, regulariser: regulariser, boundaryGradients: injected)
      return
    }
    let latentWeight = Float(weights.latent)
    for i in 0..<stack.parameterCount { gradient.direct.pointer[i] += latentWeight * latent.gradient.pointer[i] }
    let atSplit = box.backward(
      settings.boundary..<extractor.upperBound, batch: batch, parameters: parameters, into: gradient,
      needsInput: true, shrinkage: loss.shrinkage, regulariser: regulariser)
    guard let atSplit else { return }
    latent.addBoxGradient(batch: batch, weight: latentWeight, to: atSplit)
    box.backward(
      0..<settings.boundary, from: atSplit, batch: batch, parameters: parameters, into: gradient, needsInput: false,
      shrinkage: loss.shrinkage, regulariser: regulariser)
  }

  /// Replaces the input boxes by smaller ones inside them: λ times as wide in each coordinate, as near to a point as
  /// the large box allows (Müller et al. 2023, section 3).
  private func shrinkBoxes(to lambda: Float, around points: UnsafePointer<Float>) {
    let c = box.centres[0].pointer
    let r = box.radii[0].pointer
    for i in 0..<batch * stack.inputShape.count {
      let room = (1 - lambda) * r[i]
      c[i] = max(c[i] - room, min(c[i] + room, points[i]))
      r[i] *= lambda
    }
  }

  /// Replaces upper margins m by `a·m + (1 − a)·(o − o_y)`.
  private func mixMargins(boxShare: Float, logits: UnsafePointer<Float>) {
    let classes = stack.classCount
    for vector in 0..<batch {
      let row = logits + vector * classes
      let own = row[Int(labels[vector])]
      let margins = upperMargins.pointer + vector * classes
      for i in 0..<classes { margins[i] = boxShare * margins[i] + (1 - boxShare) * (row[i] - own) }
    }
  }
}

/// The random numbers of a step's attacks: a stream for each image and start, so that they depend neither on the order
/// of the images nor on the number of workers.
struct AttackRandom: Sendable {
  private let seed: UInt64

  /// The streams of a step of a run.
  init(seed: UInt64, step: Int) {
    var stream = RandomStream(seed: seed, purpose: "attacks", index: step)
    self.seed = stream.next()
  }

  func points(image: Int, restart: Int) -> RandomStream {
    RandomStream(seed: seed &+ UInt64(truncatingIfNeeded: restart), purpose: "adversarial point", index: image)
  }

  func latent(image: Int, number: Int) -> RandomStream {
    RandomStream(seed: seed &+ UInt64(truncatingIfNeeded: number), purpose: "latent point", index: image)
  }
}
