import Tensors

/// How a network does on a set of images: at the images, and by interval bounds over the boxes around them.
public struct TrainingEvaluation: Codable, Hashable, Sendable {
  /// The mean cross-entropy at the images.
  public var naturalLoss: Double
  /// The fraction of images whose label is strictly on top.
  public var naturalAccuracy: Double
  /// The mean bound of the cross-entropy over the boxes.
  public var robustLoss: Double
  /// The fraction of images all of whose upper margins are negative. Computed in single precision without error
  /// bounds: a guide for training, not a certificate.
  public var verifiedAccuracy: Double
  /// The fraction of images whose label is strictly on top at the points that an attack found; nil where none was made.
  public var attackedAccuracy: Double?
  /// The fraction of images all of whose margins are negative at the points that attacks found in an inner layer's box
  /// (TAPS accuracy); nil where none were made. Neither a certificate nor a counterexample: it lies between. After an
  /// epoch that cannot be kept for it, of the first 512 images.
  public var latentAccuracy: Double?
  /// The fraction of ReLU inputs whose box lies on both sides of zero.
  public var unstableFraction: Double
  /// The fraction of ReLU inputs whose box is never positive.
  public var deadFraction: Double
}

/// Evaluates networks of one architecture.
final class Evaluator: Sendable {
  private let stack: LayerStack
  private let workers: Workers
  private let chunks: [Chunk]
  private let attack: PointAttack.Settings?
  private let latent: LatentAttack.Settings?
  private let chunkSize: Int

  /// An evaluator that makes the given attacks besides.
  ///
  /// - Parameter microBatch: the most images that a worker has in memory at once.
  init(
    stack: LayerStack, workers: Workers, attack: PointAttack.Settings? = nil, latent: LatentAttack.Settings? = nil,
    microBatch: Int? = nil
  ) {
    self.stack = stack
    self.workers = workers
    self.attack = attack
    self.latent = latent
    let chunkSize = Self.pieceSize(microBatch: microBatch)
    self.chunkSize = chunkSize
    let parts = RobustLoss(attack: attack, latent: latent)
    chunks = (0..<workers.count).map { _ in Chunk(stack: stack, capacity: chunkSize, loss: parts) }
  }

  /// The images that a worker has in memory at once.
  static func pieceSize(microBatch: Int?) -> Int { min(64, microBatch ?? 64) }

  private struct Part: Sendable {
    var natural = CrossEntropy.Sum()
    var robust = Chunk.RobustSums()
    var unstable = 0
    var dead = 0
  }

  /// Evaluates on all images of a set, with boxes of the given radius.
  ///
  /// - Parameters:
  ///   - statistics: those of batch normalisations, as ``BatchGradient/populationStatistics(_:batches:parameters:)``
  ///     gives them.
  ///   - latentImages: how many images, the first ones, are attacked in the inner box, which takes far longer than all
  ///     else; rounded up to the images that are in memory at once.
  func evaluate(
    _ set: TrainingSet, parameters: Parameters, statistics: [Float], epsilon: Double, latentImages: Int = .max
  ) -> TrainingEvaluation {
    parameters.normalise(stack, by: statistics)
    defer { parameters.restore() }
    let indices = Array(0..<set.count)
    let pieces = (set.count + chunkSize - 1) / chunkSize
    let pixels = PixelBoxes(epsilon: epsilon)
    // Each worker has one chunk's memory and takes every n-th piece; sums are of whole numbers or in piece order.
    let lanes = workers.map(0..<chunks.count) { [chunks] lane in
      stride(from: lane, to: pieces, by: chunks.count).map { piece in
        let range = piece * chunkSize..<min((piece + 1) * chunkSize, indices.count)
        chunks[lane].load(set, indices[range], pixels, attacked: attack == nil ? nil : pixels)
        return evaluate(chunks[lane], parameters, latent: range.lowerBound < latentImages ? latent : nil)
      }
    }
    var total = Part()
    for piece in 0..<pieces {
      let part = lanes[piece % chunks.count][piece / chunks.count]
      total.natural += part.natural
      total.robust += part.robust
      total.unstable += part.unstable
      total.dead += part.dead
    }
    let count = Double(set.count)
    let latentCount = latentImages < set.count ? (latentImages + chunkSize - 1) / chunkSize * chunkSize : set.count
    let units = max(1, count * Double(stack.reluLayers.reduce(0) { $0 + stack.size(ofBoundary: $1) }))
    return TrainingEvaluation(
      naturalLoss: total.natural.loss / count, naturalAccuracy: Double(total.natural.correct) / count,
      robustLoss: total.robust.box.loss / count, verifiedAccuracy: Double(total.robust.box.correct) / count,
      attackedAccuracy: attack.map { _ in Double(total.robust.adversarial.correct) / count },
      latentAccuracy: latent.map { _ in Double(total.robust.latent.correct) / Double(min(latentCount, set.count)) },
      unstableFraction: Double(total.unstable) / units, deadFraction: Double(total.dead) / units)
  }

  private func evaluate(_ chunk: Chunk, _ parameters: Parameters, latent: LatentAttack.Settings?) -> Part {
    var part = Part()
    // The same numbers after each epoch, so that epochs can be compared; no training step has them.
    let random = AttackRandom(seed: 0, step: -1)
    part.natural = chunk.forwardPoints(parameters, weight: 0)
    if let attack {
      let loss = RobustLoss(combination: .adversarial, attack: attack)
      part.robust = chunk.forwardRobust(parameters, loss: loss, share: nil, random: random)
    }
    part.robust += chunk.forwardRobust(parameters, loss: RobustLoss(latent: latent), share: nil, random: random)
    for layer in stack.reluLayers {
      let (unstable, dead) = chunk.phases(ofLayer: layer)
      part.unstable += unstable
      part.dead += dead
    }
    return part
  }
}

extension Chunk {
  /// How many boxes that a ReLU layer reads lie on both sides of zero, and how many are never positive.
  fileprivate func phases(ofLayer index: Int) -> (unstable: Int, dead: Int) {
    let c = box.centres[index].pointer
    let r = box.radii[index].pointer
    var unstable: Int32 = 0
    var dead: Int32 = 0
    for i in 0..<batch * stack.size(ofBoundary: index) {
      let reachesUp: Int32 = c[i] + r[i] > 0 ? 1 : 0
      let reachesDown: Int32 = c[i] - r[i] < 0 ? 1 : 0
      unstable += reachesUp & reachesDown
      dead += 1 - reachesUp
    }
    return (Int(unstable), Int(dead))
  }
}
