import Networks
import Tensors

extension RandomNetworks {
  /// A convolution of many channels behind a ReLU, whose box begins at zero but for one channel wherever the input's box
  /// contains zero; three outputs.
  public mutating func channels() throws -> Network {
    let (height, width, channels) = (1, index(2...3), 8)
    var builder = NetworkBuilder(inputShape: try Shape([1, height, width]))
    let first = try ConvolutionGeometry(
      channels: 1, height: height, width: width, outputChannels: channels, kernel: (1, 1))
    // No other channel is above zero there.
    let biases = [weight()] + weights(channels - 1).map { index(0...1) == 0 ? 0 : -$0.magnitude }
    let shape = try Shape([channels, height, width])
    var last = try builder.linear(
      LinearLayer(
        map: .convolution(ConvolutionMap(geometry: first, weights: weights(first.weightCount))),
        bias: biases.flatMap { [Double](repeating: $0, count: width) }),
      of: builder.input, shape: shape, name: "conv1")
    last = builder.activation(.relu, of: last, name: "relu1")
    let second = try ConvolutionGeometry(
      channels: channels, height: height, width: width, outputChannels: channels, kernel: (3, 3), pads: (1, 1, 1, 1))
    last = try builder.linear(
      LinearLayer(
        map: .convolution(ConvolutionMap(geometry: second, weights: weights(second.weightCount))),
        bias: weights(channels).flatMap { [Double](repeating: $0, count: second.positions) }),
      of: last, shape: shape, name: "conv2")
    last = builder.activation(.relu, of: last, name: "relu2")
    last = try builder.linear(
      LinearLayer(
        map: .dense(DenseMap(rows: 3, columns: shape.count, weights: weights(3 * shape.count))), bias: weights(3)),
      of: last, shape: Shape(vector: 3), name: "fc")
    return builder.network(output: last)
  }
}
