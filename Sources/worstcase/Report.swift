import ArgumentParser
import Foundation
import Reports
import Studies

struct Report: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "The report of a study (figures, a page, a CSV file) or of a certification (a CSV file).",
    discussion: """
      What is still running may be reported on.

      Examples:
        worstcase report study/digits-cnn3-ibp.sqlite --output report
        worstcase report certify/digits-cnn3-ibp.sqlite
      """)

  @Argument(help: "The file that `worstcase study` or `worstcase certify` wrote.")
  var store: String

  @Option(help: "The folder for the report. By default beside the file, with its name.")
  var output: String?

  func run() throws {
    if StoreKind(ofFile: store) == .certification { return try reportCertification() }
    let path = output ?? OutputPlace.reportFolder(forStudyAt: store)
    let folder = URL(fileURLWithPath: path)
    let (records, files) = try Failure.onBadInput {
      let study = try StudyStore.openForReading(store)
      try OutputPlace.requireFolder(path, option: "--output")
      return (try study.records(witnesses: false), try StudyReport.write(store: study, to: folder))
    }
    Output.line(SummaryTable.text(StudySummary(records)))
    Output.line("")
    Output.line("figure  \(files.figureSVG.relativePath) (and .png, .pdf)")
    Output.line("page    \(files.page.relativePath)")
    Output.line("table   \(files.csv.relativePath)")
  }

  private func reportCertification() throws {
    let path = output ?? OutputPlace.reportFolder(forStudyAt: store)
    let (records, files) = try Failure.onBadInput {
      let verdicts = try CertificationStore.openForReading(store)
      try OutputPlace.requireFolder(path, option: "--output")
      return (
        try verdicts.records(witnesses: false),
        try CertificationReport.write(verdicts, to: URL(fileURLWithPath: path))
      )
    }
    Output.line(CertificationTable.text(CertificationSummary(records)))
    Output.line("table    \(files.csv.relativePath)")
    Output.line("summary  \(files.summary.relativePath)")
  }
}
