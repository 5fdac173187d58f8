import ArgumentParser
import Tensors

/// Convolutions of networks in use, and ones at the edges of what either way is good at.
enum BenchmarkLayer: String, CaseIterable, ExpressibleByArgument, Sendable {
  case cnn3First = "cnn3-1"
  case cnn3Second = "cnn3-2"
  case cnn7First = "cnn7-1"
  case cnn7Second = "cnn7-2"
  case cnn7Third = "cnn7-3"
  case cnn7Fourth = "cnn7-4"
  case colour = "colour"
  case pointwise = "pointwise"
  case fewPointwise = "few-pointwise"
  case patches = "patches"
  case depthwise = "depthwise"
  case pooling = "pooling"
  case dilated = "dilated"
  case oneDimensional = "one-dimensional"
  case tiny = "tiny"

  /// The sizes.
  func geometry() throws -> ConvolutionGeometry {
    func square(
      _ channels: Int, _ size: Int, _ outputs: Int, kernel: Int, stride: Int = 1, dilation: Int = 1, pad: Int = 0,
      groups: Int = 1
    ) throws -> ConvolutionGeometry {
      try ConvolutionGeometry(
        channels: channels, height: size, width: size, outputChannels: outputs, kernel: (kernel, kernel),
        stride: (stride, stride), dilation: (dilation, dilation), pads: (pad, pad, pad, pad), groups: groups)
    }
    return switch self {
    case .cnn3First: try square(1, 28, 16, kernel: 5, stride: 2, pad: 2)
    case .cnn3Second: try square(16, 14, 32, kernel: 4, stride: 2, pad: 1)
    case .cnn7First: try square(1, 28, 64, kernel: 3, pad: 1)
    case .cnn7Second: try square(64, 28, 64, kernel: 3, pad: 1)
    case .cnn7Third: try square(64, 28, 128, kernel: 3, stride: 2, pad: 1)
    case .cnn7Fourth: try square(128, 14, 128, kernel: 3, pad: 1)
    case .colour: try square(3, 32, 16, kernel: 3, pad: 1)
    case .pointwise: try square(64, 14, 128, kernel: 1)
    case .fewPointwise: try square(32, 14, 32, kernel: 1)
    case .patches: try square(3, 224, 192, kernel: 16, stride: 16)
    case .depthwise: try square(64, 28, 64, kernel: 3, pad: 1, groups: 64)
    case .pooling: try square(64, 28, 64, kernel: 2, stride: 2, groups: 64)
    case .dilated: try square(32, 28, 32, kernel: 3, dilation: 2, pad: 2)
    case .oneDimensional:
      try ConvolutionGeometry(
        channels: 32, height: 1, width: 128, outputChannels: 64, kernel: (1, 5), pads: (0, 2, 0, 2))
    case .tiny: try square(128, 4, 128, kernel: 3, pad: 1)
    }
  }
}
