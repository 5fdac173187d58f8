import Tensors

/// The families of networks that can be trained.
public enum Architecture: String, Codable, Sendable, CaseIterable {
  /// Convolution 5×5 stride 2 pad 2, ReLU, convolution 4×4 stride 2 pad 1, ReLU, dense. Two widths: the
  /// channels of the convolutions; (16, 32) in the literature.
  case cnn3
  /// Dense layers with ReLUs between them. Any number of widths: the sizes of the hidden layers.
  case fullyConnected = "fully-connected"

  /// The layers for images of a shape.
  ///
  /// - Parameters:
  ///   - input: `[channels, height, width]`, or a vector for fully connected networks.
  ///   - means, deviations: the fixed normalisation of each channel; empty for none, one value for all channels.
  /// - Throws: ``TrainingError/unusableArchitecture(_:reason:)`` if they do not fit.
  func stack(
    input: Shape, classCount: Int, widths: [Int], means: [Double], deviations: [Double]
  ) throws(TrainingError) -> LayerStack {
    guard widths.allSatisfy({ $0 > 0 }) else {
      throw .unusableArchitecture(rawValue, reason: "widths \(widths) are not all positive")
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
      switch self {
      case .cnn3:
        guard input.rank == 3 else {
          throw TrainingError.unusableArchitecture(rawValue, reason: "it needs images, not inputs of shape \(input)")
        }
        guard widths.count == 2 else {
          throw TrainingError.unusableArchitecture(rawValue, reason: "it has two widths, not \(widths.count)")
        }
        let first = try ConvolutionGeometry(
          channels: channels, height: input.extents[1], width: input.extents[2], outputChannels: widths[0],
          kernel: (5, 5), stride: (2, 2), pads: (2, 2, 2, 2))
        let second = try ConvolutionGeometry(
          channels: widths[0], height: first.outputHeight, width: first.outputWidth, outputChannels: widths[1],
          kernel: (4, 4), stride: (2, 2), pads: (1, 1, 1, 1))
        layers += [
          .affine(AffineLayer(map: .convolution(first))), .relu(count: first.outputCount),
          .affine(AffineLayer(map: .convolution(second))), .relu(count: second.outputCount),
          .affine(AffineLayer(map: .dense(inputs: second.outputCount, outputs: classCount))),
        ]
      case .fullyConnected:
        var size = input.count
        for width in widths {
          _ = try Shape([size, width])
          layers += [.affine(AffineLayer(map: .dense(inputs: size, outputs: width))), .relu(count: width)]
          size = width
        }
        _ = try Shape([size, classCount])
        layers.append(.affine(AffineLayer(map: .dense(inputs: size, outputs: classCount))))
      }
    } catch let error as TrainingError {
      throw error
    } catch {
      throw .unusableArchitecture(rawValue, reason: "\(error)")
    }
    return LayerStack(inputShape: input, layers: layers)
  }
}
