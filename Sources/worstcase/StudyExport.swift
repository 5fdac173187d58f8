import ArgumentParser
import Foundation
import Studies

struct StudyExport: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "A stored study's samples as CSV or JSON Lines, for other programs.",
    discussion: """
      csv has one row for each sample and columns for each method. long has one row for each sample and method; every column
      has one type, as data frames and Parquet want it. jsonl has one object for each sample, as `worstcase study --json`.

      Examples:
        worstcase study export study/digits-cnn3-ibp.sqlite --format jsonl
        worstcase study export study/digits-cnn3-ibp.sqlite --format long --output estimates.csv
      """)

  /// How samples are written.
  enum Format: String, CaseIterable, ExpressibleByArgument {
    case csv, long, jsonl
  }

  @Argument(help: "A file that `worstcase study` wrote.")
  var store: String

  @Option(help: "How samples are written.")
  var format = Format.csv

  @Option(help: "The file to write; by default the standard output.")
  var output: String?

  func run() throws {
    if let output {
      try OutputPlace.requireFile(output, option: "--output")
      guard StoreKind(ofFile: output) == nil else {
        throw Failure(
          status: .badInput,
          message: "--output: \(output) is a store, which the samples would replace; name another file")
      }
    }
    let records = try Failure.onBadInput { try StudyStore.openForReading(store).records(witnesses: false) }
    let text: String
    switch format {
    case .csv: text = StudyCSV.text(records)
    case .long: text = StudyCSV.longText(records)
    case .jsonl: text = try records.map { try Output.jsonLine(SampleRow($0)) + "\n" }.joined()
    }
    guard let output else { return Output.text(text) }
    do {
      try Data(text.utf8).write(to: URL(fileURLWithPath: output), options: .atomic)
    } catch {
      throw Failure(status: .fault, message: "\(output) cannot be written: \(error.localizedDescription)")
    }
  }
}
