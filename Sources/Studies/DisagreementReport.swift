import Foundation
import Verification

/// A disagreement of branch-and-bound and CBC on one sample, as files from which anybody can ask again.
public struct DisagreementReport: Sendable {
  private let disagreement: Disagreement
  private let question: Question

  /// What the `.json` file says.
  private struct Question: Encodable {
    let toolVersion, model, modelDigest, dataset, datasetDigest: String
    let sample, label: Int
    let epsilon: Double
    let `class`: Int
    let attained, claimed, upper: Double
    let input: [Double]
    let program: String
  }

  /// A report on one sample of a data set.
  ///
  /// - Parameters:
  ///   - label: the class that margins are counted from.
  ///   - epsilon: the radius of the ℓ∞ ball.
  public init(
    _ disagreement: Disagreement, model: StudyIdentity.Source, dataset: StudyIdentity.Source, sample: Int, label: Int,
    epsilon: Double, toolVersion: String
  ) {
    self.disagreement = disagreement
    question = Question(
      toolVersion: toolVersion, model: model.name, modelDigest: model.digest, dataset: dataset.name,
      datasetDigest: dataset.digest, sample: sample, label: label, epsilon: epsilon, class: disagreement.class,
      attained: disagreement.attained, claimed: disagreement.claimed, upper: disagreement.upper,
      input: disagreement.input, program: "disagreement-\(sample)-\(disagreement.class).lp")
  }

  /// Writes `disagreement-SAMPLE-CLASS.json`, the question and all answers, and `disagreement-SAMPLE-CLASS.lp`, the
  /// program that CBC was given, each whole or not at all, in place of older ones.
  ///
  /// - Throws: what the file system says.
  public func write(to folder: URL) throws -> (question: URL, program: URL) {
    let program = folder.appendingPathComponent(question.program)
    let file = program.deletingPathExtension().appendingPathExtension("json")
    try Data(disagreement.program.text.utf8).write(to: program, options: .atomic)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    try (encoder.encode(question) + Data("\n".utf8)).write(to: file, options: .atomic)
    return (file, program)
  }

  /// Writes the files and tells of the disagreement, of where they are, or of why they could not be written.
  public func conclude(in folder: URL) -> String {
    let statement = "sample \(question.sample): \(disagreement)"
    do {
      let files = try write(to: folder)
      return "\(statement); all that was asked is in \(files.question.path), CBC's program in \(files.program.path)"
    } catch {
      return "\(statement); no files to ask again could be written to \(folder.path): \(error.localizedDescription)"
    }
  }
}
