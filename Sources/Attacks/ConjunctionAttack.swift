import Networks
import Tensors

/// Search for an input where all of several outputs are at least zero: what refutes a property whose rows' violations
/// are the outputs.
///
/// Projected gradient ascent with sign steps from the centre and from random points. A point climbs the sum of all
/// outputs that lie below a small target, so that it works on all of them at once and leaves those alone that hold.
/// - Source: Madry et al. 2018 for the steps; the hinge as in the attack of α,β-CROWN.
public struct ConjunctionAttack: Sendable {
  /// Gradient steps from each start, and starts for each conjunction.
  public var steps: Int, restarts: Int

  /// So many steps from so many starts.
  public init(steps: Int = 40, restarts: Int = 4) {
    precondition(steps >= 0 && restarts > 0, "\(steps) steps from \(restarts) starts")
    self.steps = steps
    self.restarts = restarts
  }

  /// The best point that was met for each conjunction.
  public struct Point: Sendable {
    /// The input.
    public var input: [Double]
    /// The smallest of the conjunction's outputs there, in ordinary double precision.
    public var reach: Double
  }

  /// Searches a box for each of several conjunctions.
  ///
  /// - Parameters:
  ///   - network: a network whose outputs are violations.
  ///   - conjunctions: for each the outputs that are to be at least zero.
  ///   - box: the inputs.
  ///   - stream: random numbers for the starts.
  ///   - mayContinue: asked before each step; without another one the best points so far count.
  /// - Returns: the best point for each conjunction.
  /// - Complexity: `steps` evaluations and gradients of `conjunctions · restarts` points in one batch; those of a
  ///   conjunction stop early once one of them holds.
  public func points(
    of network: Network, reaching conjunctions: [[Int]], over box: Box, using stream: inout RandomStream,
    mayContinue: () -> Bool = { true }
  ) -> [Point] {
    let (inputs, outputs) = (network.inputCount, network.outputCount)
    let halfWidths = zip(box.lower, box.upper).map { ($1 - $0) / 2 }
    let centre = box.centre
    var owners: [Int] = []
    var points: [Double] = []
    for conjunction in conjunctions.indices {
      for restart in 0..<restarts {
        owners.append(conjunction)
        points += restart == 0 ? centre : (0..<inputs).map { stream.uniform(box.lower[$0], box.upper[$0]) }
      }
    }
    points = clamped(points, to: box)
    var best = conjunctions.map { _ in Point(input: centre, reach: -.infinity) }
    for step in 0...steps {
      let evaluation = network.evaluate(points, batch: owners.count)
      let values = evaluation.outputs
      for (k, owner) in owners.enumerated() {
        let reach = conjunctions[owner].reduce(Double.infinity) { min($0, values[k * outputs + $1]) }
        guard reach > best[owner].reach else { continue }
        best[owner] = Point(input: Array(points[k * inputs..<(k + 1) * inputs]), reach: reach)
      }
      let kept = owners.indices.filter { best[owners[$0]].reach < 0 }
      guard step < steps, !kept.isEmpty, mayContinue() else { break }
      // The weights of hinges: 1 for each output of the point's conjunction that is not well above zero.
      var seed = [Double](repeating: 0, count: owners.count * outputs)
      for k in kept {
        let own = conjunctions[owners[k]]
        let largest = own.reduce(0) { max($0, values[k * outputs + $1].magnitude) }
        for row in own where values[k * outputs + row] < 0.01 * largest { seed[k * outputs + row] += 1 }
      }
      let gradient = evaluation.inputGradient(seed: seed)
      let length = 0.4 * (1 - Double(step) / Double(steps)) + 0.01
      var next: [Double] = []
      next.reserveCapacity(kept.count * inputs)
      for k in kept {
        for i in 0..<inputs {
          let slope = gradient[k * inputs + i]
          let direction: Double = slope > 0 ? 1 : slope < 0 ? -1 : 0
          next.append(
            min(max(points[k * inputs + i] + length * direction * halfWidths[i], box.lower[i]), box.upper[i]))
        }
      }
      points = next
      owners = kept.map { owners[$0] }
    }
    return best
  }

  private func clamped(_ points: [Double], to box: Box) -> [Double] {
    var points = points
    for i in points.indices { points[i] = min(max(points[i], box.lower[i % box.count]), box.upper[i % box.count]) }
    return points
  }
}
