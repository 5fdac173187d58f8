import CKernels
import Tensors

/// The latent part of TAPS: attacks in the box of an inner layer, each margin on its own, and what their gradients pass
/// on to that box.
///
/// For each image and each class but its label, a point z of the box is searched that makes the margin
/// `m_i(z) = o_i − o_y` large. The loss is `ln(1 + Σ exp(m_i(z_i)))`: below the worst case over the box, unlike the
/// interval bound, which is above it. The points themselves count as constants; the gradient with respect to them goes
/// to the ends of the box through the ``Connector``.
///
/// A point that an ascent step leaves where it is stays there for good, because later steps are no longer; it is done,
/// and the next point takes its place in the batch. That saves most of the steps and changes what is found in last digits
/// at most: products over other batches round otherwise.
/// - Source: Mao et al., *Connecting Certified and Adversarial Training*, NeurIPS 2023, section 3.
final class LatentAttack: @unchecked Sendable {
  /// What is searched, and how long.
  struct Settings: Hashable, Sendable {
    /// The boundary whose box is searched; the layers behind it are the classifier.
    var boundary: Int
    /// The steps, as fractions of the box's width.
    var steps: AttackSteps
    /// How many random points are started from.
    var restarts = 1
    var estimator = TrainingConfiguration.TAPSEstimator.multiple
    var connector = Connector(reach: 0.5)
  }

  /// Points that are propagated together.
  static let width = 32
  /// The least share of a loss's gradient that a margin must have to pass any on: sums of single precision over the
  /// batch lose more than smaller ones bring.
  private static let leastShare: Float = 0x1p-20
  /// A margin that is lower has less than this share, whatever the others are: ln 2⁻²⁰.
  static let leastMargin: Float = -13.87

  private let stack: LayerStack
  private let boundary, size, classes: Int
  private let pass: PointPass
  /// The ends of the boxes, `[capacity, size]`, and the ends' gradients.
  private let lower, upper, lowerGradient, upperGradient: FloatBuffer
  /// The best points, `[capacity, rows, size]`.
  let best: FloatBuffer
  /// What they reach.
  let bestValues: FloatBuffer
  /// The margins at the best points, `[capacity, classes]`, and the loss's gradient with respect to them.
  private let margins, marginGradient: FloatBuffer
  private let seeds: FloatBuffer
  /// Makes searches cheap where the classifier has one ReLU layer.
  private let folded: FoldedClassifier?
  /// The gradient of the mean loss with respect to the parameters.
  let gradient: FloatBuffer

  /// Room for up to `capacity` boxes at a boundary.
  init(stack: LayerStack, capacity: Int, boundary: Int) {
    self.stack = stack
    self.boundary = boundary
    size = stack.size(ofBoundary: boundary)
    classes = stack.classCount
    pass = PointPass(stack: stack, capacity: Self.width, from: boundary)
    lower = FloatBuffer(count: capacity * size)
    upper = FloatBuffer(count: capacity * size)
    lowerGradient = FloatBuffer(count: capacity * size)
    upperGradient = FloatBuffer(count: capacity * size)
    best = FloatBuffer(count: capacity * (classes - 1) * size)
    bestValues = FloatBuffer(count: capacity * (classes - 1))
    margins = FloatBuffer(count: capacity * classes)
    marginGradient = FloatBuffer(count: capacity * classes)
    seeds = FloatBuffer(count: Self.width * classes)
    folded = FoldedClassifier(stack: stack, boundary: boundary)
    gradient = FloatBuffer(count: stack.parameterCount)
  }

  private var classifier: Range<Int> { boundary..<stack.layers.count }

  /// One search: an image, the position of its class among those that are not the label, and how far it is.
  private struct Search {
    let vector, row, restart: Int
    var step = 0
  }

  /// Searches in all boxes.
  ///
  /// - Parameters:
  ///   - box: the pass that has propagated the boxes up to the last layer.
  ///   - stream: the random numbers of an image's search, by image and number.
  /// - Returns: the loss at the best points, and how many images have all their margins negative there.
  func search(
    _ box: BoxPass, labels: UnsafePointer<Int32>, batch: Int, parameters: Parameters, settings: Settings,
    stream: (_ vector: Int, _ number: Int) -> RandomStream
  ) -> CrossEntropy.Sum {
    precondition(settings.boundary == boundary, "Searches at \(settings.boundary) in memory for \(boundary)")
    let c = box.centres[boundary].pointer
    let r = box.radii[boundary].pointer
    for i in 0..<batch * size {
      lower.pointer[i] = c[i] - r[i]
      upper.pointer[i] = c[i] + r[i]
    }
    let rows = settings.estimator == .multiple ? classes - 1 : 1
    if settings.estimator == .multiple, let folded {
      for vector in 0..<batch {
        folded.search(
          box, vector: vector, label: Int(labels[vector]), parameters: parameters, settings: settings,
          stream: { stream(vector, $0) }, points: best.pointer + vector * rows * size,
          values: bestValues.pointer + vector * rows)
      }
    } else {
      searchWhole(labels: labels, batch: batch, rows: rows, parameters: parameters, settings: settings, stream: stream)
    }
    return loss(labels: labels, batch: batch, rows: rows, parameters: parameters, estimator: settings.estimator)
  }

