import Bounds
import Networks
import Tensors

/// Ranges of pre-activations that a short branch-and-bound of their own tightens, layer by layer.
///
/// A search over phases bounds all of its branches with the ranges of the whole region. On deep dense networks those are
/// what keeps its bounds high: each range rests on the relaxations of all layers before it, and what it is too wide by
/// widens all ranges behind it. Here each end of each range gets a few branches over the units before it, bounded as a
/// search bounds its own; the ranges behind rest on what was won.
///
/// - Soundness: an end is the largest bound of branches that together cover the region.
/// - Complexity: ``operations`` multiply-adds, about; no clock is asked but to stop early, so that the result is the same
///   on every machine that has the time.
/// - Source: α,β-CROWN refines such ranges by mixed-integer programs (Wang et al. 2021, section 4); the branches are ours.
struct RangeSearch {
  /// How many units of a layer, at most and at least: those whose ranges leave most to a relaxation.
  private static let mostUnits = 256, fewestUnits = 32
  /// How often an end's worst branch is split: rather fewer units than fewer splits, and no more than help.
  private static let fewestSplits = 6, mostSplits = 64
  /// How many ends are taken between two looks at the time.
  private static let endsAtOnce = 64
  private static let rootSettings = AlphaSettings(iterations: 12, intermediate: nil, sufficient: 0)
  private static let settings = AlphaSettings(
    iterations: 6, step: 0.25, decay: 0.8, intermediate: nil, sufficient: 0)

  private let operations: Int
  private let workers: Workers
  private let mayContinue: () -> Bool
  /// Branches that were bounded.
  private(set) var nodes = 0

  /// A search of so many multiply-adds that bounds on these workers, until it may not continue.
  init(operations: Int, workers: Workers, mayContinue: @escaping () -> Bool) {
    self.operations = operations
    self.workers = workers
    self.mayContinue = mayContinue
  }

  /// The region's bounds with tighter ranges; nil where none became tighter.
  mutating func tightened(_ bounds: RegionBounds) -> RegionBounds? {
    let layers = bounds.network.activationNodes.filter { node in
      node.sources[0].index > 0 && !bounds.hasExactRanges(node.sources[0]) && !bounds.unstableUnits(of: node).isEmpty
    }
    var result = bounds
    var left = operations
    for (position, node) in layers.enumerated() where mayContinue() {
      // What a layer does not need is left to those behind it.
      left -= tighten(node, of: &result, operations: left / (layers.count - position))
    }
    return result.boxes == bounds.boxes ? nil : result
  }

  /// Tightens the ranges before one activation, in so many multiply-adds.
  ///
  /// - Returns: how many it took, about.
  private mutating func tighten(_ node: Node, of bounds: inout RegionBounds, operations: Int) -> Int {
    let source = node.sources[0]
    let box = bounds.preActivations(of: node)
    func area(_ unit: Int) -> Double { -box.lower[unit] * (box.upper[unit] / (box.upper[unit] - box.lower[unit])) }
    let open = bounds.unstableUnits(of: node).sorted { (area($0), $1) > (area($1), $0) }
    // For each iteration of each branch a pass backwards and one forwards.
    let each = 2 * max(1, bounds.network.prefix(endingAt: source).multiplyAdds) * (Self.settings.iterations + 1)
    // Of each unit two ends, of each split two branches.
    let count = min(open.count, Self.mostUnits, operations / (4 * each * Self.fewestSplits))
    // Where most ranges stay as they are, as on convolutions, those that do not are of little use.
    guard count >= min(open.count, Self.fewestUnits), 2 * count >= open.count else { return 0 }
    let units = Array(open.prefix(count))
    let splits = min(Self.mostSplits, operations / (4 * each * count))
    let before = nodes
    let network = bounds.network.ends(of: units, at: source)
    let branchBounds = BranchBounds(bounds.carried(to: network, common: source.index + 1))
    var ends: [RangeEnd] = []
    for part in Self.parts(of: Array(0..<2 * units.count)) {
      guard mayContinue() else { return 0 }
      ends += bound(part.map { Branch(outputs: [$0]) }, Self.rootSettings, branchBounds).map(RangeEnd.init)
    }
    for _ in 0..<splits { split(&ends, branchBounds) }
    var (lower, upper) = (bounds.boxes[source.index].lower, bounds.boxes[source.index].upper)
    for (k, unit) in units.enumerated() {
      upper[unit] = min(upper[unit], ends[k].upper)
      lower[unit] = max(lower[unit], -ends[units.count + k].upper)
    }
    bounds.tighten(source, with: Box(lower: lower, upper: upper))
    return (nodes - before) * each
  }

  /// Splits the worst branch of each end that does not show its unit's phase yet.
  private mutating func split(_ ends: inout [RangeEnd], _ branchBounds: BranchBounds) {
    for part in Self.parts(of: ends.indices.filter { ends[$0].canSplit }) where mayContinue() {
      let parents = part.map { ends[$0].takeWorst() }
      let children = parents.flatMap { parent in
        [true, false].map { parent.branch.fixing(parent.candidates[0], isActive: $0) }
      }
      for (k, child) in bound(children, Self.settings, branchBounds).enumerated() {
        ends[part[part.startIndex + k / 2]].add(child, within: parents[k / 2].upper)
      }
    }
  }

  /// What is taken between two looks at the time.
  private static func parts<Element>(of elements: [Element]) -> [ArraySlice<Element>] {
    stride(from: 0, to: elements.count, by: endsAtOnce).map {
      elements[$0..<min($0 + endsAtOnce, elements.count)]
    }
  }

  private mutating func bound(
    _ branches: [Branch], _ settings: AlphaSettings, _ branchBounds: BranchBounds
  ) -> [BoundedBranch] {
    nodes += branches.count
    return workers.inParts(branches) { branchBounds.bound($0, settings, candidates: 1) }
  }
}

/// One end of one range: the largest bound of branches that together cover the region.
private struct RangeEnd {
  /// A branch that may still be split: of what was found for it no more than that takes, for there are many.
  struct Part {
    let branch: Branch
    let upper: Double
    let candidates: [BranchUnit]
  }

  private var parts: [Part] = []
  /// The largest bound of the other branches.
  private var settled = -Double.infinity

  /// The end as the whole region shows it.
  init(_ root: BoundedBranch) { add(root, within: .infinity) }

  /// The end.
  var upper: Double { parts.reduce(settled) { max($0, $1.upper) } }

  /// Whether the branch that the end rests on can be split, and the end does not show the unit's phase yet.
  var canSplit: Bool { upper >= 0 && parts.contains { $0.upper > settled } }

  /// Takes out the branch with the highest bound; two that cover it must be added.
  mutating func takeWorst() -> Part {
    parts.remove(at: parts.indices.reduce(0) { parts[$1].upper > parts[$0].upper ? $1 : $0 })
  }

  /// Adds a branch.
  ///
  /// - Parameter limit: a bound of the branch that it is a part of.
  mutating func add(_ branch: BoundedBranch, within limit: Double) {
    let upper = min(branch.upper, limit)
    if !(upper < 0), !branch.candidates.isEmpty {
      parts.append(Part(branch: branch.branch, upper: upper, candidates: branch.candidates))
    } else {
      settled = max(settled, upper)
    }
  }
}
