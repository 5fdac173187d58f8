import MathematicalPrograms
import Networks
import RegionNetworks

/// Branch-and-bound over the phases of unstable units, one linear program a node.
///
/// At the root, facets of the units' convex hulls are added until they gain little (``IdealCuts``). Every node that is
/// closed is closed by a bound re-derived from row multipliers in outward-rounded arithmetic, so that the upper end
/// rests on no solver's word. Depth first, the child that the relaxation leans to first: each program differs from
/// the one before by few ranges.
/// - Source: Bunel et al. 2018, "A Unified View of Piecewise Linear Neural Network Verification"; safe bounds by
///   Neumaier & Shcherbina 2004.
public struct PhaseSearch<Solver: LinearProgramSolver & ~Copyable>: ~Copyable {
  /// What the search came to.
  public typealias Outcome = PhaseSearchOutcome
  /// Limits and helpers of a search.
  public typealias Request = PhaseSearchRequest

  /// One open part of the search space.
  private struct Node {
    var phases: [Phase]
    /// An upper bound of the program's value here, in real arithmetic.
    var bound: Double
  }

  /// Rounds of cuts at the root, and the share of the distance to the incumbent that a round must close for another.
  private static var cutRounds: Int { 10 }
  private static var leastGain: Double { 0.02 }
  /// Pieces that a climb visits at most, and how near to zero a pre-activation counts as vanishing.
  private static var pieces: Int { 8 }
  private static var edge: Double { 1e-7 }

  private let region: RegionNetwork
  private let objective: Int
  private let request: Request
  private let others: [Double]
  private var lp: NodeRelaxation<Solver>
  /// What is known to be attained, as the program's value: without the objective's constant and error.
  private var incumbent: Double
  private let shift: Double
  private var cuts = 0
  private var root: Node
  private var rootBound = Double.infinity
  private var rootCertificate: DualBound.Certificate?

  /// A search for the largest value of one of a region network's objectives.
  ///
  /// - Parameter others: an input of the region; inputs that the relaxation does not name take its values.
  /// - Returns: nil if the solver takes no program.
  public init?(_ region: RegionNetwork, objective: Int, others: [Double], _ request: Request) {
    guard let lp = NodeRelaxation<Solver>(region, objective: objective) else { return nil }
    self.lp = lp
    self.region = region
    self.objective = objective
    self.others = others
    self.request = request
    shift = region.objectives[objective].constant
    incumbent = request.incumbent - shift
    root = Node(phases: .init(repeating: .free, count: region.units.count), bound: .infinity)
  }

  /// Searches until nothing is left that could beat the incumbent, or a limit is reached.
  ///
  /// - Parameter rootBound: an upper bound of the objective that is known already.
  public mutating func run(rootBound: Double) -> Outcome {
    openRoot(bound: rootBound)
    return searchTree()
  }

  /// Solves the root with its cuts.
  ///
  /// - Parameter bound: an upper bound of the objective that is known already.
  mutating func openRoot(bound: Double) {
    rootBound = bound
    var root = Node(phases: .init(repeating: .free, count: region.units.count), bound: (bound - shift).nextUp)
    addCuts(at: &root)
    self.root = root
  }

  /// Whether the root is closed already.
  var isClosed: Bool { root.bound <= target }

  /// The inputs that may still beat the incumbent by more than the tolerance, by the root's reduced costs.
  func inputsLeft() -> Box? {
    guard let rootCertificate, rootCertificate.bound > target else { return nil }
    return lp.inputs(within: region.input, reaching: target, by: rootCertificate)
  }

  var gap: Double { root.bound - incumbent }
  /// What is known after the root alone.
  func rootOutcome() -> Outcome {
    Outcome(upper: 0, stop: .finished, nodes: lp.solves, iterations: lp.iterations, cuts: cuts)
  }

  /// Branches from the root on.
  mutating func searchTree() -> Outcome {
    var closed = -Double.infinity
    var stop = PhaseSearchStop.finished
    var open = [root]
    while let node = open.popLast() {
      guard node.bound > target else {
        closed = max(closed, node.bound)
        continue
      }
      let seconds = request.remaining()
      guard seconds > 0, lp.solves < request.nodeLimit else {
        closed = open.reduce(max(closed, node.bound)) { max($0, $1.bound) }
        stop = seconds > 0 ? .nodeLimit : .timeLimit
        break
      }
      let solution = lp.solve(node.phases, seconds: seconds)
      let bound = min(node.bound, solution?.bound ?? .infinity)
      print("N", lp.solves, node.phases.count { $0 != .free }, node.phases.count, solution?.outcome.isOptimal as Any, bound - target, target)
      if bound > target, let solution { look(at: solution) }
      guard bound > target else {
        closed = max(closed, bound)
        continue
      }
      guard let unit = branchingUnit(node.phases, solution?.outcome) else {
        // Every phase is fixed and still no bound: what is known stays, honestly above the incumbent.
        closed = max(closed, bound)
        stop = .numerical
        continue
      }
      let preActivation = solution.map { lp.relaxation.preActivation(unit, in: $0.outcome.columns) } ?? 0
      let first: Phase = preActivation >= 0 ? .active : .inactive
      for phase in [first == .active ? Phase.inactive : .active, first] {
        var child = Node(phases: node.phases, bound: bound)
        child.phases[unit] = phase
        open.append(child)
      }
    }
    let upper = ((closed + shift).nextUp + region.objectives[objective].error).nextUp
    return Outcome(
      upper: min(rootBound, upper), stop: stop, nodes: lp.solves, iterations: lp.iterations, cuts: cuts)
  }

