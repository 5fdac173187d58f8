/// Rows of coefficients over the value of one node: the quantities `C·z` whose largest values are asked for.
public struct LinearRows: Sendable {
  /// How many rows, and how many coefficients each has.
  public let count, width: Int
  /// The coefficients, row after row.
  public var coefficients: [Double]

  /// Rows with the given coefficients.
  ///
  /// - Precondition: there are `count · width` coefficients.
  public init(count: Int, width: Int, coefficients: [Double]) {
    precondition(coefficients.count == count * width, "\(coefficients.count) coefficients for \(count)x\(width) rows")
    self.count = count
    self.width = width
    self.coefficients = coefficients
  }

  /// One row for each class: its output minus the label's, o_i − o_y (the *margin* of the class).
  ///
  /// - Precondition: the classes and the label are below `outputs`, and the label is not among the classes.
  public static func margins(of classes: [Int], label: Int, outputs: Int) -> LinearRows {
    var rows = LinearRows(
      count: classes.count, width: outputs, coefficients: [Double](repeating: 0, count: classes.count * outputs))
    for (row, label_) in classes.enumerated() {
      precondition(label_ != label, "The label has no margin over itself")
      rows.coefficients[row * outputs + label_] = 1
      rows.coefficients[row * outputs + label] = -1
    }
    return rows
  }

  /// One row for each given element, with the same coefficient on it.
  public static func elements(_ indices: [Int], coefficient: Double = 1, width: Int) -> LinearRows {
    var rows = LinearRows(
      count: indices.count, width: width, coefficients: [Double](repeating: 0, count: indices.count * width))
    for (row, index) in indices.enumerated() { rows.coefficients[row * width + index] = coefficient }
    return rows
  }
}
