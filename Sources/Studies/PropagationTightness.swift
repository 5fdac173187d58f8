import Bounds
import Networks

/// How tight interval propagation is on the map that the network is around one input: *local propagation invariance*.
///
/// With D the activations' slopes at the image (for ReLU 1 where the pre-activation is not negative, else 0), W_k the
/// linear maps, C = e_i − e_y the margin's row and r₀ the half widths of the box of inputs, the margin of class i moves by
///
///     |C·W_L·D·W_{L−1} ⋯ D·W₁|·r₀                on the local linear map,
///     |C·W_L|·D·|W_{L−1}| ⋯ D·|W₁|·r₀            if intervals are propagated through it,
///
/// and the tightness is the first divided by the second: 1 where intervals lose nothing, near 0 where cancellation
/// between paths is all-important. The layers after the last activations are merged into the row, as IBP's last-layer
/// elision has it. The radius ε matters only through the clipping of the box. Computed in ordinary double precision.
/// - Source: Mao et al. 2023, "Understanding Certified Training with Interval Bound Propagation", definition 3.1; the
///   code of CTBench (Mao et al. 2024) for both quantities' lower limit and for the elided layer.
public enum PropagationTightness {
  /// Both quantities count as at least this much, so that a margin that does not move at all has tightness 1.
  static let least = 1e-8

  /// The tightness of each wrong class's margin, in the order of the classes.
  ///
  /// - Parameters:
  ///   - image: the input around which the network is taken to be linear.
  ///   - box: the box of inputs; only its half widths matter.
  ///   - label: the class that margins are over.
  /// - Complexity: one evaluation, one product with the magnitudes of each linear map, and one transposed product with
  ///   each for all margins together.
  public static func ofMargins(of network: Network, at image: [Double], over box: Box, label: Int) -> [Double] {
    let classes = (0..<network.outputCount).filter { $0 != label }
    let rows = LinearRows.margins(of: classes, label: label, outputs: network.outputCount)
    let slopes = slopes(of: network, at: image)
    let radii = radii(of: network, from: zip(box.lower, box.upper).map { $1 / 2 - $0 / 2 }, slopes: slopes)
    // Through everything to the input, and to the last activations only.
    let local = reach(pullBack(rows, through: network, slopes: slopes), radii: radii, rows: rows.count)
    let propagated = reach(pullBack(rows, through: network, slopes: nil), radii: radii, rows: rows.count)
    return zip(local, propagated).map { max($0, least) / max($1, least) }
  }

  /// The derivative of each activation at an image, by node index; empty for other nodes.
  private static func slopes(of network: Network, at image: [Double]) -> [[Double]] {
    let evaluation = network.evaluate(image)
    return network.nodes.map { node in
      guard case .activation(let activation, let source) = node.operation else { return [] }
      return evaluation.values[source.index].map { z in
        // At the kink the right derivative, as the source has it.
        activation == .relu ? (z >= 0 ? 1 : 0) : activation.derivative(z)
      }
    }
  }

  /// Half widths of interval propagation through the local linear map, by node index.
  private static func radii(of network: Network, from input: [Double], slopes: [[Double]]) -> [[Double]] {
    var radii: [[Double]] = []
    for node in network.nodes {
      switch node.operation {
      case .input: radii.append(input)
      case .linear(let layer, let source):
        radii.append(layer.map.apply(radii[source.index], batch: 1, .magnitudes))
      case .sum(let sources):
        radii.append(
          sources.dropFirst().reduce(radii[sources[0].index]) { sum, source in
            zip(sum, radii[source.index]).map { $0 + $1 }
          })
      case .activation(_, let source):
        radii.append(zip(slopes[node.id.index], radii[source.index]).map { $0 * $1 })
      }
    }
    return radii
  }

  /// Rows over the output, pulled back to the input through activations with the given slopes; without slopes they
  /// stay at the first activations that they meet. What they come to, by the index of the node where they stay.
  private static func pullBack(
    _ rows: LinearRows, through network: Network, slopes: [[Double]]?
  ) -> [Int: [Double]] {
    var pending: [Int: [Double]] = [network.output.index: rows.coefficients]
    var arrived: [Int: [Double]] = [:]
    func add(_ coefficients: [Double], to node: NodeID) {
      // Taken out first, so that the sum is made in place.
      guard var sum = pending.removeValue(forKey: node.index) else {
        pending[node.index] = coefficients
        return
      }
      for i in sum.indices { sum[i] += coefficients[i] }
      pending[node.index] = sum
    }
    for node in network.nodes.reversed() {
      guard var coefficients = pending.removeValue(forKey: node.id.index) else { continue }
      switch node.operation {
      case .input:
        arrived[node.id.index] = coefficients
      case .linear(let layer, let source):
        add(layer.map.applyTransposed(coefficients, batch: rows.count), to: source)
      case .sum(let sources):
        for source in sources { add(coefficients, to: source) }
      case .activation(_, let source):
        guard let slopes = slopes?[node.id.index] else {
          arrived[node.id.index] = coefficients
          continue
        }
        for row in 0..<rows.count {
          for i in slopes.indices { coefficients[row * slopes.count + i] *= slopes[i] }
        }
        add(coefficients, to: source)
      }
    }
    return arrived
  }

  /// How far each row can move if the nodes where its coefficients stay move by their half widths.
  private static func reach(_ arrived: [Int: [Double]], radii: [[Double]], rows: Int) -> [Double] {
    (0..<rows).map { row in
      arrived.reduce(0) { total, part in
        let (node, coefficients) = part
        let start = row * radii[node].count
        return radii[node].indices.reduce(total) { $0 + coefficients[start + $1].magnitude * radii[node][$1] }
      }
    }
  }
}
