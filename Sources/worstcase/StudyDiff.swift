import ArgumentParser
import Foundation
import Studies

struct StudyDiff: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "In what two stored studies differ.",
    discussion: """
      Compares questions, samples, brackets and estimates; times, witnesses and images are not compared. After a
      run was killed and continued, or was spread over machines, nothing should differ.

      Example:
        worstcase study diff study/digits-cnn3-ibp.sqlite study/digits-cnn3-ibp.sqlite

      Exit status: 0 if nothing differs, 1 if something does.
      """)

  @Argument(help: "A file that `worstcase study` wrote.")
  var first: String

  @Argument(help: "Another one.")
  var second: String

  @Option(parsing: .unconditional, help: "By how much numbers may differ.")
  var tolerance = 0.0

  func run() throws {
    guard tolerance >= 0 else {
      throw Failure(status: .badInput, message: "--tolerance must not be negative or nan, but is \(tolerance)")
    }
    let studies = try [first, second].map { path in
      let store = try Failure.onBadInput { try StudyStore.openForReading(path) }
      return (identity: store.identity, records: try Failure.onBadInput { try store.records(witnesses: false) })
    }
    let difference = StudyDifference(studies[0], studies[1], tolerance: tolerance)
    for line in lines(difference) { Output.line(line) }
    guard difference.isEmpty else { throw Failure(status: .unanswered, message: "the studies differ") }
  }

  private func lines(_ difference: StudyDifference) -> [String] {
    var lines = difference.identity.map { "\($0.field) is \($0.stored) in the first and \($0.requested) in the second" }
    lines.append(
      "\(difference.common) samples in both, \(difference.onlyFirst.count) only in the first, "
        + "\(difference.onlySecond.count) only in the second")
    // Of different questions, brackets may well exclude each other.
    if difference.identity.isEmpty, let sample = difference.contradictions.first {
      lines.append(
        "\(difference.contradictions.count) brackets exclude each other, the first of sample \(sample): one is wrong")
    }
    for column in difference.columns {
      let size = column.largest.map { ", by \(NumberText.short($0)) at most" } ?? ""
      lines.append("\(column.name) differs in \(column.samples) samples, first in \(column.first)\(size)")
    }
    if difference.isEmpty { lines.append("nothing differs (times, witnesses and images are not compared)") }
    return lines
  }
}
