import Bounds
import MathematicalPrograms
import Networks
import RegionNetworks

/// The largest value of one linear row of a network's outputs over a region, by search.
///
/// Before any branching, the region shrinks: the root's reduced costs say how far each input can move from its end
/// before nothing is left to beat the incumbent. On what is left bounds are tighter and more units stable, the network
/// is folded anew, and the next root is closer; near the end little or nothing remains to branch on.
/// - Soundness: outside of the part that is kept, the row's value is at most the incumbent plus the tolerance, by
///   bounds in outward-rounded arithmetic; so the row's largest value is no more than that or what the part has.
/// - Source: reduced-cost fixing as in mixed-integer programming (Nemhauser & Wolsey 1988, II.5.2), on inputs.
public struct RowSearch<Solver: LinearProgramSolver & ~Copyable> {
  /// Foldings at most, and the share of units that one must lose for the next to be worth it.
  private static var rounds: Int { 8 }
  private static var leastLoss: Double { 0.1 }

  private var bounds: RegionBounds
  private let row: LinearRows
  private let others: [Double]
  private var request: PhaseSearchRequest

  /// A search.
  ///
  /// - Parameters:
  ///   - bounds: bounds of the network on the region; the tighter, the smaller the programs.
  ///   - row: one row over the network's output.
  ///   - others: an input of the region.
  public init(_ bounds: RegionBounds, row: LinearRows, others: [Double], _ request: PhaseSearchRequest) {
    precondition(row.count == 1, "\(row.count) rows for one search")
    self.bounds = bounds
    self.row = row
    self.others = others
    self.request = request
  }

  /// Searches until nothing is left that could beat the incumbent, or a limit is reached.
  ///
  /// - Parameter known: an upper bound of the row that is known already.
  /// - Returns: nil if numbers are beyond double precision.
  public mutating func run(known: Double) -> PhaseSearchOutcome? {
    var incumbent = request.incumbent
    let offer = request.offer
    request.offer = { input in
      incumbent = max(incumbent, offer(input))
      return incumbent
    }
    var total = PhaseSearchOutcome(upper: known, stop: .finished, nodes: 0, iterations: 0, cuts: 0)
    var units = Int.max
    for round in 0... {
      guard let region = RegionNetwork(bounds, objectives: row) else { return round == 0 ? nil : total }
      request.incumbent = incumbent
      guard
        var search = PhaseSearch<Solver>(region, objective: 0, others: bounds.input.clamp(others), request)
      else { return round == 0 ? nil : total }
      search.openRoot(bound: total.upper)
      if !search.isClosed, round < Self.rounds, request.remaining() > 0, let left = search.inputsLeft() {
        var narrowed = bounds.narrowed(to: left)
        narrowed.refine()
        print("round", round, "units", region.units.count, "unstable", bounds.unstableCount, "->", narrowed.unstableCount, "gap", search.gap)
        if Double(narrowed.unstableCount) < (1 - Self.leastLoss) * Double(bounds.unstableCount) {
          bounds = narrowed
          let outcome = search.rootOutcome()
          total = outcome
          continue
        }
      }
      let outcome = search.searchTree()
      total = outcome
      break
    }
    return total
  }
}
