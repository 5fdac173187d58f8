import Bounds
import MathematicalPrograms
import Networks
import RegionNetworks

/// Climbs from one linear piece of a region network to the next.
///
/// On the inputs that share an activation pattern the objective is linear: one small linear program finds its best
/// input there. Where that lies on the piece's edge, the units whose pre-activations vanish may change sign, and the
/// neighbouring piece is climbed in turn.
struct PatternAscent {
  /// Pieces to climb at most, and how near to zero a pre-activation counts as vanishing.
  private static let pieces = 8
  private static let edge = 1e-7

  let encoding: BigMEncoding
  let region: RegionNetwork
  let replay: Replay

  /// The best replayed input reached from a start, if any is better than the start.
  func climb(from start: Witness, deadline: Deadline) -> Witness {
    var best = start
    var pattern = region.activePattern(at: start.input)
    var tried: Set<[Bool]> = []
    for _ in 0..<Self.pieces where tried.insert(pattern).inserted && !deadline.hasPassed {
      guard var solver = ClpSolver(encoding.fixed(to: pattern)),
        let outcome = solver.solve(seconds: deadline.remaining), outcome.isOptimal
      else { break }
      let input = encoding.input(from: outcome.columns, others: start.input, within: replay.region.inner)
      guard let witness = replay.confirm(input), witness.margin > best.margin else { break }
      best = witness
      pattern = neighbour(of: pattern, at: input)
    }
    return best
  }

  /// The pattern with every unit flipped whose pre-activation vanishes at an input.
  private func neighbour(of pattern: [Bool], at input: [Double]) -> [Bool] {
    let outputs = region.outputs(at: input)
    return zip(region.units, pattern).map { unit, active in
      let value = unit.preActivation.value(input: input, outputs: outputs)
      return value.magnitude <= Self.edge ? !active : value > 0
    }
  }
}
