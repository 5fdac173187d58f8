import CKernels
import Tensors

/// The training loss of a batch and its gradient, computed chunk by chunk on several workers.
///
/// A step runs in phases: all chunks forwards, sums over the batch, all chunks backwards, sum of the gradients
/// in the order of the chunks. Between phases all workers wait, so whatever needs the whole batch fits in
/// between (products of means, the regulariser), and the result is the same, bit for bit, for any number of workers.
///
/// A batch beyond the memory is taken in parts, see ``evaluate(_:indices:parameters:objective:)``.
final class BatchGradient: Sendable {
  /// What is minimised: `naturalWeight·natural + robustWeight·robust + regulariserWeight·regulariser + l1·Σ|W|`.
  struct Objective: Sendable {
    var naturalWeight = 1.0
    var robustWeight = 0.0
    var regulariserWeight = 0.0
    /// The weight of the sum of the weights' magnitudes; biases do not count.
    var l1 = 0.0
    /// The boxes' radius.
    var epsilon = 0.0
    /// What the robust part is.
    var robust = RobustLoss.box
    /// How the images are varied; nil for not at all.
    var augmentation: Augmentation?
    /// The attacks' random numbers.
    var random = AttackRandom(seed: 0, step: 0)

    /// The same with all weights multiplied by a number.
    func scaled(by factor: Double) -> Objective {
      var scaled = self
      scaled.naturalWeight *= factor
      scaled.robustWeight *= factor
      scaled.regulariserWeight *= factor
      scaled.l1 *= factor
      return scaled
    }
  }

  /// The parts of the loss: sums over the batch, and how many images have what they need.
  struct Result: Sendable {
    var natural = CrossEntropy.Sum()
    var robust = Chunk.RobustSums()
    /// The robust loss of the batch, made of its parts' means.
    var robustLoss = 0.0
    var regulariser = 0.0

    /// Whether each part has a value.
    var isFinite: Bool {
      natural.loss.isFinite && robustLoss.isFinite && robust.adversarial.loss.isFinite && robust.box.loss.isFinite
        && robust.latent.loss.isFinite && robust.stability.isFinite
    }

    /// Adds a part's result, of the given share of the batch's images.
    mutating func add(_ part: Result, share: Double) {
      natural += part.natural
      robust += part.robust
      robustLoss += share * part.robustLoss
      regulariser += share * part.regulariser
    }
  }

  /// Images per chunk: few enough that a small network's chunk stays in the processor's cache, enough to share
  /// out a batch of 128 among several workers.
  static let chunkSize = 32

  let stack: LayerStack
  private let chunks: [Chunk]
  private let workers: Workers
  /// The gradient of the last batch.
  let total: FloatBuffer
  /// The most images that there is memory for at once.
  private let capacity: Int
  /// The sum over the parts of a batch; empty where batches have one.
  private let sum: FloatBuffer

  /// Memory for batches of up to `batchSize` images, `microBatch` of them at once, and for the parts of a robust loss.
  init(stack: LayerStack, batchSize: Int, microBatch: Int? = nil, workers: Workers, loss: RobustLoss = .box) {
    self.stack = stack
    self.workers = workers
    capacity = min(microBatch ?? batchSize, batchSize)
    let (count, size) = ((capacity + Self.chunkSize - 1) / Self.chunkSize, min(Self.chunkSize, capacity))
    chunks = (0..<count).map { _ in Chunk(stack: stack, capacity: size, loss: loss) }
    total = FloatBuffer(count: stack.parameterCount)
    sum = FloatBuffer(count: capacity < batchSize ? stack.parameterCount : 0)
  }

