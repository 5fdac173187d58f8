import Intervals
import Networks
import Tensors

/// Sums and means over windows and over axes: linear maps.
extension GraphImport {
  /// The mean of the elements under a window: a convolution of each channel by itself.
  ///
  /// Where every window has as many elements, its weights are the reciprocal of that; otherwise they are ones, and
  /// a diagonal layer divides. The layer that holds a reciprocal states how far it is rounded.
  mutating func averagePool(_ node: Operator, _ x: Value) throws(Fault) -> Value {
    let (image, spatial, window, roundsUp) = try pooling(node, x)
    let countsPadding = try node.integer("count_include_pad", default: 0) != 0

    // How many elements the windows have along each axis, and the zeros after it that they reach.
    var counts: [[Int]] = []
    var after: [Int] = []
    for axis in spatial.indices {
      let extent = spatial[axis]
      let positions = try poolingPositions(window, axis, extent: extent, roundsUp: roundsUp, node)
      try spend(positions, for: node)
      let range = countsPadding ? -window.pads[axis]..<extent + window.padAfter(axis) : 0..<extent
      let sizes = (0..<positions).map { window.taps(axis, at: $0, within: range).count }
      if let empty = sizes.firstIndex(of: 0) {
        throw node.malformed("window \(empty) of axis \(axis) lies in the padding alone")
      }
      counts.append(sizes)
      let reach = (positions - 1) * window.strides[axis] + window.span(axis)
      after.append(max(0, reach - extent - window.pads[axis]))
    }

    let planes = image.extents[0] * image.extents[1]
    let flat = spatial.count == 1
    let geometry: ConvolutionGeometry
    do {
      geometry = try ConvolutionGeometry(
        channels: planes, height: flat ? 1 : spatial[0], width: spatial[spatial.count - 1], outputChannels: planes,
        kernel: (flat ? 1 : window.kernel[0], window.kernel[spatial.count - 1]),
        stride: (flat ? 1 : window.strides[0], window.strides[spatial.count - 1]),
        dilation: (flat ? 1 : window.dilations[0], window.dilations[spatial.count - 1]),
        pads: flat
          ? (0, window.pads[0], 0, after[0]) : (window.pads[0], window.pads[1], after[0], after[1]),
        groups: planes)
    } catch {
      throw node.malformed("\(error)")
    }
    let extents = image.extents.prefix(2) + counts.map(\.count)
    let sizes = flat ? counts[0] : counts[0].flatMap { row in counts[1].map { row * $0 } }
    let isUniform = sizes.allSatisfy { $0 == sizes[0] }
    let weight = isUniform ? Reciprocal(sizes[0]) : Reciprocal(1)
    let total = try affine(
      LinearLayer(
        map: .convolution(
          ConvolutionMap(
            geometry: geometry, weights: [Double](repeating: weight.value, count: geometry.weightCount))),
        coefficientError: weight.relativeError),
      of: image.node, extents: Array(extents), parameters: geometry.weightCount, for: node)
    guard !isUniform else { return .variable(total) }
    return try scale(
      total, by: sizes.map { Interval(1).quotient(Interval(Double($0))) }, Array(extents.dropFirst(2)), node)
  }

  /// The mean of each channel.
  mutating func globalAveragePool(_ node: Operator, _ x: Value) throws(Fault) -> Value {
    let image = try pooledImage(x, node)
    let axes = Array(image.extents.indices.dropFirst(2))
    var extents = image.extents
    for axis in axes { extents[axis] = 1 }
    return .variable(try total(of: image, Reduction(axes: axes, extents: extents), isMean: true, node))
  }

  /// The sum or the mean over whole axes.
  mutating func linearReduction(
    _ node: Operator, _ x: Value, _ axes: Value?, isMean: Bool
  ) throws(Fault) -> Value {
    let source: Variable
    switch x {
    case .constant(let constant): return try constantReduction(node, constant, axes)
    case .variable(let variable): source = variable
    }
    guard let reduction = try reduction(node, axes, of: source.extents) else { return x }
    return .variable(try total(of: source, reduction, isMean: isMean, node))
  }

  /// The sum or the mean of several tensors, with numpy broadcasting.
  mutating func sumOfTensors(_ node: Operator, _ inputs: [Value], isMean: Bool) throws(Fault) -> Value {
    guard var result = inputs.first else { throw node.malformed("has no input") }
    for next in inputs.dropFirst() { result = try arithmetic(.add, result, next, node) }
    guard isMean, inputs.count > 1 else { return result }
    let count = Constant(extents: [], isInteger: false, values: [Double(inputs.count)])
    return try arithmetic(.divide, result, .constant(count), node)
  }

