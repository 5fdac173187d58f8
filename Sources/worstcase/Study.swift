import ArgumentParser
import Datasets
import Foundation
import Networks
import ONNXFormat
import Reports
import Studies
import Verification

struct Study: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "How far cheap worst-case estimates are from the exact value, over a data set.",
    discussion: """
      Computes the exact worst-case margin of each sample and the estimates of several methods, stores a row for each
      sample as soon as it is known, and reports the errors: a table, a histogram, a page, a CSV file. Running the same
      command again continues where it stopped. Without a model, a small network that comes with the tool is studied.

      Examples:
        worstcase study
        worstcase study net.onnx --dataset mnist --data mnist --samples '0..<40' --epsilon 0.1
        worstcase study net.onnx --methods IBP,PGD --store ibp-pgd.sqlite --report ibp-pgd
      """)

  @Argument(help: "An ONNX model; without it, the built-in network.")
  var model: String?

  @OptionGroup var importing: ModelOptions

  @OptionGroup var data: DataOptions
  @OptionGroup var work: WorkOptions

  @Option(parsing: .unconditional, help: "The radius: a number, or a fraction such as 2/255.")
  var epsilon = Epsilon(0.1)

  @Option(help: "Estimates, with commas: \(NameList.all(MarginEstimate.self)).")
  var methods = NameList.text(MarginEstimate.usual)

  @Option(help: "The study's file; continued if it exists. By default study/MODEL.sqlite.")
  var store: String?

  @Option(help: "The folder for the report. By default beside the study's file, with its name.")
  var report: String?

  @Flag(help: "One JSON object for each sample on the standard output, instead of the table.")
  var json = false

  func run() throws {
    let radius = try epsilon.validated()
    let (workers, kernels) = try work.prepare()
    let settings = StudySettings(
      epsilon: radius, methods: try NameList.parse(methods, option: "--methods", noun: "estimate"),
      exact: ExactSettings(timeout: work.timeout, engine: work.solver, seed: work.seed),
      estimates: .study(seed: work.seed))
    let (network, source, bytes) = try importing.loadOrBuiltIn(model)
    let images = try data.images()
    let indices = try data.indices(in: images)
    let runner = try Failure.onBadInput { try StudyRunner(network: network, images: images, settings: settings) }

    let identity = StudyIdentity(
      toolVersion: WorstCase.version, command: CommandLine.arguments, settings: try settings.json(), model: source,
      modelBytes: bytes, dataset: StudyIdentity.Source(name: images.name, digest: images.digest), epsilon: radius,
      machine: .current(kernels: kernels))
    let path = store ?? "study/\(identity.modelName).sqlite"
    let reportFolder = report ?? OutputPlace.reportFolder(forStudyAt: path)
    try OutputPlace.requireFolder(reportFolder, option: "--report")
    if store == nil { _ = try OutputPlace.defaultStore(in: "study", model: identity.modelName) }
    let study = try Failure.onBadInput { try StudyStore.open(path, identity: identity) }

    Interruption.remark("what was finished is stored, and the same command continues from there")
    let progress = Progress(
      unit: "samples",
      done: try Failure.onFault { try study.completedIndices(timeout: work.timeout) }.intersection(indices).count,
      total: indices.count)
    let isJSON = json
    let reproducer = Reproducer(
      model: source, images: images, epsilon: radius, folder: URL(fileURLWithPath: path).deletingLastPathComponent())
    do {
      try runner.run(samples: indices, store: study, workers: workers) { event in
        switch event {
        case .started(let done, let total):
          if done > 0 { Output.note("continuing \(path): \(done) of \(total) samples are there") }
        case .sample(let record, let done, _):
          if isJSON { try? Output.json(SampleRow(record)) }
          progress.update(done: done)
        }
      }
    } catch {
      throw reproducer.failure(error)
    }
    try finish(study, at: path, report: URL(fileURLWithPath: reportFolder))
  }

  /// Prints the table, writes the report, and says where everything is.
  private func finish(_ study: StudyStore, at path: String, report folder: URL) throws {
    let records = try Failure.onFault { try study.records(witnesses: false) }
    let summary = StudySummary(records)
    let files = try Failure.onFault { try StudyReport.write(store: study, to: folder) }
    if !json {
      Output.line(SummaryTable.text(summary))
      Output.line("")
      Output.line("figure  \(files.figureSVG.relativePath) (and .png, .pdf)")
      Output.line("page    \(files.page.relativePath)")
      Output.line("table   \(files.csv.relativePath)")
      Output.line("store   \(path)")
    }
    if summary.openBrackets > 0 {
      throw Failure(
        status: .unanswered,
        message:
          "\(summary.openBrackets) of \(summary.samples) brackets stayed open; with a larger --timeout, those that "
          + "ran out of time are tried again")
    }
  }
}
