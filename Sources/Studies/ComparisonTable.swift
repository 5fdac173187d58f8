/// A comparison of studies as text with aligned columns, for a terminal.
public enum ComparisonTable {
  /// Three tables below each other: accuracies, mean errors, and differences of bounds where there are any.
  public static func text(_ comparison: StudyComparison) -> String {
    [accuracies(comparison), errors(comparison), differences(comparison), footer(comparison) + "\n"]
      .filter { !$0.isEmpty }.joined(separator: "\n")
  }

  /// A row for each network: shares in percent.
  public static func accuracies(_ comparison: StudyComparison) -> String {
    "accuracy, %\n"
      + TextTable.text(
        header: ["network", "natural", "exact"] + comparison.methods,
        rows: comparison.members.map { member in
          [
            member.name, NumberText.percent(member.accuracies.natural), NumberText.percent(member.accuracies.robust),
          ] + comparison.methods.map { member.accuracies.byMethod[$0].map(NumberText.percent) ?? "" }
        })
  }

  /// A row for each network and method.
  private static func errors(_ comparison: StudyComparison) -> String {
    "error of the worst-case margin\n"
      + TextTable.text(
        header: ["network", "method", "mean error", "mean |error|", "variance", "× below IBP", "s/sample"],
        rows: comparison.members.flatMap { member in
          member.summary.methods.enumerated().map { position, method in
            method.samples == 0
              ? [position == 0 ? member.name : "", method.name, "", "", "", "", ""]
              : [
                position == 0 ? member.name : "", method.name, NumberText.short(method.meanError),
                NumberText.short(method.meanAbsoluteError), NumberText.short(method.variance),
                StudyComparison.timesTighter(method, in: member.summary).map { NumberText.short($0, digits: 3) } ?? "",
                NumberText.short(method.meanSeconds, digits: 3),
              ]
          }
        })
  }

  /// A row for each network and pair of bounds.
  private static func differences(_ comparison: StudyComparison) -> String {
    let rows = comparison.members.flatMap { member in
      member.differences.map { difference in
        [
          member.name, "\(difference.loose) − \(difference.tight)", NumberText.short(difference.mean),
          NumberText.short(difference.variance),
        ]
      }
    }
    guard !rows.isEmpty else { return "" }
    return "difference of bounds through the classifier\n"
      + TextTable.text(header: ["network", "bounds", "mean", "variance"], rows: rows)
  }

  /// How many samples are compared.
  public static func footer(_ comparison: StudyComparison) -> String {
    let open = comparison.members.map(\.summary.openBrackets).reduce(0, +)
    let count = comparison.members.first?.summary.samples ?? 0
    var text = "\(count) \(count == 1 ? "sample" : "samples") of each network, "
    text += open == 0 ? "all exact" : "\(open) open \(open == 1 ? "bracket" : "brackets")"
    for member in comparison.members where member.summary.withoutValue > 0 {
      text += "; \(member.name): \(SummaryTable.withoutValue(member.summary.withoutValue))"
    }
    if comparison.leftOut > 0 { text += "; left out: \(comparison.leftOut) that not all studies have" }
    for member in comparison.members {
      for method in member.summary.methods where method.without > 0 {
        text += "; \(member.name), \(method.name): \(method.without) without a finite estimate"
      }
    }
    return text
  }
}
