import Bounds
import Networks
import RegionNetworks

/// A sign that a search has fixed for a unit's pre-activation.
public enum Phase: Int8, Sendable {
  /// Never positive: the output is zero.
  case inactive = -1
  /// Either sign.
  case free = 0
  /// Never negative: the output is the pre-activation.
  case active = 1
}

/// The linear program whose largest value bounds an objective row's largest value on a region network.
///
/// Each unit's pre-activation z in `[l, u]` is a column of its own, tied to its row, so that the rest is sparse: its
/// output h has `h ≥ 0`, `h ≥ z` and the chord `h ≤ slope·z + offset`. Fixing a unit's phase changes ranges only, so
/// that a search re-solves from the last basis; with every phase fixed the program is exact. Each tie may be broken at
/// a penalty, so that every program has a solution and multipliers: phases that no input realises show as a low value
/// rather than as a claim of infeasibility, which would need another kind of proof.
/// - Soundness: z is known up to its row's error, which widens the row; the chord is ``ReLUChord``.
/// - Source: Ehlers 2017 (the triangle); Bunel et al. 2018 (branching on phases).
public struct TriangleRelaxation: Sendable {
  /// What it costs to break a unit's tie by one, relative to the objective's largest coefficient. A sound bound
  /// results from any value; one below a tie's multiplier makes it weaker.
  private static let penalty = 1e3

  /// The program; inputs first, then for each unit its pre-activation, its output, and its tie's slack either way.
  public private(set) var program = LinearProgram()
  /// The objective's constant and error, which the program leaves out.
  public let objectiveConstant, objectiveError: Double

  private let inputs: InputColumns

  /// The program for one of a region network's objectives.
  public init(_ region: RegionNetwork, objective: Int) {
    let row = region.objectives[objective]
    objectiveConstant = row.constant
    objectiveError = row.error
    inputs = InputColumns(region, objective: objective, to: &program)
    let largest = (row.inputs + row.units).reduce(1) { max($0, $1.coefficient.magnitude) }
    for unit in region.units {
      _ = program.addColumn(unit.lower, unit.upper)
      _ = program.addColumn(0, unit.upper)
      let reach = region.reach(of: unit.preActivation) + max(-unit.lower, unit.upper)
      for _ in 0..<2 { _ = program.addColumn(0, reach, objective: -Self.penalty * largest) }
    }
    for (position, unit) in region.units.enumerated() { addRows(for: unit, at: position) }
    for term in terms(of: row) { program.addObjective(term.coefficient, column: term.column) }
  }

  /// The column of a unit's pre-activation.
  public func preActivationColumn(_ unit: Int) -> Int { inputs.elements.count + 4 * unit }
  /// The column of a unit's output.
  public func outputColumn(_ unit: Int) -> Int { inputs.elements.count + 4 * unit + 1 }
  /// The row that says `h ≥ z`.
  func aboveRow(_ unit: Int) -> Int { 3 * unit + 1 }
  /// The row of the chord.
  public func chordRow(_ unit: Int) -> Int { 3 * unit + 2 }

  /// The program's ranges under fixed phases, one for each unit.
  public func ranges(under phases: [Phase]) -> LinearProgram.Ranges {
    var ranges = program.ranges
    for (unit, phase) in phases.enumerated() {
      switch phase {
      case .free: break
      case .inactive:
        ranges.columnUpper[preActivationColumn(unit)] = 0
        ranges.columnUpper[outputColumn(unit)] = 0
      case .active:
        ranges.columnLower[preActivationColumn(unit)] = 0
        ranges.rowUpper[aboveRow(unit)] = 0
      }
    }
    return ranges
  }

  /// A whole input made of a solution's input columns, clamped to a box; elements that no row names take `others`.
  public func input(from columns: [Double], others: [Double], within box: Box) -> [Double] {
    inputs.input(from: columns, others: others, within: box)
  }

  /// How far a unit's output lies above ReLU of its pre-activation in a solution: what fixing its phase removes.
  public func gap(_ unit: Int, in columns: [Double]) -> Double {
    columns[outputColumn(unit)] - max(0, columns[preActivationColumn(unit)])
  }

  private mutating func addRows(for unit: RegionUnit, at position: Int) {
    let row = unit.preActivation
    let z = preActivationColumn(position)
    let h = outputColumn(position)
    program.addRow(
      [(column: z, coefficient: 1), (column: z + 2, coefficient: -1), (column: z + 3, coefficient: 1)]
        + terms(of: row).map { (column: $0.column, coefficient: -$0.coefficient) },
      (row.constant - row.error).nextDown, (row.constant + row.error).nextUp)
    program.addRow([(column: h, coefficient: 1), (column: z, coefficient: -1)], 0, .infinity)
    let chord = ReLUChord(lower: unit.lower, upper: unit.upper)
    program.addRow([(column: h, coefficient: 1), (column: z, coefficient: -chord.slope)], -.infinity, chord.offset)
  }

  private func terms(of row: AffineRow) -> [(column: Int, coefficient: Double)] {
    inputs.terms(of: row, outputColumn: outputColumn)
  }
}
