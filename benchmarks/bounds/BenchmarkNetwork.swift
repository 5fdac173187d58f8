import ArgumentParser
import Networks
import Tensors

/// The usual networks of certified training on 28×28 grey images, with random weights.
///
/// Weights are normal with deviation √(2π)/fan-in, which keeps the mean width of a box from layer to layer (Shi et al.
/// 2021); biases are uniform in ±1/√fan-in.
enum BenchmarkNetwork: String, CaseIterable, ExpressibleByArgument, Sendable {
  /// Two convolutions of 16 and 32 channels, a dense layer: 4,704 ReLUs.
  case cnn3
  /// Three convolutions of 16, 16 and 32 channels, two dense layers: 17,760 ReLUs.
  case cnn5
  /// Five convolutions of 64, 64, 128, 128 and 128 channels, two dense layers: 176,128 ReLUs.
  case cnn7

  /// The convolutions' channels, kernels, strides and pads, and the sizes of hidden dense layers.
  private var layers: (convolutions: [(channels: Int, kernel: Int, stride: Int, pad: Int)], hidden: [Int]) {
    switch self {
    case .cnn3: ([(16, 5, 2, 2), (32, 4, 2, 1)], [])
    case .cnn5: ([(16, 3, 1, 1), (16, 4, 2, 1), (32, 4, 2, 1)], [512])
    case .cnn7: ([(64, 3, 1, 1), (64, 3, 1, 1), (128, 3, 2, 1), (128, 3, 1, 1), (128, 3, 1, 1)], [512])
    }
  }

  /// The network with the weights of a seed.
  func network(seed: UInt64) throws -> Network {
    var random = RandomStream(seed: seed, purpose: rawValue)
    func weights(_ count: Int, fanIn: Int) -> [Double] {
      // What a file would hold: single precision.
      (0..<count).map { _ in Double(Float(random.normal() * (2 * Double.pi).squareRoot() / Double(fanIn))) }
    }
    func bias(fanIn: Int) -> Double {
      let bound = 1 / Double(fanIn).squareRoot()
      return Double(Float(random.uniform(-bound, bound)))
    }

    var builder = NetworkBuilder(inputShape: try Shape([1, 28, 28]))
    var last = builder.input
    var extents = (channels: 1, height: 28, width: 28)
    for (i, layer) in layers.convolutions.enumerated() {
      let geometry = try ConvolutionGeometry(
        channels: extents.channels, height: extents.height, width: extents.width, outputChannels: layer.channels,
        kernel: (layer.kernel, layer.kernel), stride: (layer.stride, layer.stride),
        pads: (layer.pad, layer.pad, layer.pad, layer.pad))
      let map = ConvolutionMap(geometry: geometry, weights: weights(geometry.weightCount, fanIn: geometry.patchCount))
      let biases = (0..<layer.channels).flatMap { _ in
        [Double](repeating: bias(fanIn: geometry.patchCount), count: geometry.positions)
      }
      extents = (layer.channels, geometry.outputHeight, geometry.outputWidth)
      last = try builder.linear(
        LinearLayer(map: .convolution(map), bias: biases), of: last,
        shape: Shape([extents.channels, extents.height, extents.width]), name: "conv\(i + 1)")
      last = builder.activation(.relu, of: last, name: "conv\(i + 1).relu")
    }
    var size = builder.shape(of: last).count
    let sizes = layers.hidden + [10]
    for (i, rows) in sizes.enumerated() {
      let map = DenseMap(rows: rows, columns: size, weights: weights(rows * size, fanIn: size))
      let columns = size
      let layer = LinearLayer(map: .dense(map), bias: (0..<rows).map { _ in bias(fanIn: columns) })
      last = try builder.linear(layer, of: last, shape: Shape(vector: rows), name: "fc\(i + 1)")
      if i + 1 < sizes.count { last = builder.activation(.relu, of: last, name: "fc\(i + 1).relu") }
      size = rows
    }
    return builder.network(output: last)
  }

  /// The ball of radius ε around a random image, clipped to [0, 1], and its label.
  static func question(seed: UInt64, index: Int, epsilon: Double) throws -> (region: Region, label: Int) {
    var random = RandomStream(seed: seed, purpose: "benchmark image", index: index)
    let image = (0..<784).map { _ in random.uniform() }
    return (try Region(ballAround: image, radius: epsilon, validRange: 0...1), random.index(below: 10))
  }
}
