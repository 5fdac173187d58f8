import ArgumentParser
import Datasets
import Foundation
import ONNXFormat
import Tensors
import Training

struct Train: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Trains a network and exports it as ONNX, with a card that says how it was made.",
    discussion: """
      A configuration is a YAML file or a preset (\(TrainingConfiguration.presetNames.joined(separator: ", "))). A
      checkpoint is written after each epoch; a run that was killed continues from it bit for bit.

      Examples:
        worstcase train --preset digits-cnn3 --output digits.onnx
        worstcase train config.yaml --data mnist --output net.onnx --checkpoint net.checkpoint
      """)

  @Argument(help: "A YAML configuration.")
  var config: String?

  @Option(help: "A preset instead of a file.")
  var preset: String?

  @Option(help: "Where the network goes, a .onnx file; its card goes beside it, as .md.")
  var output: String

  @Option(help: "The folder with the data set's files, or a .npz file, where it is not synthetic.")
  var data: String?

  @Option(help: "Where the state after each epoch is kept; removed when training is finished.")
  var checkpoint: String?

  func run() throws {
    let kernels = BLASKernels.select()
    let configuration = try readConfiguration()
    guard let dataset = DatasetName(rawValue: configuration.dataset) else {
      let known = DatasetName.allCases.map(\.rawValue).joined(separator: ", ")
      throw Failure(
        status: .badInput, message: "dataset: there is no data set \(configuration.dataset); known are \(known)")
    }
    guard output.hasSuffix(".onnx") else {
      throw Failure(status: .badInput, message: "--output must name a .onnx file, not \(output)")
    }
    try OutputPlace.requireFile(output, option: "--output")
    if let checkpoint { try OutputPlace.requireFile(checkpoint, option: "--checkpoint") }
    var options = DataOptions()
    options.dataset = dataset
    options.data = data
    let training = try options.images(.train, count: 20_000)
    let test = try options.images(.test, count: 2_000)
    let trainer = try Failure.onBadInput {
      try Trainer(configuration: configuration, training: try set(training), validation: try set(test))
    }

    if checkpoint != nil {
      Interruption.remark("the epochs that were finished are stored, and the same command continues from there")
    }
    let started = Date()
    let file = checkpoint.map { URL(fileURLWithPath: $0) }
    let trained: TrainedNetwork
    do {
      trained = try trainer.train(checkpoint: file, onEvent: { show($0, of: configuration) })
    } catch {
      // A checkpoint of another run is the user's; a loss that is no number is nobody's to mend but by settings.
      throw Failure(status: .badInput, message: error.description)
    }
    let result = trainer.evaluate(trained.parameters, on: try set(test), epsilon: configuration.epsilon)
    let card = ModelCard(
      file: output, configuration: configuration, training: training, test: test, result: result,
      seconds: Date().timeIntervalSince(started), kernels: kernels)
    try Failure.onBadInput {
      let exporter = ONNXExporter(metadata: card.metadata, producerVersion: WorstCase.version)
      try exporter.write(try trained.network(), to: output)
      try Data(card.text.utf8).write(to: URL(fileURLWithPath: card.path), options: .atomic)
    }
    if let file { try? FileManager.default.removeItem(at: file) }
    Output.line(card.summary)
    Output.line("network  \(output)")
    Output.line("card     \(card.path)")
  }

  private func readConfiguration() throws -> TrainingConfiguration {
    try Failure.onBadInput {
      switch (config, preset) {
      case (let config?, nil):
        do {
          return try TrainingConfiguration(file: URL(fileURLWithPath: config))
        } catch let error as ConfigurationError {
          // Its messages speak of lines and keys; the reader may have several files.
          if case .unreadable = error { throw error }
          throw Failure(status: .badInput, message: "\(config): \(error)")
        }
      case (nil, let preset?): return try TrainingConfiguration.preset(preset)
      default: throw Failure(status: .badInput, message: "give either a configuration file or --preset")
      }
    }
  }

  private func set(_ images: LabelledImages) throws -> TrainingSet {
    guard let bytes = images.pixels.bytes else {
      throw Failure(
        status: .badInput,
        message: "\(images.name) has images of numbers; training takes images of bytes: save them as `uint8`")
    }
    return try TrainingSet(
      name: images.name, shape: images.shape, classCount: images.classCount, pixels: bytes, labels: images.labels)
  }

  private func show(_ event: TrainingEvent, of configuration: TrainingConfiguration) {
    switch event {
    case .started(let parameters, let units, let finished):
      Output.note(
        "\(parameters) parameters, \(units) ReLUs\(finished > 0 ? ", continuing after epoch \(finished)" : "")")
      Output.note("epoch  epsilon  natural loss  robust loss  accuracy  IBP-verified  seconds")
    case .batch, .checkpoint:
      break
    case .epoch(let summary):
      func column(_ value: Double?, _ format: String, _ width: Int) -> String {
        let text = value.map { String(format: format, $0) } ?? "-"
        return String(repeating: " ", count: max(0, width - text.count)) + text
      }
      let percent = summary.evaluation.map { (100 * $0.naturalAccuracy, 100 * $0.verifiedAccuracy) }
      Output.note(
        [
          column(Double(summary.epoch), "%.0f", 5), column(summary.epsilon, "%.4f", 7),
          column(summary.naturalLoss, "%.4f", 12), column(summary.robustLoss, "%.4f", 11),
          column(percent?.0, "%.2f %%", 8), column(percent?.1, "%.2f %%", 12),
          column(summary.trainingSeconds + summary.evaluationSeconds, "%.1f", 7),
        ].joined(separator: "  "))
    }
  }
}
