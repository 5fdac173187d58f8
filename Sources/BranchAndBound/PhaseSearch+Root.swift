import MathematicalPrograms
import RegionNetworks

extension PhaseSearch where Solver: ~Copyable {
  /// Rounds of cuts at most, and the share of the distance to the incumbent that a round must close for another.
  private static var rounds: Int { 6 }
  private static var leastGain: Double { 0.02 }

  /// Solves a part's root, adding cuts while they gain.
  ///
  /// - Parameter bound: what is known of the part; gets better with each round.
  /// - Returns: the last solution; nil where a limit was reached or the solver failed before there was one.
  mutating func solveRoot(
    _ lp: inout NodeRelaxation<Solver>, _ phases: [Phase], bound: inout Double,
    _ heritage: NodeRelaxation<Solver>.Heritage?
  ) -> NodeRelaxation<Solver>.Solution? {
    var last: NodeRelaxation<Solver>.Solution?
    var hulls: IdealCuts?
    if let heritage {
      let hull = IdealCuts(lp.region)
      hulls = hull
      guard lp.inherit(heritage, hull) else { return nil }
    }
    for round in 0...Self.rounds {
      guard let seconds = secondsLeft(), let solution = solve(&lp, phases, bound: bound, seconds: seconds) else {
        return nil
      }
      let before = last?.bound ?? .infinity
      last = solution
      bound = min(bound, solution.bound)
      guard solution.bound > target, solution.outcome.isOptimal, round < Self.rounds,
        round == 0 || before - solution.bound > Self.leastGain * (before - target)
      else { break }
      let hull = hulls ?? IdealCuts(lp.region)
      hulls = hull
      let found = hull.violated(
        input: solution.input, outputs: solution.outputs, units: lp.carryingUnits(in: solution))
      guard !found.isEmpty else { break }
      outcome.cuts += found.count
      guard lp.add(found) else { return nil }
    }
    return last
  }
}
