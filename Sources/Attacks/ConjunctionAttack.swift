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

  /// Searches a box for an input that meets one of several conjunctions.
  ///
  /// - Parameters:
  ///   - network: a network whose outputs are violations.
  ///   - conjunctions: for each the outputs that are to be at least zero.
  ///   - box: the inputs.
  ///   - stream: random numbers for the starts.
  ///   - mayContinue: asked before each step; without another one the search ends.
  ///   - offer: given points where all outputs of a conjunction are at least zero in ordinary double precision, each
  ///     with a larger smallest output than those before it on the same way; true ends the search. Where it refuses,
  ///     rounding may be to blame, and the point goes on climbing.
  /// - Complexity: `steps` evaluations and gradients of `conjunctions · restarts` points in one batch.
  public func search(
    _ network: Network, reaching conjunctions: [[Int]], over box: Box, using stream: inout RandomStream,
    mayContinue: () -> Bool = { true }, offer: ([Double]) -> Bool
  ) {
    let centre = box.centre
    var goals: [[Int]] = []
    var starts: [Double] = []
    for conjunction in conjunctions {
      for restart in 0..<restarts {
        goals.append(conjunction)
        starts += restart == 0 ? centre : box.lower.indices.map { stream.uniform(box.lower[$0], box.upper[$0]) }
      }
    }
    climb(network, reaching: goals, from: starts, over: box, mayContinue: mayContinue, offer: offer)
  }

  /// Climbs from given points, each towards a conjunction of its own.
  ///
  /// - Parameters:
  ///   - goals: for each point the outputs that are to be at least zero.
  ///   - starts: the points, one after the other; what lies outside of the box is moved into it.
  /// - Complexity: `steps` evaluations and gradients of all points in one batch.
  public func climb(
    _ network: Network, reaching goals: [[Int]], from starts: [Double], over box: Box,
    mayContinue: () -> Bool = { true }, offer: ([Double]) -> Bool
  ) {
    let (inputs, outputs) = (network.inputCount, network.outputCount)
    let halfWidths = zip(box.lower, box.upper).map { ($1 - $0) / 2 }
    var points = clamped(starts, to: box)
    var best = [Double](repeating: -.infinity, count: goals.count)
    for step in 0...steps {
      let evaluation = network.evaluate(points, batch: goals.count)
      let values = evaluation.outputs
      for (k, goal) in goals.enumerated() {
        let reached = goal.map { values[k * outputs + $0] }
        // Overflow shows nothing.
        guard reached.allSatisfy(\.isFinite), let reach = reached.min(), reach > best[k] else { continue }
        best[k] = reach
        if reach >= 0, offer(Array(points[k * inputs..<(k + 1) * inputs])) { return }
      }
      guard step < steps, mayContinue() else { return }
      // The weights of hinges: 1 for each output of the point's conjunction that is not well above zero, or for the
      // smallest one where all are.
      var seed = [Double](repeating: 0, count: goals.count * outputs)
      for (k, own) in goals.enumerated() {
        let largest = own.reduce(0) { max($0, values[k * outputs + $1].magnitude) }
        let low = own.filter { values[k * outputs + $0] < 0.01 * largest }
        let smallest = own.min { values[k * outputs + $0] < values[k * outputs + $1] }
        for row in low.isEmpty ? [smallest].compactMap(\.self) : low { seed[k * outputs + row] += 1 }
      }
      let gradient = evaluation.inputGradient(seed: seed)
      let length = 0.4 * (1 - Double(step) / Double(steps)) + 0.01
      for k in goals.indices {
        for i in 0..<inputs {
          let at = k * inputs + i
          let direction: Double = gradient[at] > 0 ? 1 : gradient[at] < 0 ? -1 : 0
          points[at] = min(max(points[at] + length * direction * halfWidths[i], box.lower[i]), box.upper[i])
        }
      }
    }
  }

  private func clamped(_ points: [Double], to box: Box) -> [Double] {
    var points = points
    for i in points.indices { points[i] = min(max(points[i], box.lower[i % box.count]), box.upper[i % box.count]) }
    return points
  }
}
