import ArgumentParser
import Networks
import ONNXFormat

struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "What a network consists of, and what import made of it.",
    discussion: """
      Lists the file's nodes, the network that all analyses work on, and everything in the file that is not
      supported, all at once. Of a property: its cases, and whether it fits the network.

      Examples:
        worstcase inspect models/digits-cnn3-ibp.onnx
        worstcase inspect net.onnx --property spec.vnnlib
        worstcase inspect spec.vnnlib.gz
      """)

  @Argument(help: "An ONNX model (.onnx, .onnx.gz), or a property (.vnnlib, .vnnlib.gz).")
  var model: String

  @Option(help: "A property to list and to compare with the model.")
  var property: String?

  @OptionGroup var importing: ModelOptions

  @Flag(help: "One JSON object instead of a table.")
  var json = false

  struct Row: Encodable {
    var name: String
    var kind: String
    var shape: String
    var parameters: Int
  }

  struct Description: Encodable {
    var model, sha256, producer: String
    var operatorSet: Int
    var input, output: String
    var inputShape, outputShape: String
    var parameters, relus, smoothUnits: Int
    var fileNodes: [String]
    var layers: [Row]
    var notes: [String]
    var metadata: [String: String]
    var property: PropertyListing?
  }

  func run() throws {
    if model.hasSuffix(".vnnlib") || model.hasSuffix(".vnnlib.gz") {
      let listing = try PropertyListing(model, for: nil)
      if json { try Output.json(listing) } else { listing.show() }
      return
    }
    let (model, digest, bytes) = try importing.load(model)
    var description = describe(model, digest: digest)
    if let property { description.property = try PropertyListing(property, for: model.network) }
    if json {
      try Output.json(description)
      return
    }
    Output.line("model       \(self.model) (\(bytes) bytes, sha256 \(digest.prefix(16))…)")
    Output.line(
      "producer    \(model.producer.isEmpty ? "not stated" : model.producer), operator set \(model.operatorSet)")
    Output.line("input       \(model.inputName): \(description.inputShape)")
    Output.line("output      \(model.outputName): \(description.outputShape)")
    Output.line("parameters  \(description.parameters)")
    Output.line("ReLUs       \(description.relus)")
    if description.smoothUnits > 0 { Output.line("smooth      \(description.smoothUnits) sigmoid or tanh units") }
    Output.line("file nodes  \(description.fileNodes.joined(separator: ", "))")
    Output.line("")
    let width = max(4, description.layers.map(\.name.count).max() ?? 4)
    func padded(_ text: String, _ width: Int) -> String {
      text + String(repeating: " ", count: max(0, width - text.count))
    }
    Output.line("\(padded("node", width))  \(padded("kind", 12))  \(padded("shape", 14))  parameters")
    for row in description.layers {
      Output.line(
        "\(padded(row.name, width))  \(padded(row.kind, 12))  \(padded(row.shape, 14))  \(row.parameters)")
    }
    if !model.notes.isEmpty { Output.line("") }
    for note in model.notes { Output.line("note: \(note)") }
    if !model.metadata.isEmpty { Output.line("") }
    for (key, value) in model.metadata.sorted(by: { $0.key < $1.key }) { Output.line("\(key): \(value)") }
    if let property = description.property {
      Output.line("")
      property.show()
    }
  }

  private func describe(_ model: ONNXModel, digest: String) -> Description {
    let network = model.network
    let layers = network.nodes.map { node in
      switch node.operation {
      case .input: Row(name: node.name, kind: "input", shape: "\(node.shape)", parameters: 0)
      case .linear(let layer, _):
        Row(
          name: node.name, kind: layer.map.kindName, shape: "\(node.shape)",
          parameters: layer.parameterCount)
      case .sum: Row(name: node.name, kind: "sum", shape: "\(node.shape)", parameters: 0)
      case .activation(let activation, _):
        Row(name: node.name, kind: activation.name.lowercased(), shape: "\(node.shape)", parameters: 0)
      }
    }
    func units(_ isCounted: (Activation) -> Bool) -> Int {
      network.nodes.reduce(0) { total, node in
        guard case .activation(let activation, _) = node.operation, isCounted(activation) else { return total }
        return total + node.shape.count
      }
    }
    return Description(
      model: self.model, sha256: digest, producer: model.producer, operatorSet: model.operatorSet,
      input: model.inputName, output: model.outputName, inputShape: "\(network.inputShape)",
      outputShape: "\(network.outputShape)", parameters: network.parameterCount,
      relus: units { $0.isPiecewiseLinear }, smoothUnits: units { !$0.isPiecewiseLinear },
      fileNodes: model.nodes.map { "\($0.operatorName)" }, layers: layers, notes: model.notes, metadata: model.metadata)
  }
}