  /// Axes that are reduced, and the extents that remain.
  struct Reduction {
    let axes: [Int]
    let extents: [Int]
  }

  /// The axes that a node reduces: all if it names none; nil if nothing is to be done.
  func reduction(_ node: Operator, _ axes: Value?, of extents: [Int]) throws(Fault) -> Reduction? {
    let keeps = try node.integer("keepdims", default: 1) != 0
    var chosen = try axisList(node, axes, rank: extents.count) ?? []
    if chosen.isEmpty {
      if try node.integer("noop_with_empty_axes", default: 0) != 0 { return nil }
      chosen = Array(extents.indices)
    }
    guard Set(chosen).count == chosen.count else { throw node.malformed("an axis is reduced twice") }
    let rest: [Int] = extents.indices.compactMap { axis in
      chosen.contains(axis) ? (keeps ? 1 : nil) : extents[axis]
    }
    return Reduction(axes: chosen.sorted(), extents: rest)
  }

  /// One row of equal weights for each element that remains.
  private mutating func total(
    of source: Variable, _ reduction: Reduction, isMean: Bool, _ node: Operator
  ) throws(Fault) -> Variable {
    let size = reduction.axes.reduce(1) { $0 * source.extents[$1] }
    guard size > 1 else { return Variable(node: source.node, extents: reduction.extents) }
    let kept = source.extents.indices.filter { !reduction.axes.contains($0) }
    let rows = try rearrange(source, Self.transposition(source.extents, kept + reduction.axes), node)
    let weight = isMean ? Reciprocal(size) : Reciprocal(1)
    return try affine(
      LinearLayer(
        map: .dense(
          DenseMap(
            rows: 1, columns: size, blocks: source.count / size,
            weights: [Double](repeating: weight.value, count: size))),
        coefficientError: weight.relativeError),
      of: rows.node, extents: reduction.extents, parameters: size, for: node)
  }

  /// The image that a pooling reads: batch, channels, and one or two spatial axes.
  func pooledImage(_ x: Value, _ node: Operator) throws(Fault) -> Variable {
    guard case .variable(let image) = x else { throw .unsupported(reason: "applied to a constant") }
    let rank = image.extents.count
    guard rank >= 3 else { throw node.malformed("\(image.extents.joined) is no image with a batch and channels") }
    let isGlobal = node.type.hasPrefix("Global")
    guard rank <= 4 || isGlobal else { throw .unsupported(reason: "\(rank - 2) spatial dimensions") }
    return image
  }

  /// The image that a pooling reads, its spatial extents, its window, and whether a last window may reach beyond it.
  func pooling(
    _ node: Operator, _ x: Value
  ) throws(Fault) -> (image: Variable, spatial: [Int], window: Window, roundsUp: Bool) {
    let image = try pooledImage(x, node)
    let spatial = Array(image.extents.dropFirst(2))
    let window = try poolingWindow(node, spatial: spatial)
    return (image, spatial, window, try node.integer("ceil_mode", default: 0) != 0)
  }

  /// The window of a pooling.
  private func poolingWindow(_ node: Operator, spatial: [Int]) throws(Fault) -> Window {
    let window = try window(node, spatial: spatial)
    let mode = try node.text("auto_pad", default: "")
    guard !mode.hasPrefix("SAME") || window.dilations.allSatisfy({ $0 == 1 }) else {
      throw .unsupported(reason: "auto_pad \(mode) with dilations, where runtimes differ from the standard")
    }
    return window
  }

  /// How often a pooling's kernel fits along an axis.
  func poolingPositions(
    _ window: Window, _ axis: Int, extent: Int, roundsUp: Bool, _ node: Operator
  ) throws(Fault) -> Int {
    let count = window.positions(axis, extent: extent, roundsUp: roundsUp)
    guard count > 0 else {
      throw node.malformed(
        "kernel of \(window.span(axis)) exceeds the padded axis of \(extent), the output would be empty")
    }
    return count
  }
}

/// One part in so many, and how far its double is from that.
private struct Reciprocal {
  let value, relativeError: Double

  init(_ count: Int) {
    let centres = Centres([Interval(1).quotient(Interval(Double(count)))])
    value = centres.centres[0]
    relativeError = centres.relativeError
  }
}
