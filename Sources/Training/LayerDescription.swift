/// One layer of a network as a configuration describes it, without the sizes that follow from the layers before it.
public enum LayerDescription: Hashable, Sendable {
  /// A convolution with a bias for each channel.
  case convolution(Convolution, channels: Int)
  /// A dense layer of so many outputs, of all that lies before it.
  case dense(Int)
  /// The dense layer that ends the network: an output for each class.
  case output
  /// A batch normalisation of the affine layer before it.
  case batchNorm
  /// `max(x, 0)`.
  case relu
  /// What a dense layer does anyway: channel-major, the image becomes a vector.
  case flatten

  /// A square convolution's geometry.
  public struct Convolution: Hashable, Sendable {
    public var kernel, stride, padding: Int

    public init(kernel: Int, stride: Int = 1, padding: Int = 0) {
      (self.kernel, self.stride, self.padding) = (kernel, stride, padding)
    }
  }

  /// What it is called in a configuration.
  var kind: Kind {
    switch self {
    case .convolution: .convolution
    case .dense: .dense
    case .output: .output
    case .batchNorm: .batchNorm
    case .relu: .relu
    case .flatten: .flatten
    }
  }

  /// The names of layers in a configuration.
  enum Kind: String, CaseIterable {
    case convolution = "conv"
    case dense
    case output
    case batchNorm = "batch-norm"
    case relu
    case flatten

    /// How a layer of the kind is written.
    var form: String {
      switch self {
      case .convolution: "conv: {channels: 16, kernel: 3, stride: 1, padding: 1}"
      case .dense: "dense: 100"
      case .output, .batchNorm, .relu, .flatten: rawValue
      }
    }
  }
}

extension LayerDescription: CustomStringConvertible {
  /// Such as `conv 16 5×5 stride 2 padding 2`.
  public var description: String {
    switch self {
    case .convolution(let convolution, let channels):
      "conv \(channels) \(convolution.kernel)×\(convolution.kernel) stride \(convolution.stride) "
        + "padding \(convolution.padding)"
    case .dense(let outputs): "dense \(outputs)"
    case .output, .batchNorm, .relu, .flatten: kind.rawValue
    }
  }
}
