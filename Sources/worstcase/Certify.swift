import ArgumentParser
import Datasets
import Foundation
import Networks
import Studies
import Verification

struct Certify: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Natural, adversarial and certified accuracy over a data set, with a verdict for each sample.",
    discussion: """
      A sample is certified if no input of its region (the ℓ∞ ball of radius epsilon, clipped to the valid range) gets
      another class, falsified if one is shown that does. Cheap bounds come first, then an attack (5 starts of 200 steps
      for each class that is left), tighter bounds, and a search that ends with an answer. Each verdict is stored as soon
      as it is known; running the same command again continues where it stopped, and with a larger --timeout tries the
      undecided samples again.

      Examples:
        worstcase certify models/digits-cnn3-ibp.onnx --epsilon 0.1
        worstcase certify net.onnx --dataset mnist --data mnist --samples '0..<1000' --epsilon 0.1
        worstcase certify net.onnx --dataset cifar10 --data cifar --epsilon 2/255 --shard 1/4 --store part1.sqlite

      A sample whose outputs overflow double precision is stored as undecided, and the others go on.

      Exit status: 0 if every sample was decided, 1 if not.
      """)

  @Argument(help: "An ONNX model.")
  var model: String

  @OptionGroup var importing: ModelOptions
  @OptionGroup var data: DataOptions
  @OptionGroup var machine: MachineOptions

  @Option(parsing: .unconditional, help: "The radius: a number, or a fraction such as 2/255.")
  var epsilon = Epsilon(0.1)

  @Option(parsing: .unconditional, help: "Seconds for one sample.")
  var timeout = 200.0

  @Option(parsing: .unconditional, help: "Seed of all random numbers.")
  var seed: UInt64 = 1

  @Option(help: "The file of verdicts; continued if it exists. By default certify/MODEL.sqlite.")
  var store: String?

  @Flag(help: "One JSON object for each sample on the standard output, instead of the table.")
  var json = false

  func run() throws {
    let radius = try epsilon.validated()
    guard timeout > 0, timeout.isFinite else {
      throw Failure(status: .badInput, message: "--timeout must be a positive number of seconds, not \(timeout)")
    }
    let (workers, kernels) = try machine.prepare()
    let settings = CertificationRunner.Settings(
      epsilon: radius, certification: CertificationSettings(seed: seed))
    let (loaded, digest, bytes) = try importing.load(model)
    let images = try data.images()
    let indices = try data.indices(in: images)
    let runner = try Failure.onBadInput {
      try CertificationRunner(network: loaded.network, images: images, settings: settings, timeout: timeout)
    }

    let identity = StudyIdentity(
      toolVersion: WorstCase.version, command: CommandLine.arguments, settings: try settings.json(),
      model: StudyIdentity.Source(name: model, digest: digest), modelBytes: bytes,
      dataset: StudyIdentity.Source(name: images.name, digest: images.digest), epsilon: radius,
      machine: .current(kernels: kernels))
    let path = try store ?? OutputPlace.defaultStore(in: "certify", model: identity.modelName)
    let verdicts = try Failure.onBadInput { try CertificationStore.open(path, identity: identity) }

    Interruption.remark("what was finished is stored, and the same command continues from there")
    let finished = try Failure.onFault { try verdicts.completedIndices(timeout: timeout) }
    let progress = Progress(
      unit: "samples", done: finished.intersection(indices).count, total: indices.count)
    let isJSON = json
    do {
      try runner.run(samples: indices, store: verdicts, workers: workers) { event in
        switch event {
        case .started(let done, let total):
          if done > 0 { Output.note("continuing \(path): \(done) of \(total) samples are there") }
        case .sample(let record, let done, _):
          if isJSON { try? Output.json(CertificationRow(record)) }
          progress.update(done: done)
        }
      }
    } catch {
      throw Failure(error)
    }
    try finish(verdicts, indices, at: path)
  }

  /// Prints the table of the samples that were asked for, and says what is left.
  private func finish(_ store: CertificationStore, _ indices: [Int], at path: String) throws {
    let asked = Set(indices)
    let records = try Failure.onFault { try store.records(witnesses: false) }.filter { asked.contains($0.index) }
    let summary = CertificationSummary(records)
    if !json {
      Output.line(CertificationTable.text(summary))
      Output.line("store   \(path)")
    }
    let overflowed = OverflowRemark.text(
      records.filter { $0.reason == .overflow }.map(\.index), of: summary.samples)
    let open = summary.undecided - summary.overflowed
    let undecided =
      open > 0
      ? "\(open) of \(summary.samples) samples were not decided; with a larger --timeout, those that ran out of time are "
        + "tried again" : nil
    let remarks = [overflowed, undecided].compactMap(\.self)
    guard remarks.isEmpty else { throw Failure(status: .unanswered, message: remarks.joined(separator: "; ")) }
  }
}

/// A sample's verdict as `certify --json` prints it.
private struct CertificationRow: Encodable {
  private let index, label: Int
  private let predicted: Int?
  private let verdict: String
  private let method, reason: String?
  private let lower: Double
  private let `class`: Int?
  private let upper: Double?
  private let nodes: Int
  private let stages: [StageRecord]
  private let seconds: Double

  init(_ record: CertificationRecord) {
    index = record.index
    label = record.label
    predicted = record.predicted
    verdict = record.verdict.rawValue
    method = record.method?.rawValue
    reason = record.reason?.rawValue
    lower = record.lower
    self.class = record.adversarialClass
    upper = record.upper
    nodes = record.nodes
    stages = record.stages
    seconds = record.seconds
  }
}
