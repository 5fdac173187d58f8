import CKernels
import Tensors

/// The latent attack of COLT: a search for points of large loss in the zonotope that holds what a frozen prefix makes
/// of the boxes around a chunk's images.
///
/// A ReLU with pre-activation x in [l, u], l < 0 < u, becomes `λ·x + μ + μ·e` with `λ = u/(u − l)`, `μ = −λ·l/2` and an
/// error term e in [−1, 1] of its own (DeepZ); a stable one stays what it is. With one error term for each input
/// besides, `c + r·e`, every point of the zonotope is an affine function of the error terms, and the search is
/// sign-gradient ascent over them: one pass through the relaxed prefix and the true rest of the network and back,
/// without the zonotope's generators in memory. A projection is a cut to [−1, 1].
///
/// l and u come from a ``BoxPass``. Behind the first affine layer they are exact; further on they are wider than the
/// zonotope's own bounds, but sound, so the zonotope holds whatever the prefix yields in the box. (The authors estimate
/// the zonotope's bounds by medians of random projections, which may be too narrow.) Gradients are with respect to the
/// points alone.
/// - Source: Balunović and Vechev, *Adversarial Training and Provable Defenses: Bridging the Gap*, ICLR 2020; Singh et
///   al., *Fast and Effective Robustness Certification*, NeurIPS 2018 (DeepZ).
final class ZonotopeAttack: @unchecked Sendable {
  /// What is searched, and how.
  struct Settings: Hashable, Sendable {
    /// The boundary whose zonotope is searched.
    var boundary: Int
    /// The boundary of the stage before, where that is searched as well.
    var previous: Int?
    /// Steps, as fractions of an error term's half width, restarts, and what is climbed along.
    var attack: PointAttack.Settings
  }

  /// Which zonotope.
  enum Region: Int { case previous, current }

  /// Where points are propagated.
  let pass: PointPass
  /// The error terms of the inputs, and by layer of the ReLUs, `[batch, size]`; none for layers that are never relaxed.
  let inputErrors: FloatBuffer
  let unitErrors: [FloatBuffer]
  /// The best points of both regions, `[batch, size]`.
  let points: [FloatBuffer]
  private let stack: LayerStack
  private let deepest: Int
  private let bestLosses, seeds, scratch, floor, ceiling: FloatBuffer

  /// Room for up to `capacity` zonotopes at a time, at boundaries up to `deepest`.
  init(stack: LayerStack, capacity: Int, deepest: Int) {
    self.stack = stack
    self.deepest = deepest
    pass = PointPass(stack: stack, capacity: capacity)
    inputErrors = FloatBuffer(count: capacity * stack.inputShape.count)
    unitErrors = stack.layers.enumerated().map { index, layer in
      guard index < deepest, case .relu(let count) = layer else { return FloatBuffer(count: 0) }
      return FloatBuffer(count: capacity * count)
    }
    let largest = capacity * (0...deepest).reduce(0) { max($0, stack.size(ofBoundary: $1)) }
    points = (0..<2).map { _ in FloatBuffer(count: largest) }
    bestLosses = FloatBuffer(count: capacity)
    seeds = FloatBuffer(count: capacity * stack.classCount)
    scratch = FloatBuffer(count: largest)
    floor = FloatBuffer([Float](repeating: -1, count: largest))
    ceiling = FloatBuffer([Float](repeating: 1, count: largest))
  }

  /// Searches the zonotopes at a region's boundary and keeps the best points, over steps and restarts, in ``points``.
  ///
  /// - Parameters:
  ///   - box: a pass that has propagated the boxes up to the boundary.
  ///   - stream: the random numbers of an image's search, by image and number.
  /// - Returns: the loss at the best points, and how many are classified rightly.
  func search(
    _ region: Region, _ box: BoxPass, labels: UnsafePointer<Int32>, batch: Int, parameters: Parameters,
    settings: Settings, stream: (_ vector: Int, _ number: Int) -> RandomStream
  ) -> CrossEntropy.Sum {
    let boundary = self.boundary(of: region, settings)
    precondition(boundary <= deepest, "A zonotope at \(boundary) in memory up to \(deepest)")
    let (steps, restarts) = (settings.attack.steps, settings.attack.restarts)
    bestLosses.pointer.update(repeating: -.infinity, count: batch)
    for restart in 0..<restarts {
      for vector in 0..<batch {
        start(vector, below: boundary, stream(vector, region.rawValue * restarts + restart))
      }
      for step in 0...steps.count {
        relax(to: boundary, box, batch: batch, parameters: parameters)
        pass.forward(boundary..<stack.layers.count, batch: batch, parameters: parameters.values.pointer)
        keepBest(region, boundary, labels: labels, batch: batch, loss: settings.attack.loss)
        guard step < steps.count else { break }
        let moved = ascend(from: boundary, box, batch: batch, parameters: parameters, step: steps.size(step) / 2)
        guard moved else { break }
      }
    }
    propagate(region, boundary, batch: batch, parameters: parameters)
    return CrossEntropy.evaluate(
      pass.values[stack.layers.count].pointer, labels: labels, batch: batch, classes: stack.classCount)
  }

  /// Adds `weight` times the gradient of the summed loss at a region's best points, with respect to the layers behind a
  /// boundary.
  func differentiate(
    _ region: Region, labels: UnsafePointer<Int32>, batch: Int, weight: Float, parameters: Parameters,
    settings: Settings, from trained: Int, into gradient: UnsafeMutablePointer<Float>
  ) {
    propagate(region, boundary(of: region, settings), batch: batch, parameters: parameters)
    _ = CrossEntropy.evaluate(
      pass.values[stack.layers.count].pointer, labels: labels, batch: batch, classes: stack.classCount,
      weight: weight, gradient: seeds.pointer)
    pass.backward(
      trained..<stack.layers.count, batch: batch, seed: seeds.pointer, parameters: parameters.values.pointer,
      into: gradient, needsInput: false)
  }

