import ArgumentParser
import Datasets
import Foundation
import Networks
import Reports
import Studies
import Tensors
import Training
import Verification

struct StudyRun: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Runs a study, or continues it. This is what `worstcase study` does without another word.",
    discussion: """
      Computes the exact worst-case margin of each sample and the estimates of several methods, stores a row for each
      sample as soon as it is known, and reports the errors: a table, a histogram, a page, a CSV file. Running the same
      command again continues where it stopped. Without a model, a small network that comes with the tool is studied;
      several models are studied one after the other and compared.

      Examples:
        worstcase study
        worstcase study net.onnx --dataset mnist --data mnist --samples '0..<40' --epsilon 0.1
        worstcase study net.onnx --methods IBP,PGD --store ibp-pgd.sqlite --report ibp-pgd
        worstcase study ibp.onnx taps.onnx --dataset mnist --data mnist --epsilon 0.05 --store paper --report paper
      """)

  @Argument(help: "ONNX models; without any, the built-in network.")
  var models: [String] = []

  @OptionGroup var importing: ModelOptions

  @OptionGroup var data: DataOptions
  @OptionGroup var work: WorkOptions

  @Option(parsing: .unconditional, help: "The radius: a number, or a fraction such as 2/255.")
  var epsilon = Epsilon(0.1)

  @Option(help: "Estimates, with commas: \(NameList.all(MarginEstimate.self)).")
  var methods = NameList.text(MarginEstimate.usual)

  @Option(
    help: """
      The study's file; continued if it exists. By default study/MODEL.sqlite. With several models, the folder of their
      files.
      """)
  var store: String?

  @Option(
    help: """
      The folder for the report. By default beside the study's file, with its name; with several models, in the folder of
      the files, with all their names: comparison-A+B.
      """)
  var report: String?

  @Flag(help: "Only the store, no report: for parts, and for machines without gnuplot.")
  var noReport = false

  @Flag(help: "One JSON object for each sample on the standard output, instead of the table.")
  var json = false

  /// One network's study, ready to run.
  private struct Job {
    var name, path: String
    var source: StudyIdentity.Source
    var runner: StudyRunner
    var store: StudyStore
  }

  func run() throws {
    try refuseUnknownPart()
    try OutputPlace.refuseTwice(models, noun: "model")
    let radius = try epsilon.validated()
    let (workers, kernels) = try work.prepare()
    let settings = StudySettings(
      epsilon: radius, methods: try NameList.parse(methods, option: "--methods", noun: "estimate"),
      exact: ExactSettings(timeout: work.timeout, engine: work.solver, seed: work.seed),
      estimates: .study(seed: work.seed))
    let networks = try (models.isEmpty ? [nil] : models.map(Optional.some)).map { try importing.loadOrBuiltIn($0) }
    let images = try data.images()
    let indices = try data.indices(in: images)
    // Everything is looked at before anything is begun: what is wrong with the last model should not come up hours later.
    let runners = try networks.map { network in
      try Failure.onBadInput { try StudyRunner(network: network.network, images: images, settings: settings) }
    }
    let identities = try networks.map { network in
      StudyIdentity(
        toolVersion: WorstCase.version, command: CommandLine.arguments, settings: try settings.json(),
        model: network.source, modelBytes: network.bytes,
        dataset: StudyIdentity.Source(name: images.name, digest: images.digest), epsilon: radius,
        machine: .current(kernels: kernels))
    }
    let (paths, reportFolder) = try places(identities.map(\.modelName))
    let jobs = try identities.indices.map { i in
      Job(
        name: identities[i].modelName, path: paths[i], source: networks[i].source, runner: runners[i],
        store: try Failure.onBadInput { try StudyStore.open(paths[i], identity: identities[i]) })
    }

    Interruption.remark("what was finished is stored, and the same command continues from there")
    for (number, job) in jobs.enumerated() {
      if jobs.count > 1 { Output.note("\(job.name), \(number + 1) of \(jobs.count)") }
      try run(job, on: images, indices, workers, isOneOfSeveral: jobs.count > 1, radius: radius)
    }
    try finish(jobs, report: reportFolder)
  }

  /// Names the subcommand that was probably meant: what is none is taken for a model.
  private func refuseUnknownPart() throws {
    guard let word = models.first, !word.contains("."), !word.contains("/"),
      !FileManager.default.fileExists(atPath: word)
    else { return }
    let parts = Study.configuration.subcommands.map { $0._commandName }
    throw Failure(
      status: .badInput,
      message:
        "\(word): no such file, and `study` has no part of that name; did you mean \(nearest(to: word, in: parts))?")
  }

  /// Where the studies' files and the report go.
  private func places(_ names: [String]) throws -> (stores: [String], report: String) {
    guard names.count > 1 else {
      let path = store ?? "study/\(names[0]).sqlite"
      let folder = report ?? OutputPlace.reportFolder(forStudyAt: path)
      try OutputPlace.requireFolder(folder, option: "--report")
      if store == nil { _ = try OutputPlace.defaultStore(in: "study", model: names[0]) }
      return ([path], folder)
    }
    if let name = Dictionary(grouping: names, by: { $0 }).values.first(where: { $0.count > 1 })?[0] {
      throw Failure(
        status: .badInput,
        message: "two models are called \(name), and their studies would share one file; study them one by one, with "
          + "--store, and compare them with `worstcase report`")
    }
    let folder = store ?? "study"
    guard !folder.hasSuffix(".sqlite") else {
      throw Failure(
        status: .badInput, message: "--store: \(folder) would be a folder, for \(names.count) models have a file each")
    }
    try OutputPlace.requireFolder(folder, option: "--store")
    let paths = names.map { "\(folder)/\($0).sqlite" }
    let target = report ?? "\(folder)/\(OutputPlace.comparisonName(names, at: paths))"
    try OutputPlace.requireFolder(target, option: "--report")
    return (try names.map { try OutputPlace.defaultStore(in: folder, model: $0) }, target)
  }

  private func run(
    _ job: Job, on images: LabelledImages, _ indices: [Int], _ workers: Workers, isOneOfSeveral: Bool, radius: Double
  ) throws {
    let finished = try Failure.onFault { try job.store.completedIndices(timeout: work.timeout) }
    let progress = Progress(unit: "samples", done: finished.intersection(indices).count, total: indices.count)
    let isJSON = json
    let network = isOneOfSeveral ? job.name : nil
    let reproducer = Reproducer(
      model: job.source, images: images, epsilon: radius,
      folder: URL(fileURLWithPath: job.path).deletingLastPathComponent())
    do {
      try job.runner.run(samples: indices, store: job.store, workers: workers) { event in
        switch event {
        case .started(let done, let total):
          if done > 0 { Output.note("continuing \(job.path): \(done) of \(total) samples are there") }
        case .sample(let record, let done, _):
          if isJSON { try? Output.json(SampleRow(record, network: network)) }
          progress.update(done: done)
        }
      }
    } catch {
      throw reproducer.failure(error)
    }
  }

  /// Writes the report if it is wanted, prints the tables, and says where everything is and what is still open.
  private func finish(_ jobs: [Job], report folder: String) throws {
    let results = try jobs.map { job in try Failure.onFault { try job.store.records(witnesses: false) } }
    let summaries = results.map { StudySummary($0) }
    if !noReport, summaries.allSatisfy({ !$0.methods.isEmpty }) {
      let text = try Failure.onFault { try StudyReporting.write(jobs.map(\.store), to: folder) }
      if !json { Output.line(text) }
    } else if !json {
      Output.line(try Failure.onFault { try StudyReporting.text(jobs.map(\.store)) })
    }
    if !json {
      for job in jobs { Output.line("store   \(job.path)") }
    }
    let overflowed = zip(jobs, results).compactMap { job, records in
      OverflowRemark.text(
        records.filter { !$0.hasValue }.map(\.index), of: records.count, network: jobs.count > 1 ? job.name : nil)
    }
    let open = summaries.map { $0.openBrackets - $0.withoutValue }.reduce(0, +)
    let brackets =
      open > 0
      ? "\(open) of \(summaries.map(\.samples).reduce(0, +)) brackets stayed open; with a larger --timeout, those that ran "
        + "out of time are tried again" : nil
    let remarks = overflowed + [brackets].compactMap(\.self)
    guard remarks.isEmpty else { throw Failure(status: .unanswered, message: remarks.joined(separator: "; ")) }
  }
}
