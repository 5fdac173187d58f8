import Tensors

/// The training loss of a batch and its gradient, computed chunk by chunk on several workers.
///
/// A step runs in phases: all chunks forwards, sums over the batch, all chunks backwards, sum of the gradients
/// in the order of the chunks. Between phases all workers wait, so whatever needs the whole batch fits in
/// between, and the result is the same, bit for bit, for any number of workers.
final class BatchGradient: Sendable {
  /// What is minimised: `naturalWeight·natural + robustWeight·robust + regulariserWeight·regulariser`.
  struct Objective: Sendable {
    var naturalWeight = 1.0
    var robustWeight = 0.0
    var regulariserWeight = 0.0
    /// The boxes' radius.
    var epsilon = 0.0
  }

  /// The parts of the loss, means over the batch, and how many images have what they need.
  struct Result: Sendable {
    var natural = CrossEntropy.Sum()
    var robust = CrossEntropy.Sum()
    var regulariser = 0.0
  }

  /// Images per chunk: few enough that a small network's chunk stays in the processor's cache, enough to share
  /// out a batch of 128 among several workers.
  static let chunkSize = 32

  let stack: LayerStack
  private let chunks: [Chunk]
  private let workers: Workers
  /// The gradient of the last batch.
  let total: FloatBuffer

  init(stack: LayerStack, batchSize: Int, workers: Workers) {
    self.stack = stack
    self.workers = workers
    let count = (batchSize + Self.chunkSize - 1) / Self.chunkSize
    chunks = (0..<count).map { _ in Chunk(stack: stack, capacity: min(Self.chunkSize, batchSize)) }
    total = FloatBuffer(count: stack.parameterCount)
  }

  /// Computes the loss of the images at `indices` and leaves its gradient in ``total``.
  func evaluate(
    _ set: TrainingSet, indices: [Int], parameters: Parameters, objective: Objective
  ) -> Result {
    // Equal labels side by side: neighbours share the merged last layer.
    let sorted = indices.sorted { (set.labels[$0], $0) < (set.labels[$1], $1) }
    let used = (sorted.count + Self.chunkSize - 1) / Self.chunkSize
    precondition(used <= chunks.count, "\(indices.count) images in a batch of \(chunks.count * Self.chunkSize)")
    let reluLayers = stack.reluLayers
    let regularises = objective.regulariserWeight > 0
    let robust = objective.robustWeight > 0 || regularises
    let natural = objective.naturalWeight > 0
    let epsilon = regularises ? max(objective.epsilon, FastRegulariser.smallestRadius) : objective.epsilon
    let pixels = PixelBoxes(epsilon: epsilon)
    let naturalWeight = Float(objective.naturalWeight / Double(indices.count))
    let robustWeight = Float(objective.robustWeight / Double(indices.count))

    struct Part: Sendable {
      var natural = CrossEntropy.Sum()
      var robust = CrossEntropy.Sum()
      var statistics: [FastRegulariser.Statistics] = []
    }
    let parts = workers.map(0..<used) { [chunks] index in
      let chunk = chunks[index]
      let range = index * Self.chunkSize..<min((index + 1) * Self.chunkSize, sorted.count)
      chunk.load(set, sorted[range], pixels)
      var part = Part()
      if natural { part.natural = chunk.forwardPoints(parameters, weight: naturalWeight) }
      if robust { part.robust = chunk.forwardBoxes(parameters, weight: robustWeight) }
      if regularises { part.statistics = reluLayers.map { chunk.statistics(ofLayer: $0) } }
      return part
    }

    var result = Result()
    for part in parts {
      result.natural += part.natural
      result.robust += part.robust
    }
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

    let regulariser = penalties
    workers.forEach(0..<used) { [chunks] index in
      let chunk = chunks[index]
      chunk.gradient.clear()
      if natural { chunk.backwardPoints(parameters) }
      if robust { chunk.backwardBoxes(parameters, regulariser: regulariser) }
    }
    ParameterGradient.total(chunks[..<used].map(\.gradient), at: parameters, into: total, workers: workers)
    return result
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
