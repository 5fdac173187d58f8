import Intervals

extension LinearLayer {
  /// A box that contains `W·x + b` in real arithmetic for every `x` of a box.
  ///
  /// With centre c, radius r and γ for the longest sum, the computed centre is wrong by at most
  /// γ(|W||c| + |b|), so that the radius |W|·(r + γ(|c| + r)) + γ|b|, widened for its own rounding, covers
  /// both: one extra vector addition and no extra matrix product.
  ///
  /// - Complexity: two products with the map.
  /// - Source: architecture of the tool, "Sound in floating point"; the error model is Higham's, §3.1.
  public func image(of box: Box) -> Box {
    let (centre, radius) = box.centreAndRadius
    guard radius.allSatisfy(\.isFinite) else { return .entire(count: map.outputCount) }

    // Twice the longest sum covers the rounding of the radius product itself: |W|ρ computed is at least
    // (1 − γ)|W|ρ, and (1 − γ_k)(r + γ_2k(…)) ≥ r + γ_k(…). The file's coefficients are as far away again.
    let gamma = (RoundingError.gamma(2 * map.longestSum + 16) + 2 * coefficientError).nextUp
    var inflated = [Double](repeating: 0, count: radius.count)
    for i in inflated.indices {
      // The last term covers what underflows here before a large weight multiplies it.
      inflated[i] =
        (radius[i] + gamma * (centre[i].magnitude + radius[i])) * (1 + 4 * RoundingError.unit)
        + RoundingError.underflow
    }
    var middle = map.apply(centre, batch: 1)
    let spread = map.apply(inflated, batch: 1, .magnitudes)

    var lower = [Double](repeating: 0, count: middle.count)
    var upper = lower
    for i in middle.indices {
      middle[i] += bias[i]
      var width = (spread[i] + gamma * (bias[i].magnitude + middle[i].magnitude)) * (1 + gamma)
      width += biasError.isEmpty ? 0 : biasError[i] * (1 + gamma)
      width = (width * (1 + 4 * RoundingError.unit) + RoundingError.underflow).nextUp
      let low = (middle[i] - width).nextDown
      let high = (middle[i] + width).nextUp
      // An overflow anywhere leaves NaN or infinities: then nothing is known.
      let known = low.isFinite && high.isFinite
      lower[i] = known ? low : -.infinity
      upper[i] = known ? high : .infinity
    }
    return Box(lower: lower, upper: upper)
  }
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
  /// - Complexity: two products with each linear map.
  /// - Source: Gowal et al. 2018, "On the Effectiveness of Interval Bound Propagation", eqs. 6–8.
  public func intervals(over input: Box) -> [Box] {
    precondition(input.count == inputCount, "A box of \(input.count) elements for an input of \(inputCount)")
    var boxes: [Box] = []
    boxes.reserveCapacity(nodes.count)
    for node in nodes {
      boxes.append(interval(of: node, from: boxes, input: input))
    }
    return boxes
  }

  /// A box for one node, given boxes for those before it.
  public func interval(of node: Node, from boxes: [Box], input: Box) -> Box {
    switch node.operation {
    case .input:
      return input
    case .linear(let layer, let source):
      return layer.image(of: boxes[source.index])
    case .sum(let sources):
      return sources.dropFirst().reduce(boxes[sources[0].index]) { $0.sum(boxes[$1.index]) }
    case .activation(let activation, let source):
      let box = boxes[source.index]
      var lower = box.lower
      var upper = box.upper
      for i in lower.indices { (lower[i], upper[i]) = activation.range(on: lower[i], upper[i]) }
      return Box(lower: lower, upper: upper)
    }
  }

  /// A box that contains the output at one point in real arithmetic: what a witness is judged by.
  public func enclosure(at point: [Double]) -> Box {
    intervals(over: Box(lower: point, upper: point))[output.index]
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
