import Foundation
import Networks
import Tensors
import TestSupport
import Testing

@testable import ONNXFormat

@Suite("Writing ONNX files")
struct ONNXExporterTests {
  /// Every kind of node, with weights that are float32 numbers.
  static func networks() throws -> [Network] {
    var result: [Network] = []
    for seed in 0..<6 as Range<UInt64> {
      var random = RandomNetworks(seed: seed)
      result.append(rounded(try random.dense([5, 7, 6, 3])))
      result.append(rounded(try random.convolutional()))
      result.append(rounded(try blocksAndGathers(&random)))
    }
    return result
  }

  private static func blocksAndGathers(_ random: inout RandomNetworks) throws -> Network {
    let shape = try Shape([2, 3])
    var builder = NetworkBuilder(inputShape: shape)
    var last = try builder.linear(
      LinearLayer(
        map: .dense(DenseMap(rows: 4, columns: 3, blocks: 2, weights: random.weights(12))), bias: random.weights(8)),
      of: builder.input, shape: try Shape([2, 4]), name: "blocks")
    last = builder.activation(.relu, of: last, name: "blocks")
    last = try builder.linear(
      LinearLayer(
        map: .gather(GatherMap(inputCount: 8, sources: [7, -1, 0, 0, 3, -1])), bias: random.weights(6)),
      of: last, shape: shape, name: "")
    last = try builder.sum([last, builder.input, last], shape: shape, name: "sum")
    return builder.network(output: last, shape: try Shape([3, 2]))
  }

  /// The network with float32 weights.
  private static func rounded(_ network: Network) -> Network {
    func round(_ values: [Double]) -> [Double] { values.map { Double(Float($0)) } }
    var builder = NetworkBuilder(inputShape: network.inputShape)
    var last = builder.input
    for node in network.nodes.dropFirst() {
      do {
        switch node.operation {
        case .input: break
        case .linear(let layer, let source):
          let map: LinearMap =
            switch layer.map {
            case .dense(let map):
              .dense(DenseMap(rows: map.rows, columns: map.columns, blocks: map.blocks, weights: round(map.weights)))
            case .convolution(let map):
              .convolution(ConvolutionMap(geometry: map.geometry, weights: round(map.weights)))
            case .diagonal(let map): .diagonal(DiagonalMap(factors: round(map.factors)))
            case .gather: layer.map
            }
          last = try builder.linear(
            LinearLayer(map: map, bias: round(layer.bias)), of: source, shape: node.shape, name: node.name)
        case .sum(let sources): last = try builder.sum(sources, shape: node.shape, name: node.name)
        case .activation(let activation, let source):
          last = builder.activation(activation, of: source, name: node.name)
        }
      } catch {
        Issue.record("\(error)")
      }
    }
    return builder.network(output: last, shape: network.outputShape)
  }

  @Test("What is written is read back as the same function, with the same shapes")
  func roundTrip() throws {
    for network in try Self.networks() {
      let exporter = ONNXExporter(metadata: ["seed": "7", "accuracy": "0.9"], producerVersion: "1.0")
      let model = try ONNXModel(data: exporter.data(for: network), path: "round trip")
      #expect(model.metadata == ["seed": "7", "accuracy": "0.9"])
      #expect(model.producer == "worstcase 1.0")
      #expect(model.network.inputShape == network.inputShape)
      #expect(model.network.outputShape == network.outputShape)
      var random = RandomNetworks(seed: 9)
      for _ in 0..<3 {
        let input = (0..<network.inputCount).map { _ in random.uniform(-1, 1) }
        let box = model.network.enclosure(at: input)
        let exact = exactValues(of: network, at: input)[network.output.index]
        for i in 0..<box.count { #expect(exact[i].isInside(box[i])) }
        #expect(zip(model.network.outputs(input), network.outputs(input)).allSatisfy { abs($0 - $1) <= 1e-12 })
      }
    }
  }

  @Test("Writing twice gives the same bytes, in a file too")
  func deterministic() throws {
    var random = RandomNetworks(seed: 1)
    let network = try random.convolutional()
    let exporter = ONNXExporter(metadata: ["b": "2", "a": "1"])
    let data = try exporter.data(for: network)
    #expect(try exporter.data(for: network) == data)
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).onnx").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try exporter.write(network, to: path)
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == data)
  }

  @Test("What cannot be written is refused")
  func refuses() throws {
    var builder = NetworkBuilder(inputShape: Shape(vector: 1))
    let layer = LinearLayer(map: .diagonal(DiagonalMap(factors: [1e39])))
    let last = try builder.linear(layer, of: builder.input, shape: Shape(vector: 1), name: "big")
    let network = builder.network(output: last)
    #expect(
      throws: ONNXError.unwritable(path: "", reason: "big.factor: 1e+39 is beyond the range of float32")
    ) { try ONNXExporter().data(for: network) }
    var random = RandomNetworks(seed: 1)
    let good = try random.dense([1, 1])
    #expect(throws: ONNXError.self) { try ONNXExporter().write(good, to: "/nonexistent/folder/x.onnx") }
  }

  /// With `WORSTCASE_EXPORTS` set, leaves files, inputs and outputs there for another implementation to compare.
  @Test(
    "Files for other implementations", .enabled(if: ProcessInfo.processInfo.environment["WORSTCASE_EXPORTS"] != nil))
  func leaveFiles() throws {
    let folder = URL(fileURLWithPath: ProcessInfo.processInfo.environment["WORSTCASE_EXPORTS"] ?? "")
    for (i, network) in try Self.networks().enumerated() {
      try ONNXExporter(metadata: ["number": "\(i)"]).write(
        network, to: folder.appendingPathComponent("n\(i).onnx").path)
      var random = RandomNetworks(seed: 9)
      let input = (0..<network.inputCount).map { _ in Double(Float(random.uniform(-1, 1))) }
      let text = "\(input)\n\(network.outputs(input))\n"
      try text.write(to: folder.appendingPathComponent("n\(i).json"), atomically: true, encoding: .utf8)
    }
  }
}
