import ArgumentParser
import Tensors

@testable import Training

/// The usual networks of certified training on 28×28 grey images.
enum TrainedShape: String, CaseIterable, ExpressibleByArgument, Sendable {
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

  /// Images of an optimiser step.
  var batch: Int { self == .cnn7 ? 64 : 256 }

  /// The layers, without a normalisation.
  func stack() throws -> LayerStack {
    let input = try Shape([1, 28, 28])
    var stack: [Layer] = []
    var extents = (channels: 1, height: 28, width: 28)
    for layer in layers.convolutions {
      let geometry = try ConvolutionGeometry(
        channels: extents.channels, height: extents.height, width: extents.width, outputChannels: layer.channels,
        kernel: (layer.kernel, layer.kernel), stride: (layer.stride, layer.stride),
        pads: (layer.pad, layer.pad, layer.pad, layer.pad))
      extents = (layer.channels, geometry.outputHeight, geometry.outputWidth)
      stack += [.affine(AffineLayer(map: .convolution(geometry))), .relu(count: geometry.outputCount)]
    }
    var size = extents.channels * extents.height * extents.width
    for width in layers.hidden {
      stack += [.affine(AffineLayer(map: .dense(inputs: size, outputs: width))), .relu(count: width)]
      size = width
    }
    stack.append(.affine(AffineLayer(map: .dense(inputs: size, outputs: 10))))
    return LayerStack(inputShape: input, layers: stack)
  }
}

extension LayerStack {
  /// Multiply-adds of the affine layers for one image forwards, and those of the layers that read the input.
  var multiplyAdds: (all: Double, first: Double) {
    let each = layers.compactMap { layer -> Double? in
      guard case .affine(let affine) = layer else { return nil }
      return Double(affine.outputCount) * Double(affine.fanIn)
    }
    return (each.reduce(0, +), each.first ?? 0)
  }
}
