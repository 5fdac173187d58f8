import Foundation
import Reports
import Studies

/// The report of one study, or of several.
enum StudyReporting {
  /// The tables alone, without a report.
  static func text(_ stores: [StudyStore]) throws -> String {
    guard stores.count > 1 else { return SummaryTable.text(StudySummary(try stores[0].records(witnesses: false))) }
    return ComparisonTable.text(try StudyComparison(stores: stores))
  }

  /// Writes it, and returns what the terminal is to show: tables, and where the files are.
  static func write(_ stores: [StudyStore], to folder: String) throws -> String {
    let directory = URL(fileURLWithPath: folder)
    guard stores.count > 1 else {
      let files = try StudyReport.write(store: stores[0], to: directory)
      return try text(stores) + """

        figure  \(files.figureSVG.relativePath) (and .png, .pdf)
        page    \(files.page.relativePath)
        table   \(files.csv.relativePath)
        """
    }
    let files = try ComparisonReport.write(stores: stores, to: directory)
    var lines = files.figures.map { "figure  \($0.relativePath) (and .png, .pdf)" }
    lines += ["page    \(files.page.relativePath)", "summary \(files.summary.relativePath)"]
    lines += files.reports.map { "report  \($0.relativePath)" }
    return ComparisonTable.text(files.comparison) + "\n" + lines.joined(separator: "\n")
  }
}
