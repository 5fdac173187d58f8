import Intervals
import Networks

/// Element-wise functions: ReLU, sigmoid and tanh stay what they are; the piecewise linear rest become ReLUs, exactly.
extension GraphImport {
  /// `max(x, 0)`, of a variable or a constant.
  mutating func relu(_ node: Operator, _ value: Value) throws(Fault) -> Value {
    switch value {
    case .variable(let variable):
      return .variable(activate(.relu, variable, for: node))
    case .constant(let constant):
      try spend(constant.count, for: node)
      let results = (0..<constant.count).map { constant[$0].positivePart }
      return .constant(try Constant(extents: constant.extents, enclosures: results, place: node.name))
    }
  }

  /// A sigmoid or tanh.
  mutating func smooth(_ activation: Activation, _ node: Operator, _ value: Value) throws(Fault) -> Value {
    .variable(activate(activation, try variable(value), for: node))
  }

  /// `x` where it is positive, `slope·x` elsewhere: `slope·x + (1 − slope)·ReLU(x)`, one ReLU for each element.
  ///
  /// - Parameter slope: of a shape that broadcasts to the variable's.
  mutating func leakyReLU(_ node: Operator, _ value: Value, slope: Constant) throws(Fault) -> Value {
    let source = try variable(value)
    guard Broadcasting.extents(slope.extents, source.extents) == source.extents else {
      throw node.malformed("a slope of \(slope.extents.joined) does not fit \(source.extents.joined)")
    }
    let positive = activate(.relu, source, for: node)
    let rest = (0..<slope.count).map { Interval(1).difference(slope[$0]) }
    let kept = try scale(source, by: (0..<slope.count).map { slope[$0] }, slope.extents, node)
    let added = try scale(positive, by: rest, slope.extents, node)
    return try sum(try variable(kept), try variable(added), for: node)
  }

  /// The slope of each channel (or element, or all), which must be constant.
  mutating func parametricReLU(_ node: Operator, _ value: Value, _ slope: Value) throws(Fault) -> Value {
    guard case .constant(let slope) = slope else { throw .unsupported(reason: "a slope that is not constant") }
    return try leakyReLU(node, value, slope: slope)
  }

  /// `|x| = 2·ReLU(x) − x`.
  mutating func absolute(_ node: Operator, _ value: Value) throws(Fault) -> Value {
    let source = try variable(value)
    let positive = activate(.relu, source, for: node)
    let twice = try scale(positive, by: [Interval(2)], [], node)
    let negated = try scale(source, by: [Interval(-1)], [], node)
    return try sum(try variable(twice), try variable(negated), for: node)
  }

  /// `min(max(x, least), most)`, either of which may be missing: `most − ReLU((most − least) − ReLU(x − least))`.
  ///
  /// The ReLUs are nested, not side by side, so that intervals pass through without loss.
  mutating func clip(_ node: Operator, _ value: Value, least: Interval?, most: Interval?) throws(Fault) -> Value {
    let source = try variable(value)
    func constant(_ number: Interval) throws(Fault) -> Constant {
      try Constant(extents: [], enclosures: [number], place: node.name)
    }
    switch (least, most) {
    case (nil, nil):
      return value
    case (let least?, nil):
      let above = activate(
        .relu, try variable(try shift(source, by: try constant(-least), node)), for: node)
      return try shift(above, by: try constant(least), node)
    case (nil, let most?):
      let below = activate(
        .relu, try variable(try shift(source, factor: -1, by: try constant(most), node)), for: node)
      return try shift(below, factor: -1, by: try constant(most), node)
    case (let least?, let most?):
      guard least.lower <= most.upper else {
        throw node.malformed("the smallest value \(least.midpoint) is above the largest \(most.midpoint)")
      }
      let shifted = least == Interval(0) ? source : try variable(shift(source, by: constant(-least), node))
      let above = activate(.relu, shifted, for: node)
      let room = try shift(above, factor: -1, by: constant(most.difference(least)), node)
      let left = activate(.relu, try variable(room), for: node)
      return try shift(left, factor: -1, by: try constant(most), node)
    }
  }

  /// `Clip` in all its versions: bounds as attributes before operator set 11, as inputs since.
  mutating func clip(_ node: Operator, _ value: Value, _ least: Value?, _ most: Value?) throws(Fault) -> Value {
    func bound(_ value: Value?, _ attribute: String) throws(Fault) -> Interval? {
      if let value {
        guard case .constant(let constant) = value else { throw .unsupported(reason: "a bound that is not constant") }
        guard constant.count == 1 else { throw node.malformed("a bound of \(constant.extents.joined)") }
        return constant[0]
      }
      return node.has(attribute) ? Interval(try node.number(attribute, default: 0)) : nil
    }
    // The largest single on either side is how exporters write "no bound".
    let largest = Double(Float.greatestFiniteMagnitude)
    let least = try bound(least, "min").flatMap { $0.upper <= -largest ? nil : $0 }
    let most = try bound(most, "max").flatMap { $0.lower >= largest ? nil : $0 }
    return try clip(node, value, least: least, most: most)
  }

  /// `min(max(alpha·x + beta, 0), 1)`.
  mutating func hardSigmoid(_ node: Operator, _ value: Value) throws(Fault) -> Value {
    let alpha = Interval(try node.number("alpha", default: 0.2))
    let beta = Interval(try node.number("beta", default: 0.5))
    let scaled = try variable(try scale(try variable(value), by: [alpha], [], node))
    let line = try shift(scaled, by: try Constant(extents: [], enclosures: [beta], place: node.name), node)
    return try clip(node, line, least: Interval(0), most: Interval(1))
  }

  /// A final softmax over all outputs: left out on request, for it keeps the order of the logits; refused otherwise.
  func softmax(_ node: Operator, _ value: Value) throws(Fault) -> Value {
    guard node.outputs.first == graph.output.name else { throw .unsupported(reason: "inside the network") }
    let extents = try variable(value).extents
    guard try normalisesAll(node, extents) else {
      throw .unsupported(
        reason: "normalises parts of the output \(extents.joined), not all of it: the order is not that of the logits")
    }
    guard options.stripsFinalSoftmax else {
      throw .unsupported(
        reason: "the order of the classes is that of its input: --strip-softmax leaves it out and analyses the logits")
    }
    return value
  }

  /// Whether a softmax divides by one sum over all elements, the batch left aside.
  ///
  /// Before operator set 13 the sum goes over all axes from the named one on, since then over that one alone.
  private func normalisesAll(_ node: Operator, _ extents: [Int]) throws(Fault) -> Bool {
    let isOld = operatorSet < 13
    let given = try node.integer("axis", default: isOld ? 1 : -1)
    guard given >= -extents.count, given < extents.count || (isOld && given == extents.count) else {
      throw node.malformed("axis \(given) of a tensor of rank \(extents.count)")
    }
    let axis = given < 0 ? given + extents.count : given
    if isBatched, axis == 0 { return false }
    let summed = isOld ? extents[axis...].reduce(1, *) : extents[axis]
    return summed == extents.reduce(1, *)
  }

  /// The variable that a value is.
  func variable(_ value: Value) throws(Fault) -> Variable {
    guard case .variable(let variable) = value else { throw .unsupported(reason: "applied to a constant") }
    return variable
  }
}

extension Interval {
  /// The values of `max(x, 0)`: exact.
  fileprivate var positivePart: Interval {
    Interval(lower: max(0, lower), upper: max(0, upper)) ?? self
  }
}
