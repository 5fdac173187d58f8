/// The memory that a training run takes, from sizes alone: an upper estimate, made before any of it is taken.
///
/// What a step holds for its images is counted buffer by buffer, as `Chunk` allocates it: values and gradients at each
/// layer for points and boxes, the copies that attacks, zonotopes and back-substitution have of their own, and a
/// gradient with respect to all weights for each 32 images. To that come the same for the images that are judged at a
/// time, one piece for each thread; the weights with Adam's moments, the average, the best epoch, and a checkpoint of
/// them while it is written; the images; and what convolutions need while they are computed.
///
/// Bytes are counted in double precision: sizes that make no sense may be beyond integers.
public struct MemoryEstimate: Hashable, Sendable {
  /// Bytes for the images of a step, and how many there are at once.
  public var step: Double
  public var images: Int
  /// Bytes for the images that are judged at a time.
  public var evaluation: Double
  /// Bytes for vectors as long as the network's parameters, and how many parameters there are.
  public var vectors: Double
  public var parameters: Int
  /// Bytes for the data set, and for products while they are computed.
  public var data, products: Double

  /// All bytes.
  public var total: Double { step + evaluation + vectors + data + products }

  /// A run's.
  ///
  /// - Parameters:
  ///   - loss: the robust loss whose parts there is memory for.
  ///   - imageCounts: the numbers of images that are trained on and that are held out.
  init(
    _ configuration: TrainingConfiguration, stack: LayerStack, loss: RobustLoss, judging: RobustLoss,
    imageCounts: (training: Int, validation: Int)
  ) {
    let batch = min(configuration.batchSize, imageCounts.training)
    images = min(configuration.microBatch ?? batch, batch)
    let chunk = min(BatchGradient.chunkSize, images)
    let chunks = (images + BatchGradient.chunkSize - 1) / BatchGradient.chunkSize
    step = 4 * Double(chunks) * Self.chunk(stack, capacity: chunk, loss: loss)
    let piece = Evaluator.pieceSize(microBatch: configuration.microBatch)
    let threads = Double(max(1, configuration.threads))
    evaluation = 4 * threads * Self.chunk(stack, capacity: piece, loss: judging)
    parameters = stack.parameterCount
    // Values, magnitudes, moments, a batch's gradient and the sum of its parts'; the state that the run began with.
    let state = 3 + (configuration.averageFrom == nil ? 0 : 1) + (configuration.resolvedSelection == .last ? 0 : 1)
    // A checkpoint is copied from them, turned into bytes, and written.
    vectors = 4 * Double(parameters) * Double(6 + state + 4 + 2 * state)
    // A byte and, while the set is divided, its copies; an order of the images for each epoch.
    let count = Double(imageCounts.training + imageCounts.validation)
    data = count * (3 * Double(stack.inputShape.count) + 64)
    products = 4 * threads * Self.products(stack, rows: chunk * (loss.crown?.isFused == false ? stack.classCount : 1))
  }

  /// Numbers in a ``Chunk``.
  static func chunk(_ stack: LayerStack, capacity: Int, loss: RobustLoss) -> Double {
    let (images, classes) = (Double(capacity), Double(stack.classCount))
    let (parameters, inputs) = (Double(stack.parameterCount), Double(stack.inputShape.count))
    let largest = Double(stack.largestSize)
    let all = (0...stack.layers.count).reduce(0) { $0 + Double(stack.size(ofBoundary: $1)) }
    let elided = 2 * Double(stack.lastLayer.inputs) * classes
    // Ones are no more than a layer has elements.
    let point = images * (all + 2 * largest) + largest
    let box = images * (2 * all + 4 * largest) + largest
    var count = point + box + elided + images * (4 * classes + 1) + 2 * parameters
    if loss.attack != nil { count += point + images * (3 * inputs + classes + 1) }
    if let latent = loss.latent { count += self.latent(stack, capacity: capacity, boundary: latent.boundary) }
    if let crown = loss.crown {
      let rows = images * (crown.isFused ? 1 : classes - 1)
      let relus = stack.reluLayers.reduce(0) {
        $0 + Double(stack.size(ofBoundary: $1)) + Double(stack.size(ofBoundary: $1 + 1))
      }
      count += rows * (all + 2 * largest + 8) + 2 * images * relus + 8 * largest
      if crown.isFused { count += elided + images * (4 * classes + 4 + 2 * Double(stack.lastLayer.inputs)) }
    }
    if let zonotope = loss.zonotope {
      let relus = stack.reluLayers.reduce(0) { $0 + ($1 < zonotope.boundary ? Double(stack.size(ofBoundary: $1)) : 0) }
      let deepest = (0...zonotope.boundary).reduce(0) { max($0, Double(stack.size(ofBoundary: $1))) }
      count += point + images * (inputs + relus + 5 * deepest + classes + 1)
    }
    return count
  }

