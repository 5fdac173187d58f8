import Tensors

/// A sequence of layers and where each finds its numbers in one flat parameter vector.
///
/// Boundary `i` is what layer `i` reads; boundary `layers.count` is the output. The last layer is dense: its
/// rows are the classes.
struct LayerStack: Hashable, Sendable {
  let inputShape: Shape
  let layers: [Layer]
  /// Where each layer's parameters start.
  let offsets: [Int]
  let parameterCount: Int

  /// - Precondition: sizes agree and the last layer is dense.
  init(inputShape: Shape, layers: [Layer]) {
    var offsets: [Int] = []
    var total = 0
    var size = inputShape.count
    for (i, layer) in layers.enumerated() {
      precondition(layer.inputCount == size, "Layer \(i) takes \(layer.inputCount) elements, not \(size)")
      offsets.append(total)
      total += layer.parameterCount
      size = layer.outputCount
    }
    self.inputShape = inputShape
    self.layers = layers
    self.offsets = offsets
    parameterCount = total
  }

  /// The number of outputs.
  var classCount: Int { size(ofBoundary: layers.count) }

  /// The number of elements at a boundary.
  func size(ofBoundary boundary: Int) -> Int {
    boundary == 0 ? inputShape.count : layers[boundary - 1].outputCount
  }

  /// The largest boundary.
  var largestSize: Int { (0...layers.count).reduce(0) { max($0, size(ofBoundary: $1)) } }

  /// The last layer's sizes: what it reads and the number of classes.
  var lastLayer: (inputs: Int, classes: Int) {
    guard case .affine(let layer) = layers.last, case .dense(let inputs, let outputs) = layer.map else {
      preconditionFailure("The last layer is dense")
    }
    return (inputs, outputs)
  }

  /// The positions of the ReLU layers.
  var reluLayers: [Int] {
    layers.indices.filter { if case .relu = layers[$0] { true } else { false } }
  }

  /// The batch normalisations by the positions of their layers, in order.
  var batchNormalisations: [(index: Int, layer: BatchNormalisation)] {
    layers.enumerated().compactMap { index, layer in
      if case .batchNormalisation(let layer) = layer { (index, layer) } else { nil }
    }
  }

  /// How many means and variances the batch normalisations have.
  var statisticCount: Int { batchNormalisations.reduce(0) { $0 + 2 * $1.layer.channels } }

  /// Ones for the sums of bias gradients.
  var ones: [Float] {
    let count = layers.reduce(1) { count, layer in
      switch layer {
      case .affine(let affine): max(count, affine.onesCount)
      case .batchNormalisation(let normalisation): max(count, normalisation.area)
      case .relu, .normalisation: count
      }
    }
    return [Float](repeating: 1, count: count)
  }
}
