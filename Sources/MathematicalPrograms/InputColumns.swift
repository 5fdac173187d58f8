import Intervals
import Networks
import RegionNetworks

/// The first columns of a program on a region network: the input elements that its rows name.
struct InputColumns: Sendable {
  /// The input element that each column stands for.
  let elements: [Int]
  /// The column of each input element, −1 where no row names it.
  private let columnOfElement: [Int]
  /// The region's box.
  private let box: Box

  /// Adds the columns that an objective depends on to an empty program.
  init(_ region: RegionNetwork, objective: Int, to program: inout LinearProgram) {
    elements = region.inputElements(ofObjective: objective)
    var columnOfElement = [Int](repeating: -1, count: region.input.count)
    for element in elements {
      columnOfElement[element] = program.addColumn(region.input.lower[element], region.input.upper[element])
    }
    self.columnOfElement = columnOfElement
    box = region.input
  }

  /// The column of an input element, if it has one.
  func column(of element: Int) -> Int? { columnOfElement[element] < 0 ? nil : columnOfElement[element] }

  /// A row's linear terms over columns, `outputColumn` giving the column of each unit's output; without those of inputs
  /// that have none.
  func terms(of row: AffineRow, outputColumn: (Int) -> Int) -> [(column: Int, coefficient: Double)] {
    row.inputs.compactMap { term in
      let column = columnOfElement[term.variable]
      return column < 0 ? nil : (column: column, coefficient: term.coefficient)
    } + row.units.map { (column: outputColumn($0.variable), coefficient: $0.coefficient) }
  }

  /// The most that a row's terms of inputs without a column add up to on the region, or more.
  ///
  /// Rows of units and objectives have none. A sum of some of a layer's terms may: what several of them read can cancel
  /// in the layer's row and not in the sum.
  func largestRest(of row: AffineRow) -> Double {
    row.inputs.reduce(Interval(0)) { sum, term in
      columnOfElement[term.variable] < 0 ? sum + Interval(term.coefficient) * box[term.variable] : sum
    }.upper
  }

  /// A whole input made of a solution's input columns, clamped to a box; elements without a column take `others`, and
  /// so do those whose column is no number.
  func input(from columns: [Double], others: [Double], within box: Box) -> [Double] {
    var input = others
    for (column, element) in elements.enumerated() where !columns[column].isNaN { input[element] = columns[column] }
    return box.clamp(input)
  }

  /// A box with other ranges for the elements that have columns.
  func box(_ box: Box, range: (_ column: Int) -> (lower: Double, upper: Double)) -> Box {
    var (lower, upper) = (box.lower, box.upper)
    for (column, element) in elements.enumerated() { (lower[element], upper[element]) = range(column) }
    return Box(lower: lower, upper: upper)
  }
}
