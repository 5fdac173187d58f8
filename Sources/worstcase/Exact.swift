import ArgumentParser
import Datasets
import Foundation
import Networks
import ONNXFormat
import Studies
import Synchronization
import Verification

struct Exact: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "The exact worst-case margin of each sample, as a bracket.",
    discussion: """
      The worst-case margin is the largest o_i − o_y over the wrong classes i and the region: the ℓ∞ ball of radius
      epsilon around the image, clipped to the valid range ([0, 1] for bytes). Below zero the sample is robust.

      Examples:
        worstcase exact models/digits-cnn3-ibp.onnx --samples '0..<10'
        worstcase exact net.onnx --dataset mnist --data mnist --samples 7 --epsilon 2/255 --json
      """)

  @Argument(help: "An ONNX model.")
  var model: String

  @OptionGroup var importing: ModelOptions

  @OptionGroup var data: DataOptions
  @OptionGroup var work: WorkOptions

  @Option(parsing: .unconditional, help: "The radius: a number, or a fraction such as 2/255.")
  var epsilon = Epsilon(0.1)

  @Flag(help: "One JSON object for each sample instead of a table.")
  var json = false

  func run() throws {
    let radius = try epsilon.validated()
    let workers = try work.prepare().workers
    let network = try importing.load(model).model.network
    let images = try data.images()
    let indices = try data.indices(in: images)
    let settings = StudySettings(
      epsilon: radius, methods: [], exact: ExactSettings(timeout: work.timeout, engine: work.solver, seed: work.seed))
    let runner = try Failure.onBadInput {
      try StudyRunner(network: network, images: images, settings: settings)
    }

    if !json {
      Output.line("  sample  label         lower         upper  class  status   unstable  seconds")
    }
    let openBrackets = Atomic(0)
    do throws(StudyError) {
      try workers.inOrder(0..<indices.count) { (position) throws(StudyError) in
        try runner.record(of: indices[position])
      } deliver: { record in
        show(record)
        if record.status == .bracket { openBrackets.add(1, ordering: .relaxed) }
      }
    } catch {
      throw Failure(error)
    }
    let open = openBrackets.load(ordering: .relaxed)
    if open > 0 { throw Failure(status: .unanswered, message: "\(open) of \(indices.count) brackets stayed open") }
  }

  private func show(_ record: SampleRecord) {
    if json {
      // A row of numbers and fixed words always encodes.
      try? Output.json(SampleRow(record))
      return
    }
    let status = (record.reason ?? record.status.rawValue)
    Output.line(
      String(format: "%8d  %5d", record.index, record.label)
        + "  \(Self.column(record.lower))  \(Self.column(record.upper))"
        + String(format: "  %5d  ", record.adversarialClass)
        + status + String(repeating: " ", count: max(1, 9 - status.count))
        + String(format: "%8d  %7.2f", record.unstable, record.seconds))
  }

  /// A margin in a column of twelve characters, whatever its size.
  private static func column(_ margin: Double) -> String {
    String(format: margin.magnitude < 1000 ? "%12.7f" : "%12.5g", margin)
  }
}
