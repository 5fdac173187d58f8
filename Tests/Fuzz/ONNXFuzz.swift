import Foundation
import Networks

@testable import ONNXFormat

/// ONNX files: a network that is imported can be evaluated, and exported and imported again.
struct ONNXFuzz: FuzzedReader {
  let name = "onnx"
  var words: [String] { Self.operators + Self.attributeNames + ["SAME_UPPER", "SAME_LOWER", "VALID", "ai.onnx"] }

  static let operators = GraphImport.inputCounts.keys.sorted()
  static let attributeNames = [
    "perm", "axes", "axis", "alpha", "beta", "transA", "transB", "kernel_shape", "strides", "dilations", "pads",
    "group",
    "auto_pad", "epsilon", "to", "value", "value_float", "value_int", "value_floats", "value_ints", "allowzero",
  ]

  /// How many numbers a network may store beyond those of its file: far fewer than in earnest, so that whatever
  /// escapes this limit shows.
  private static let allowance = 1 << 18

  func read(_ bytes: UnsafeRawBufferPointer) {
    let network: Network
    do throws(ONNXError) {
      network = try ONNXModel(ONNXModel.parse(Data(bytes), path: "x.onnx"), path: "x.onnx", allowance: Self.allowance)
        .network
    } catch {
      precondition(error.description.hasPrefix("x.onnx: "), "an error that does not name the file")
      precondition(
        error.description.unicodeScalars.allSatisfy { $0.value >= 32 }, "an error with a control character in it")
      return
    }
    guard Self.work(network) <= 1 << 16 else { return }
    Self.evaluate(network)
    let written: Data
    do throws(ONNXError) {
      written = try ONNXExporter().data(for: network)
    } catch {
      // A coefficient that single precision cannot hold is the one good reason.
      return
    }
    do throws(ONNXError) {
      let again = try ONNXModel(data: written, path: "again.onnx").network
      for (shape, found) in [(network.inputShape, again.inputShape), (network.outputShape, again.outputShape)] {
        // Behind an open batch, a scalar and a vector of one element look the same.
        precondition(found.extents == (shape.rank == 0 ? [1] : shape.extents), "\(shape) became \(found)")
      }
      Self.evaluate(again)
    } catch {
      preconditionFailure("an exported network is not imported: \(error)")
    }
  }

  private static func evaluate(_ network: Network) {
    let zero = [Double](repeating: 0, count: network.inputCount)
    precondition(network.outputs(zero).count == network.outputCount, "wrong number of outputs")
    precondition(network.enclosure(at: zero).count == network.outputCount, "wrong number of enclosed outputs")
  }

  /// The multiplications and additions of one evaluation.
  private static func work(_ network: Network) -> Int {
    network.nodes.reduce(0) { total, node in
      switch node.operation {
      case .input, .activation: total + node.shape.count
      case .sum(let sources): total + sources.count * node.shape.count
      case .linear(let layer, _):
        // Two factors below 2³¹ each.
        total + layer.map.outputCount * layer.map.longestSum
      }
    }
  }
}
