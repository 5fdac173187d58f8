import Intervals
import Networks
import Tensors

extension GraphImport {
  /// A transposed convolution in one or two dimensions: a convolution with the kernel turned round and its channels
  /// swapped, of the image with zeros put between its elements (strides) and around them.
  mutating func transposedConvolution(_ node: Operator, _ x: Value, _ w: Value, _ b: Value?) throws(Fault) -> Value {
    let (image, weights) = try imageAndWeights(x, w, node)
    let channels = image.extents[1]
    let groups = try node.integer("group", default: 1)
    guard groups > 0, channels.isMultiple(of: groups), weights.extents[0] == channels else {
      throw node.malformed("\(channels) channels meet weights for \(weights.extents[0]) in \(groups) groups")
    }
    let (groupOutputs, overflow) = weights.extents[1].multipliedReportingOverflow(by: groups)
    guard !overflow, groupOutputs <= Shape.largestCount else { throw node.malformed("too many output channels") }

    let spatial = Array(image.extents.dropFirst(2))
    let axes = try transposedAxes(node, spatial: spatial, kernel: Array(weights.extents.dropFirst(2)))
    let spread = try rearrange(
      image, try spreading(image.extents, axes, node), node)
    let flat = spatial.count == 1
    let (rows, columns) = (flat ? .trivial : axes[0], axes[axes.count - 1])
    let geometry: ConvolutionGeometry
    do {
      geometry = try ConvolutionGeometry(
        channels: channels, height: rows.length, width: columns.length, outputChannels: groupOutputs,
        kernel: (rows.kernel, columns.kernel), dilation: (rows.dilation, columns.dilation),
        pads: (max(0, rows.before), max(0, columns.before), max(0, rows.after), max(0, columns.after)),
        groups: groups)
    } catch {
      throw node.malformed("\(error)")
    }

    let turned = Self.turned(weights, groups: groups)
    let centres = Centres(turned.map { weights[$0] })
    let bias = try channelBias(b, channels: groupOutputs, positions: geometry.positions, node)
    let extents = [1, groupOutputs] + (flat ? [geometry.outputWidth] : [geometry.outputHeight, geometry.outputWidth])
    return try linear(
      LinearLayer(
        map: .convolution(ConvolutionMap(geometry: geometry, weights: centres.centres)), bias: bias.values,
        coefficientError: centres.relativeError, biasError: bias.errors),
      of: spread.node, extents: extents, parameters: weights.count, for: node)
  }

  /// One bias for each output element of a convolution, and its errors.
  func channelBias(
    _ b: Value?, channels: Int, positions: Int, _ node: Operator
  ) throws(Fault) -> (values: [Double]?, errors: [Double]) {
    guard let b else { return (nil, []) }
    guard case .constant(let constant) = b else { throw .unsupported(reason: "a bias that is not constant") }
    guard constant.extents == [channels] else {
      throw node.malformed("bias of \(constant.extents.joined) cannot be added to \(channels) output channels")
    }
    _ = try count(of: [channels, positions], for: node)
    func spread(_ values: [Double]) -> [Double] { values.flatMap { [Double](repeating: $0, count: positions) } }
    return (spread(constant.values), spread(constant.errors))
  }

  /// One axis of the convolution that a transposed one becomes.
  private struct SpreadAxis {
    let kernel, dilation: Int
    /// The distance between the image's elements in the spread one.
    let stride: Int
    /// The elements before and after the spread image; negative where it is cut.
    let before, after: Int
    /// The extent of the spread image after the cuts.
    let length: Int

    /// The height of a one-dimensional convolution.
    static var trivial: SpreadAxis { SpreadAxis(kernel: 1, dilation: 1, stride: 1, before: 0, after: 0, length: 1) }
  }

  private func transposedAxes(_ node: Operator, spatial: [Int], kernel: [Int]) throws(Fault) -> [SpreadAxis] {
    let axes = spatial.count
    func list(_ attribute: String, default value: Int, least: Int) throws(Fault) -> [Int] {
      try windowSizes(node, attribute, axes: axes, count: axes, default: value, least: least)
    }
    let strides = try list("strides", default: 1, least: 1)
    let dilations = try list("dilations", default: 1, least: 1)
    let added = try list("output_padding", default: 0, least: 0)
    let wanted = node.has("output_shape") ? try list("output_shape", default: 1, least: 1) : nil
    let pads = try windowSizes(node, "pads", axes: axes, count: 2 * axes, default: 0, least: 0)
    if let stated = try node.integers("kernel_shape"), stated != kernel {
      throw node.malformed("kernel_shape \(stated.joined), but the weights are \(kernel.joined)")
    }
    let mode = try node.text("auto_pad", default: "NOTSET")
    guard ["NOTSET", "", "VALID", "SAME_UPPER", "SAME_LOWER"].contains(mode) else {
      throw node.malformed("auto_pad \(mode.printable) does not exist")
    }
    var result: [SpreadAxis] = []
    for axis in 0..<axes {
      let reach = (kernel[axis] - 1) * dilations[axis]
      let (steps, overflow) = (spatial[axis] - 1).multipliedReportingOverflow(by: strides[axis])
      let natural = steps + added[axis] + reach + 1
      guard !overflow, natural <= 1 << 40 else { throw node.malformed("axis \(axis) becomes too long") }
      var (before, after) = mode == "VALID" ? (0, 0) : (pads[axis], pads[axes + axis])
      let target = wanted?[axis] ?? (mode.hasPrefix("SAME") ? spatial[axis] * strides[axis] : nil)
      if let target {
        let total = natural - target
        guard total >= 0 else {
          throw .unsupported(reason: "an output of \(target) elements where the kernel reaches \(natural)")
        }
        // An odd element goes to the end for SAME_UPPER, otherwise to the beginning.
        before = mode == "SAME_UPPER" ? total / 2 : total - total / 2
        after = total - before
      }
      let (front, back) = (reach - before, reach - after + added[axis])
      let length = steps + 1 + min(0, front) + min(0, back)
      guard length > 0, natural - before - after > 0 else {
        throw node.malformed("the pads cut all of axis \(axis) away")
      }
      result.append(
        SpreadAxis(
          kernel: kernel[axis], dilation: dilations[axis], stride: strides[axis], before: front, after: back,
          length: length))
    }
    return result
  }

  /// The image's elements at multiples of the strides, zeros between them, cut where pads are negative.
  private func spreading(_ extents: [Int], _ axes: [SpreadAxis], _ node: Operator) throws(Fault) -> Rearrangement {
    _ = try count(of: extents.prefix(2) + axes.map(\.length), for: node)
    let spatial = axes.map { axis in
      (0..<axis.length).map { i in
        let position = i - min(0, axis.before)
        return position.isMultiple(of: axis.stride) ? position / axis.stride : -1
      }
    }
    return Rearrangement(positions: [Array(0..<extents[0]), Array(0..<extents[1])] + spatial, of: extents)
  }

  /// For each weight `[outputs, inputs/groups, …]` of the convolution, the weight `[inputs, outputs/groups, …]` of the
  /// transposed one that it is.
  private static func turned(_ weights: Constant, groups: Int) -> [Int] {
    let taps = weights.extents.dropFirst(2).reduce(1, *)
    let (inputs, outputs) = (weights.extents[0] / groups, weights.extents[1])
    var order: [Int] = []
    order.reserveCapacity(weights.count)
    for group in 0..<groups {
      for output in 0..<outputs {
        for input in 0..<inputs {
          let start = ((group * inputs + input) * outputs + output) * taps
          for tap in (0..<taps).reversed() { order.append(start + tap) }
        }
      }
    }
    return order
  }
}
