import CKernels
import Intervals

extension LinearLayer {
  /// Boxes that contain `W·x + b` in real arithmetic for every `x` of each box.
  ///
  /// Boxes of which few elements begin anywhere but at zero take one product each, all others two; which way one goes
  /// depends on it and on the map alone.
  ///
  /// - Parameter type: in what products are computed. In single precision γ is that of single precision, centres are
  ///   rounded to it and radii reach both ends from there.
  /// - Complexity: at most two products with the map for all boxes together.
  public func images<Scalar: AnalysisScalar>(of boxes: [Box], in type: Scalar.Type) -> [Box] {
    // They do not come in their own order.
    var images = [Box?](repeating: nil, count: boxes.count)
    forEachImage(of: boxes, in: type) { images[$0] = $1 }
    return images.compactMap(\.self)
  }

  /// The same, each box handed over with its number, in any order.
  func forEachImage<Scalar: AnalysisScalar>(of boxes: [Box], in type: Scalar.Type, _ body: (Int, Box) -> Void) {
    let numbers = Array(boxes.indices)
    let corners = corners(of: boxes)
    if corners.isEmpty {
      forEachBallImage(of: boxes, numbers, in: type, body)
    } else if let parts = map.parts(in: type) {
      forEachCornerImage(of: boxes, corners, parts, body)
      let rest = Set(numbers).subtracting(corners.map(\.number)).sorted()
      if !rest.isEmpty { forEachBallImage(of: rest.map { boxes[$0] }, rest, in: type, body) }
    } else {
      forEachBallImage(of: boxes, numbers, in: type, body)
    }
  }

  /// Boxes that contain the images of balls around boxes, by two products.
  ///
  /// With centre c, radius r and γ for the longest sum, the computed centre is wrong by at most
  /// γ(|W||c| + |b|), so that the radius |W|·(r + γ(|c| + r)) + γ|b|, widened for its own rounding, covers
  /// both: one extra vector addition and no extra matrix product.
  ///
  /// - Source: architecture of the tool, "Sound in floating point"; the error model is Higham's, §3.1.
  func forEachBallImage<Scalar: AnalysisScalar>(
    of boxes: [Box], _ numbers: [Int], in type: Scalar.Type, _ body: (Int, Box) -> Void
  ) {
    // Twice the longest sum covers the rounding of the radius product itself: |W|ρ computed is at least
    // (1 − γ)|W|ρ, and (1 − γ_k)(r + γ_2k(…)) ≥ r + γ_k(…). The file's coefficients are as far away again.
    let gamma =
      (Scalar.gamma(2 * map.longestSum + 16) + 2 * (coefficientError + map.conversionError(to: type))).nextUp
    let (width, count) = (map.inputCount, boxes.count)
    var isBounded = [Bool](repeating: true, count: count)
    var radii: [Scalar] = []
    let centres = [Scalar](unsafeUninitializedCapacity: count * width) { centres, initialized in
      radii = [Scalar](unsafeUninitializedCapacity: count * width) { radii, initialized in
        if let centre = centres.baseAddress, let radius = radii.baseAddress {
          for (i, box) in boxes.enumerated() {
            isBounded[i] = Scalar.ball(
              box.lower, box.upper, count: width, gamma: gamma, centre: centre + i * width, radius: radius + i * width)
          }
        }
        initialized = count * width
      }
      initialized = count * width
    }
    let (middles, spreads) = map.apply(centres: centres, radii: radii, batch: count)
    for i in 0..<count {
      body(numbers[i], isBounded[i] ? box(middles, spreads, index: i, gamma: gamma) : .entire(count: map.outputCount))
    }
  }

  /// One of the boxes around products of centres and radii.
  private func box<Scalar: AnalysisScalar>(
    _ middles: [Scalar], _ spreads: [Scalar], index: Int, gamma: Double
  ) -> Box {
    let width = map.outputCount
    var upper: [Double] = []
    var lower = [Double](unsafeUninitializedCapacity: width) { lower, initialized in
      upper = [Double](unsafeUninitializedCapacity: width) { upper, initialized in
        middles.withUnsafeBufferPointer { middles in
          spreads.withUnsafeBufferPointer { spreads in
            guard let middle = middles.baseAddress, let spread = spreads.baseAddress, let lower = lower.baseAddress,
              let upper = upper.baseAddress
            else { return }
            Scalar.box(
              middle: middle + index * width, spread: spread + index * width, bias: bias, count: width, gamma: gamma,
              lower: lower, upper: upper)
          }
        }
        initialized = width
      }
      initialized = width
    }
    return widened(&lower, &upper)
  }

