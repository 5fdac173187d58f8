import Tensors

/// Where a kernel is applied along the spatial axes of an image: by a convolution or a pooling.
struct Window {
  /// The taps of the kernel on each axis.
  let kernel: [Int]
  /// The distances between neighbouring positions, and between neighbouring taps.
  let strides, dilations: [Int]
  /// The elements added before each axis, then those added after each.
  let pads: [Int]

  /// The elements added after an axis.
  func padAfter(_ axis: Int) -> Int { pads[kernel.count + axis] }

  /// The distance between the first and the last element under the kernel, counting both.
  func span(_ axis: Int) -> Int { (kernel[axis] - 1) * dilations[axis] + 1 }

  /// How often the kernel fits along an axis; none or fewer if it exceeds the padded image.
  ///
  /// - Parameter roundsUp: whether a last position may reach beyond the padding, as long as it begins before it.
  func positions(_ axis: Int, extent: Int, roundsUp: Bool = false) -> Int {
    let stride = strides[axis]
    let rest = extent + pads[axis] + padAfter(axis) - span(axis)
    guard rest > (roundsUp ? -stride : -1) else { return 0 }
    guard roundsUp else { return rest / stride + 1 }
    let count = (rest + stride - 1) / stride + 1
    return (count - 1) * stride >= extent + pads[axis] ? count - 1 : count
  }

  /// The elements of a range that lie under the kernel at a position: the first, and how many.
  func taps(_ axis: Int, at position: Int, within range: Range<Int>) -> (first: Int, count: Int) {
    let start = position * strides[axis] - pads[axis]
    let step = dilations[axis]
    let skipped = start < range.lowerBound ? (range.lowerBound - start + step - 1) / step : 0
    let end = start < range.upperBound ? min(kernel[axis], (range.upperBound - start + step - 1) / step) : 0
    return (start + skipped * step, max(0, end - skipped))
  }
}

extension GraphImport {
  /// The window that a node's attributes describe.
  ///
  /// - Parameters:
  ///   - spatial: the extents of the image without batch and channels.
  ///   - weights: the kernel's extents where weights have them; without, the node must state them.
  func window(_ node: Operator, spatial: [Int], weights: [Int]? = nil) throws(Fault) -> Window {
    let axes = spatial.count
    let strides = try windowSizes(node, "strides", axes: axes, count: axes, default: 1, least: 1)
    let dilations = try windowSizes(node, "dilations", axes: axes, count: axes, default: 1, least: 1)
    let kernel: [Int]
    if let weights {
      if let stated = try node.integers("kernel_shape"), stated != weights {
        throw node.malformed("kernel_shape \(stated.joined), but the weights are \(weights.joined)")
      }
      kernel = weights
    } else {
      guard node.has("kernel_shape") else { throw node.malformed("has no kernel_shape") }
      kernel = try windowSizes(node, "kernel_shape", axes: axes, count: axes, default: 1, least: 1)
    }
    let mode = try node.text("auto_pad", default: "NOTSET")
    var pads = [Int](repeating: 0, count: 2 * axes)
    switch mode {
    case "NOTSET", "":
      pads = try windowSizes(node, "pads", axes: axes, count: 2 * axes, default: 0, least: 0)
    case "VALID":
      break
    case "SAME_UPPER", "SAME_LOWER":
      // As many positions as strides fit into the image; an odd element goes to the end or to the beginning.
      for axis in 0..<axes {
        let positions = (spatial[axis] + strides[axis] - 1) / strides[axis]
        let span = (kernel[axis] - 1) * dilations[axis] + 1
        let total = max(0, (positions - 1) * strides[axis] + span - spatial[axis])
        pads[axis] = mode == "SAME_UPPER" ? total / 2 : total - total / 2
        pads[axes + axis] = total - pads[axis]
      }
    default:
      throw node.malformed("auto_pad \(mode.printable) does not exist")
    }
    return Window(kernel: kernel, strides: strides, dilations: dilations, pads: pads)
  }

  /// A list attribute with an entry for each axis, or for both ends of each.
  func windowSizes(
    _ node: Operator, _ attribute: String, axes: Int, count: Int, default value: Int, least: Int
  ) throws(Fault) -> [Int] {
    guard let given = try node.integers(attribute) else { return [Int](repeating: value, count: count) }
    guard given.count == count else { throw node.malformed("\(given.count) \(attribute) for \(axes) spatial axes") }
    for number in given where number < least || number > Shape.largestCount {
      let sense = number < 0 ? "negative " : number > 0 ? "too large: " : ""
      throw node.malformed("\(sense)\(attribute) \(given.joined)")
    }
    return given
  }
}
