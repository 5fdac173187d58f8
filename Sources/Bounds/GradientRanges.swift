import Networks

extension RegionBounds {
  /// For each row over the output and each input, the largest magnitude that the row's derivative can have on the
  /// region, by interval arithmetic through the activations' phases; in ordinary precision, for choosing what to split.
  ///
  /// - Returns: `rows.count · inputCount` magnitudes.
  /// - Complexity: two products with each linear map.
  /// - Source: Wang et al. 2018 (ReluVal), section 4.2: the "smear" of an input is this times its width.
  public func gradientMagnitudes(of rows: LinearRows) -> [Double] {
    // Derivatives with respect to each node's value, as centres and radii.
    var pending = [(centre: [Double], radius: [Double])?](repeating: nil, count: network.nodes.count)
    pending[network.output.index] = (rows.coefficients, [Double](repeating: 0, count: rows.coefficients.count))
    func add(_ centre: [Double], _ radius: [Double], to node: NodeID) {
      guard let known = pending[node.index] else {
        pending[node.index] = (centre, radius)
        return
      }
      pending[node.index] = (zip(known.centre, centre).map(+), zip(known.radius, radius).map(+))
    }
    for node in network.nodes.reversed() {
      guard let (centre, radius) = pending[node.id.index] else { continue }
      switch node.operation {
      case .input:
        return zip(centre, radius).map { $0.magnitude + $1 }
      case .linear(let layer, let source):
        add(
          layer.map.applyTransposed(centre, batch: rows.count),
          layer.map.applyTransposed(radius, batch: rows.count, .magnitudes), to: source)
      case .sum(let sources):
        for source in sources { add(centre, radius, to: source) }
      case .activation(let activation, let source):
        let box = boxes[source.index]
        let slopes = (0..<box.count).map { Self.slopes(of: activation, on: box.lower[$0], box.upper[$0]) }
        var (scaledCentre, scaledRadius) = (centre, radius)
        for i in centre.indices {
          let slope = slopes[i % box.count]
          let ends = [centre[i] - radius[i], centre[i] + radius[i]].flatMap { [$0 * slope.lower, $0 * slope.upper] }
          let (least, most) = (ends.reduce(ends[0], min), ends.reduce(ends[0], max))
          (scaledCentre[i], scaledRadius[i]) = ((least + most) / 2, (most - least) / 2)
        }
        add(scaledCentre, scaledRadius, to: source)
      }
      pending[node.id.index] = nil
    }
    return [Double](repeating: 0, count: rows.count * network.inputCount)
  }

  /// The smallest and the largest derivative of an activation on a range.
  private static func slopes(
    of activation: Activation, on lower: Double, _ upper: Double
  ) -> (lower: Double, upper: Double) {
    switch activation {
    case .relu:
      return (lower >= 0 ? 1 : 0, upper > 0 ? 1 : 0)
    case .sigmoid, .tanh:
      // Derivatives fall with the distance from zero.
      let ends = (activation.derivative(lower), activation.derivative(upper))
      return (min(ends.0, ends.1), lower <= 0 && upper >= 0 ? activation.derivative(0) : max(ends.0, ends.1))
    }
  }
}
