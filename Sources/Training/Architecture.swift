import Tensors

/// The families of networks that can be trained: convolutions, then dense layers, each but the last with a ReLU behind
/// it.
public enum Architecture: String, Codable, Sendable, CaseIterable {
  /// Convolution 5×5 stride 2 pad 2, convolution 4×4 stride 2 pad 1, dense. Widths (16, 32) in the literature; its wide
  /// and tiny forms have others, such as (64, 128) and (2, 2).
  case cnn3
  /// ``cnn3`` with a dense hidden layer.
  case cnn4
  /// Convolution 3×3 pad 1, two of 4×4 stride 2 pad 1, a dense hidden layer.
  case cnn5
  /// Five convolutions 3×3 pad 1, the third with stride 2, and a dense hidden layer (Gowal et al. 2018; with batch
  /// normalisation in later work).
  case cnn7
  /// Convolution 5×5 stride 2 pad 2, one of 4×4 stride 2 pad 1, a dense hidden layer (ConvMed).
  case convMed = "conv-med"
  /// Convolution 3×3 pad 1, two of 4×4 stride 2 pad 1, a dense hidden layer (ConvMedBig).
  case convMedBig = "conv-med-big"
  /// Dense layers alone; any number of widths.
  case fullyConnected = "fully-connected"

  /// A square convolution.
  private struct Convolution {
    let kernel, stride, pad: Int
  }

  private var convolutions: [Convolution] {
    let halving = Convolution(kernel: 4, stride: 2, pad: 1)
    let keeping = Convolution(kernel: 3, stride: 1, pad: 1)
    switch self {
    case .cnn3, .cnn4, .convMed: return [Convolution(kernel: 5, stride: 2, pad: 2), halving]
    case .cnn5, .convMedBig: return [keeping, halving, halving]
    case .cnn7: return [keeping, keeping, Convolution(kernel: 3, stride: 2, pad: 1), keeping, keeping]
    case .fullyConnected: return []
    }
  }

  /// The widths of the literature: channels of the convolutions, then sizes of the dense hidden layers.
  public var usualWidths: [Int] {
    switch self {
    case .cnn3: [16, 32]
    case .cnn4: [16, 32, 512]
    case .cnn5: [16, 16, 32, 512]
    case .cnn7: [64, 64, 128, 128, 128, 512]
    case .convMed: [32, 128, 250]
    case .convMedBig: [32, 32, 128, 250]
    case .fullyConnected: [256, 64]
    }
  }

  /// How many widths there must be; nil for any number.
  var widthCount: Int? { self == .fullyConnected ? nil : usualWidths.count }

  /// The layers for images of a shape.
  ///
  /// - Parameters:
  ///   - input: `[channels, height, width]`, or a vector for fully connected networks.
  ///   - means, deviations: the fixed normalisation of each channel; empty for none, one value for all channels.
  ///   - batchNorm: whether a batch normalisation lies between each affine layer but the last and its ReLU.
  /// - Throws: ``TrainingError/unusableArchitecture(_:reason:)`` if they do not fit.
  func stack(
    input: Shape, classCount: Int, widths: [Int], means: [Double], deviations: [Double], batchNorm: Bool = false
  ) throws(TrainingError) -> LayerStack {
    guard widths.allSatisfy({ $0 > 0 }) else {
      throw .unusableArchitecture(rawValue, reason: "widths \(widths) are not all positive")
    }
    if let widthCount, widths.count != widthCount {
      throw .unusableArchitecture(rawValue, reason: "it has \(widthCount) widths, not \(widths.count)")
    }
    var layers: [Layer] = []
    let channels = input.rank == 3 ? input.extents[0] : 1
    if !means.isEmpty {
      guard means.count == 1 || means.count == channels else {
        throw .unusableArchitecture(rawValue, reason: "\(means.count) means for \(channels) channels")
      }
      let spread = means.count == 1 ? channels : 1
      layers.append(
        .normalisation(
          Normalisation(
            means: (0..<spread).flatMap { _ in means }, deviations: (0..<spread).flatMap { _ in deviations },
            area: input.count / channels)))
    }
    do {
      var size = input.count
      if !convolutions.isEmpty {
        guard input.rank == 3 else {
          throw TrainingError.unusableArchitecture(rawValue, reason: "it needs images, not inputs of shape \(input)")
        }
        var image = (channels: channels, height: input.extents[1], width: input.extents[2])
        for (convolution, width) in zip(convolutions, widths) {
          let geometry = try ConvolutionGeometry(
            channels: image.channels, height: image.height, width: image.width, outputChannels: width,
            kernel: (convolution.kernel, convolution.kernel), stride: (convolution.stride, convolution.stride),
            pads: (convolution.pad, convolution.pad, convolution.pad, convolution.pad))
          layers.append(.affine(AffineLayer(map: .convolution(geometry))))
          if batchNorm {
            layers.append(.batchNormalisation(BatchNormalisation(channels: width, area: geometry.positions)))
          }
          layers.append(.relu(count: geometry.outputCount))
          image = (width, geometry.outputHeight, geometry.outputWidth)
          size = geometry.outputCount
        }
      }
      for width in widths.dropFirst(convolutions.count) {
        _ = try Shape([size, width])
        layers.append(.affine(AffineLayer(map: .dense(inputs: size, outputs: width))))
        if batchNorm { layers.append(.batchNormalisation(BatchNormalisation(channels: width, area: 1))) }
        layers.append(.relu(count: width))
        size = width
      }
      _ = try Shape([size, classCount])
      layers.append(.affine(AffineLayer(map: .dense(inputs: size, outputs: classCount))))
    } catch let error as TrainingError {
      throw error
    } catch {
      throw .unusableArchitecture(rawValue, reason: "\(error)")
    }
    return LayerStack(inputShape: input, layers: layers)
  }
}
