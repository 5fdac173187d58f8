import Tensors

/// What a network is made of: one of the literature's families, or layers listed one by one.
public enum Architecture: Hashable, Sendable {
  /// A family; its widths are a setting of their own.
  case family(Family)
  /// The layers in order, the last one dense.
  case layers([LayerDescription])

  public static let cnn3 = family(.cnn3)
  public static let cnn4 = family(.cnn4)
  public static let cnn5 = family(.cnn5)
  public static let cnn7 = family(.cnn7)
  public static let fullyConnected = family(.fullyConnected)

  /// A word for messages: the family's name, or `layers`.
  public var name: String {
    switch self {
    case .family(let family): family.rawValue
    case .layers: "layers"
    }
  }

  /// The widths of the literature; none for a list of layers, which has its own.
  public var usualWidths: [Int] {
    switch self {
    case .family(let family): family.usualWidths
    case .layers: []
    }
  }

  /// How many widths there must be; nil for any number.
  var widthCount: Int? {
    switch self {
    case .family(let family): family.widthCount
    case .layers: 0
    }
  }

  /// Limits beyond which a network is refused rather than the machine's memory exhausted: trained numbers, and elements
  /// between two layers.
  static let largestParameterCount = 1 << 27
  static let largestBoundary = 1 << 22

  /// The layers for images of a shape.
  ///
  /// - Parameters:
  ///   - input: `[channels, height, width]`, or a vector for networks without convolutions.
  ///   - widths: those of a family.
  ///   - means, deviations: the fixed normalisation of each channel; empty for none, one value for all channels.
  ///   - batchNorm: whether, in a family, a batch normalisation lies between each affine layer but the last and its ReLU.
  /// - Throws: ``TrainingError/unusableArchitecture(_:reason:)`` if they do not fit.
  func stack(
    input: Shape, classCount: Int, widths: [Int], means: [Double], deviations: [Double], batchNorm: Bool = false
  ) throws(TrainingError) -> LayerStack {
    let described: [LayerDescription]
    switch self {
    case .family(let family): described = try family.layers(widths: widths, batchNorm: batchNorm)
    case .layers(let own): described = own
    }
    var layers: [Layer] = []
    let channels = input.rank == 3 ? input.extents[0] : 1
    if !means.isEmpty {
      guard means.count == 1 || means.count == channels else {
        throw .unusableArchitecture(name, reason: "\(means.count) means for \(channels) channels")
      }
      let spread = means.count == 1 ? channels : 1
      layers.append(
        .normalisation(
          Normalisation(
            means: (0..<spread).flatMap { _ in means }, deviations: (0..<spread).flatMap { _ in deviations },
            area: input.count / channels)))
    }
    var shape = input
    for (number, layer) in described.enumerated() {
      do throws(Misfit) {
        if let made = try Self.layer(layer, after: layers.last, reading: &shape, classCount: classCount) {
          layers.append(made)
        }
      } catch {
        throw .unusableArchitecture(name, reason: "layer \(number + 1) (\(layer)): \(error.reason)")
      }
    }
    let parameters = layers.reduce(0) { $0 + $1.parameterCount }
    guard parameters <= Self.largestParameterCount else {
      throw .unusableArchitecture(
        name, reason: "\(parameters) weights and biases are more than \(Self.largestParameterCount)")
    }
    guard case .affine(let last) = layers.last, case .dense(_, classCount) = last.map else {
      throw .unusableArchitecture(
        name, reason: "it ends with \(shape) values where there are \(classCount) classes; end it with output")
    }
    return LayerStack(inputShape: input, layers: layers)
  }

  /// Why a layer does not fit behind those before it.
  private struct Misfit: Error {
    let reason: String
  }

  /// A layer with its sizes; nil for one that moves nothing.
  private static func layer(
    _ layer: LayerDescription, after last: Layer?, reading shape: inout Shape, classCount: Int
  ) throws(Misfit) -> Layer? {
    func dense(_ outputs: Int) throws(ShapeError) -> Layer {
      let inputs = shape.count
      _ = try Shape([inputs, outputs])
      shape = try Shape([outputs])
      return .affine(AffineLayer(map: .dense(inputs: inputs, outputs: outputs)))
    }
    let made: Layer?
    do {
      switch layer {
      case .convolution(let convolution, let channels):
        guard shape.rank == 3 else { throw Misfit(reason: "it needs images, not inputs of shape \(shape)") }
        let (kernel, stride, pad) = (convolution.kernel, convolution.stride, convolution.padding)
        let geometry = try ConvolutionGeometry(
          channels: shape.extents[0], height: shape.extents[1], width: shape.extents[2], outputChannels: channels,
          kernel: (kernel, kernel), stride: (stride, stride), pads: (pad, pad, pad, pad))
        shape = try Shape([channels, geometry.outputHeight, geometry.outputWidth])
        made = .affine(AffineLayer(map: .convolution(geometry)))
      case .dense(let outputs): made = try dense(outputs)
      case .output: made = try dense(classCount)
      case .batchNorm:
        guard case .affine(let affine) = last else { throw Misfit(reason: "it must follow a conv or dense layer") }
        made = .batchNormalisation(BatchNormalisation(channels: affine.biasCount, area: affine.onesCount))
      case .relu: made = .relu(count: shape.count)
      case .flatten:
        shape = try Shape([shape.count])
        made = nil
      }
    } catch let error as Misfit {
      throw error
    } catch {
      throw Misfit(reason: "\(error)")
    }
    guard shape.count <= largestBoundary else {
      throw Misfit(reason: "\(shape.count) outputs are more than \(largestBoundary)")
    }
    return made
  }
}

extension Architecture: CustomStringConvertible {
  /// The family's name, or all layers.
  public var description: String {
    switch self {
    case .family(let family): family.rawValue
    case .layers(let layers): layers.map(\.description).joined(separator: ", ")
    }
  }
}