  /// Computes the loss of the images at `indices` and leaves its gradient in ``total``; what stands there for layers
  /// that are frozen does not count.
  ///
  /// More images than there is memory for are taken in parts, as few as possible and as equal as possible, in the order
  /// given; the loss is the mean over the images of the losses of their parts. For means over images that is the batch's loss.
  /// Products of means, the regulariser and the statistics of batch normalisations are each part's own.
  func evaluate(
    _ set: TrainingSet, indices: [Int], parameters: Parameters, objective: Objective
  ) -> Result {
    let parts = parts(of: indices)
    guard parts.count > 1 else {
      return evaluatePart(set, indices: indices, parameters: parameters, objective: objective)
    }
    precondition(sum.count == total.count, "\(indices.count) images in a batch of \(capacity)")
    var result = Result()
    sum.clear()
    for part in parts {
      let share = Double(part.count) / Double(indices.count)
      let found = evaluatePart(
        set, indices: part, parameters: parameters, objective: objective.scaled(by: share))
      result.add(found, share: share)
      ck_add_f32(sum.pointer, total.pointer, total.count)
    }
    total.pointer.update(from: sum.pointer, count: total.count)
    return result
  }

  /// The parts in which a batch is taken.
  private func parts(of indices: [Int]) -> [[Int]] {
    let count = (indices.count + capacity - 1) / capacity
    return (0..<count).map { part in
      Array(indices[part * indices.count / count..<(part + 1) * indices.count / count])
    }
  }

  /// The same for images that there is memory for.
  private func evaluatePart(
    _ set: TrainingSet, indices: [Int], parameters: Parameters, objective: Objective
  ) -> Result {
    // Equal labels side by side: neighbours share the merged last layer.
    let sorted = indices.sorted { (set.labels[$0], $0) < (set.labels[$1], $1) }
    let used = (sorted.count + Self.chunkSize - 1) / Self.chunkSize
    precondition(used <= chunks.count, "\(indices.count) images in a batch of \(chunks.count * Self.chunkSize)")
    let loss = objective.robust
    let regularises = objective.regulariserWeight > 0 && loss.needsBox
    let robust = objective.robustWeight > 0 || regularises
    let natural = objective.naturalWeight > 0
    let reluLayers = stack.reluLayers
    let epsilon = regularises ? max(objective.epsilon, FastRegulariser.smallestRadius) : objective.epsilon
    let pixels = PixelBoxes(epsilon: epsilon)
    let attacked = loss.attack.map { $0.radiusScale == 1 ? pixels : PixelBoxes(epsilon: epsilon * $0.radiusScale) }
    let share = Float(1 / Double(indices.count))
    let naturalWeight = Float(objective.naturalWeight / Double(indices.count))

    let clean = CleanPass(stack: stack, chunks: chunks[..<used], workers: workers, parameters: parameters)
    let lastNormalisation = stack.batchNormalisations.last?.index
    var statistics: [BatchNormalisation.Statistics] = []
    @Sendable func load(_ index: Int) {
      let range = index * Self.chunkSize..<min((index + 1) * Self.chunkSize, sorted.count)
      chunks[index].load(
        set, sorted[range], pixels, attacked: attacked, augmentation: objective.augmentation)
    }
    if lastNormalisation != nil {
      workers.forEach(0..<used, load)
      statistics = clean.forward()
    }

    struct Part: Sendable {
      var natural = CrossEntropy.Sum()
      var robust = Chunk.RobustSums()
      var statistics: [FastRegulariser.Statistics] = []
    }
    let parts = workers.map(0..<used) { [chunks] index in
      let chunk = chunks[index]
      if lastNormalisation == nil { load(index) }
      var part = Part()
      if natural {
        part.natural = chunk.forwardPoints(parameters, weight: naturalWeight, from: lastNormalisation ?? 0)
      }
      if robust {
        part.robust = chunk.forwardRobust(parameters, loss: loss, share: share, random: objective.random)
      }
      if regularises { part.statistics = reluLayers.map { chunk.statistics(ofLayer: $0) } }
      return part
    }

    var result = Result()
    for part in parts {
      result.natural += part.natural
      result.robust += part.robust
    }
    let means = RobustLoss.Parts(
      adversarial: result.robust.adversarial.loss * Double(share), box: result.robust.box.loss * Double(share),
      latent: result.robust.latent.loss * Double(share), stability: result.robust.stability * Double(share))
    var weights: RobustLoss.Parts
    (result.robustLoss, weights) = loss.combination.evaluate(means)
    weights.scale(by: objective.robustWeight)
    var penalties: [Int: FastRegulariser.LayerGradient] = [:]
    if regularises {
      var sums = [FastRegulariser.Statistics](repeating: .init(), count: reluLayers.count)
      for part in parts {
        for (i, statistics) in part.statistics.enumerated() { sums[i] += statistics }
      }
      let (penalty, gradients) = FastRegulariser.evaluate(
        sums, inputRadius: inputRadius(used), weight: objective.regulariserWeight)
      result.regulariser = penalty
      for (layer, gradient) in zip(reluLayers, gradients) { penalties[layer] = gradient }
    }

    let (regulariser, partWeights) = (penalties, weights)
    workers.forEach(0..<used) { [chunks] index in
      let chunk = chunks[index]
      chunk.gradient.clear()
      chunk.pointSeed = nil
      if natural, lastNormalisation == nil { chunk.backwardPoints(parameters, from: loss.trainedFrom) }
      if robust { chunk.backwardRobust(parameters, loss: loss, weights: partWeights, regulariser: regulariser) }
    }
    if lastNormalisation != nil { clean.backward(statistics, natural: natural) }
    ParameterGradient.total(chunks[..<used].map(\.gradient), at: parameters, into: total, workers: workers)
    if lastNormalisation != nil {
      clean.convert(total, statistics)
      parameters.restore()
    }
    if objective.l1 > 0 { addSigns(of: parameters, from: loss.trainedFrom, times: Float(objective.l1)) }
    return result
  }