  /// Searches all boxes by passes through the whole classifier, several points at a time.
  func searchWhole(
    labels: UnsafePointer<Int32>, batch: Int, rows: Int, parameters: Parameters, settings: Settings,
    stream: (_ vector: Int, _ number: Int) -> RandomStream
  ) {
    bestValues.pointer.update(repeating: -.infinity, count: batch * rows)
    var searches: [Search] = []
    searches.reserveCapacity(Self.width)
    var started = 0
    let total = batch * rows * settings.restarts
    let points = pass.values[boundary].pointer
    while true {
      while searches.count < Self.width, started < total {
        let next = Search(
          vector: started / (rows * settings.restarts), row: started % rows,
          restart: started / rows % settings.restarts)
        begin(next, slot: searches.count, settings: settings, rows: rows, stream: stream)
        searches.append(next)
        started += 1
      }
      guard !searches.isEmpty else { break }
      pass.forward(classifier, batch: searches.count, parameters: parameters.values.pointer)
      for (slot, search) in searches.enumerated() {
        keepBest(search, slot: slot, labels: labels, rows: rows, estimator: settings.estimator)
      }
      guard
        let gradient = pass.backward(
          classifier, batch: searches.count, seed: seeds.pointer, parameters: parameters.values.pointer, into: nil,
          needsInput: true)
      else { break }
      var kept = 0
      for slot in searches.indices {
        var search = searches[slot]
        guard search.step < settings.steps.count else { continue }
        let moved = ck_ascend_f32(
          points + slot * size, gradient + slot * size, lower.pointer + search.vector * size,
          upper.pointer + search.vector * size, size, settings.steps.size(search.step))
        guard moved != 0 else { continue }
        search.step += 1
        searches[kept] = search
        move(slot, to: kept)
        kept += 1
      }
      searches.removeLast(searches.count - kept)
    }
  }

  /// Differentiates the loss of the last search, divided by a number of images: writes the gradients with respect to
  /// the parameters behind the boundary to ``gradient`` and with respect to the boxes to the ends' gradients.
  func differentiate(
    labels: UnsafePointer<Int32>, batch: Int, share: Float, parameters: Parameters, settings: Settings
  ) {
    gradient.clear()
    lowerGradient.pointer.update(repeating: 0, count: batch * size)
    upperGradient.pointer.update(repeating: 0, count: batch * size)
    let rows = settings.estimator == .multiple ? classes - 1 : 1
    var group: [(vector: Int, row: Int)] = []
    for vector in 0..<batch {
      for row in 0..<rows {
        // A margin so low that the loss does not depend on it has nothing to pass on. What is no number passes.
        if settings.estimator == .multiple {
          let other = otherClass(row, label: Int(labels[vector]))
          guard !(marginGradient.pointer[vector * classes + other] <= Self.leastShare) else { continue }
        }
        group.append((vector, row))
        if group.count == Self.width {
          differentiate(group, labels: labels, rows: rows, share: share, parameters: parameters, settings: settings)
          group.removeAll(keepingCapacity: true)
        }
      }
    }
    if !group.isEmpty {
      differentiate(group, labels: labels, rows: rows, share: share, parameters: parameters, settings: settings)
    }
  }

  /// Adds `weight` times the gradient with respect to the boxes' centres and radii.
  func addBoxGradient(batch: Int, weight: Float, to box: BoxPass.Gradient) {
    for i in 0..<batch * size {
      box.centre[i] += weight * (upperGradient.pointer[i] + lowerGradient.pointer[i])
      box.radius[i] += weight * (upperGradient.pointer[i] - lowerGradient.pointer[i])
    }
  }

