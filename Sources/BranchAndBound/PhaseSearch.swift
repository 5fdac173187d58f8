import MathematicalPrograms
import Networks
import RegionNetworks

/// Branch-and-bound over the phases of unstable units, one linear program a node.
///
/// Every node that is closed is closed by a bound re-derived from row multipliers in outward-rounded arithmetic, so
/// that the upper end rests on no solver's word. Depth first, the child that the relaxation leans to first: each
/// program differs from the one before by few ranges.
/// - Source: Bunel et al. 2018, "A Unified View of Piecewise Linear Neural Network Verification"; safe bounds by
///   Neumaier & Shcherbina 2004.
public struct PhaseSearch {
  /// What the search came to.
  public struct Outcome: Sendable {
    /// The objective row's real value nowhere exceeds this.
    public var upper: Double
    /// How it ended; unless finished, `upper` comes from what is left open.
    public var stop: Stop
    /// How many linear programs were solved.
    public var nodes: Int
  }

  /// How a search ends.
  public enum Stop: Sendable {
    /// All of the search space is closed.
    case finished
    /// The time was up.
    case timeLimit
    /// The node limit was reached.
    case nodeLimit
    /// Every phase of some part is fixed and its bound still too high, by rounding or a solver's failure.
    case numerical
  }

  /// Limits and helpers of a search.
  public struct Request {
    /// The value that is known to be attained: only more is looked for.
    public var incumbent: Double
    /// Nodes are closed once they promise no more than this above the incumbent.
    public var tolerance: Double
    /// Nodes to solve at most.
    public var nodeLimit: Int
    /// Seconds left; asked before every node.
    public var remaining: () -> Double
    /// Offered every relaxed solution's input that looks better than the incumbent, with the value it seems to
    /// have; returns the new incumbent.
    public var offer: (_ input: [Double]) -> Double

    /// A request.
    public init(
      incumbent: Double, tolerance: Double, nodeLimit: Int, remaining: @escaping () -> Double,
      offer: @escaping (_ input: [Double]) -> Double
    ) {
      self.incumbent = incumbent
      self.tolerance = tolerance
      self.nodeLimit = nodeLimit
      self.remaining = remaining
      self.offer = offer
    }
  }

  /// One open part of the search space.
  private struct Node {
    var phases: [Phase]
    /// An upper bound of the program's value here, in real arithmetic.
    var bound: Double
  }

  private let region: RegionNetwork
  private let objective: Int
  private let relaxation: TriangleRelaxation
  private let dualBound: DualBound
  /// Inputs that the relaxation does not name take these values.
  private let others: [Double]

  /// A search for the largest value of one of a region network's objectives.
  ///
  /// - Parameter others: an input of the region.
  public init(_ region: RegionNetwork, objective: Int, others: [Double]) {
    self.region = region
    self.objective = objective
    self.others = others
    relaxation = TriangleRelaxation(region, objective: objective)
    dualBound = DualBound(relaxation.program)
  }

  /// Searches until nothing is left that could beat the incumbent, or a limit is reached.
  ///
  /// - Parameter rootBound: an upper bound of the objective that is known already.
  public func run(_ request: Request, rootBound: Double) -> Outcome {
    // Inside, values are the program's: without the objective's constant and error.
    let shift = relaxation.objectiveConstant
    var incumbent = request.incumbent - shift
    var open = [Node(phases: .init(repeating: .free, count: region.units.count), bound: (rootBound - shift).nextUp)]
    var closed = -Double.infinity
    var nodes = 0
    guard var solver = ClpSolver(relaxation.program) else {
      return Outcome(upper: rootBound, stop: .numerical, nodes: 0)
    }
    var stop = Stop.finished
    while let node = open.popLast() {
      let target = incumbent + request.tolerance
      guard node.bound > target else {
        closed = max(closed, node.bound)
        continue
      }
      let seconds = request.remaining()
      guard seconds > 0, nodes < request.nodeLimit else {
        closed = open.reduce(max(closed, node.bound)) { max($0, $1.bound) }
        stop = seconds > 0 ? .nodeLimit : .timeLimit
        break
      }
      nodes += 1
      let ranges = relaxation.ranges(under: node.phases)
      solver.set(ranges)
      let outcome = solver.solve(seconds: seconds)
      let safe = outcome.map { dualBound.upperBound(multipliers: $0.duals, ranges: ranges) } ?? .infinity
      let bound = min(node.bound, safe)
      guard bound > target else {
        closed = max(closed, bound)
        continue
      }
      if let outcome, outcome.isOptimal {
        let input = relaxation.input(from: outcome.columns, others: others, within: region.input)
        let value = region.objectives[objective].value(input: input, outputs: region.outputs(at: input)) - shift
        if value > incumbent { incumbent = max(incumbent, request.offer(input) - shift) }
      }
      guard bound > incumbent + request.tolerance else {
        closed = max(closed, bound)
        continue
      }
      guard let unit = branchingUnit(node.phases, outcome) else {
        // Every phase is fixed and still no bound: what is known stays, honestly above the incumbent.
        closed = max(closed, bound)
        stop = .numerical
        continue
      }
      let preActivation = outcome.map { $0.columns[relaxation.preActivationColumn(unit)] } ?? 0
      let first: Phase = preActivation >= 0 ? .active : .inactive
      for phase in [first == .active ? Phase.inactive : .active, first] {
        var child = Node(phases: node.phases, bound: bound)
        child.phases[unit] = phase
        open.append(child)
      }
    }
    let upper = ((closed + shift).nextUp + relaxation.objectiveError).nextUp
    return Outcome(upper: min(rootBound, upper), stop: stop, nodes: nodes)
  }

  /// The free unit whose relaxation costs the bound most: its gap to ReLU times the weight of its chord.
  private func branchingUnit(_ phases: [Phase], _ outcome: ClpSolver.Outcome?) -> Int? {
    var best: (unit: Int, score: Double, gap: Double)?
    for unit in phases.indices where phases[unit] == .free {
      let gap = outcome.map { max(0, relaxation.gap(unit, in: $0.columns)) } ?? 0
      let score = gap * (outcome?.duals[relaxation.chordRow(unit)].magnitude ?? 0)
      if let best, (best.score, best.gap) >= (score, gap) { continue }
      best = (unit, score, gap)
    }
    return best?.unit
  }
}