  /// The statistics of batch normalisations over the whole data: the means over batches of their means and unbiased
  /// variances, as means then variances of each layer. Nothing without such layers. The parts of a batch count as batches, for
  /// training normalised by their statistics.
  ///
  /// - Parameter augmentation: how the images of a batch are varied, by its number.
  func populationStatistics(
    _ set: TrainingSet, batches: [[Int]], parameters: Parameters, augmentation: (Int) -> Augmentation? = { _ in nil }
  ) -> [Float] {
    let layers = stack.batchNormalisations
    guard !layers.isEmpty, !batches.isEmpty else { return [] }
    var sums = [Double](repeating: 0, count: stack.statisticCount)
    let pixels = PixelBoxes(epsilon: 0)
    let taken = batches.enumerated().flatMap { number, batch in parts(of: batch).map { (number, $0) } }
    for (number, indices) in taken {
      let varied = augmentation(number)
      let used = (indices.count + Self.chunkSize - 1) / Self.chunkSize
      workers.forEach(0..<used) { [chunks] index in
        let range = index * Self.chunkSize..<min((index + 1) * Self.chunkSize, indices.count)
        chunks[index].load(set, indices[range], pixels, augmentation: varied)
      }
      let clean = CleanPass(stack: stack, chunks: chunks[..<used], workers: workers, parameters: parameters)
      var place = 0
      for (own, (_, layer)) in zip(clean.forward(), layers) {
        let count = Double(indices.count * layer.area)
        for mean in own.means {
          sums[place] += mean
          place += 1
        }
        for variance in own.variances {
          sums[place] += variance * count / max(1, count - 1)
          place += 1
        }
      }
      parameters.restore()
    }
    return sums.map { Float($0 / Double(taken.count)) }
  }

  /// Adds the gradient of `l1·Σ|W|` over the weights of affine layers behind a boundary.
  private func addSigns(of parameters: Parameters, from boundary: Int, times l1: Float) {
    for (index, layer) in stack.layers.enumerated().dropFirst(boundary) {
      guard case .affine(let affine) = layer else { continue }
      let weights = parameters.values.pointer + stack.offsets[index]
      let gradient = total.pointer + stack.offsets[index]
      for i in 0..<affine.weightCount { gradient[i] += weights[i] > 0 ? l1 : (weights[i] < 0 ? -l1 : 0) }
    }
  }

  /// The mean radius of the boxes that the first layer behind the normalisation reads.
  private func inputRadius(_ used: Int) -> Double {
    var boundary = 0
    if case .normalisation = stack.layers[0] { boundary = 1 }
    var sum = 0.0
    var count = 0
    for chunk in chunks[..<used] {
      let radii = chunk.box.radii[boundary].pointer
      let elements = chunk.batch * stack.size(ofBoundary: boundary)
      for i in 0..<elements { sum += Double(radii[i]) }
      count += elements
    }
    return sum / Double(count)
  }
}