  private func differentiate(
    _ group: [(vector: Int, row: Int)], labels: UnsafePointer<Int32>, rows: Int, share: Float, parameters: Parameters,
    settings: Settings
  ) {
    let points = pass.values[boundary].pointer
    for (slot, (vector, row)) in group.enumerated() {
      (points + slot * size).update(from: best.pointer + (vector * rows + row) * size, count: size)
      let from = marginGradient.pointer + vector * classes
      let seed = seeds.pointer + slot * classes
      let label = Int(labels[vector])
      switch settings.estimator {
      case .multiple:
        let other = otherClass(row, label: label)
        for i in 0..<classes { seed[i] = 0 }
        seed[other] = share * from[other]
        seed[label] = -seed[other]
      case .single:
        for i in 0..<classes { seed[i] = share * from[i] }
      }
    }
    pass.forward(classifier, batch: group.count, parameters: parameters.values.pointer)
    guard
      let pointGradient = pass.backward(
        classifier, batch: group.count, seed: seeds.pointer, parameters: parameters.values.pointer,
        into: gradient.pointer, needsInput: true)
    else { return }
    for (slot, (vector, _)) in group.enumerated() {
      settings.connector.pass(
        pointGradient + slot * size, at: points + slot * size, lower: lower.pointer + vector * size,
        upper: upper.pointer + vector * size, count: size, toLower: lowerGradient.pointer + vector * size,
        toUpper: upperGradient.pointer + vector * size)
    }
  }

  /// Puts the first point of a search into a slot.
  private func begin(
    _ search: Search, slot: Int, settings: Settings, rows: Int, stream: (Int, Int) -> RandomStream
  ) {
    let point = pass.values[boundary].pointer + slot * size
    let from = lower.pointer + search.vector * size
    let to = upper.pointer + search.vector * size
    if settings.estimator == .single, search.restart == 0 {
      for i in 0..<size { point[i] = max(from[i], min(to[i], 0.5 * (from[i] + to[i]))) }
    } else {
      var random = stream(search.vector, search.restart * rows + search.row)
      random.start(lower: from, upper: to, count: size, into: point)
    }
  }

  private func move(_ slot: Int, to other: Int) {
    guard slot != other else { return }
    let points = pass.values[boundary].pointer
    (points + other * size).update(from: points + slot * size, count: size)
  }

  /// Keeps a search's point if it is the best so far, and writes what it climbs along to ``seeds``.
  private func keepBest(
    _ search: Search, slot: Int, labels: UnsafePointer<Int32>, rows: Int, estimator: TrainingConfiguration.TAPSEstimator
  ) {
    let logits = pass.values[stack.layers.count].pointer + slot * classes
    let seed = seeds.pointer + slot * classes
    let label = Int(labels[search.vector])
    let value: Float
    switch estimator {
    case .multiple:
      let other = otherClass(search.row, label: label)
      value = logits[other] - logits[label]
      for i in 0..<classes { seed[i] = 0 }
      seed[other] = 1
      seed[label] = -1
    case .single:
      value = CrossEntropy.row(logits, label: label, classes: classes, weight: 1, gradient: seed)
    }
    let place = search.vector * rows + search.row
    // What is no number is kept as well, so that the loss shows it.
    guard value > bestValues.pointer[place] || value.isNaN else { return }
    bestValues.pointer[place] = value
    (best.pointer + place * size).update(from: pass.values[boundary].pointer + slot * size, count: size)
  }

  /// The loss of the best points, and its gradient with respect to their margins.
  private func loss(
    labels: UnsafePointer<Int32>, batch: Int, rows: Int, parameters: Parameters,
    estimator: TrainingConfiguration.TAPSEstimator
  ) -> CrossEntropy.Sum {
    switch estimator {
    case .multiple:
      for vector in 0..<batch {
        let label = Int(labels[vector])
        margins.pointer[vector * classes + label] = 0
        for row in 0..<rows {
          margins.pointer[vector * classes + otherClass(row, label: label)] = bestValues.pointer[vector * rows + row]
        }
      }
    case .single:
      // The cross-entropy of logits is that of their margins.
      for start in stride(from: 0, to: batch, by: Self.width) {
        let count = min(Self.width, batch - start)
        pass.values[boundary].pointer.update(from: best.pointer + start * size, count: count * size)
        pass.forward(classifier, batch: count, parameters: parameters.values.pointer)
        (margins.pointer + start * classes).update(
          from: pass.values[stack.layers.count].pointer, count: count * classes)
      }
    }
    return CrossEntropy.evaluate(
      margins.pointer, labels: labels, batch: batch, classes: classes, gradient: marginGradient.pointer)
  }

  private func otherClass(_ row: Int, label: Int) -> Int { row < label ? row : row + 1 }
}
