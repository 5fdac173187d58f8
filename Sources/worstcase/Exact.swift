import ArgumentParser
import Datasets
import Foundation
import Networks
import ONNXFormat
import Studies
import Synchronization
import Tensors
import Verification

struct Exact: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Exact worst cases of each sample, as brackets: of the margin, or of other quantities.",
    discussion: """
      The worst-case margin is the largest o_i − o_y over the wrong classes i and the region: the ℓ∞ ball of radius
      epsilon around the image, clipped to the valid range ([0, 1] for bytes). Below zero the sample is robust.
      --quantity asks for each margin's largest value, for each logit's smallest and largest one, or for the largest
      cross-entropy log(1 + Σ exp(o_i − o_y)), whose ends may differ even where all margins are exact. --layer asks for
      the exact range of every unit of a layer before its activation, and compares their widths with those of bounds.

      Examples:
        worstcase exact models/digits-cnn3-ibp.onnx --samples '0..<10'
        worstcase exact net.onnx --dataset mnist --data mnist --samples 7 --epsilon 2/255 --json
        worstcase exact net.onnx --samples 7 --quantity logits
        worstcase exact net.onnx --samples 7 --layer 2 --timeout 600
        worstcase exact net.onnx --samples 7 --witness inputs
      """)

  @Argument(help: "An ONNX model.")
  var model: String

  @OptionGroup var importing: ModelOptions

  @OptionGroup var data: DataOptions
  @OptionGroup var work: WorkOptions

  @Option(parsing: .unconditional, help: "The radius: a number, or a fraction such as 2/255.")
  var epsilon = Epsilon(0.1)

  @Option(help: "What is computed: \(ExactQuantity.list).")
  var quantity = ExactQuantity.margin

  @Option(
    help: """
      An activation layer, by its name or its position from 1: the exact range of each of its units before the \
      activation.
      """)
  var layer: String?

  @Flag(help: "One JSON object for each sample instead of a table.")
  var json = false

  @Option(help: "A folder for the inputs that attain the lower ends, SAMPLE.npy each.")
  var witness: String?

  func run() throws {
    let radius = try epsilon.validated()
    let workers = try work.prepare().workers
    if isRowQuestion { try requireRowOptions() }
    if let witness { try OutputPlace.requireFolder(witness, option: "--witness") }
    let (loaded, digest, _) = try importing.load(model)
    let network = loaded.network
    let images = try data.images()
    let indices = try data.indices(in: images)
    if isRowQuestion {
      try ModelFile.requireFit(images, to: network)
      return try runRows(of: network, images: images, indices: indices, radius: radius, workers: workers)
    }
    let settings = StudySettings(
      epsilon: radius, methods: [], exact: ExactSettings(timeout: work.timeout, engine: work.solver, seed: work.seed))
    let runner = try Failure.onBadInput {
      try StudyRunner(network: network, images: images, settings: settings)
    }

    let reproducer = Reproducer(
      model: StudyIdentity.Source(name: model, digest: digest), images: images, epsilon: radius,
      folder: URL(fileURLWithPath: "."))
    if let witness { try Self.makeFolder(witness) }

    if !json {
      Output.line("  sample  label         lower         upper  class  status   unstable  seconds")
    }
    let openBrackets = Atomic(0)
    let missingOpinions = Atomic(0)
    let overflowed = Mutex<[Int]>([])
    do {
      try workers.inOrder(0..<indices.count) { (position) throws(any Error) in
        let result = try runner.measure(indices[position])
        if let witness, result.record.hasValue {
          try Self.write(result.record.witness, shape: network.inputShape, to: "\(witness)/\(indices[position]).npy")
        }
        return result
      } deliver: { record, bracket in
        show(record, bracket)
        if !record.hasValue {
          overflowed.withLock { $0.append(record.index) }
        } else if record.status == .bracket {
          openBrackets.add(1, ordering: .relaxed)
        }
        if let bracket, bracket.profile.missingOpinions > 0 { missingOpinions.add(1, ordering: .relaxed) }
      }
    } catch let error as StudyError {
      throw reproducer.failure(error)
    }
    let missing = missingOpinions.load(ordering: .relaxed)
    if missing > 0 {
      Output.note(
        "worstcase: CBC had no opinion on \(missing) of \(indices.count) samples, or on some of their classes: no time was "
          + "left, or it failed"
      )
    }
    let open = openBrackets.load(ordering: .relaxed)
    let remarks = [
      OverflowRemark.text(overflowed.withLock { $0 }, of: indices.count),
      open > 0 ? "\(open) of \(indices.count) brackets stayed open" : nil,
    ].compactMap(\.self)
    guard remarks.isEmpty else { throw Failure(status: .unanswered, message: remarks.joined(separator: "; ")) }
  }

  private static func makeFolder(_ path: String) throws {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw Failure(
        status: .badInput, message: "--witness: the folder \(path) cannot be made (\(error.localizedDescription))")
    }
  }

  /// Writes an input in the network's own shape, as `run` reads it.
  private static func write(_ input: [Double], shape: Shape, to path: String) throws {
    try Failure.onBadInput {
      try NumpyArray.write(Tensor(shape: shape, values: input), to: URL(fileURLWithPath: path))
    }
  }

  private func show(_ record: SampleRecord, _ bracket: MarginBracket?) {
    if json {
      // A row of numbers and fixed words always encodes.
      try? Output.json(SampleRow(record, bracket))
      return
    }
    let status = (record.reason ?? record.status.rawValue)
    Output.line(
      String(format: "%8d  %5d", record.index, record.label)
        + "  \(Self.column(record.lower))  \(Self.column(record.upper))"
        + "  \(Self.column(record.adversarialClass, width: 5))  "
        + status + String(repeating: " ", count: max(1, 9 - status.count))
        + Self.column(record.unstable, width: 8) + String(format: "  %7.2f", record.seconds))
  }

  /// A whole number in a column; nothing where there is none.
  private static func column(_ number: Int?, width: Int) -> String {
    let text = number.map(String.init) ?? ""
    return String(repeating: " ", count: max(0, width - text.count)) + text
  }

  /// A margin in a column of twelve characters, whatever its size.
  static func column(_ margin: Double) -> String {
    String(format: margin.magnitude < 1000 ? "%12.7f" : "%12.5g", margin)
  }
}
