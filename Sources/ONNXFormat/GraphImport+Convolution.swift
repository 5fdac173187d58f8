import Intervals
import Networks
import Tensors

extension GraphImport {
  /// A convolution in one or two dimensions; the former is the latter with a height of 1.
  mutating func convolution(_ node: Operator, _ x: Value, _ w: Value, _ b: Value?) throws(Fault) -> Value {
    let (image, weights) = try imageAndWeights(x, w, node)
    let rank = image.extents.count
    let spatial = Array(image.extents.dropFirst(2))
    let kernel = Array(weights.extents.dropFirst(2))
    let window = try window(node, spatial: spatial, weights: kernel)
    let groups = try node.integer("group", default: 1)
    let channels = image.extents[1]
    guard groups > 0 else { throw node.malformed("group \(groups)") }
    guard channels.isMultiple(of: groups) else {
      throw node.malformed("\(channels) channels are not divisible by group \(groups)")
    }
    guard weights.extents[1] == channels / groups else {
      throw node.malformed(
        "\(channels) channels in \(groups) groups meet weights for \(weights.extents[1]) channels")
    }

    let geometry: ConvolutionGeometry
    do {
      let flat = rank == 3
      let pads = window.pads
      geometry = try ConvolutionGeometry(
        channels: channels, height: flat ? 1 : spatial[0], width: spatial[rank - 3],
        outputChannels: weights.extents[0], kernel: (flat ? 1 : kernel[0], kernel[rank - 3]),
        stride: (flat ? 1 : window.strides[0], window.strides[rank - 3]),
        dilation: (flat ? 1 : window.dilations[0], window.dilations[rank - 3]),
        pads: flat ? (0, pads[0], 0, pads[1]) : (pads[0], pads[1], pads[2], pads[3]), groups: groups)
    } catch {
      throw node.malformed("\(error)")
    }

    let centres = Centres(weights)
    let bias = try channelBias(b, channels: geometry.outputChannels, positions: geometry.positions, node)
    let output = rank == 3 ? [geometry.outputWidth] : [geometry.outputHeight, geometry.outputWidth]
    return try linear(
      LinearLayer(
        map: .convolution(ConvolutionMap(geometry: geometry, weights: centres.centres)), bias: bias.values,
        coefficientError: centres.relativeError, biasError: bias.errors),
      of: image.node, extents: [1, geometry.outputChannels] + output, parameters: weights.count, for: node)
  }

  /// The operands of a convolution or a transposed one: one image, and weights of the same rank.
  func imageAndWeights(_ x: Value, _ w: Value, _ node: Operator) throws(Fault) -> (Variable, Constant) {
    guard case .variable(let image) = x, case .constant(let weights) = w else {
      throw .unsupported(reason: "an image that is constant or weights that are not")
    }
    let rank = image.extents.count
    guard weights.extents.count == rank, rank >= 3 else {
      throw node.malformed("an image of \(image.extents.joined) meets weights of \(weights.extents.joined)")
    }
    guard rank <= 4 else { throw .unsupported(reason: "\(rank - 2) spatial dimensions") }
    guard image.extents[0] == 1 else { throw .unsupported(reason: "a batch of \(image.extents[0])") }
    return (image, weights)
  }
}
