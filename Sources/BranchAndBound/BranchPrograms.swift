import Bounds
import MathematicalPrograms
import Networks
import RegionNetworks

/// Settles branches that bounds cannot close and that have nothing left to split: by linear programs, and by branching
/// on what their relaxation leaves open after all.
///
/// With several rows the smallest one is maximised, as a network of its own with a ReLU for each comparison.
/// - Soundness: that of ``PhaseSearch``.
struct BranchPrograms {
  /// The region's bounds, and the row that is to be negative everywhere.
  private let bounds: RegionBounds
  private let row: LinearRows

  /// Values between this, relative to the size of the row, and zero are too near to zero to tell.
  private static let least = 1e-10

  /// Programs for the branches of one conjunction.
  init(_ bounds: RegionBounds, outputs: [Int]) {
    guard outputs.count > 1 else {
      self.bounds = bounds
      row = .elements(outputs, width: bounds.network.outputCount)
      return
    }
    var whole = RegionBounds(of: bounds.network.minimum(of: outputs), over: bounds.input)
    for node in bounds.network.nodes.dropFirst() { whole.tighten(node.id, with: bounds.boxes[node.id.index]) }
    whole.refine()
    self.bounds = whole
    row = .elements([0], width: 1)
  }

  /// An upper bound of the smallest violation on a branch: negative, unless an input was accepted or a limit reached.
  ///
  /// - Parameters:
  ///   - remaining: seconds left.
  ///   - offer: called with inputs that seem to violate; true if one does.
  func settle(
    _ branch: BoundedBranch, remaining: @escaping () -> Double, offer: @escaping ([Double]) -> Bool
  ) -> (upper: Double, outcome: PhaseSearchOutcome) {
    let size = max(bounds.boxes[bounds.network.output.index].magnitudes.reduce(0, max), .leastNormalMagnitude)
    let incumbent = -Self.least * (size.isFinite ? size : 1)
    var phases: [UnitPosition: Phase] = [:]
    for split in branch.branch.splits {
      phases[UnitPosition(node: split.node, element: split.unit)] = split.isActive ? .active : .inactive
    }
    let request = PhaseSearchRequest(
      incumbent: incumbent, tolerance: { _ in 0 }, remaining: remaining,
      // Once an input violates, nothing else is of interest.
      offer: { offer($0) ? .infinity : incumbent })
    var search = PhaseSearch<ClpSolver>(row, others: branch.corner, request)
    let outcome = search.run(bounds, phases: phases, upper: branch.upper)
    return (outcome.upper, outcome)
  }
}
