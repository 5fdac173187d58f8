/// A study's summary as text with aligned columns, for a terminal.
public enum SummaryTable {
  /// One line for each method under a header, and what the brackets say below; lines end with a newline.
  public static func text(_ summary: StudySummary) -> String {
    let header = ["method", "mean error", "mean |error|", "variance", "median", "max", "s/sample"]
    let rows = summary.methods.map { method in
      [
        method.name, NumberText.short(method.meanError), NumberText.short(method.meanAbsoluteError),
        NumberText.short(method.variance), NumberText.short(method.median), NumberText.short(method.maximum),
        NumberText.short(method.meanSeconds, digits: 3),
      ]
    }
    var text = TextTable.text(header: header, rows: rows)
    text += footer(summary).joined(separator: "\n") + "\n"
    return text
  }

  /// The lines below the table: how many samples, how many brackets are open, and what was left out.
  public static func footer(_ summary: StudySummary) -> [String] {
    let samples = "\(summary.samples) \(summary.samples == 1 ? "sample" : "samples")"
    var lines: [String] = []
    if summary.openBrackets == 0 {
      lines.append("\(samples), all exact (largest gap \(NumberText.short(summary.largestGap, digits: 2)))")
    } else {
      let brackets = "\(summary.openBrackets) open \(summary.openBrackets == 1 ? "bracket" : "brackets")"
      lines.append("\(samples), \(brackets) (largest gap \(NumberText.short(summary.largestGap, digits: 2)))")
    }
    if summary.openBrackets > summary.withoutValue {
      lines.append("a … b: the value lies between, for the exact margin of an open bracket is not known")
    }
    if summary.withoutValue > 0 { lines.append(withoutValue(summary.withoutValue)) }
    for method in summary.methods where method.without > 0 {
      lines.append("\(method.name): \(method.without) without a finite estimate, left out")
    }
    return lines
  }

  /// What is said of samples without a value.
  static func withoutValue(_ count: Int) -> String {
    "\(count) without a value, for the network's outputs overflow: left out, and counted as correct nowhere"
  }
}