  /// What a bound must exceed for its node to stay open.
  private var target: Double { incumbent + request.tolerance }

  /// Solves the root and adds cuts while they gain.
  private mutating func addCuts(at root: inout Node) {
    guard root.bound > target, request.nodeLimit > 0 else { return }
    var hulls: IdealCuts?
    for round in 0...Self.cutRounds {
      let seconds = request.remaining()
      guard seconds > 0, let solution = lp.solve(root.phases, seconds: seconds) else { return }
      let before = root.bound
      if solution.bound < rootCertificate?.bound ?? .infinity { rootCertificate = solution.certificate }
      root.bound = min(root.bound, solution.bound)
      if root.bound > target { look(at: solution) }
      guard root.bound > target, solution.outcome.isOptimal else { return }
      guard round == 0 || before - root.bound > Self.leastGain * (before - incumbent) else { return }
      let hull = hulls ?? IdealCuts(region)
      hulls = hull
      let columns = solution.outcome.columns
      let found = hull.violated(
        input: lp.relaxation.input(from: columns, others: others, within: region.input),
        outputs: lp.relaxation.outputs(in: columns),
        units: region.units.indices.filter { lp.relaxation.upperWeight($0, in: solution.outcome.duals) > 0 })
      guard !found.isEmpty else { return }
      cuts += found.count
      guard lp.add(found) else { return }
    }
  }

  /// Offers a solution's input, where it promises more than the incumbent, and what can be reached from there.
  private mutating func look(at solution: NodeRelaxation<Solver>.Solution) {
    guard solution.outcome.isOptimal else { return }
    let input = lp.relaxation.input(from: solution.outcome.columns, others: others, within: region.input)
    let found = value(at: input)
    guard found > incumbent + request.tolerance / 2 else { return }
    let climbed = climb(from: input, value: found)
    incumbent = max(incumbent, request.offer(climbed) - shift)
  }

  private func value(at input: [Double]) -> Double {
    region.objectives[objective].value(input: input, outputs: region.outputs(at: input)) - shift
  }

  /// Climbs from one linear piece of the region network to the next.
  ///
  /// On the inputs that share an activation pattern the objective is linear: the program with all phases fixed finds
  /// its best input there. Where that lies on the piece's edge, the units whose pre-activations vanish may change
  /// sign, and the neighbouring piece is climbed in turn.
  private mutating func climb(from start: [Double], value startValue: Double) -> [Double] {
    var best = (input: start, value: startValue)
    var pattern = region.activePattern(at: start)
    var tried: Set<[Bool]> = []
    for _ in 0..<Self.pieces where tried.insert(pattern).inserted {
      let seconds = request.remaining()
      guard seconds > 0, let solution = lp.solve(pattern.map { $0 ? .active : .inactive }, seconds: seconds),
        solution.outcome.isOptimal
      else { break }
      let input = lp.relaxation.input(from: solution.outcome.columns, others: others, within: region.input)
      let found = value(at: input)
      guard found > best.value else { break }
      best = (input, found)
      pattern = neighbour(of: pattern, at: input)
    }
    return best.input
  }

  /// The pattern with every unit flipped whose pre-activation vanishes at an input.
  private func neighbour(of pattern: [Bool], at input: [Double]) -> [Bool] {
    let outputs = region.outputs(at: input)
    return zip(region.units, pattern).map { unit, active in
      let value = unit.preActivation.value(input: input, outputs: outputs)
      return value.magnitude <= Self.edge ? !active : value > 0
    }
  }

  /// The free unit whose relaxation costs the bound most: its gap to ReLU times the multipliers of the rows that keep
  /// it from above, and times how far it can move on its shorter side.
  private func branchingUnit(_ phases: [Phase], _ outcome: LinearProgramOutcome?) -> Int? {
    var best: (unit: Int, score: Double, gap: Double)?
    for unit in phases.indices where phases[unit] == .free {
      let gap = outcome.map { lp.relaxation.gap(unit, in: $0.columns) } ?? 0
      let weight = outcome.map { lp.relaxation.upperWeight(unit, in: $0.duals) } ?? 0
      let score = gap * weight * min(-region.units[unit].lower, region.units[unit].upper)
      if let best, (best.score, best.gap) >= (score, gap) { continue }
      best = (unit, score, gap)
    }
    return best?.unit
  }
}
