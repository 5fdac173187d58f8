import Attacks
import Bounds
import MathematicalPrograms
import Networks
import Tensors

/// Branch-and-bound over the phases of unstable ReLUs, bounded by β-CROWN on the boxes of the whole region.
///
/// - *Branching.* A few units that cost the bound most are tried: both children of each are bounded without
///   optimisation, and the unit whose worse child is best is split (filtered smart branching).
/// - *Order.* Depth first, in rounds of branches that share their matrix products; the branch that promises less is
///   taken first, so that what was just improved is improved on.
/// - *Ranges* of pre-activations, which all branches share, are tightened by ``RangeSearch`` when branches alone do not
///   close the region; the search then begins anew.
/// - *Counterexamples* that all of this misses are asked of a mixed-integer solver, on small networks.
/// - *Completeness.* Branches that have no unit left to split are settled by linear programs (`BranchPrograms`).
/// - Soundness: branches are closed by `BranchBounds` and ``PhaseSearch`` alone.
/// - Determinism: as ``InputSplitting``.
/// - Source: Wang et al. 2021 (β-CROWN); De Palma et al. 2021 (filtered smart branching); Bunel et al. 2020.
public struct ActivationSplitting {
  /// Branches whose children are bounded at the same time, whatever the number of threads.
  private static let roundSize = 32
  /// How many units are tried for each of two scores.
  private static let tries = 3
  /// How many corners of a round are climbed from: their relaxations look past the flat regions that hold up gradients
  /// from the centre; and how many steps, so that it takes a small part of the bounds' time.
  private static let climbs = 4
  private static let climb = ConjunctionAttack(steps: 10, restarts: 1)
  /// What is tried on the whole region once so many branches since the last such attempt have not closed it.
  enum Stage {
    /// A search of the ranges that all branches rest on, of so many multiply-adds.
    case ranges(operations: Int)
    /// So many linear programs for each conjunction, in a share of the time left.
    case programs(Int, share: Double)
    /// One mixed-integer program for each conjunction, of so many nodes, in a share of the time left.
    case mixedInteger(nodes: Int, share: Double)
  }
  private static let denseStages: [(branches: Int, Stage)] = [
    (200, .ranges(operations: 50_000_000_000)), (200, .programs(60, share: 0.1)),
    (1_500, .ranges(operations: 200_000_000_000)), (3_000, .programs(600, share: 0.25)),
    (6_000, .ranges(operations: 800_000_000_000)), (6_000, .mixedInteger(nodes: 100, share: 0.1)),
  ]
  /// The same for networks with convolutions: a unit there sees few relaxations, and searches of ranges took more time
  /// from the branches than they saved.
  private static let convolutionalStages: [(branches: Int, Stage)] = [
    (320, .programs(60, share: 0.25)), (3_600, .programs(600, share: 0.25)),
  ]
  /// The size, unstable units times inputs, beyond which a linear program takes too long.
  private static let sizeOfPrograms = 1_000_000
  /// The same for mixed-integer programs: with all else that looks for counterexamples switched off, CBC found six of
  /// seven with 42 to 161 units and 784 inputs in ten seconds, and none of three with 248 and more.
  private static let sizeOfMixedInteger = 130_000
  /// Seconds below which a mixed-integer program is not worth a process, and above which a solver is taken to hang.
  private static let shortestProgram = 0.25
  private static let longestProgram = 300.0

  /// What is tried in the course of the search.
  var stages: [(branches: Int, Stage)]
  private let question: ViolationQuestion
  private var branchBounds: BranchBounds
  private let workers: Workers
  private let mixedInteger: any MixedIntegerSolver.Type
  private let remaining: () -> Double
  private let offer: ([Double]) -> Bool
  private var outcome = ViolationOutcome()
  /// Programs of conjunctions that needed some.
  private var programs: [[Int]: BranchPrograms] = [:]

  /// A search; parameters as ``InputSplitting/init(_:workers:remaining:offer:)``, bounds of the region, and who is asked
  /// for counterexamples.
  public init(
    _ question: ViolationQuestion, _ bounds: RegionBounds, workers: Workers,
    mixedInteger: any MixedIntegerSolver.Type, remaining: @escaping () -> Double, offer: @escaping ([Double]) -> Bool
  ) {
    self.question = question
    self.workers = workers
    self.mixedInteger = mixedInteger
    self.remaining = remaining
    self.offer = offer
    branchBounds = BranchBounds(bounds)
    stages = question.network.hasConvolutions ? Self.convolutionalStages : Self.denseStages
  }

