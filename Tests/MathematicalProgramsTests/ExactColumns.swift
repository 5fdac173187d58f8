import Intervals
import Networks
import RegionNetworks
import TestSupport

@testable import MathematicalPrograms

/// A point of a region as the real network sees it: outputs of units in exact arithmetic.
struct ExactPoint {
  let input: [Double]
  /// The values of all nodes, by node index.
  let values: [[Rational]]

  init(_ input: [Double], in network: Network) {
    self.input = input
    values = exactValues(of: network, at: input)
  }

  /// The output of a region network's unit, and the pre-activation.
  func output(_ unit: RegionUnit) -> Rational { values[unit.position.node.index][unit.position.element] }
  func preActivation(_ unit: RegionUnit, of network: Network) -> Rational {
    guard case .activation(_, let source) = network[unit.position.node].operation else { return .zero }
    return values[source.index][unit.position.element]
  }

  /// A row's value here.
  func value(_ row: AffineRow, on region: RegionNetwork) -> Rational {
    let fromInputs = row.inputs.reduce(exact(row.constant)) { $0 + exact($1.coefficient) * exact(input[$1.variable]) }
    return row.units.reduce(fromInputs) { $0 + exact($1.coefficient) * output(region.units[$1.variable]) }
  }

  /// The value of every column of the relaxation: no tie is broken.
  func columns(of relaxation: TriangleRelaxation, _ region: RegionNetwork, _ network: Network) -> [Rational] {
    var columns = region.inputElements(ofObjective: 0).map { exact(input[$0]) }
    for unit in region.units {
      columns += [output(unit), max(.zero, .zero - preActivation(unit, of: network)), .zero, .zero]
    }
    return columns
  }
}

extension LinearProgram {
  /// What is wrong with a point, exactly: the columns and rows whose ranges it leaves.
  func violations(at columns: [Rational]) -> [String] {
    var wrong: [String] = []
    for (column, value) in columns.enumerated()
    where !(exact(columnLower[column]) <= value && value <= exact(columnUpper[column])) {
      wrong.append("column \(column)")
    }
    for row in 0..<rowCount {
      var value = Rational.zero
      forEachTerm(of: row) { value = value + exact($1) * columns[$0] }
      if let end = Rational(rowLower[row]), value < end { wrong.append("row \(row), from below") }
      if let end = Rational(rowUpper[row]), value > end { wrong.append("row \(row), from above") }
    }
    return wrong
  }

  /// The objective's value at a point.
  func exactObjective(at columns: [Rational]) -> Rational {
    zip(objective, columns).reduce(.zero) { $0 + exact($1.0) * $1.1 }
  }
}
