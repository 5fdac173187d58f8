import Bounds
import Networks
import Tensors

/// Branch-and-bound over the phases of unstable ReLUs, bounded by β-CROWN on the boxes of the whole region.
///
/// - *Branching.* A few units that cost the bound most are tried: both children of each are bounded without
///   optimisation, and the unit whose worse child is best is split (filtered smart branching).
/// - *Order.* Depth first, in rounds of branches that share their matrix products; the branch that promises less is
///   taken first, so that what was just improved is improved on.
/// - *Completeness.* Branches that have no unit left to split are settled by linear programs (``BranchPrograms``).
/// - Soundness: branches are closed by ``BranchBounds`` and ``PhaseSearch`` alone.
/// - Determinism: as ``InputSplitting``.
/// - Source: Wang et al. 2021 (β-CROWN); De Palma et al. 2021 (filtered smart branching); Bunel et al. 2020.
public struct ActivationSplitting {
  /// Branches whose children are bounded at the same time, whatever the number of threads; and how many rows share a
  /// product.
  private static let roundSize = 32
  private static let rowsAtOnce = 16
  /// How many units are tried for each of two scores.
  private static let tries = 3

  private let question: ViolationQuestion
  private let branchBounds: BranchBounds
  private let workers: Workers
  private let remaining: () -> Double
  private let offer: ([Double]) -> Bool
  private var outcome = ViolationOutcome()
  /// Programs of conjunctions that needed some.
  private var programs: [[Int]: BranchPrograms] = [:]

  /// A search; parameters as ``InputSplitting/init(_:workers:remaining:offer:)``, and bounds of the region.
  public init(
    _ question: ViolationQuestion, _ bounds: RegionBounds, workers: Workers, remaining: @escaping () -> Double,
    offer: @escaping ([Double]) -> Bool
  ) {
    self.question = question
    self.workers = workers
    self.remaining = remaining
    self.offer = offer
    branchBounds = BranchBounds(bounds)
  }

  /// Searches the region.
  ///
  /// - Complexity: exponential in the number of unstable units, in the worst case.
  public mutating func run() -> ViolationOutcome {
    var stack = bound(
      question.conjunctions.map { Branch(outputs: $0) }, AlphaSettings(intermediate: nil, sufficient: 0))
    while !stack.isEmpty, outcome.stop == .finished || outcome.stop == .numerical {
      guard remaining() > 0 else {
        outcome.stop = .timeLimit
        break
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

  /// Closes a branch that has nothing left to split, by linear programs.
  private mutating func settle(_ branch: BoundedBranch) {
    guard outcome.stop != .found else { return }
    var isFound = false
    let offer = offer
    let key = branch.branch.outputs
    let own = programs[key] ?? BranchPrograms(branchBounds.bounds, outputs: key)
    programs[key] = own
    let settled = own.settle(
      splits: branch.branch.splits, upper: branch.upper, others: branch.corner, remaining: remaining,
      offer: { input in
        isFound = isFound || offer(input)
        return isFound
      })
    outcome.nodes += settled.nodes
    if isFound {
      outcome.stop = .found
    } else if !(settled.upper < 0) {
      outcome.upper = max(outcome.upper, settled.upper)
      outcome.stop = settled.stop == .timeLimit ? .timeLimit : .numerical
    }
  }

  /// How children are bounded: they start from their parents' slopes.
  private static let settings = AlphaSettings(
    iterations: 12, step: 0.25, decay: 0.85, intermediate: nil, sufficient: 0)

  /// Bounds branches, offers what looks like a violation, and returns those that stay open.
  private mutating func bound(_ branches: [Branch], _ settings: AlphaSettings) -> [BoundedBranch] {
    let bounded = inParts(branches) { [branchBounds] in branchBounds.bound($0, settings, candidates: Self.tries) }
    outcome.nodes += branches.count
    outcome.depth = max(outcome.depth, branches.map(\.splits.count).max() ?? 0)
    // What is no number stays open.
    let open = bounded.filter { !($0.upper < 0) }
    for candidate in candidates(open) where offer(candidate) {
      outcome.stop = .found
      break
    }
    return open
  }

  /// The corners of open branches that seem to violate.
  private func candidates(_ open: [BoundedBranch]) -> [[Double]] {
    guard !open.isEmpty else { return [] }
    let corners = open.map { branchBounds.bounds.input.clamp($0.corner) }
    let outputs = question.network.outputs(corners.flatMap(\.self), batch: corners.count)
    let width = question.network.outputCount
    return corners.indices.filter { corner in
      let values = outputs[corner * width..<(corner + 1) * width]
      return question.conjunctions.indices.contains { question.reach($0, at: values) >= 0 }
    }.map { corners[$0] }
  }

  /// The unit to split each branch at: that whose worse child is best.
  private func chosen(_ round: [BoundedBranch]) -> [BranchUnit] {
    let trials = round.flatMap { parent in
      parent.candidates.flatMap { unit in [true, false].map { parent.branch.fixing(unit, isActive: $0) } }
    }
    let settings = AlphaSettings(iterations: 0, intermediate: nil)
    let uppers = inParts(trials) { [branchBounds] in branchBounds.bound($0, settings, candidates: 0).map(\.upper) }
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

  private func inParts<Result: Sendable>(
    _ branches: [Branch], _ body: @Sendable ([Branch]) -> [Result]
  ) -> [Result] {
    let parts = (branches.count + Self.rowsAtOnce - 1) / Self.rowsAtOnce
    return workers.map(0..<parts) { part in
      body(Array(branches[part * Self.rowsAtOnce..<min((part + 1) * Self.rowsAtOnce, branches.count)]))
    }.flatMap(\.self)
  }
}
