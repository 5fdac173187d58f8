import ArgumentParser
import Bounds
import Datasets
import Foundation
import Networks
import Reports
import Studies
import Synchronization

extension LowerSlope: ExpressibleByArgument {}
extension PrecisionPolicy: ExpressibleByArgument {}

struct BoundsVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bounds",
    abstract: "Bounds of the worst-case margin by several methods, side by side: tightness against time.",
    discussion: """
      For each sample and method an upper bound of every margin o_i − o_y over the region: the ℓ∞ ball of radius epsilon
      around the image, clipped to the valid range. A sample is certified where all are below zero. Shown are the worst
      margins, times, unstable ReLUs and widths by layer, and statistics of the network on the regions. A method's time
      is all that it needs from the box of inputs on. Without a model, a small network that comes with the tool is taken.

      Examples:
        worstcase bounds
        worstcase bounds net.onnx --dataset mnist --data mnist --samples '0..<20' --methods IBP,CROWN --per-sample
        worstcase bounds net.onnx --epsilon 2/255 --figure tightness.svg --threads 1
      """)

  @Argument(help: "An ONNX model; without it, the built-in network.")
  var model: String?

  @OptionGroup var importing: ModelOptions

  @OptionGroup var data: DataOptions

  @Option(parsing: .unconditional, help: "The radius: a number, or a fraction such as 2/255.")
  var epsilon = Epsilon(0.1)

  @Option(help: "Methods, with commas: \(NameList.all(BoundMethod.self)).")
  var methods = NameList.all(BoundMethod.self)

  @Option(help: "CROWN's lower line of unstable ReLUs: \(LowerSlope.allCases.map(\.rawValue).joined(separator: ", ")).")
  var lowerSlope = LowerSlope.adaptive

  @Option(parsing: .unconditional, help: "alpha-CROWN: how often the slopes of the margins' own passes are improved.")
  var iterations = AlphaSettings().iterations

  @Option(
    parsing: .unconditional,
    help: """
      alpha-CROWN: how often the slopes behind each unstable unit's range are improved; 0 takes CROWN's ranges, and \
      improves those of the units that cost the margins most.
      """)
  var rangeIterations = 0

  @Option(
    help: """
      Matrix products in double or single precision; bounds hold either way. automatic: single for large networks, \
      and double as well where single certifies nothing.
      """)
  var precision = PrecisionPolicy.automatic

  @Flag(inversion: .prefixedNo, help: "Propagation tightness, status of ReLUs and size of the margins' box.")
  var statistics = true

  @Option(parsing: .unconditional, help: "Seed of the random points that the statistics try.")
  var seed: UInt64 = 1

  @OptionGroup var machine: MachineOptions

  @Option(help: "Draws tightness against time into this .svg file.")
  var figure: String?

  @Flag(help: "A line for each sample and method as well, as soon as it is known.")
  var perSample = false

  @Flag(help: "JSON lines instead of tables: one for each sample and method, statistics, and a summary at the end.")
  var json = false

  func run() throws {
    let radius = try epsilon.validated()
    for (option, value) in [("--iterations", iterations), ("--range-iterations", rangeIterations)] {
      guard (0...10_000).contains(value) else {
        throw Failure(status: .badInput, message: "\(option) must lie in 0...10000, not \(value)")
      }
    }
    let settings = BoundSurveySettings(
      epsilon: radius, methods: try NameList.parse(methods, option: "--methods", noun: "method"),
      running: MethodSettings(
        lowerSlope: lowerSlope, iterations: iterations, rangeIterations: rangeIterations, precision: precision),
      withStatistics: statistics, seed: seed)
    let workers = try machine.prepare().workers
    if let figure { try OutputPlace.requireDrawable(figure, option: "--figure") }
    let (network, source, _) = try importing.loadOrBuiltIn(model)
    let images = try data.images()
    let indices = try data.indices(in: images)
    let survey = try Failure.onBadInput { try BoundSurvey(network: network, images: images, settings: settings) }

    Interruption.waitForCaller()
    if perSample, !json { Output.line(SurveyLine.header) }
    let progress = Progress(unit: "samples", total: indices.count, quiet: perSample)
    let records = Mutex<[BoundRecord]>([])
    do throws(StudyError) {
      try survey.run(samples: indices, workers: workers, unless: { Interruption.requested != nil }) { record in
        show(record)
        let done = records.withLock { records in
          records.append(record)
          return records.count
        }
        progress.update(done: done)
      }
    } catch {
      throw Failure(error)
    }
    let summary = BoundSurveySummary(records.withLock { $0 })
    try report(summary, on: source.name, images: images.name)
    if let status = Interruption.requested {
      throw Failure(status: status, message: "interrupted after \(summary.samples) of \(indices.count) samples")
    }
  }

  /// What is known of one sample, if samples are shown at all.
  private func show(_ record: BoundRecord) {
    for measurement in record.measurements {
      if json {
        // A row of numbers and names always encodes.
        try? Output.json(SurveyRow(record, measurement))
      } else if perSample {
        Output.line(SurveyLine.text(record, measurement))
      }
    }
    if json, let row = SurveyStatisticsRow(record) { try? Output.json(row) }
  }

  /// All samples together, in words and as a figure.
  private func report(_ summary: BoundSurveySummary, on model: String, images: String) throws {
    let name = URL(fileURLWithPath: model).lastPathComponent
    if json {
      try? Output.json(SurveySummaryRow(summary))
    } else {
      if perSample { Output.line("") }
      Output.line("\(name.printable), \(images), ε = \(NumberText.short(epsilon.value, digits: 6))\n")
      Output.line(String(BoundSurveyTable.text(summary).dropLast()))
    }
    guard let figure, summary.samples > 0 else { return }
    try Failure.onFault {
      try TightnessFigure(summary, model: name, dataset: images, epsilon: epsilon.value)
        .draw(to: URL(fileURLWithPath: figure))
    }
    if !json { Output.line("figure  \(figure)") }
  }
}
