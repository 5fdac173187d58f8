extension Architecture {
  /// The named families of networks: convolutions, then dense layers, each but the last with a ReLU behind it.
  public enum Family: String, Sendable, CaseIterable {
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

    private var convolutions: [LayerDescription.Convolution] {
      let halving = LayerDescription.Convolution(kernel: 4, stride: 2, padding: 1)
      let keeping = LayerDescription.Convolution(kernel: 3, stride: 1, padding: 1)
      switch self {
      case .cnn3, .cnn4, .convMed: return [LayerDescription.Convolution(kernel: 5, stride: 2, padding: 2), halving]
      case .cnn5, .convMedBig: return [keeping, halving, halving]
      case .cnn7:
        return [keeping, keeping, LayerDescription.Convolution(kernel: 3, stride: 2, padding: 1), keeping, keeping]
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

    /// The layers one by one.
    ///
    /// - Parameter batchNorm: whether a batch normalisation lies between each affine layer but the last and its ReLU.
    /// - Throws: ``TrainingError/unusableArchitecture(_:reason:)`` if the widths are not as many as belong.
    func layers(widths: [Int], batchNorm: Bool) throws(TrainingError) -> [LayerDescription] {
      guard widths.allSatisfy({ $0 > 0 }) else {
        throw .unusableArchitecture(rawValue, reason: "widths \(widths) are not all positive")
      }
      if let widthCount, widths.count != widthCount {
        throw .unusableArchitecture(rawValue, reason: "it has \(widthCount) widths, not \(widths.count)")
      }
      let affine =
        zip(convolutions, widths).map { convolution, width in
          LayerDescription.convolution(convolution, channels: width)
        } + widths.dropFirst(convolutions.count).map { .dense($0) }
      return affine.flatMap { batchNorm ? [$0, .batchNorm, .relu] : [$0, .relu] } + [.output]
    }
  }
}
