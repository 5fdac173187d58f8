import Networks
import Tensors

extension RandomNetworks {
  /// Three convolutions with a ReLU after each, and three outputs: small, but with windows smaller than their images.
  ///
  /// - Parameter reshaping: whether each convolution reads the last one's output as an image of another shape, as files
  ///   with a Reshape between them do.
  public mutating func stacked(reshaping: Bool) throws -> Network {
    var image = (channels: 1, height: 5, width: index(5...6))
    var builder = NetworkBuilder(inputShape: try Shape([image.channels, image.height, image.width]))
    var last = builder.input
    for layer in 1...3 {
      if reshaping, layer > 1 { image = reading(of: image) }
      let kernel = (min(image.height, index(1...2)), min(image.width, 2))
      let isDilated = image.width > 2 && index(0...2) == 0
      let geometry = try ConvolutionGeometry(
        channels: image.channels, height: image.height, width: image.width, outputChannels: 2, kernel: kernel,
        stride: (1, layer == 1 ? 1 : index(1...2)), dilation: (1, isDilated ? 2 : 1),
        pads: (0, index(0...1), index(0...1), 0))
      image = (2, geometry.outputHeight, geometry.outputWidth)
      last = try builder.linear(
        LinearLayer(
          map: .convolution(ConvolutionMap(geometry: geometry, weights: weights(geometry.weightCount))),
          bias: weights(2).flatMap { [Double](repeating: $0, count: geometry.positions) }),
        of: last, shape: try Shape([image.channels, image.height, image.width]), name: "conv\(layer)")
      last = builder.activation(.relu, of: last, name: "relu\(layer)")
    }
    let count = image.channels * image.height * image.width
    last = try builder.linear(
      LinearLayer(map: .dense(DenseMap(rows: 3, columns: count, weights: weights(3 * count))), bias: weights(3)),
      of: last, shape: Shape(vector: 3), name: "fc")
    return builder.network(output: last)
  }

  /// Another image of as many elements: heights and widths exchanged with each other or with channels.
  private mutating func reading(
    of image: (channels: Int, height: Int, width: Int)
  ) -> (
    channels: Int, height: Int, width: Int
  ) {
    switch index(0...2) {
    case 0: (image.channels, image.width, image.height)
    case 1: (image.height, image.channels, image.width)
    default: (1, image.height, image.width * image.channels)
    }
  }
}
