extension LinearProgram {
  /// The program in CPLEX's LP format, which most solvers read: columns `v0`, `v1`, …, rows `r0`, `r1`, …
  ///
  /// Every number has the digits that bring its double back unchanged. The objective names all columns, zeros too, so
  /// that readers keep their order. A row with two ends becomes two, `r3` for the lower and `r3b` for the upper one,
  /// for not all readers know ranges; a row without ends is left out.
  public var text: String {
    var lines = ["Maximize", " obj:"]
    lines += Self.wrapped(objective.enumerated().map { (column: $0.offset, coefficient: $0.element) })
    lines.append("Subject To")
    for row in 0..<rowCount {
      var terms: [(column: Int, coefficient: Double)] = []
      forEachTerm(of: row) { terms.append((column: $0, coefficient: $1)) }
      // A row needs a column to be one.
      if terms.isEmpty, columnCount > 0 { terms.append((column: 0, coefficient: 0)) }
      let (lower, upper) = (rowLower[row], rowUpper[row])
      func add(_ name: String, _ end: String) { lines += [" \(name):"] + Self.wrapped(terms) + ["  \(end)"] }
      if lower == upper {
        add("r\(row)", "= \(lower)")
      } else {
        if lower > -.infinity { add("r\(row)", ">= \(lower)") }
        if upper < .infinity { add(lower > -.infinity ? "r\(row)b" : "r\(row)", "<= \(upper)") }
      }
    }
    lines.append("Bounds")
    for column in 0..<columnCount { lines.append(" \(columnLower[column]) <= v\(column) <= \(columnUpper[column])") }
    let whole = isInteger.indices.filter { isInteger[$0] }
    if !whole.isEmpty { lines += ["Generals"] + whole.map { " v\($0)" } }
    return lines.joined(separator: "\n") + "\nEnd\n"
  }

  /// A sum of terms over lines that no reader finds too long.
  private static func wrapped(_ terms: [(column: Int, coefficient: Double)]) -> [String] {
    stride(from: 0, to: terms.count, by: 6).map { start in
      terms[start..<min(start + 6, terms.count)].reduce(into: " ") { line, term in
        line += " \(term.coefficient.sign == .minus ? "-" : "+") \(term.coefficient.magnitude) v\(term.column)"
      }
    }
  }
}
