import Intervals
import Networks
import Tensors

extension GraphImport {
  /// A convolution in one or two dimensions; the former is the latter with a height of 1.
  mutating func convolution(_ node: Operator, _ x: Value, _ w: Value, _ b: Value?) throws(Fault) -> Value {
    guard case .variable(let image) = x, case .constant(let weights) = w else {
      throw .unsupported(reason: "an image that is constant or weights that are not")
    }
    let rank = image.extents.count
    guard weights.extents.count == rank, rank >= 3 else {
      throw node.malformed("an image of \(image.extents.joined) meets weights of \(weights.extents.joined)")
    }
    guard rank <= 4 else { throw .unsupported(reason: "\(rank - 2) spatial dimensions") }
    guard image.extents[0] == 1 else { throw .unsupported(reason: "a batch of \(image.extents[0])") }

    let spatial = Array(image.extents.dropFirst(2))
    let kernel = Array(weights.extents.dropFirst(2))
    let window = try window(node, spatial: spatial, kernel: kernel)
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

    var bias = [Double](repeating: 0, count: geometry.outputChannels)
    var errors: [Double] = []
    if let b {
      guard case .constant(let constant) = b else { throw .unsupported(reason: "a bias that is not constant") }
      guard constant.extents == [geometry.outputChannels] else {
        throw node.malformed(
          "bias of \(constant.extents.joined) cannot be added to \(geometry.outputChannels) output channels")
      }
      bias = constant.values
      errors = constant.errors
    }
    let centres = Centres(weights)
    let positions = geometry.positions
    let output = rank == 3 ? [geometry.outputWidth] : [geometry.outputHeight, geometry.outputWidth]
    return try linear(
      LinearLayer(
        map: .convolution(ConvolutionMap(geometry: geometry, weights: centres.centres)),
        bias: bias.flatMap { [Double](repeating: $0, count: positions) }, coefficientError: centres.relativeError,
        biasError: errors.flatMap { [Double](repeating: $0, count: positions) }),
      of: image.node, extents: [1, geometry.outputChannels] + output, parameters: weights.count, for: node)
  }

  /// Where a kernel is applied.
  private struct Window {
    let strides, dilations: [Int]
    /// The beginnings of all axes, then the ends.
    let pads: [Int]
  }

  private func window(_ node: Operator, spatial: [Int], kernel: [Int]) throws(Fault) -> Window {
    let axes = spatial.count
    func list(_ attribute: String, count: Int, default value: Int, least: Int) throws(Fault) -> [Int] {
      guard let given = try node.integers(attribute) else { return [Int](repeating: value, count: count) }
      guard given.count == count else { throw node.malformed("\(given.count) \(attribute) for \(axes) spatial axes") }
      for number in given where number < least || number > Shape.largestCount {
        let sense = number < 0 ? "negative " : number > 0 ? "too large: " : ""
        throw node.malformed("\(sense)\(attribute) \(given.joined)")
      }
      return given
    }
    let strides = try list("strides", count: axes, default: 1, least: 1)
    let dilations = try list("dilations", count: axes, default: 1, least: 1)
    if let stated = try node.integers("kernel_shape"), stated != kernel {
      throw node.malformed("kernel_shape \(stated.joined), but the weights are \(kernel.joined)")
    }
    let mode = try node.text("auto_pad", default: "NOTSET")
    switch mode {
    case "NOTSET", "":
      return Window(
        strides: strides, dilations: dilations, pads: try list("pads", count: 2 * axes, default: 0, least: 0))
    case "VALID":
      return Window(strides: strides, dilations: dilations, pads: [Int](repeating: 0, count: 2 * axes))
    case "SAME_UPPER", "SAME_LOWER":
      // As many positions as strides fit into the image; an odd zero goes to the end or to the beginning.
      var pads = [Int](repeating: 0, count: 2 * axes)
      for axis in 0..<axes {
        let positions = (spatial[axis] + strides[axis] - 1) / strides[axis]
        let span = (kernel[axis] - 1) * dilations[axis] + 1
        let total = max(0, (positions - 1) * strides[axis] + span - spatial[axis])
        pads[axis] = mode == "SAME_UPPER" ? total / 2 : total - total / 2
        pads[axes + axis] = total - pads[axis]
      }
      return Window(strides: strides, dilations: dilations, pads: pads)
    default:
      throw node.malformed("auto_pad \(mode.printable) does not exist")
    }
  }
}
