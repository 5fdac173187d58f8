import Networks

/// Operators that choose elements at positions of each axis: slices, parts, paddings, repetitions.
extension GraphImport {
  /// Every position of every axis.
  func positions(of variable: Variable, for node: Operator) throws(Fault) -> [[Int]] {
    try positions(of: variable.extents, for: node)
  }

  private func positions(of extents: [Int], for node: Operator) throws(Fault) -> [[Int]] {
    _ = try count(of: extents, for: node)
    return extents.map { Array(0..<$0) }
  }

  /// A slice: starts, ends, axes and steps as attributes before operator set 10, as inputs since.
  func slicing(_ node: Operator, _ extents: [Int], _ inputs: [Value?]) throws(Fault) -> Rearrangement {
    func list(_ input: Int, _ name: String) throws(Fault) -> [Int]? {
      if input < inputs.count, let value = inputs[input] { return try integers(value, name, node) }
      return try node.integers(name)
    }
    guard let starts = try list(1, "starts"), let ends = try list(2, "ends") else {
      throw node.malformed("has no starts or no ends")
    }
    let given = try list(3, "axes") ?? Array(starts.indices)
    let steps = try list(4, "steps") ?? [Int](repeating: 1, count: starts.count)
    guard ends.count == starts.count, given.count == starts.count, steps.count == starts.count else {
      throw node.malformed(
        "\(starts.count) starts, \(ends.count) ends, \(given.count) axes and \(steps.count) steps")
    }
    var positions = try positions(of: extents, for: node)
    var seen: Set<Int> = []
    for i in starts.indices {
      let axis = try axis(given[i], rank: extents.count, node)
      guard seen.insert(axis).inserted else { throw node.malformed("axis \(axis) is sliced twice") }
      let (extent, step) = (extents[axis], steps[i])
      guard step != 0 else { throw node.malformed("step 0 on axis \(axis)") }
      // Negative numbers count from the end; then both are moved into the axis, or just before or behind it.
      func clamped(_ bound: Int) -> Int {
        let bound = bound < 0 ? bound + extent : bound
        return step > 0 ? max(0, min(extent, bound)) : max(-1, min(extent - 1, bound))
      }
      let start = step > 0 ? clamped(starts[i]) : max(0, clamped(starts[i]))
      let limit = max(-extent - 1, min(extent + 1, step))
      positions[axis] = Array(stride(from: start, to: clamped(ends[i]), by: limit))
      guard !positions[axis].isEmpty else {
        throw node.malformed("the slice \(starts[i]) to \(ends[i]) of axis \(axis) with \(extent) elements is empty")
      }
    }
    return Rearrangement(positions: positions, of: extents)
  }

  /// The parts of a tensor cut along an axis; sizes as attribute before operator set 13, as input since.
  mutating func split(_ node: Operator, _ inputs: [Value?]) throws(Fault) -> [Value] {
    guard let whole = inputs.first.flatMap({ $0 }) else { throw node.malformed("input 0 is left out") }
    let extents = whole.extents
    guard !extents.isEmpty else { throw node.malformed("splits a scalar") }
    let axis = try axis(try node.integer("axis", default: 0), rank: extents.count, node)
    let extent = extents[axis]
    let parts = node.outputs.count
    var sizes: [Int]
    if inputs.count > 1, let value = inputs[1] {
      sizes = try integers(value, "sizes", node)
    } else if let attribute = try node.integers("split") {
      sizes = attribute
    } else {
      guard try node.integer("num_outputs", default: parts) == parts else {
        throw node.malformed("num_outputs is not its number of outputs, \(parts)")
      }
      // The last part may be smaller since the attribute exists.
      guard node.has("num_outputs") || extent.isMultiple(of: parts) else {
        throw node.malformed("\(extent) elements cannot be split into \(parts) equal parts")
      }
      let size = (extent + parts - 1) / parts
      sizes = [Int](repeating: size, count: parts - 1)
      sizes.append(extent - min(extent, size * (parts - 1)))
    }
    guard sizes.count == parts, sizes.allSatisfy({ $0 > 0 && $0 <= extent }), sizes.reduce(0, +) == extent else {
      throw node.malformed("\(extent) elements cannot be split into \(parts) parts of \(sizes)")
    }
    var values: [Value] = []
    var start = 0
    for size in sizes {
      var positions = try positions(of: extents, for: node)
      positions[axis] = Array(start..<start + size)
      values.append(try rearrange(whole, Rearrangement(positions: positions, of: extents), node))
      start += size
    }
    return values
  }

