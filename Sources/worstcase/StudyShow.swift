import ArgumentParser
import Foundation
import Studies

struct StudyShow: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "What stored studies are about, and what they say.",
    discussion: """
      What is still running may be shown. Several studies of the same samples are compared.

      Examples:
        worstcase study show study/digits-cnn3-ibp.sqlite
        worstcase study show study/digits-cnn3-ibp.sqlite --json
      """)

  @Argument(help: "Files that `worstcase study` wrote.")
  var stores: [String]

  @Flag(help: "One JSON object for each study, instead of tables.")
  var json = false

  /// A study as `--json` prints it.
  private struct Row: Encodable {
    var store: String
    var study: StudyIdentity
    var summary: StudySummary
    var accuracies: AccuracyEstimates
  }

  func run() throws {
    try OutputPlace.refuseTwice(stores, noun: "study")
    let studies = try stores.map { path in
      let store = try Failure.onBadInput { try StudyStore.openForReading(path) }
      return (
        path: path, identity: store.identity, records: try Failure.onBadInput { try store.records(witnesses: false) }
      )
    }
    if json {
      for study in studies {
        try Output.json(
          Row(
            store: study.path, study: study.identity, summary: StudySummary(study.records),
            accuracies: AccuracyEstimates(study.records)))
      }
      return
    }
    for study in studies {
      Output.line(facts(study.identity, at: study.path))
      if studies.count == 1, !study.records.isEmpty { Output.line(SummaryTable.text(StudySummary(study.records))) }
    }
    guard studies.allSatisfy({ !$0.records.isEmpty }) else {
      for study in studies where study.records.isEmpty { Output.line("\(study.path) has no samples yet") }
      return
    }
    let comparison = try Failure.onBadInput { try StudyComparison(studies) }
    Output.line(studies.count == 1 ? ComparisonTable.accuracies(comparison) : ComparisonTable.text(comparison))
  }

  /// Where the study came from, a line each.
  private func facts(_ identity: StudyIdentity, at path: String) -> String {
    let rows = [
      ("store", path),
      ("model", "\(identity.model.name) (\(identity.modelBytes) bytes, SHA-256 \(identity.model.digest))"),
      ("data", "\(identity.dataset.name) (\(identity.dataset.digest))"), ("epsilon", "\(identity.epsilon)"),
      ("begun", "\(identity.created.formatted(.iso8601)) by WorstCase \(identity.toolVersion)"),
      ("machine", "\(identity.machine.processor), \(identity.machine.cores) cores, BLAS \(identity.machine.kernels)"),
      ("command", identity.command.joined(separator: " ")), ("settings", identity.settings),
    ]
    return rows.map { $0.0.padding(toLength: 10, withPad: " ", startingAt: 0) + $0.1 + "\n" }.joined()
  }
}
