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
/// Each unit's pre-activation z in `[l, u]` is split into its output `h = max(z, 0)` in `[0, u]` and `t = max(−z, 0)`
/// in `[0, −l]`, so that `z = h − t`: one row ties the two to the unit's row, another is the triangle's chord
/// `(−l)·h + u·t ≤ −l·u`, scaled. Fixing a unit's phase closes the range of h or of t, one column, so that a search
/// re-solves from the last basis; with every phase fixed the program is exact. Each tie may be broken at a penalty, so
/// that every program has a solution and multipliers: phases that no input realises show as a low value rather than
/// as a claim of infeasibility, which would need another kind of proof.
/// - Soundness: z is known up to its row's error, which widens the tie. Every point has h or t at zero, so that any
///   row `αh + βt ≤ max(αu, −βl)` with α, β ≥ 0 holds, whatever rounding did to α and β.
/// - Source: Ehlers 2017 (the triangle); Bunel et al. 2018 (branching on phases).
public struct TriangleRelaxation: Sendable {
  /// Ties that are broken by less are broken by rounding.
  private static let brokenTie = 1e-9

  /// The program; inputs first, then for each unit its output h, its t, and its tie's slack either way.
  public private(set) var program = LinearProgram()
  /// The objective's constant and error, which the program leaves out.
  public let objectiveConstant, objectiveError: Double
  /// The cuts, in the order of their rows, which are the last.
  public private(set) var cuts: [OutputCut] = []
  /// The rows of cuts, by the unit whose output they bound.
  private var cutRows: [[Int]]

  private let inputs: InputColumns
  /// The most by which each unit's pre-activation can move the objective directly.
  public let sensitivities: [Double]

  /// The program for one of a region network's objectives.
  ///
  /// - Parameter penalty: what it costs to break a unit's tie by one, relative to the most that its pre-activation can
  ///   move the objective. A sound bound results from any value; one below a tie's multiplier makes it weaker.
  public init(_ region: RegionNetwork, objective: Int, penalty: Double) {
    let row = region.objectives[objective]
    objectiveConstant = row.constant
    objectiveError = row.error
    cutRows = [[Int]](repeating: [], count: region.units.count)
    inputs = InputColumns(region, objective: objective, to: &program)
    sensitivities = region.sensitivities(ofObjective: objective)
    for (position, unit) in region.units.enumerated() {
      _ = program.addColumn(0, unit.upper)
      _ = program.addColumn(0, -unit.lower)
      // Wide enough for any values that the row takes on inputs and outputs within their ranges.
      let reach = region.reach(of: unit.preActivation) + max(-unit.lower, unit.upper)
      for _ in 0..<2 { _ = program.addColumn(0, reach, objective: -penalty * sensitivities[position]) }
    }
    for (position, unit) in region.units.enumerated() { addRows(for: unit, at: position) }
    for term in terms(of: row) { program.addObjective(term.coefficient, column: term.column) }
  }

  /// The column of a unit's output h.
  public func outputColumn(_ unit: Int) -> Int { inputs.elements.count + 4 * unit }
  /// The column of a unit's t, how far its pre-activation lies below zero.
  public func negativeColumn(_ unit: Int) -> Int { inputs.elements.count + 4 * unit + 1 }
  /// The row of the chord.
  private func chordRow(_ unit: Int) -> Int { 2 * unit + 1 }

  /// The column that a phase closes, and which of its ends is then the other; nil for none.
  public func closedColumn(of unit: Int, in phase: Phase) -> Int? {
    switch phase {
    case .free: nil
    case .inactive: outputColumn(unit)
    case .active: negativeColumn(unit)
    }
  }

  /// A whole input made of a solution's input columns, clamped to a box; elements that no row names take `others`.
  public func input(from columns: [Double], others: [Double], within box: Box) -> [Double] {
    inputs.input(from: columns, others: others, within: box)
  }

  /// A box of inputs with other ranges for the elements that have columns.
  public func inputs(within box: Box, range: (_ column: Int) -> (lower: Double, upper: Double)) -> Box {
    inputs.box(box, range: range)
  }

  /// The row of a cut.
  public func row(ofCut cut: Int) -> Int { 2 * cutRows.count + cut }