  /// Elements added before and after each axis, or taken away where their number is negative.
  mutating func padding(_ node: Operator, _ x: Value, _ inputs: [Value?]) throws(Fault) -> Value {
    let extents = x.extents
    let pads: [Int]
    var axes = Array(extents.indices)
    if inputs.count > 1, let value = inputs[1] {
      pads = try integers(value, "pads", node)
      if inputs.count > 3, let value = inputs[3] {
        axes = try axisList(node, value, rank: extents.count) ?? axes
        guard Set(axes).count == axes.count else { throw node.malformed("an axis is padded twice") }
      }
    } else if let attribute = try node.integers("pads") {
      pads = attribute
    } else {
      throw node.malformed("has no pads")
    }
    guard pads.count == 2 * axes.count else { throw node.malformed("\(pads.count) pads for \(axes.count) axes") }
    let mode = try node.text("mode", default: "constant")
    guard ["constant", "edge", "reflect", "wrap"].contains(mode) else {
      throw node.malformed("mode \(mode.printable) does not exist")
    }
    var before = [Int](repeating: 0, count: extents.count)
    var padded = extents
    for (i, axis) in axes.enumerated() {
      let (extent, front, back) = (extents[axis], pads[i], pads[axes.count + i])
      let far = 1 << 32
      guard front > -far, front < far, back > -far, back < far, extent + front + back > 0 else {
        throw node.malformed("pads \(front) and \(back) of an axis of \(extent)")
      }
      if mode != "constant", front < 0 || back < 0 { throw .unsupported(reason: "negative pads in mode \(mode)") }
      if mode == "reflect", max(front, back) >= extent {
        throw .unsupported(reason: "pads \(front) and \(back) that reflect an axis of \(extent) more than once")
      }
      before[axis] = front
      padded[axis] = extent + front + back
    }
    _ = try count(of: padded, for: node)
    let positions = extents.indices.map { axis in
      (0..<padded[axis]).map { Self.padded($0 - before[axis], extent: extents[axis], mode: mode) }
    }
    let fill = try padValue(node, inputs.count > 2 ? inputs[2] : nil)
    return try rearrange(x, Rearrangement(positions: positions, of: extents, fill: fill), node)
  }

  /// The element that stands at a position of a padded axis, or -1 for the constant.
  private static func padded(_ position: Int, extent: Int, mode: String) -> Int {
    if position >= 0, position < extent { return position }
    return switch mode {
    case "edge": max(0, min(extent - 1, position))
    case "reflect": position < 0 ? -position : 2 * (extent - 1) - position
    case "wrap": (position % extent + extent) % extent
    default: -1
    }
  }

  private func padValue(_ node: Operator, _ input: Value?) throws(Fault) -> Double {
    guard let input else { return try node.number("value", default: 0) }
    guard case .constant(let constant) = input, constant.errors.isEmpty else {
      throw .unsupported(reason: "a value that is not constant")
    }
    guard constant.count == 1 else { throw node.malformed("\(constant.count) values to pad with") }
    return constant.values[0]
  }

  /// The tensor repeated to the extents that it and a given shape broadcast to.
  func expanding(_ node: Operator, _ extents: [Int], _ shape: Value) throws(Fault) -> Rearrangement {
    let target = try integers(shape, "shape", node)
    guard target.allSatisfy({ $0 > 0 }), let result = Broadcasting.extents(extents, target) else {
      throw node.malformed("\(extents.joined) cannot be expanded to \(target.joined)")
    }
    guard try count(of: result, for: node) != extents.reduce(1, *) else { return Rearrangement(result) }
    return Rearrangement(result, sources: Broadcasting.sources(from: extents, to: result))
  }

  /// The tensor repeated along each axis.
  func tiling(_ node: Operator, _ extents: [Int], _ repeats: Value) throws(Fault) -> Rearrangement {
    let repeats = try integers(repeats, "repeats", node)
    guard repeats.count == extents.count, repeats.allSatisfy({ $0 > 0 }) else {
      throw node.malformed("\(repeats) repeats of \(extents.joined)")
    }
    var result: [Int] = []
    for (extent, times) in zip(extents, repeats) {
      let (product, overflow) = extent.multipliedReportingOverflow(by: times)
      guard !overflow else { throw node.malformed("\(times) repeats of \(extent) elements") }
      result.append(product)
    }
    _ = try count(of: result, for: node)
    let positions = zip(result, extents).map { total, extent in (0..<total).map { $0 % extent } }
    return Rearrangement(positions: positions, of: extents)
  }
}
