import ArgumentParser
import Foundation
import Reports
import Studies

struct Report: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "The report of studies (figures, a page, a CSV file) or of a certification (a CSV file).",
    discussion: """
      What is still running may be reported on. Several studies of the same samples are compared: figures and tables across
      networks, and each one's own report in a folder of its name.

      Examples:
        worstcase report study/digits-cnn3-ibp.sqlite --output report
        worstcase report certify/digits-cnn3-ibp.sqlite
        worstcase report ibp.sqlite taps.sqlite --output comparison
      """)

  @Argument(help: "Files that `worstcase study` wrote, or one that `worstcase certify` wrote.")
  var stores: [String]

  @Option(
    help: """
      The folder for the report. By default beside the file, with its name; of several, beside the first, with all their
      names: comparison-A+B.
      """)
  var output: String?

  func run() throws {
    if stores.count == 1, StoreKind(ofFile: stores[0]) == .certification { return try reportCertification(stores[0]) }
    try OutputPlace.refuseTwice(stores, noun: "study")
    let path = output ?? OutputPlace.reportFolder(forStudiesAt: stores)
    let studies = try stores.map { store in try Failure.onBadInput { try StudyStore.openForReading(store) } }
    try OutputPlace.requireFolder(path, option: "--output")
    Output.line(try Failure.onBadInput { try StudyReporting.write(studies, to: path) })
  }

  private func reportCertification(_ store: String) throws {
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
