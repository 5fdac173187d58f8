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
    let values = Self.enclosure(network)
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
      let others = Self.enclosure(again)
      guard Self.isWrittenExactly(network) else { return }
      // Both contain the network's true value.
      for i in 0..<values.count where values.upper[i] < others.lower[i] || others.upper[i] < values.lower[i] {
        preconditionFailure("output \(i) in \(values[i]) became one in \(others[i])")
      }
    } catch {
      preconditionFailure("an exported network is not imported: \(error)")
    }
  }

  /// Where the outputs are for some input; they are also computed without bounds.
  private static func enclosure(_ network: Network) -> Box {
    let point = (0..<network.inputCount).map { Double($0 % 7) - 2 }
    precondition(network.outputs(point).count == network.outputCount, "wrong number of outputs")
    let box = network.enclosure(at: point)
    precondition(box.count == network.outputCount, "wrong number of enclosed outputs")
    return box
  }

  /// Whether every coefficient is known and a number of single precision.
  private static func isWrittenExactly(_ network: Network) -> Bool {
    network.nodes.allSatisfy { node in
      guard case .linear(let layer, _) = node.operation else { return true }
      let coefficients: [Double] =
        switch layer.map {
        case .dense(let map): map.weights
        case .convolution(let map): map.weights
        case .diagonal(let map): map.factors
        case .gather: []
        }
      return layer.coefficientError == 0 && layer.biasError.isEmpty
        && (coefficients + layer.bias).allSatisfy { Double(Float($0)) == $0 }
    }
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
