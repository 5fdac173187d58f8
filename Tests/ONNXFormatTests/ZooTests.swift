import Foundation
import Networks
import TestSupport
import Testing

@testable import ONNXFormat

/// Files of many exporters, with the outputs that ONNX Runtime computed for them.
@Suite("Reference models", .enabled(if: SharedData.isPresent, "\(SharedData.absence)"))
struct ZooTests {
  /// Models that are refused: several inputs or outputs, products of variables, sines, a softmax at the end.
  static let refused = [
    "marabou_multi_input_add", "marabou_self_attention", "marabou_softmax_last", "marabou_two_branches",
    "syn_output_used_inside", "vnncomp_lsnc_state",
  ]

  /// All other models of the index.
  static var supported: [String] {
    guard let index = try? String(contentsOf: SharedData.url("onnx-zoo/index.csv"), encoding: .utf8) else { return [] }
    return index.split(separator: "\n").dropFirst().compactMap { line in
      line.split(separator: ".onnx,").first.map(String.init)
    }
    .filter { !refused.contains($0) }
  }

  @Test("Outputs agree with the reference", arguments: supported)
  func agrees(name: String) throws {
    let model = try ONNXModel(contentsOf: SharedData.url("onnx-zoo/\(name).onnx").path)
    for sample in 0..<3 {
      let input = try ReferenceArray(SharedData.url("onnx-zoo/\(name).s\(sample).in0.npy"))
      let expected = try ReferenceArray(SharedData.url("onnx-zoo/\(name).s\(sample).out0.npy"))
      let outputs = model.network.outputs(input.values)
      #expect(outputs.count == expected.values.count)
      let scale = 1 + (expected.values.map(\.magnitude).max() ?? 0)
      for (found, wanted) in zip(outputs, expected.values) { #expect(abs(found - wanted) <= 1e-5 * scale) }
      #expect(model.nodes.last?.outputExtents == expected.extents)
    }
  }

  @Test("The folded network's enclosure contains its outputs", arguments: ["syn_bn_conv_residual", "marabou_bn_1d"])
  func encloses(name: String) throws {
    let model = try ONNXModel(contentsOf: SharedData.url("onnx-zoo/\(name).onnx").path)
    let input = try ReferenceArray(SharedData.url("onnx-zoo/\(name).s0.in0.npy")).values
    let box = model.network.enclosure(at: input)
    #expect(box.contains(model.network.outputs(input)))
    #expect(box.centreAndRadius.radius.allSatisfy { $0 < 1e-12 })
    let diagonals = model.network.nodes.filter {
      if case .linear(let layer, _) = $0.operation, case .diagonal = layer.map { true } else { false }
    }
    #expect(diagonals.isEmpty)
  }

  @Test("What is not supported is refused with a list", arguments: refused)
  func refuses(name: String) throws {
    do {
      _ = try ONNXModel(contentsOf: SharedData.url("onnx-zoo/\(name).onnx").path)
      Issue.record("\(name) was imported")
    } catch let error as ONNXError {
      #expect(!error.description.contains("\n"))
      switch error {
      case .unsupported(_, let nodes): #expect(!nodes.isEmpty)
      case .malformed(_, _, let reason): #expect(reason.contains("only one is supported"))
      default: Issue.record("\(error)")
      }
    }
  }

  @Test("Without its softmax, a classifier's logits give the reference's probabilities")
  func stripsSoftmax() throws {
    let path = try SharedData.url("onnx-zoo/marabou_softmax_last.onnx").path
    let network = try ONNXModel(contentsOf: path, options: ImportOptions(stripsFinalSoftmax: true)).network
    let input = try ReferenceArray(SharedData.url("onnx-zoo/marabou_softmax_last.s0.in0.npy")).values
    let expected = try ReferenceArray(SharedData.url("onnx-zoo/marabou_softmax_last.s0.out0.npy")).values
    let logits = network.outputs(input)
    let powers = logits.map { exp($0 - (logits.max() ?? 0)) }
    for (power, wanted) in zip(powers, expected) { #expect(abs(power / powers.reduce(0, +) - wanted) <= 1e-5) }
  }

  @Test("A refusal lists every operator at once")
  func listsAll() throws {
    let path = try SharedData.url("onnx-zoo/vnncomp_lsnc_state.onnx").path
    let error = #expect(throws: ONNXError.self) { try ONNXModel(contentsOf: path) }
    guard case .unsupported(_, let nodes)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(Set(nodes.map(\.operatorName)).isSuperset(of: ["Sin", "Cos"]))
  }
}

/// A little-endian float32 array in NumPy's format, version 1.
struct ReferenceArray {
  let extents: [Int]
  let values: [Double]

  init(_ url: URL) throws {
    let data = try Data(contentsOf: url)
    let start = 10 + Int(data[8]) + 256 * Int(data[9])
    let header = String(decoding: data[10..<start], as: UTF8.self)
    #expect(header.contains("'<f4'") && header.contains("'fortran_order': False"))
    let tuple = header.split(separator: "(")[1].split(separator: ")", omittingEmptySubsequences: false)[0]
    extents = tuple.split(separator: ",").compactMap { Int($0.trimmingCharacters(in: .whitespaces)) }
    values = data[start...].withUnsafeBytes { bytes in
      (0..<bytes.count / 4).map { Double(bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self)) }
    }
  }
}