  /// Searches the region.
  ///
  /// - Complexity: exponential in the number of unstable units, in the worst case.
  public mutating func run() -> ViolationOutcome {
    var stack = bound(
      question.conjunctions.map { Branch(outputs: $0) }, AlphaSettings(intermediate: nil, sufficient: 0))
    var stages = stages[...]
    var nodesBefore = 0
    while !stack.isEmpty, outcome.stop == .finished || outcome.stop == .numerical {
      guard remaining() > 0 else {
        outcome.stop = .timeLimit
        break
      }
      if let (branches, stage) = stages.first, outcome.nodes >= nodesBefore + branches {
        stages.removeFirst()
        switch stage {
        case .ranges(let operations): stack = restarted(stack, operations: operations)
        case .programs(let limit, let share): stack = closingByPrograms(stack, programs: limit, share: share)
        case .mixedInteger(let nodes, let share): askForViolations(stack, nodes: nodes, share: share)
        }
        nodesBefore = outcome.nodes
        continue
      }
      var round = Array(stack.suffix(Self.roundSize))
      stack.removeLast(round.count)
      for branch in round where branch.candidates.isEmpty { settle(branch) }
      if outcome.stop == .found { break }
      round.removeAll { $0.candidates.isEmpty }
      let children = zip(round, chosen(round)).flatMap { parent, unit in
        [true, false].map { parent.branch.fixing(unit, isActive: $0) }
      }
      stack += bound(children, Self.settings).sorted { $0.upper < $1.upper }
    }
    outcome.upper = max(outcome.upper, stack.map(\.upper).max() ?? -.infinity)
    return outcome
  }

  /// What is left of the conjunctions once ranges of pre-activations are tighter: they begin anew, for their branches
  /// have slopes and splits of units that may have none any more.
  private mutating func restarted(_ stack: [BoundedBranch], operations: Int) -> [BoundedBranch] {
    var ranges = RangeSearch(operations: operations, workers: workers) { [remaining] in remaining() > 0 }
    let tightened = ranges.tightened(branchBounds.bounds)
    outcome.nodes += ranges.nodes
    guard let tightened, remaining() > 0 else { return stack }
    branchBounds = BranchBounds(tightened)
    programs = [:]
    // What a solver failed on is on the stack no longer: then all begin anew.
    let open = question.conjunctions.filter { outputs in
      outcome.stop == .numerical || stack.contains { $0.branch.outputs == outputs }
    }
    (outcome.stop, outcome.upper) = (.finished, -.infinity)
    return bound(open.map { Branch(outputs: $0) }, AlphaSettings(intermediate: nil, sufficient: 0))
  }

  /// The branches of conjunctions that some linear programs on the whole region leave open: with cuts for the inputs
  /// that units share, these see at once what takes thousands of splits otherwise, and the other way round.
  private mutating func closingByPrograms(
    _ stack: [BoundedBranch], programs limit: Int, share: Double
  ) -> [BoundedBranch] {
    let bounds = branchBounds.bounds
    guard bounds.unstableCount * bounds.input.count <= Self.sizeOfPrograms else { return stack }
    var open = stack
    let conjunctions = question.conjunctions.filter { outputs in stack.contains { $0.branch.outputs == outputs } }
    let kept = remaining() * (1 - share)
    for (position, outputs) in conjunctions.enumerated() where outcome.stop != .found {
      let own = open.filter { $0.branch.outputs == outputs }
      let worst = own.max { $0.upper < $1.upper }
      // Without a limit there is no share of it.
      let end =
        kept.isFinite ? remaining() - (remaining() - kept) / Double(conjunctions.count - position) : -.infinity
      let settled = settle(
        Branch(outputs: outputs), upper: worst?.upper ?? .infinity, others: worst?.corner ?? bounds.input.centre,
        programs: limit
      ) { [remaining] in remaining() - end }
      if settled.upper < 0 { open.removeAll { $0.branch.outputs == outputs } }
    }
    return open
  }

  /// Asks a mixed-integer solver for a violation of each conjunction that is open, and offers what it finds and what
  /// climbs from there.
  private mutating func askForViolations(_ stack: [BoundedBranch], nodes: Int, share: Double) {
    let start = ContinuousClock.now
    func spent() -> Double { (ContinuousClock.now - start) / .seconds(1) }
    defer { outcome.mixedInteger.seconds += spent() }
    let budget = remaining() * share
    let bounds = branchBounds.bounds
    guard bounds.unstableCount * bounds.input.count <= Self.sizeOfMixedInteger else { return }
    var worst: [[Int]: BoundedBranch] = [:]
    for branch in stack where !(branch.upper < worst[branch.branch.outputs]?.upper ?? -.infinity) {
      worst[branch.branch.outputs] = branch
    }
    // Those that promise most first: what they leave of the time is the others'.
    let open = question.conjunctions.compactMap { worst[$0] }.sorted { $0.upper > $1.upper }
    for (position, branch) in open.enumerated() {
      let key = branch.branch.outputs
      let own = programs[key] ?? BranchPrograms(branchBounds.bounds, outputs: key, remaining: remaining)
      programs[key] = own
      let program = own.mixedInteger(others: branch.corner) { spent() < budget }
      let left = budget - spent()
      guard left >= Self.shortestProgram else { return }
      let seconds = max(Self.shortestProgram, min(left / Double(open.count - position), Self.longestProgram))
      guard let inputs = program?.candidates(by: mixedInteger, .init(nodes: nodes, seconds: seconds)) else { continue }
      outcome.mixedInteger.programs += 1
      if seekViolation(inputs.map { (key, $0) }) {
        outcome.mixedInteger.hasFound = true
        outcome.stop = .found
        return
      }
    }
  }