  /// Computes the points of the zonotopes at a boundary, and at all below it, that belong to the error terms.
  func relax(to boundary: Int, _ box: BoxPass, batch: Int, parameters: Parameters) {
    let x = pass.values[0].pointer
    let (c, r, e) = (box.centres[0].pointer, box.radii[0].pointer, inputErrors.pointer)
    for i in 0..<batch * stack.inputShape.count { x[i] = c[i] + r[i] * e[i] }
    for index in 0..<boundary {
      guard case .relu(let count) = stack.layers[index] else {
        pass.forward(index..<index + 1, batch: batch, parameters: parameters.values.pointer)
        continue
      }
      let (c, r, e) = (box.centres[index].pointer, box.radii[index].pointer, unitErrors[index].pointer)
      let (from, to) = (pass.values[index].pointer, pass.values[index + 1].pointer)
      for i in 0..<batch * count {
        let line = Line(c[i], r[i])
        to[i] = line.slope * from[i] + line.half + line.half * e[i]
      }
    }
  }

  /// λ and μ of a unit. Reaching only to 0, the ends of a stable unit give a slope of 0 or 1 and no error term.
  struct Line {
    let slope, half: Float

    init(_ centre: Float, _ radius: Float) {
      let lower = min(centre - radius, 0)
      let upper = max(centre + radius, 0)
      slope = upper / max(upper - lower, Float.leastNormalMagnitude)
      half = -0.5 * lower * slope
    }
  }

  private func boundary(of region: Region, _ settings: Settings) -> Int {
    switch region {
    case .current: settings.boundary
    case .previous: settings.previous ?? settings.boundary
    }
  }

  /// Draws the error terms of a zonotope uniformly.
  private func start(_ vector: Int, below boundary: Int, _ stream: RandomStream) {
    var random = stream
    func draw(_ errors: FloatBuffer, _ count: Int) {
      let e = errors.pointer + vector * count
      random.start(lower: floor.pointer, upper: ceiling.pointer, count: count, into: e)
    }
    draw(inputErrors, stack.inputShape.count)
    for index in 0..<boundary {
      if case .relu(let count) = stack.layers[index] { draw(unitErrors[index], count) }
    }
  }

  /// Moves all error terms along the signs of the gradient.
  ///
  /// - Parameter step: as a fraction of the whole width of an error term.
  /// - Returns: whether any moved.
  private func ascend(from boundary: Int, _ box: BoxPass, batch: Int, parameters: Parameters, step: Float) -> Bool {
    let numbers = parameters.values.pointer
    guard
      var gradient = pass.backward(
        boundary..<stack.layers.count, batch: batch, seed: seeds.pointer, parameters: numbers, into: nil,
        needsInput: true)
    else { return false }
    var moved: Int32 = 0
    func move(_ errors: FloatBuffer, _ count: Int) {
      moved |= ck_ascend_f32(errors.pointer, scratch.pointer, floor.pointer, ceiling.pointer, count, step)
    }
    for index in (0..<boundary).reversed() {
      guard case .relu(let size) = stack.layers[index] else {
        let below = pass.backward(
          index..<index + 1, batch: batch, seed: gradient, parameters: numbers, into: nil, needsInput: true)
        guard let below else { return false }
        gradient = below
        continue
      }
      let (c, r, byError) = (box.centres[index].pointer, box.radii[index].pointer, scratch.pointer)
      for i in 0..<batch * size {
        let line = Line(c[i], r[i])
        byError[i] = line.half * gradient[i]
        gradient[i] *= line.slope
      }
      move(unitErrors[index], batch * size)
    }
    let (r, byError) = (box.radii[0].pointer, scratch.pointer)
    let count = batch * stack.inputShape.count
    for i in 0..<count { byError[i] = r[i] * gradient[i] }
    move(inputErrors, count)
    return moved != 0
  }

  /// Copies the points that are better than the best so far, and writes the losses' gradients to ``seeds``.
  private func keepBest(
    _ region: Region, _ boundary: Int, labels: UnsafePointer<Int32>, batch: Int,
    loss: TrainingConfiguration.AttackLoss
  ) {
    let (classes, size) = (stack.classCount, stack.size(ofBoundary: boundary))
    let logits = pass.values[stack.layers.count].pointer
    let best = points[region.rawValue].pointer
    for vector in 0..<batch {
      let value = loss.evaluate(
        logits + vector * classes, label: Int(labels[vector]), classes: classes,
        gradient: seeds.pointer + vector * classes)
      // What is no number is kept as well, so that the loss shows it.
      if value > bestLosses.pointer[vector] || value.isNaN {
        bestLosses.pointer[vector] = value
        (best + vector * size).update(from: pass.values[boundary].pointer + vector * size, count: size)
      }
    }
  }

  /// Propagates a region's best points through the true layers behind its boundary.
  private func propagate(_ region: Region, _ boundary: Int, batch: Int, parameters: Parameters) {
    let count = batch * stack.size(ofBoundary: boundary)
    pass.values[boundary].pointer.update(from: points[region.rawValue].pointer, count: count)
    pass.forward(boundary..<stack.layers.count, batch: batch, parameters: parameters.values.pointer)
  }
}
