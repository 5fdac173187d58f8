import Foundation
import Networks
import TestSupport
import Testing

@testable import ONNXFormat

/// Weights in files beside the model, compressed models, and what must never be opened.
@Suite("Files beside the model")
struct ExternalWeightsTests {
  private let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("worstcase-\(UUID().uuidString)")
    try FileManager.default.createDirectory(
      at: folder.appendingPathComponent("model"), withIntermediateDirectories: true)
  }

  /// `x · (1, 2)` with the factors in another file, after four other bytes.
  private func model(_ entries: [String: String]) -> Onnx_ModelProto {
    var model = OperatorTests.Model([1, 2])
    model.node("Mul", ["x", model.constant([2], [])])
    model.proto.graph.initializer[0].dataLocation = .external
    model.proto.graph.initializer[0].externalData = entries.sorted { $0.key < $1.key }.map { key, value in
      var entry = Onnx_StringStringEntryProto()
      entry.key = key
      entry.value = value
      return entry
    }
    return model.proto
  }

  private func load(_ entries: [String: String]) throws -> ONNXModel {
    let file = folder.appendingPathComponent("model/net.onnx")
    try model(entries).serializedData().write(to: file)
    return try ONNXModel(contentsOf: file.path)
  }

  private func weights(at path: String) throws {
    var data = Data([9, 9, 9, 9])
    for value: Float in [1, 2] { withUnsafeBytes(of: value.bitPattern.littleEndian) { data.append(contentsOf: $0) } }
    try data.write(to: folder.appendingPathComponent(path))
  }

  @Test("Weights are read from the place that the file names")
  func reads() throws {
    try weights(at: "model/w.bin")
    let loaded = try load(["location": "w.bin", "offset": "4", "length": "8"])
    #expect(loaded.network.outputs([3, 5]) == [3, 10])
    #expect(loaded.weightFiles.count == 1)
    #expect(throws: ONNXError.self) { try load(["location": "w.bin", "offset": "5", "length": "8"]) }
    #expect(throws: ONNXError.self) { try load(["location": "w.bin", "offset": "4", "length": "4"]) }
    #expect(throws: ONNXError.self) { try load(["location": "w.bin", "offset": "-4"]) }
    #expect(throws: ONNXError.self) { try load(["location": "w.bin", "offset": "9223372036854775807"]) }
    #expect(throws: ONNXError.self) { try load(["offset": "4"]) }
    #expect(throws: ONNXError.self) { try load(["location": "other.bin"]) }
    #expect(throws: ONNXError.self) { try load(["location": "."]) }
  }

  @Test("Nothing outside the folder is opened, whichever way it is named")
  func staysInside() throws {
    try weights(at: "outside.bin")
    let secret = folder.appendingPathComponent("outside.bin")
    try FileManager.default.createSymbolicLink(
      at: folder.appendingPathComponent("model/link.bin"), withDestinationURL: secret)
    for location in ["../outside.bin", secret.path, "link.bin", "a/../../outside.bin", "/dev/zero"] {
      let error = #expect(throws: ONNXError.self) { try load(["location": location, "offset": "4"]) }
      #expect("\(error as Any)".contains("never read") || "\(error as Any)".contains("not there"))
    }
  }

  @Test("Bytes without a file refuse external weights")
  func inMemory() throws {
    #expect(throws: ONNXError.self) {
      try ONNXModel(data: try model(["location": "w.bin"]).serializedData(), path: "memory")
    }
  }

  @Test("A compressed model is read; a broken one is refused")
  func compressed() throws {
    var model = OperatorTests.Model([1, 2])
    model.node("Mul", ["x", model.constant([2], [1, 2])])
    let plain = folder.appendingPathComponent("model/net.onnx")
    try model.proto.serializedData().write(to: plain)
    let packing = Process()
    packing.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    packing.arguments = ["gzip", "-k", plain.path]
    try packing.run()
    packing.waitUntilExit()
    let packed = folder.appendingPathComponent("model/net.onnx.gz")
    #expect(try ONNXModel(contentsOf: packed.path).network.outputs([3, 5]) == [3, 10])
    let bytes = try Data(contentsOf: packed)
    try bytes.prefix(bytes.count - 6).write(to: packed)
    #expect(throws: ONNXError.self) { try ONNXModel(contentsOf: packed.path) }
  }
}