  /// Numbers in a ``LatentAttack``.
  private static func latent(_ stack: LayerStack, capacity: Int, boundary: Int) -> Double {
    let (images, classes) = (Double(capacity), Double(stack.classCount))
    let size = Double(stack.size(ofBoundary: boundary))
    let behind = (boundary...stack.layers.count).map { Double(stack.size(ofBoundary: $0)) }
    let points = Double(LatentAttack.width)
    var count = points * (behind.reduce(0, +) + 2 * (behind.max() ?? 0) + classes) + Double(stack.largestSize)
    count += images * ((3 + classes) * size + 3 * classes) + Double(stack.parameterCount)
    // A box on which every unit is unstable folds nothing away: rows of weights with their places.
    if boundary + 3 == stack.layers.count, case .affine(let layer) = stack.layers[boundary] {
      let hidden = Double(layer.outputCount)
      count += classes * (1 + hidden + size) + FoldedClassifier.laneCount * (4 * size + 3 * hidden)
      count += 1.25 * (2 * hidden * min(size, Double(layer.fanIn)) + 6 * (size + hidden))
    }
    return count
  }

  /// Numbers that a thread's convolutions move to and fro: unfolded patches of an image, padded planes and sums of all,
  /// and weights transformed.
  private static func products(_ stack: LayerStack, rows: Int) -> Double {
    stack.layers.reduce(0) { most, layer in
      guard case .affine(let affine) = layer, case .convolution(let geometry) = affine.map else { return most }
      let planes = 4 * Double(rows) * Double(geometry.inputCount + geometry.outputCount)
      let patches = Double(geometry.patchCount) * Double(geometry.positions)
      return max(most, planes + patches + 4 * Double(geometry.weightCount))
    }
  }

  /// Refuses a run beyond a limit.
  ///
  /// - Throws: ``TrainingError/tooLarge(_:limit:)``.
  func require(atMost limit: Double) throws(TrainingError) {
    guard total <= limit else { throw .tooLarge(self, limit: limit) }
  }
}

extension MemoryEstimate: CustomStringConvertible {
  /// The bytes in words.
  public var description: String {
    let parts = [
      ("a step's \(images) images", step), ("judging", evaluation),
      ("vectors of the \(parameters) weights and biases", vectors), ("the data", data), ("products", products),
    ]
    return "\(Self.words(total)) of memory (" + parts.map { "\($0): \(Self.words($1))" }.joined(separator: ", ") + ")"
  }

  /// What to change first.
  var remedy: String {
    if step >= vectors + evaluation, images > BatchGradient.chunkSize {
      "set micro-batch to take a batch in smaller parts, lower batch-size, or make the layers narrower"
    } else {
      "make the layers narrower"
    }
  }

  /// Bytes as megabytes or gigabytes.
  static func words(_ bytes: Double) -> String {
    let megabytes = bytes / 1e6
    return megabytes < 999.5 ? "\(Int(megabytes.rounded(.up))) MB" : "\((megabytes / 100).rounded(.up) / 10) GB"
  }
}
