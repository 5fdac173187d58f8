import ArgumentParser
import Foundation
import Reports
import Studies

struct Report: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "The report of a study: figures, a page, a CSV file.",
    discussion: """
      A study that is still running may be reported on.

      Example:
        worstcase report study/digits-cnn3-ibp.sqlite --output report
      """)

  @Argument(help: "The file that `worstcase study` wrote.")
  var store: String

  @Option(help: "The folder for the report. By default beside the study's file, with its name.")
  var output: String?

  func run() throws {
    let path = output ?? OutputPlace.reportFolder(forStudyAt: store)
    let folder = URL(fileURLWithPath: path)
    let (records, files) = try Failure.onBadInput {
      let study = try StudyStore.openForReading(store)
      try OutputPlace.requireFolder(path, option: "--output")
      return (try study.records(witnesses: false), try StudyReport.write(store: study, to: folder))
    }
    Output.line(SummaryTable.text(StudySummary(records)))
    Output.line("")
    Output.line("figure  \(files.figureSVG.relativePath) (and .png)")
    Output.line("page    \(files.page.relativePath)")
    Output.line("table   \(files.csv.relativePath)")
  }
}
