import ArgumentParser
import Foundation
import Networks
import ONNXFormat

struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "The network that all analyses work on, as an ONNX file.",
    discussion: """
      Writes the network as import has simplified it: normalisation folded, poolings and clips as ReLUs, nothing left of
      shapes that are computed. Any ONNX runtime computes the same outputs from it. Weights are rounded to float32.

      Examples:
        worstcase export net.onnx --output simple.onnx
        worstcase export classifier.onnx.gz --strip-softmax --output logits.onnx
      """)

  @Argument(help: "An ONNX model.")
  var model: String

  @OptionGroup var importing: ModelOptions

  @Option(help: "Where to write the network, an .onnx file.")
  var output: String

  func run() throws {
    try OutputPlace.requireFile(output, option: "--output")
    guard !output.hasSuffix(".gz") else {
      throw Failure(status: .badInput, message: "--output: \(output) would not be compressed; name an .onnx file")
    }
    let (model, digest, _) = try importing.load(model)
    let network = model.network
    var metadata = model.metadata
    metadata["simplified from sha256"] = digest
    let leadsWithOne = [network.inputShape, network.outputShape].allSatisfy { $0.extents.first == 1 }
    let exporter = ONNXExporter(
      metadata: metadata, producerVersion: WorstCase.version, dropsLeadingOne: !model.hasOpenBatch && leadsWithOne)
    try Failure.onBadInput { try exporter.write(network, to: output) }
  }
}
