import Bounds
import BranchAndBound
import Intervals
import MathematicalPrograms
import Networks
import TestSupport

/// A margin of a small network over a box, with its exact largest value.
struct PlanarQuestion {
  let kind: RandomNetworks.Planar
  let network: Network
  let box: Box
  /// The margin, and the largest value that it has in real arithmetic.
  let row: LinearRows
  let maximum: Rational

  /// The n-th question.
  init(_ number: Int) throws {
    var random = RandomNetworks(seed: 0xC0DE &+ UInt64(number))
    kind = RandomNetworks.Planar.allCases[number % RandomNetworks.Planar.allCases.count]
    (network, box) = try random.planar(kind)
    row = .margins(of: [random.index(1...2)], label: 0, outputs: 3)
    maximum = ExactMaximum(of: row, of: network, over: box).values[0]
  }

  /// The largest number that the margin is sure to exceed or to equal at a point; nil if the outputs overflow.
  func attained(at point: [Double]) -> Double? {
    let outputs = network.enclosure(at: point)
    let target = row.coefficients[1] == 1 ? 1 : 2
    let value = (outputs.lower[target] - outputs.upper[0]).nextDown
    return value.isFinite ? value : nil
  }

  /// What a search says about the margin.
  struct Answer {
    var outcome: PhaseSearchOutcome
    /// The lower end of the bracket, and whether all offered inputs were in the box.
    var lower: Double
    var offersAreInside: Bool
  }

  /// Runs a search from bounds as they are, or refined.
  ///
  /// - Parameters:
  ///   - tolerance: of the search, relative to the margin where that is larger than one.
  ///   - remaining: the seconds that are left.
  func search<Solver: LinearProgramSolver & ~Copyable>(
    by solver: Solver.Type, refined: Bool = true, tolerance: Double = 5e-7, nodeLimit: Int = 20_000,
    remaining: @escaping () -> Double = { 30 }
  ) -> Answer {
    var bounds = RegionBounds(of: network, over: box)
    if refined { bounds.refine() }
    let centre = zip(box.lower, box.upper).map { ($0 + $1) / 2 }
    var lower = attained(at: box.clamp(centre)) ?? -Double.greatestFiniteMagnitude
    var offersAreInside = true
    let request = PhaseSearchRequest(
      incumbent: lower, tolerance: { tolerance * max(1, $0.magnitude) }, nodeLimit: nodeLimit,
      remaining: remaining,
      offer: { input in
        offersAreInside = offersAreInside && box.contains(input)
        if box.contains(input), let value = attained(at: input) { lower = max(lower, value) }
        return lower
      })
    var search = PhaseSearch<Solver>(row, others: box.clamp(centre), request)
    let upper = refined ? bounds.upperBounds(of: row, by: .crown)[0] : .infinity
    let outcome = search.run(bounds, upper: upper)
    return Answer(outcome: outcome, lower: lower, offersAreInside: offersAreInside)
  }

  /// Whether a bracket's ends hold in real arithmetic.
  func isInside(_ answer: Answer) -> Bool {
    let upperHolds = Rational(answer.outcome.upper).map { maximum <= $0 } ?? (answer.outcome.upper == .infinity)
    return upperHolds && exact(answer.lower) <= maximum
  }
}

extension Rational {
  /// The double next to it.
  var nearest: Double { ExactNumber(self).nearest }
}
