/// Cells as text in aligned columns, for a terminal.
enum TextTable {
  /// A header, a rule, the rows, a rule; the first column is aligned to the left, the others to the right.
  ///
  /// - Precondition: each row has as many cells as the header.
  static func text(header: [String], rows: [[String]]) -> String {
    let widths = header.indices.map { column in ([header] + rows).map { $0[column].count }.max() ?? 0 }
    func line(_ cells: [String]) -> String {
      let padded = cells.indices.map { column in
        let space = String(repeating: " ", count: widths[column] - cells[column].count)
        return column == 0 ? cells[column] + space : space + cells[column]
      }
      return padded.joined(separator: "  ") + "\n"
    }
    let rule = String(repeating: "─", count: widths.reduce(0, +) + 2 * (widths.count - 1)) + "\n"
    return line(header) + rule + rows.map(line).joined() + rule
  }
}
