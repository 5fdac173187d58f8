import Bounds
import Intervals
import Networks

/// A linear row over a network's outputs, by the few outputs that it names.
public struct OutputRow: Hashable, Sendable {
  /// One output with its coefficient.
  struct Term: Hashable, Sendable {
    let output: Int
    let coefficient: Double
  }

  let terms: [Term]

  /// The output of one element times a coefficient.
  public static func element(_ output: Int, coefficient: Double = 1) -> OutputRow {
    OutputRow(terms: [Term(output: output, coefficient: coefficient)])
  }

  /// The margin of a class, o_i − o_y.
  public static func margin(of target: Int, label: Int) -> OutputRow {
    precondition(target != label, "The label has no margin over itself")
    return OutputRow(terms: [Term(output: target, coefficient: 1), Term(output: label, coefficient: -1)])
  }

  /// The row's value for outputs in a box, rounded outward where something has to be rounded.
  func value(_ outputs: Box) -> Interval {
    terms.reduce(Interval(0)) { $0.sum(Interval($1.coefficient).product(outputs[$1.output])) }
  }
}

extension [OutputRow] {
  /// The rows with all their coefficients.
  func coefficients(outputs: Int) -> LinearRows {
    var rows = LinearRows(
      count: count, width: outputs, coefficients: [Double](repeating: 0, count: count * outputs))
    for (position, row) in enumerated() {
      for term in row.terms { rows.coefficients[position * outputs + term.output] += term.coefficient }
    }
    return rows
  }
}
