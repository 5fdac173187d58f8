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
  ///
  /// - Parameter remaining: seconds left.
  init(_ bounds: RegionBounds, outputs: [Int], remaining: @escaping () -> Double) {
    guard outputs.count > 1 else {
      self.bounds = bounds
      row = .elements(outputs, width: bounds.network.outputCount)
      return
    }
    var whole = RegionBounds(of: bounds.network.minimum(of: outputs), over: bounds.input)
    whole.tighten(firstNodes: bounds.boxes)
    whole.refine(mayContinue: { remaining() > 0 })
    self.bounds = whole
    row = .elements([0], width: 1)
  }

  /// The whole region as a mixed-integer program; nil where it cannot be folded, or was not to be.
  ///
  /// - Parameter others: an input of the region.
  func mixedInteger(others: [Double], mayContinue: () -> Bool) -> ViolationProgram? {
    guard let region = RegionNetwork(bounds, objectives: row, mayContinue: mayContinue) else { return nil }
    return ViolationProgram(encoding: BigMEncoding(region, objective: 0), box: bounds.input, others: others)
  }

  /// Searches a branch, or the whole region.
  ///
  /// - Parameters:
  ///   - splits: the branch's phases.
  ///   - upper: what is known of the smallest violation there.
  ///   - others: an input of the region.
  ///   - nodeLimit: programs to solve at most.
  ///   - remaining: seconds left.
  ///   - offer: called with inputs that seem to violate; true if one does.
  /// - Returns: what the search came to; its upper end is negative, unless an input was accepted or a limit reached.
  func settle(
    splits: [PhaseSplit] = [], upper: Double, others: [Double], nodeLimit: Int = .max,
    remaining: @escaping () -> Double, offer: @escaping ([Double]) -> Bool
  ) -> PhaseSearchOutcome {
    let size = max(bounds.boxes[bounds.network.output.index].magnitudes.reduce(0, max), .leastNormalMagnitude)
    let incumbent = -Self.least * (size.isFinite ? size : 1)
    var phases: [UnitPosition: Phase] = [:]
    for split in splits {
      phases[UnitPosition(node: split.node, element: split.unit)] = split.isActive ? .active : .inactive
    }
    let request = PhaseSearchRequest(
      incumbent: incumbent, tolerance: { _ in 0 }, nodeLimit: nodeLimit, remaining: remaining,
      // Once an input violates, nothing else is of interest.
      offer: { offer($0) ? .infinity : incumbent })
    var search = PhaseSearch<ClpSolver>(row, others: others, request)
    return search.run(bounds, phases: phases, upper: upper)
  }
}
