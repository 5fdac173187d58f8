import ArgumentParser
import Foundation
import Studies

struct Merge: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "One store of the parts of a data set that were done separately.",
    discussion: """
      Studies and certifications can be spread over machines with --shard. The parts must answer the same question: the
      same model, data, radius and settings. Answers that the target has already stay; what ran out of time there gives way
      to an answer.

      Example:
        worstcase merge all.sqlite part1.sqlite part2.sqlite
        worstcase report all.sqlite
      """)

  @Argument(help: "The file that takes all rows; made if it is not there.")
  var target: String

  @Argument(help: "The files of the parts.")
  var parts: [String]

  func run() throws {
    for path in parts where !FileManager.default.fileExists(atPath: path) {
      throw Failure(status: .badInput, message: StoreError.missing(path: path).description)
    }
    switch StoreKind(ofFile: parts[0]) {
    case .certification: try merge(CertificationRecord.self)
    case .study, nil: try merge(SampleRecord.self)
    }
  }

  private func merge<Row: StoredRow>(_: Row.Type) throws {
    let sources = try Failure.onBadInput { try parts.map { try ResultStore<Row>.openForReading($0) } }
    try Failure.onBadInput {
      for (path, source) in zip(parts, sources) { try sources[0].identity.requireSame(as: source.identity, of: path) }
    }
    let store = try Failure.onBadInput { try ResultStore<Row>.open(target, identity: sources[0].identity) }
    for (path, source) in zip(parts, sources) {
      let taken = try Failure.onBadInput { try store.absorb(source) }
      Output.line("\(path): \(taken) \(taken == 1 ? "sample" : "samples") taken")
    }
    let count = try Failure.onFault { try store.records(witnesses: false).count }
    Output.line("\(target): \(count) \(count == 1 ? "sample" : "samples")")
  }
}