  /// A basis of another region's relaxation as a start for this one: columns and rows that both have keep their place,
  /// others are as at the beginning.
  ///
  /// - Parameters:
  ///   - basis: one byte for each column, then for each row, as Clp keeps them; one of another size counts for nothing.
  ///   - units: the other's unit for each unit of this one, if it has it.
  ///   - cuts: the other's cut for each cut of this one.
  public func basis(
    from basis: [UInt8], of other: TriangleRelaxation, units: [Int?], cuts: [Int]
  ) -> [UInt8] {
    var status = BasisStatus(columns: program.columnCount, rows: program.rowCount)
    guard
      let source = BasisStatus(basis, columns: other.program.columnCount, rows: other.program.rowCount)
    else { return status.balanced() }
    for (column, element) in inputs.elements.enumerated() {
      guard let from = other.inputs.column(of: element) else { continue }
      status.setColumn(column, source.column(from))
    }
    for (unit, from) in units.enumerated() {
      guard let from else { continue }
      for offset in 0..<4 {
        status.setColumn(outputColumn(unit) + offset, source.column(other.outputColumn(from) + offset))
      }
      for offset in 0..<2 { status.setRow(2 * unit + offset, source.row(2 * from + offset)) }
    }
    for (cut, from) in cuts.enumerated() { status.setRow(row(ofCut: cut), source.row(other.row(ofCut: from))) }
    return status.balanced()
  }

  /// The outputs of all units in a solution.
  public func outputs(in columns: [Double]) -> [Double] {
    cutRows.indices.map { columns[outputColumn($0)] }
  }

  /// Multiplies what it costs to break the ties that a solution breaks, up to a limit relative to what each unit can move
  /// the objective.
  ///
  /// - Returns: whether a cost has changed.
  public mutating func raisePenalties(for columns: [Double], by factor: Double, limit: Double) -> Bool {
    var hasChanged = false
    for (unit, sensitivity) in sensitivities.enumerated() {
      let slacks = outputColumn(unit) + 2...outputColumn(unit) + 3
      guard slacks.contains(where: { columns[$0] > Self.brokenTie }) else { continue }
      let cost = -program.objective[slacks.lowerBound] * factor
      // A unit that moves nothing, by underflow, has no cost to raise.
      guard cost > 0, cost <= limit * sensitivity else { continue }
      for column in slacks { program.setObjective(-cost, column: column) }
      hasChanged = true
    }
    return hasChanged
  }

  /// A unit's pre-activation in a solution.
  public func preActivation(_ unit: Int, in columns: [Double]) -> Double {
    columns[outputColumn(unit)] - columns[negativeColumn(unit)]
  }

  /// How far a unit's output lies above ReLU of its pre-activation in a solution: what fixing its phase removes.
  public func gap(_ unit: Int, in columns: [Double]) -> Double {
    max(0, min(columns[outputColumn(unit)], columns[negativeColumn(unit)]))
  }

  /// The multipliers of all rows that keep a unit's output from above: what its gap costs the bound.
  public func upperWeight(_ unit: Int, in duals: [Double]) -> Double {
    cutRows[unit].reduce(duals[chordRow(unit)].magnitude) { $0 + duals[$1].magnitude }
  }

  /// Adds the row `h ≤ limit` of a unit's output, its upper limit an affine row over inputs and units.
  ///
  /// - Soundness: inputs that have no column are taken where the limit is largest.
  public mutating func add(_ cut: OutputCut) {
    let output = (column: outputColumn(cut.unit), coefficient: 1.0)
    program.addRow(
      [output] + terms(of: cut.limit).map { (column: $0.column, coefficient: -$0.coefficient) }, -.infinity,
      ((cut.limit.constant + cut.limit.error).nextUp + inputs.largestRest(of: cut.limit)).nextUp)
    cutRows[cut.unit].append(program.rowCount - 1)
    cuts.append(cut)
  }

  private mutating func addRows(for unit: RegionUnit, at position: Int) {
    let row = unit.preActivation
    let h = outputColumn(position)
    program.addRow(
      [(h, 1), (h + 1, -1), (h + 2, -1), (h + 3, 1)]
        + terms(of: row).map { (column: $0.column, coefficient: -$0.coefficient) },
      (row.constant - row.error).nextDown, (row.constant + row.error).nextUp)
    let width = unit.upper - unit.lower
    let (above, below) = (-unit.lower / width, unit.upper / width)
    program.addRow(
      [(h, above), (h + 1, below)], -.infinity, max(above * unit.upper, below * -unit.lower).nextUp)
  }

  private func terms(of row: AffineRow) -> [(column: Int, coefficient: Double)] {
    inputs.terms(of: row, outputColumn: outputColumn)
  }
}
