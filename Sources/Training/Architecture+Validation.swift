extension Architecture {
  /// Refuses layers that make no sense whatever the images are, and settings that a list of layers does not have.
  ///
  /// - Throws: ``ConfigurationError/outOfRange(key:value:reason:)``.
  func validate(widths: [Int]?, batchNorm: Bool) throws(ConfigurationError) {
    guard case .layers(let layers) = self else { return }
    guard widths == nil else {
      throw .outOfRange(
        key: "widths", value: "\(widths ?? [])", reason: "the layers of architecture have their own sizes")
    }
    guard !batchNorm else {
      throw .outOfRange(
        key: "batch-norm", value: "true",
        reason: "belongs to named architectures; list batch-norm among the layers of architecture")
    }
    guard (1...1000).contains(layers.count) else {
      throw .outOfRange(key: "architecture", value: "of \(layers.count) layers", reason: "must have 1 to 1000")
    }
    for (index, layer) in layers.enumerated() {
      let before = index > 0 ? layers[index - 1].kind : nil
      let isLast = index == layers.count - 1
      if let reason = layer.fault(
        after: before, isVector: layers[..<index].contains(where: \.makesVector), isLast: isLast)
      {
        throw .outOfRange(key: "architecture", value: "layer \(index + 1) (\(layer))", reason: reason)
      }
    }
  }
}

extension LayerDescription {
  /// Whether what follows reads a vector.
  fileprivate var makesVector: Bool {
    switch self {
    case .dense, .output, .flatten: true
    case .convolution, .batchNorm, .relu: false
    }
  }

  /// What is wrong with the layer where it stands.
  fileprivate func fault(after before: Kind?, isVector: Bool, isLast: Bool) -> String? {
    switch self {
    case .convolution(let convolution, let channels):
      if isVector { return "needs an image, and stands behind a dense layer or flatten" }
      if !(1...65_536).contains(channels) { return "channels must lie in 1...65536" }
      if !(1...1024).contains(convolution.kernel) { return "kernel must lie in 1...1024" }
      if !(1...1024).contains(convolution.stride) { return "stride must lie in 1...1024" }
      // Beyond, outputs would see nothing of the image.
      if !(0..<convolution.kernel).contains(convolution.padding) { return "padding must lie in 0..<kernel" }
    case .dense(let outputs):
      if !(1...1_048_576).contains(outputs) { return "must have 1 to 1048576 outputs" }
    case .output:
      if !isLast { return "must be the last layer" }
    case .batchNorm:
      if before != .convolution && before != .dense { return "must stand right behind a conv or dense layer" }
    case .relu:
      if before != .convolution && before != .dense && before != .batchNorm {
        return "must stand right behind a conv, dense or batch-norm layer"
      }
    case .flatten:
      break
    }
    switch self {
    case .dense, .output: return nil
    case .convolution, .batchNorm, .relu, .flatten:
      return isLast ? "is the last layer: end with output, a dense layer of one output for each class" : nil
    }
  }
}
