import Bounds
import MathematicalPrograms
import Networks
import RegionNetworks

/// The largest value of one linear row of a network's outputs over a region, by branch-and-bound over the phases of
/// unstable units, one linear program a node.
///
/// - *Cuts.* At a part's root, facets of the units' convex hulls are added while they gain (`IdealCuts`).
/// - *Shrinking.* A node's reduced costs say how far each input can move from its end before nothing is left to beat
///   the incumbent. Where little of the inputs remains, bounds are computed on that part alone: more units are stable,
///   the network is folded anew, and the part becomes a search of its own.
/// - *Branching.* Depth first, the child that the relaxation leans to first: each program differs from the one before
///   by few ranges.
/// - Soundness: every node that is closed is closed by a bound re-derived from row multipliers in outward-rounded
///   arithmetic, and outside of the part of the inputs that is kept the same bound is no larger than the target. So
///   the upper end rests on no solver's word.
/// - Source: Bunel et al. 2018, "A Unified View of Piecewise Linear Neural Network Verification"; reduced-cost fixing
///   as in mixed-integer programming (Nemhauser & Wolsey 1988, II.5.2), on inputs.
public struct PhaseSearch<Solver: LinearProgramSolver & ~Copyable> {
  /// One open node of a part's tree.
  private struct Node {
    var phases: [Phase]
    var bound: Double
    /// The basis of its parent, unless the parent was solved just before.
    var basis: [UInt8]?
  }

  let row: LinearRows
  let others: [Double]
  let request: PhaseSearchRequest
  /// What is known to be attained.
  var incumbent: Double
  /// How long bounds on the last part took.
  private var narrowingSeconds = 0.0
  /// What the search has come to so far.
  var outcome = PhaseSearchOutcome()

  /// A search.
  ///
  /// - Parameters:
  ///   - row: one row over the network's output.
  ///   - others: an input of the region.
  /// - Precondition: the network is piecewise linear.
  public init(_ row: LinearRows, others: [Double], _ request: PhaseSearchRequest) {
    precondition(row.count == 1, "\(row.count) rows for one search")
    self.row = row
    self.others = others
    self.request = request
    incumbent = request.incumbent
  }

  /// Searches until nothing is left that could beat the incumbent, or a limit is reached.
  ///
  /// - Parameters:
  ///   - bounds: bounds of the network on the region; the tighter, the smaller the programs.
  ///   - phases: phases that are fixed: the search is for inputs of the region that keep to them.
  ///   - upper: an upper bound of the row that is known already.
  public mutating func run(
    _ bounds: RegionBounds, phases: [UnitPosition: Phase] = [:], upper: Double
  ) -> PhaseSearchOutcome {
    outcome.upper = min(upper, solve(SearchPart(bounds: bounds, phases: phases, upper: upper)))
    return outcome
  }

  /// What a bound must exceed for its node to stay open.
  var target: Double { max(incumbent + request.tolerance(incumbent), request.goal) }

  /// Seconds left, or nil where a limit is reached.
  mutating func secondsLeft() -> Double? {
    let seconds = request.remaining()
    guard seconds > 0 else {
      outcome.stop = .timeLimit
      return nil
    }
    guard outcome.nodes < request.nodeLimit else {
      outcome.stop = .nodeLimit
      return nil
    }
    return seconds
  }

  /// An upper bound of the row on a part: at most the target, unless a limit was reached.
  private mutating func solve(_ part: SearchPart, _ heritage: NodeRelaxation<Solver>.Heritage? = nil) -> Double {
    guard part.upper > target else { return part.upper }
    let start = ContinuousClock.now
    let remaining = request.remaining
    var isTimeUp = false
    let folded = RegionNetwork(part.bounds, objectives: row) {
      isTimeUp = isTimeUp || remaining() <= 0
      return !isTimeUp
    }
    let foldingSeconds = (ContinuousClock.now - start) / .seconds(1)
    outcome.foldingSeconds += foldingSeconds
    // A program of the rows takes about as long to make as they did, and that cannot be interrupted.
    guard !isTimeUp, remaining() > foldingSeconds else {
      outcome.stop = .timeLimit
      return part.upper
    }
    guard let region = folded else { return giveUp(part.upper) }
    guard let phases = part.phases(on: region) else { return -.infinity }
    guard var lp = NodeRelaxation<Solver>(region, others: part.bounds.input.clamp(others)) else {
      return giveUp(part.upper)
    }
    outcome.parts += 1
    var closed = -Double.infinity
    var open = [Node(phases: phases, bound: part.upper)]
    var isRoot = true
    while var node = open.popLast() {
      guard node.bound > target else {
        closed = max(closed, node.bound)
        continue
      }
      defer { isRoot = false }
      if let basis = node.basis { lp.start(from: basis) }
      guard let seconds = secondsLeft(),
        let solution = isRoot
          ? solveRoot(&lp, phases, bound: &node.bound, heritage)
          : solve(&lp, node.phases, bound: node.bound, seconds: seconds)
      else {
        if outcome.stop == .finished { outcome.stop = .numerical }
        return open.reduce(max(closed, node.bound)) { max($0, $1.bound) }
      }
      let bound = min(node.bound, solution.bound)
      guard bound > target else {
        closed = max(closed, bound)
        continue
      }
      if let smaller = shrink(part, lp, solution, node.phases, bound: bound) {
        closed = max(closed, target, solve(smaller, lp.heritage(of: solution)))
        continue
      }
      // Broken ties keep the bound up, and no branching can mend that.
      if lp.raisePenalties(for: solution) {
        open.append(Node(phases: node.phases, bound: bound))
        continue
      }
      guard let unit = branchingUnit(node.phases, lp, solution, bound: bound) else {
        // Every phase is fixed and still no bound: what is known stays, honestly above the incumbent.
        closed = max(closed, bound)
        outcome.stop = .numerical
        continue
      }
      let first: Phase = lp.preActivation(unit, in: solution) >= 0 ? .active : .inactive
      let basis = lp.basis()
      for phase in [first == .active ? Phase.inactive : .active, first] {
        var child = Node(phases: node.phases, bound: bound, basis: phase == first ? nil : basis)
        child.phases[unit] = phase
        open.append(child)
      }
    }
    return closed
  }

