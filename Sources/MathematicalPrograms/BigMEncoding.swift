import Networks
import RegionNetworks

/// The mixed-integer program whose largest value is an objective row's largest value on a region network.
///
/// For each unstable unit with pre-activation z in `[l, u]`, output h in `[0, u]` and a binary a:
/// `h ≥ z`, `h ≤ z − l(1 − a)`, `h ≤ u·a`. The bounds are each unit's own: no single big M.
/// - Soundness: z is known up to its row's error, by which the two rows that name it are relaxed. The program then
///   contains the network's every point, so that its maximum plus the objective's constant and error bounds the
///   real one from above.
/// - Source: Tjeng, Xiao & Tedrake 2019, "Evaluating Robustness of Neural Networks with Mixed Integer Programming",
///   eq. 6.
public struct BigMEncoding: Sendable {
  /// The program; inputs first, then the output and the binary of each unit in turn.
  public private(set) var program = LinearProgram()
  /// The objective's constant and error, which the program leaves out.
  public let objectiveConstant, objectiveError: Double

  private let region: RegionNetwork
  private let objective: Int
  private let inputs: InputColumns

  /// The program for one of a region network's objectives.
  public init(_ region: RegionNetwork, objective: Int) {
    self.region = region
    self.objective = objective
    let row = region.objectives[objective]
    objectiveConstant = row.constant
    objectiveError = row.error

    inputs = InputColumns(region, objective: objective, to: &program)
    for unit in region.units {
      _ = program.addColumn(0, unit.upper)
      _ = program.addColumn(0, 1, integer: true)
    }
    for (position, unit) in region.units.enumerated() { addRows(for: unit, at: position) }
    for term in terms(of: row) { program.addObjective(term.coefficient, column: term.column) }
  }

  /// The column of a unit's output.
  public func outputColumn(_ unit: Int) -> Int { inputs.elements.count + 2 * unit }
  /// The column of a unit's binary, 1 where it is active.
  public func binaryColumn(_ unit: Int) -> Int { inputs.elements.count + 2 * unit + 1 }

  /// A whole input made of a solution's input columns, clamped to a box; elements that no row names take `others`.
  public func input(from columns: [Double], others: [Double], within box: Box) -> [Double] {
    inputs.input(from: columns, others: others, within: box)
  }

  /// The solution that an input stands for: every column's value.
  public func columns(for input: [Double]) -> [Double] {
    let outputs = region.outputs(at: input)
    return inputs.elements.map { input[$0] } + outputs.flatMap { [$0, $0 > 0 ? 1 : 0] }
  }

  /// The same program with every binary fixed to an activation pattern: linear.
  public func fixed(to pattern: [Bool]) -> LinearProgram {
    var fixed = program
    for (unit, active) in pattern.enumerated() { fixed.fix(column: binaryColumn(unit), to: active ? 1 : 0) }
    return fixed
  }

  /// How far a solution's value can lie above what the network attains at the solution's input, where it keeps rows,
  /// ranges and whole numbers to within a tolerance t only.
  ///
  /// With the binary within t of 0 the rows leave h in `[−t, u·t + t]` and at least z − t, with it within t of 1 they leave
  /// h − z in `[−t, −l·t + t]` and h at least −t: either way h is off ReLU(z) by at most `t·(1 + max(−l, u))`, which moves
  /// the objective by the unit's sensitivity at most. An input off its range by t moves it by t times its coefficients
  /// along all paths.
  public func overshoot(within tolerance: Double) -> Double {
    let sensitivities = region.sensitivities(ofObjective: objective)
    var total = region.objectives[objective].inputs.reduce(0) { $0 + $1.coefficient.magnitude }
    for (unit, sensitivity) in zip(region.units, sensitivities) {
      let inputs = unit.preActivation.inputs.reduce(0) { $0 + $1.coefficient.magnitude }
      total += sensitivity * (1 + max(-unit.lower, unit.upper) + inputs + 2 * unit.preActivation.error / tolerance)
    }
    return tolerance * total
  }

  private mutating func addRows(for unit: RegionUnit, at position: Int) {
    let row = unit.preActivation
    // h − Σ, which is to be compared with the row's constant.
    let difference =
      [(column: outputColumn(position), coefficient: 1.0)]
      + terms(of: row).map { (column: $0.column, coefficient: -$0.coefficient) }
    let binary = binaryColumn(position)
    program.addRow(difference, (row.constant - row.error).nextDown, .infinity)
    program.addRow(
      difference + [(column: binary, coefficient: -unit.lower)], -.infinity,
      ((row.constant + row.error).nextUp - unit.lower).nextUp)
    program.addRow(
      [(column: outputColumn(position), coefficient: 1), (column: binary, coefficient: -unit.upper)], -.infinity, 0)
  }

  private func terms(of row: AffineRow) -> [(column: Int, coefficient: Double)] {
    inputs.terms(of: row, outputColumn: outputColumn)
  }
}
