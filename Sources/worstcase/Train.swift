import ArgumentParser
import Datasets
import Files
import Foundation
import ONNXFormat
import Tensors
import Training

struct Train: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Trains a network and exports it as ONNX, with a card that says how it was made.",
    discussion: """
      A configuration is a YAML file or a preset; `--list-presets` names them. Each epoch is judged by images that are
      held out of the training images; the test images have a say in nothing and are evaluated once, at the end. A
      checkpoint is written after each epoch; a run that was killed continues from it bit for bit.

      Examples:
        worstcase train --preset digits-cnn3 --output digits.onnx
        worstcase train config.yaml --output net.onnx --figure net.svg
        worstcase train config.yaml --set seed=2 --output net2.onnx
        worstcase train --preset mnist-cnn3-taps-0.1 --data mnist --output net.onnx
      """)

  @Argument(help: "A YAML configuration.")
  var config: String?

  @Option(help: "A preset instead of a file.")
  var preset: String?

  @Option(help: ArgumentHelp("A setting that replaces the file's or preset's; repeatable.", valueName: "key=value"))
  var set: [String] = []

  @Flag(help: "Names the presets and ends.")
  var listPresets = false

  @Option(help: "Where the network goes, a .onnx file; its card goes beside it, as .md.")
  var output: String?

  @Option(help: "The folder with the data set's files, or a .npz file, where it is not synthetic.")
  var data: String?

  @Option(help: "Where the state after each epoch is kept instead of beside the network; removed at the end.")
  var checkpoint: String?

  @Option(help: "Where the epochs go as JSON, one a line.")
  var log: String?

  @Option(help: "Draws the curves of all epochs into this .svg file, anew after each epoch.")
  var figure: String?

  func run() throws {
    if listPresets {
      TrainingConfiguration.presetNames.forEach { Output.line($0) }
      return
    }
    guard let output else { throw ValidationError("say where the network goes: --output net.onnx") }
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
    let cardPath = (output as NSString).deletingPathExtension + ".md"
    try OutputPlace.requireFile(cardPath, option: "--output")
    let checkpoint = checkpoint ?? (output as NSString).deletingPathExtension + ".checkpoint"
    try OutputPlace.requireFile(checkpoint, option: "--checkpoint")
    if let log { try OutputPlace.requireFile(log, option: "--log") }
    if let figure { try OutputPlace.requireDrawable(figure, option: "--figure") }
    let written = [output, checkpoint] + [log, figure].compactMap { $0 }
    try requireDistinct(
      written + [cardPath] + [config, data].compactMap { $0 } + written.map { $0 + ".lock" }
        + (written + [cardPath]).map { $0 + ".part" })
    try ModelCard.requireReplaceable(cardPath)
    let locks = try OutputPlace.lock(written)
    defer { withExtendedLifetime(locks) {} }
    let training = try dataset.images(.train, in: data, count: 20_000)
    let test = try dataset.images(.test, in: data, count: 2_000)
    guard test.shape == training.shape, test.classCount == training.classCount else {
      throw Failure(
        status: .badInput,
        message: "the test images have shape \(test.shape) and \(test.classCount) classes, "
          + "the training images \(training.shape) and \(training.classCount)")
    }
    let trainer = try Failure.onBadInput {
      let (images, validation) = try trainingSet(training).holdingOut(
        configuration.validation, seed: configuration.seed)
      return try Trainer(configuration: configuration, training: images, validation: validation)
    }

    let unread = configuration.unreadSettings
    if !unread.isEmpty {
      Output.note("worstcase: \(configuration.method.rawValue) does not read \(unread.joined(separator: ", "))")
    }
    Interruption.remark("epochs that were finished are stored, and the same command continues from the last of them")
    let file = URL(fileURLWithPath: checkpoint)
    var table = TrainingTable(epochs: configuration.epochs, log: log)
    var curves = figure.map { TrainingCurves(file: $0, network: output, configuration: configuration) }
    let trained: TrainedNetwork
    do {
      trained = try trainer.train(
        checkpoint: file,
        onEvent: {
          table.show($0)
          curves?.show($0)
        })
    } catch {
      // A checkpoint of another run is the user's; a loss that is no number is nobody's to mend but by settings.
      throw Failure(status: .badInput, message: error.description)
    }
    let result = trainer.evaluate(trained.parameters, on: try trainingSet(test), epsilon: configuration.epsilon)
    let card = ModelCard(
      file: output, trained: trained, training: training, test: test, result: result, kernels: kernels)
    // The network first: what room there is is its.
    do {
      try write(trained, card)
    } catch {
      throw Failure(
        status: .badInput, message: "\(error); \(stored(table, trained, checkpoint, rest: "the network from it"))")
    }
    curves?.end(keptEpoch: trained.keptEpoch)
    table.end()
    Output.line(card.summary)
    Output.line("network  \(output)")
    Output.line("card     \(card.path)")
    if let figure, curves?.fault == nil { Output.line("figure   \(figure)") }
    let missing = [table.fault, curves?.fault].compactMap { $0 }
    guard missing.isEmpty else {
      let hint = stored(table, trained, checkpoint, rest: "what is missing")
      throw Failure(
        status: .badInput, message: "\(missing.joined(separator: "; ")); network and card are whole, and \(hint)")
    }
    try? FileManager.default.removeItem(at: file)
  }

  /// What is left of a run that could not write all that it was to write.
  ///
  /// - Parameter rest: what the same command makes of a whole checkpoint.
  private func stored(_ table: TrainingTable, _ trained: TrainedNetwork, _ checkpoint: String, rest: String) -> String {
    switch table.storedEpoch {
    case nil: "no checkpoint could be written either"
    case trained.history.count: "what was trained is in \(checkpoint): the same command writes \(rest)"
    case let epoch?: "\(checkpoint) has the state after epoch \(epoch): the same command goes on from there"
    }
  }

  /// Writes network and card, both or neither: before either takes its place the disk has both.
  private func write(_ trained: TrainedNetwork, _ card: ModelCard) throws {
    let exporter = ONNXExporter(metadata: card.metadata, producerVersion: WorstCase.version)
    let network = try FileDraft(of: card.file, containing: try exporter.data(for: try trained.network()))
    let text = try FileDraft(of: card.path, containing: Data(card.text.utf8))
    try network.replace()
    try text.replace()
  }

  /// Network, card, checkpoint, log and figure would overwrite one another in one place, or what they are made from.
  private func requireDistinct(_ paths: [String]) throws {
    var seen: Set<String> = []
    for path in paths {
      let place = URL(fileURLWithPath: path).standardizedFileURL.resolvingSymlinksInPath().path
      guard seen.insert(place).inserted else {
        throw Failure(
          status: .badInput,
          message: "\(path) is the place of two files: configuration, data, network, card, checkpoint, log and figure "
            + "must differ")
      }
    }
  }

  private func readConfiguration() throws -> TrainingConfiguration {
    try Failure.onBadInput {
      let base: TrainingConfiguration
      switch (config, preset) {
      case (let config?, nil):
        do {
          base = try TrainingConfiguration(file: URL(fileURLWithPath: config))
        } catch let error as ConfigurationError {
          // Its messages speak of lines and keys; the reader may have several files.
          if case .unreadable = error { throw error }
          throw Failure(status: .badInput, message: "\(config): \(error)")
        }
      case (nil, let preset?): base = try TrainingConfiguration.preset(preset)
      default: throw Failure(status: .badInput, message: "give either a configuration file or --preset")
      }
      return try base.setting(set)
    }
  }

  private func trainingSet(_ images: LabelledImages) throws -> TrainingSet {
    guard let bytes = images.pixels.bytes else {
      throw Failure(
        status: .badInput,
        message: "\(images.name) has images of numbers; training takes images of bytes: save them as `uint8`")
    }
    return try TrainingSet(
      name: images.name, shape: images.shape, classCount: images.classCount, pixels: bytes, labels: images.labels)
  }
}
