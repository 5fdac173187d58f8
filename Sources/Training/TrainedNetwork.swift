import Networks
import Tensors

/// A network that was trained, with what it was trained by.
public struct TrainedNetwork: Sendable {
  /// The settings.
  public let configuration: TrainingConfiguration
  /// The epochs, in order.
  public let history: [EpochSummary]
  /// The epoch, from 1, that the numbers are from; nil where they are an average.
  public let keptEpoch: Int?
  /// The weights and biases of all layers, in the order of the layers, weights before biases; then the statistics of
  /// batch normalisations.
  public let parameters: [Float]
  let stack: LayerStack

  /// The shape of an input.
  public var inputShape: Shape { stack.inputShape }
  /// The number of outputs.
  public var classCount: Int { stack.classCount }

  /// The same network for analyses and for export: the trained single-precision numbers, unrounded. Batch
  /// normalisations are folded into the layers before them, whose numbers are rounded to single precision once more.
  ///
  /// - Throws: `NetworkError` if a number is not finite.
  public func network() throws(NetworkError) -> Network {
    var builder = NetworkBuilder(inputShape: inputShape)
    var last = builder.input
    let parameters = folded
    for (index, layer) in stack.layers.enumerated() {
      let offset = stack.offsets[index]
      switch layer {
      case .affine(let affine):
        let weights = parameters[offset..<offset + affine.weightCount].map(Double.init)
        let biases = parameters[offset + affine.weightCount..<offset + layer.parameterCount].map(Double.init)
        switch affine.map {
        case .dense(let inputs, let outputs):
          last = try builder.linear(
            LinearLayer(map: .dense(DenseMap(rows: outputs, columns: inputs, weights: weights)), bias: biases),
            of: last, shape: Shape(vector: outputs), name: "dense\(index)")
        case .convolution(let geometry):
          let bias = biases.flatMap { [Double](repeating: $0, count: geometry.positions) }
          last = try builder.linear(
            LinearLayer(map: .convolution(ConvolutionMap(geometry: geometry, weights: weights)), bias: bias),
            of: last,
            shape: Self.shape([geometry.outputChannels, geometry.outputHeight, geometry.outputWidth]),
            name: "convolution\(index)")
        }
      case .batchNormalisation:
        break
      case .relu:
        last = builder.activation(.relu, of: last, name: "relu\(index)")
      case .normalisation(let normalisation):
        func spread(_ values: [Float]) -> [Double] {
          values.flatMap { [Double](repeating: Double($0), count: normalisation.area) }
        }
        last = try builder.linear(
          LinearLayer(
            map: .diagonal(DiagonalMap(factors: spread(normalisation.factors))), bias: spread(normalisation.offsets)),
          of: last, shape: inputShape, name: "normalisation\(index)")
      }
    }
    return builder.network(output: last)
  }

  /// The numbers with batch normalisations multiplied into the affine layers that they follow.
  private var folded: [Float] {
    guard stack.statisticCount > 0 else { return parameters }
    let resolved = Parameters(Array(parameters.prefix(stack.parameterCount)))
    resolved.normalise(stack, by: Array(parameters.dropFirst(stack.parameterCount)))
    var numbers = resolved.values.values
    for (index, layer) in stack.batchNormalisations {
      guard index > 0, case .affine(let affine) = stack.layers[index - 1] else {
        preconditionFailure("A batch normalisation follows an affine layer")
      }
      let scales = stack.offsets[index]
      let weights = stack.offsets[index - 1]
      let perChannel = affine.weightCount / layer.channels
      for channel in 0..<layer.channels {
        let factor = Double(numbers[scales + channel])
        for i in weights + channel * perChannel..<weights + (channel + 1) * perChannel {
          numbers[i] = Float(factor * Double(numbers[i]))
        }
        let bias = weights + affine.weightCount + channel
        numbers[bias] = Float(factor * Double(numbers[bias]) + Double(numbers[scales + layer.channels + channel]))
      }
    }
    return numbers
  }

  /// The shape of a convolution's output, which its geometry has already checked.
  private static func shape(_ extents: [Int]) -> Shape {
    guard let shape = try? Shape(extents) else { preconditionFailure("A geometry has an output shape") }
    return shape
  }
}
