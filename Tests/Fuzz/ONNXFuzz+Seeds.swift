import Foundation
import Networks
import SwiftProtobuf
import TestSupport
import Tensors

@testable import ONNXFormat

extension ONNXFuzz {
  /// What the exporter writes, then one small graph for each operator that it does not use.
  func seeds() throws -> [Data] {
    var random = RandomNetworks(seed: 1)
    let exporter = ONNXExporter(metadata: ["a": "1"])
    var seeds = [try exporter.data(for: random.dense([3, 4, 2])), try exporter.data(for: random.convolutional())]
    for graph in Self.graphs { seeds.append(try Self.model(input: graph.input, graph.text).serializedBytes()) }
    return seeds
  }

  /// Graphs from `x` to `y`, in protobuf's text format.
  private static let graphs: [(input: [Int], text: String)] = [
    // Products, with the variable on either side; a stack of matrices; constants alone.
    (
      [2, 3],
      floats("w", [3, 2], "1 -2 3 4 -5 6") + floats("b", [2], "1 2")
        + node("Gemm", "x w b", "y", [float("alpha", 2), float("beta", 0.5)])
    ),
    (
      [2, 3],
      floats("w", [4, 3], "1 2 3 4 5 6 7 8 9 1 2 3")
        + node("Gemm", "w x", "y", [int("transA", 0), int("transB", 1)])
    ),
    ([2, 3], floats("w", [3], "1 2 3") + node("MatMul", "x w", "y")),
    ([2, 3], floats("w", [1, 2], "1 2") + node("MatMul", "w x", "y")),
    ([2, 1, 2], floats("w", [2, 2, 1], "1 2 3 4") + node("MatMul", "x w", "y")),
    ([2], floats("w", [2, 2], "1 2 3 4") + node("MatMul", "w w", "v") + node("MatMul", "x v", "y")),
    // Arithmetic with broadcasting, of constants too.
    (
      [2, 3],
      floats("c", [3], "1 2 4") + floats("d", [2, 1], "1 2") + node("Sub", "x c", "t") + node("Div", "t d", "u")
        + node("Neg", "u", "v") + node("Mul", "c d", "e") + node("Mul", "v e", "w") + node("Sub", "w x", "y")
    ),
    ([1, 3], floats("c", [2, 1], "1 2") + node("Add", "x c", "t") + node("Add", "t x", "u") + node("Relu", "u", "y")),
    // Convolutions and batch normalisation.
    (
      [1, 2, 3, 3],
      floats("w", [2, 1, 2, 2], "1 2 3 4 5 6 7 8") + floats("b", [2], "1 2")
        + node("Conv", "x w b", "t", [int("group", 2), text("auto_pad", "SAME_UPPER"), ints("strides", "2 2")])
        + floats("v", [2], "1 4") + node("BatchNormalization", "t b v b v", "y", [float("epsilon", 0.01)])
    ),
    (
      [1, 1, 5],
      floats("w", [1, 1, 2], "1 2") + node("Conv", "x w", "y", [ints("pads", "1 0"), ints("dilations", "2")])
    ),
    // Changes of shape.
    (
      [1, 2, 3],
      node("Shape", "x", "s") + integers("i", [1], "0") + node("Gather", "s i", "n", [int("axis", 0)])
        + integers("r", [1], "-1") + node("Concat", "n r", "m", [int("axis", 0)]) + node("Reshape", "x m", "y")
    ),
    (
      [1, 2, 3],
      node("Transpose", "x", "t", [ints("perm", "0 2 1")]) + integers("i", [2], "2 -1")
        + node("Gather", "t i", "u", [int("axis", 1)]) + node("Flatten", "u", "y", [int("axis", 2)])
    ),
    (
      [1, 2, 1],
      integers("a", [1], "2") + node("Squeeze", "x a", "t") + integers("b", [2], "0 3")
        + node("Unsqueeze", "t b", "u") + node("Dropout", "u", "v") + node("Identity", "v", "y")
    ),
    // Constants in nodes, and conversions.
    (
      [1, 2],
      node("Constant", "", "c", [ints("value_ints", "3 4")]) + node("Cast", "c", "d", [int("to", 1)])
        + node("Constant", "", "e", [float("value_float", 2.5)]) + node("Mul", "d e", "f") + node("Add", "x f", "t")
        + node("Cast", "t", "y", [int("to", 11)])
    ),
    (
      [1, 1],
      node(
        "Constant", "", "c",
        ["attribute { name: 'value' type: TENSOR t { data_type: 10 dims: 1 raw_data: '\\000\\074' } }"])
        + node("Add", "x c", "y")
    ),
  ]

  private static func model(input: [Int], _ graph: String) throws -> Onnx_ModelProto {
    let dimensions = input.map { "dim { dim_value: \($0) }" }.joined()
    return try Onnx_ModelProto(
      textFormatString: """
        ir_version: 8 opset_import { version: 17 }
        graph {
          input { name: 'x' type { tensor_type { elem_type: 1 shape { \(dimensions) } } } } output { name: 'y' }
          \(graph)
        }
        """)
  }

  private static func node(_ type: String, _ inputs: String, _ output: String, _ attributes: [String] = []) -> String {
    let inputs = inputs.split(separator: " ").map { "input: '\($0)'" }.joined(separator: " ")
    return "node { op_type: '\(type)' \(inputs) output: '\(output)' \(attributes.joined(separator: " ")) }\n"
  }

  private static func int(_ name: String, _ value: Int) -> String {
    "attribute { name: '\(name)' type: INT i: \(value) }"
  }

  private static func float(_ name: String, _ value: Double) -> String {
    "attribute { name: '\(name)' type: FLOAT f: \(value) }"
  }

  private static func text(_ name: String, _ value: String) -> String {
    "attribute { name: '\(name)' type: STRING s: '\(value)' }"
  }

  private static func ints(_ name: String, _ values: String) -> String {
    "attribute { name: '\(name)' type: INTS ints: [\(list(values))] }"
  }

  private static func floats(_ name: String, _ extents: [Int], _ values: String) -> String {
    "initializer { name: '\(name)' data_type: 1 dims: \(extents) float_data: [\(list(values))] }\n"
  }

  private static func integers(_ name: String, _ extents: [Int], _ values: String) -> String {
    "initializer { name: '\(name)' data_type: 7 dims: \(extents) int64_data: [\(list(values))] }\n"
  }

  private static func list(_ values: String) -> String { values.split(separator: " ").joined(separator: ", ") }
}