  /// The box between two corners, which are moved outwards by what the bias may be wrong by.
  func widened(_ lower: inout [Double], _ upper: inout [Double]) -> Box {
    for i in biasError.indices {
      lower[i] = (lower[i] - biasError[i]).nextDown
      upper[i] = (upper[i] + biasError[i]).nextUp
    }
    return Box(ordered: lower, upper)
  }

  /// A box that contains `W·x + b` in real arithmetic for every `x` of a box.
  ///
  /// - Complexity: at most two products with the map.
  public func image(of box: Box) -> Box { images(of: [box], in: Double.self)[0] }
}

extension Box {
  /// The box of which nothing is known.
  public static func entire(count: Int) -> Box {
    Box(
      lower: [Double](repeating: -.infinity, count: count), upper: [Double](repeating: .infinity, count: count))
  }
}

extension Network {
  /// A box for each node that contains its value in real arithmetic at every point of an input box, by
  /// interval propagation (IBP).
  ///
  /// - Complexity: at most two products with each linear map.
  /// - Source: Gowal et al. 2018, "On the Effectiveness of Interval Bound Propagation", eqs. 6–8.
  public func intervals(over input: Box) -> [Box] { intervals(over: [input], in: Double.self)[0] }

  /// The same for several input boxes, each product computed for all of them together: boxes by input and by node.
  ///
  /// - Parameter type: in what products are computed.
  public func intervals<Scalar: AnalysisScalar>(over inputs: [Box], in type: Scalar.Type) -> [[Box]] {
    for input in inputs {
      precondition(input.count == inputCount, "A box of \(input.count) elements for an input of \(inputCount)")
    }
    var boxes = inputs.map { _ in [Box]() }
    var rest = nodes[...]
    while let node = rest.popFirst() {
      // What needs no product is done for one input after the other, while its boxes are in cache.
      let alone = rest.prefix { if case .linear = $0.operation { false } else { true } }
      rest = rest.dropFirst(alone.count)
      func append(_ box: Box, to i: Int) {
        boxes[i].append(box)
        for node in alone { boxes[i].append(interval(of: node, from: boxes[i], input: inputs[i], in: type)) }
      }
      if case .linear(let layer, let source) = node.operation {
        layer.forEachImage(of: boxes.map { $0[source.index] }, in: type) { append($1, to: $0) }
      } else {
        for i in inputs.indices { append(interval(of: node, from: boxes[i], input: inputs[i], in: type), to: i) }
      }
    }
    return boxes
  }

  /// A box for one node, given boxes for those before it.
  ///
  /// - Parameter type: in what products are computed.
  public func interval<Scalar: AnalysisScalar>(
    of node: Node, from boxes: [Box], input: Box, in type: Scalar.Type = Double.self
  ) -> Box {
    switch node.operation {
    case .input: input
    case .linear(let layer, let source): layer.images(of: [boxes[source.index]], in: type)[0]
    case .sum(let sources): sources.dropFirst().reduce(boxes[sources[0].index]) { $0.sum(boxes[$1.index]) }
    case .activation(let activation, let source): activation.range(on: boxes[source.index])
    }
  }

  /// A box that contains the output at one point in real arithmetic: what a witness is judged by.
  public func enclosure(at point: [Double]) -> Box {
    intervals(over: Box(lower: point, upper: point))[output.index]
  }
}

extension Activation {
  /// The smallest box of values on a box of pre-activations, but for rounding outward.
  fileprivate func range(on box: Box) -> Box {
    if case .relu = self {
      func positive(_ values: [Double]) -> [Double] {
        [Double](unsafeUninitializedCapacity: values.count) { outputs, count in
          if let outputs = outputs.baseAddress { ck_relu(values, outputs, values.count) }
          count = values.count
        }
      }
      return Box(ordered: positive(box.lower), positive(box.upper))
    }
    var lower = box.lower
    var upper = box.upper
    for i in lower.indices { (lower[i], upper[i]) = range(on: lower[i], upper[i]) }
    return Box(lower: lower, upper: upper)
  }
}

extension Box {
  /// A box that contains every sum of a member of each.
  fileprivate func sum(_ other: Box) -> Box {
    var lower = self.lower
    var upper = self.upper
    for i in lower.indices {
      let low = (lower[i] + other.lower[i]).nextDown
      let high = (upper[i] + other.upper[i]).nextUp
      lower[i] = low.isNaN ? -.infinity : low
      upper[i] = high.isNaN ? .infinity : high
    }
    return Box(lower: lower, upper: upper)
  }
}