  private mutating func giveUp(_ upper: Double) -> Double {
    outcome.stop = .numerical
    return upper
  }

  /// Solves one node's program and offers what it finds.
  mutating func solve(
    _ lp: inout NodeRelaxation<Solver>, _ phases: [Phase], bound: Double, seconds: Double
  ) -> NodeRelaxation<Solver>.Solution? {
    guard let solution = lp.solve(phases, seconds: seconds, target: target) else { return nil }
    outcome.nodes += 1
    outcome.iterations &+= solution.outcome.iterations
    if min(bound, solution.bound) > target, solution.outcome.isOptimal { look(at: solution, &lp) }
    return solution
  }

  /// The share of the inputs' widths below which what is left becomes a search of its own.
  private var worthSearching: Double { 0.9 }
  /// How many searches may wait for each other: what is left of the inputs after as many is next to nothing.
  private var deepest: Int { 100 }

  /// The part of a node where the incumbent may still be beaten, if that is so much smaller that a search of its own pays:
  /// with fewer unstable units, and with cuts of smaller boxes where there are as many.
  private mutating func shrink(
    _ part: SearchPart, _ lp: borrowing NodeRelaxation<Solver>, _ solution: NodeRelaxation<Solver>.Solution,
    _ phases: [Phase], bound: Double
  ) -> SearchPart? {
    guard part.depth < deepest else { return nil }
    let before = part.bounds.input
    let left = lp.inputsLeft(by: solution, target: target)
    let (width, widthLeft) = (before.totalWidth, left.totalWidth)
    // Bounds on a part take about as long as those on the one before, and are of no use by halves.
    guard widthLeft < worthSearching * width, request.remaining() > 2 * narrowingSeconds else { return nil }
    let start = ContinuousClock.now
    var bounds = part.bounds.narrowed(to: left)
    let remaining = request.remaining
    var isTimeUp = false
    bounds.refine(mayContinue: {
      isTimeUp = isTimeUp || remaining() <= 0
      return !isTimeUp
    })
    narrowingSeconds = (ContinuousClock.now - start) / .seconds(1)
    outcome.foldingSeconds += narrowingSeconds
    guard !isTimeUp else { return nil }
    var smaller = SearchPart(bounds: bounds, phases: part.phases, upper: bound, depth: part.depth + 1)
    for (unit, phase) in zip(lp.region.units, phases) where phase != .free { smaller.phases[unit.position] = phase }
    return smaller
  }

  /// The free unit that promises most, times how far it can move on its shorter side.
  ///
  /// A gap may cost something that no row of its own unit shows, where it lets units behind it move. Where all promises
  /// together cannot close the node, the largest possible effect of a gap decides.
  private func branchingUnit(
    _ phases: [Phase], _ lp: borrowing NodeRelaxation<Solver>, _ solution: NodeRelaxation<Solver>.Solution,
    bound: Double
  ) -> Int? {
    var promised = 0.0
    var best: (promise: (unit: Int, score: Double), effect: (unit: Int, score: Double))?
    for unit in phases.indices where phases[unit] == .free {
      let range = lp.region.units[unit]
      let balance = min(-range.lower, range.upper) / (range.upper - range.lower)
      let promise = lp.promise(of: unit, in: solution)
      let effect = lp.gap(unit, in: solution) * lp.sensitivity(of: unit)
      promised += promise
      guard let known = best else {
        best = ((unit, promise * balance), (unit, effect * balance))
        continue
      }
      if promise * balance > known.promise.score { best?.promise = (unit, promise * balance) }
      if effect * balance > known.effect.score { best?.effect = (unit, effect * balance) }
    }
    return promised < (bound - target) / 2 ? best?.effect.unit : best?.promise.unit
  }
}

extension Box {
  /// The sum of all widths.
  fileprivate var totalWidth: Double { zip(lower, upper).reduce(0) { $0 + ($1.1 - $1.0) } }
}