  /// Closes a branch that has nothing left to split, by linear programs.
  private mutating func settle(_ branch: BoundedBranch) {
    guard outcome.stop != .found else { return }
    let settled = settle(
      branch.branch, upper: branch.upper, others: branch.corner, programs: .max, remaining: remaining)
    if outcome.stop != .found, !(settled.upper < 0) {
      outcome.upper = max(outcome.upper, settled.upper)
      outcome.stop = settled.stop == .timeLimit ? .timeLimit : .numerical
    }
  }

  /// Searches a branch by so many linear programs at most.
  private mutating func settle(
    _ branch: Branch, upper: Double, others: [Double], programs limit: Int, remaining: @escaping () -> Double
  ) -> PhaseSearchOutcome {
    var isFound = false
    let offer = offer
    let key = branch.outputs
    let own = programs[key] ?? BranchPrograms(branchBounds.bounds, outputs: key, remaining: self.remaining)
    programs[key] = own
    let settled = own.settle(
      splits: branch.splits, upper: upper, others: others, nodeLimit: limit, remaining: remaining,
      offer: { input in
        isFound = isFound || offer(input)
        return isFound
      })
    outcome.nodes += settled.nodes
    if isFound { outcome.stop = .found }
    return settled
  }

  /// How children are bounded: they start from their parents' slopes.
  private static let settings = AlphaSettings(
    iterations: 12, step: 0.25, decay: 0.85, intermediate: nil, sufficient: 0)

  /// Bounds branches, offers what looks like a violation, and returns those that stay open.
  private mutating func bound(_ branches: [Branch], _ settings: AlphaSettings) -> [BoundedBranch] {
    let bounded = workers.inParts(branches) { [branchBounds] in branchBounds.bound($0, settings, candidates: Self.tries)
    }
    outcome.nodes += branches.count
    outcome.depth = max(outcome.depth, branches.map(\.splits.count).max() ?? 0)
    // What is no number stays open.
    let open = bounded.filter { !($0.upper < 0) }
    if seekViolation(open.map { ($0.branch.outputs, $0.corner) }) { outcome.stop = .found }
    return open
  }

  /// Offers inputs that seem to violate, and what climbs from the best of the others find.
  ///
  /// - Parameter open: conjunctions, and inputs that are promising for them.
  /// - Returns: whether an input was accepted.
  private func seekViolation(_ open: [(outputs: [Int], corner: [Double])]) -> Bool {
    guard !open.isEmpty else { return false }
    let box = branchBounds.bounds.input
    let corners = open.map { box.clamp($0.corner) }
    let outputs = question.network.outputs(corners.flatMap(\.self), batch: corners.count)
    let width = question.network.outputCount
    let reached = corners.indices.map { corner in
      let values = outputs[corner * width..<(corner + 1) * width]
      return question.conjunctions.indices.map { question.reach($0, at: values) }.max() ?? -.infinity
    }
    for corner in corners.indices where reached[corner] >= 0 && offer(corners[corner]) { return true }
    let starts = corners.indices.sorted { (reached[$0], $1) > (reached[$1], $0) }.prefix(Self.climbs)
    var isFound = false
    Self.climb.climb(
      question.network, reaching: starts.map { open[$0].outputs }, from: starts.flatMap { corners[$0] },
      over: box, mayContinue: { remaining() > 0 }
    ) { input in
      isFound = offer(input)
      return isFound
    }
    return isFound
  }

  /// The unit to split each branch at: that whose worse child is best.
  private func chosen(_ round: [BoundedBranch]) -> [BranchUnit] {
    let trials = round.flatMap { parent in
      parent.candidates.flatMap { unit in [true, false].map { parent.branch.fixing(unit, isActive: $0) } }
    }
    let uppers = workers.inParts(trials) { [branchBounds] in branchBounds.upperBounds(of: $0) }
    var next = 0
    return round.map { parent in
      var best = (unit: parent.candidates[0], score: Double.infinity)
      for unit in parent.candidates {
        let (active, inactive) = (min(uppers[next], parent.upper), min(uppers[next + 1], parent.upper))
        next += 2
        let score = max(active, 0) + max(inactive, 0)
        if score < best.score { best = (unit, score) }
      }
      return best.unit
    }
  }
}

extension Network {
  fileprivate var hasConvolutions: Bool {
    nodes.contains { node in
      if case .linear(let layer, _) = node.operation, case .convolution = layer.map { true } else { false }
    }
  }
}
