import Foundation
import SwiftProtobuf

@testable import ONNXFormat

extension ONNXFuzz {
  /// Mostly changes of the graph, for changed bytes are seldom a message still; else changes of the bytes.
  func mutate(_ bytes: UnsafeMutableRawBufferPointer, count: Int, random: inout SeededGenerator) -> Int {
    guard !Bool.random(percent: 20, &random),
      var model = try? Onnx_ModelProto(serializedBytes: Data(UnsafeRawBufferPointer(bytes).prefix(count)))
    else { return mutateBytes(bytes, count: count) }
    for _ in 0..<Int.random(in: 1...4, using: &random) { Self.change(&model, &random) }
    guard let changed = try? model.serializedData(), changed.count <= bytes.count else {
      return mutateBytes(bytes, count: count)
    }
    bytes.copyBytes(from: changed)
    return changed.count
  }

  private static func change(_ model: inout Onnx_ModelProto, _ random: inout SeededGenerator) {
    let graph = model.graph
    let tensors =
      graph.input.map(\.name) + graph.initializer.map(\.name) + graph.node.flatMap(\.output)
    let name = tensors.randomElement(using: &random) ?? "x"
    let node = graph.node.indices.randomElement(using: &random)
    let tensor = graph.initializer.indices.randomElement(using: &random)
    switch Int.random(in: 0..<12, using: &random) {
    case 0:
      if let node { model.graph.node[node].opType = operators.randomElement(using: &random) ?? "" }
    case 1:
      guard let node else { return }
      if let input = graph.node[node].input.indices.randomElement(using: &random) {
        model.graph.node[node].input[input] = name
      } else {
        model.graph.node[node].input.append(name)
      }
    case 2:
      if let node { model.graph.node[node].input.append(Bool.random(percent: 10, &random) ? "" : name) }
    case 3:
      if let node { _ = model.graph.node[node].input.popLast() }
    case 4, 5:
      append(&model, name, &random)
    case 6:
      if let node {
        model.graph.node.remove(at: node)
        // What read the node reads the node's source.
        guard let output = graph.node[node].output.first, let source = graph.node[node].input.first else { return }
        for reader in model.graph.node.indices {
          for input in model.graph.node[reader].input.indices where model.graph.node[reader].input[input] == output {
            model.graph.node[reader].input[input] = source
          }
        }
        for place in model.graph.output.indices where model.graph.output[place].name == output {
          model.graph.output[place].name = source
        }
      }
    case 7:
      if let node { model.graph.node[node].attribute = attributes(&random) }
    case 8:
      let new = constant(named: tensor.map { graph.initializer[$0].name } ?? "c", &random)
      if let tensor { model.graph.initializer[tensor] = new } else { model.graph.initializer.append(new) }
    case 9:
      if let tensor, let axis = graph.initializer[tensor].dims.indices.randomElement(using: &random) {
        model.graph.initializer[tensor].dims[axis] = number(&random)
      }
    case 10:
      guard let input = graph.input.indices.randomElement(using: &random) else { return }
      var shape = graph.input[input].type.tensorType.shape
      if let axis = shape.dim.indices.randomElement(using: &random), !Bool.random(percent: 30, &random) {
        shape.dim[axis].dimValue = number(&random)
      } else {
        shape.dim.append(Onnx_TensorShapeProto.Dimension.with { $0.dimValue = number(&random) })
      }
      model.graph.input[input].type.tensorType.shape = shape
    default:
      for place in graph.output.indices { model.graph.output[place].name = name }
    }
  }

  /// Adds a node that reads `name` and writes the output.
  private static func append(_ model: inout Onnx_ModelProto, _ name: String, _ random: inout SeededGenerator) {
    var node = Onnx_NodeProto()
    node.opType = operators.randomElement(using: &random) ?? ""
    node.input = [name]
    if Bool.random(percent: 60, &random) {
      let other = constant(named: "c\(model.graph.initializer.count)", &random)
      model.graph.initializer.append(other)
      node.input.insert(other.name, at: Int.random(in: 0...1, using: &random))
    } else if Bool.random(percent: 30, &random) {
      node.input.append(name)
    }
    node.output = ["t\(model.graph.node.count)"]
    if Bool.random(percent: 50, &random) { node.attribute = attributes(&random) }
    model.graph.node.append(node)
    for place in model.graph.output.indices { model.graph.output[place].name = node.output[0] }
  }

  private static func attributes(_ random: inout SeededGenerator) -> [Onnx_AttributeProto] {
    (0..<Int.random(in: 0...3, using: &random)).map { _ in
      .with { attribute in
        attribute.name = attributeNames.randomElement(using: &random) ?? ""
        switch Int.random(in: 0..<5, using: &random) {
        case 0, 1:
          attribute.type = .int
          attribute.i = number(&random)
        case 2, 3:
          attribute.type = .ints
          attribute.ints = (0..<Int.random(in: 0...4, using: &random)).map { _ in number(&random) }
        default:
          attribute.type = .float
          attribute.f = Float(bitPattern: UInt32.random(in: 0...UInt32.max, using: &random))
        }
      }
    }
  }

  /// A tensor of numbers that fill its extents.
  private static func constant(named name: String, _ random: inout SeededGenerator) -> Onnx_TensorProto {
    .with { tensor in
      tensor.name = name
      tensor.dims = (0..<Int.random(in: 0...4, using: &random)).map { _ in Int64.random(in: 1...3, using: &random) }
      let count = tensor.dims.reduce(1, *)
      if Bool.random(using: &random) {
        tensor.dataType = 1
        tensor.floatData = (0..<count).map { _ in Float(Int.random(in: -4...4, using: &random)) }
      } else {
        tensor.dataType = 7
        tensor.int64Data = (0..<count).map { _ in number(&random) }
      }
    }
  }

  /// Mostly a small number, sometimes one near a limit.
  private static func number(_ random: inout SeededGenerator) -> Int64 {
    let limits: [Int64] = [100, 4096, 1 << 16, 1 << 20, 1 << 31, 1 << 32, 1 << 53, .max, .min]
    guard Bool.random(percent: 10, &random), let limit = limits.randomElement(using: &random) else {
      return Int64.random(in: -2...5, using: &random)
    }
    return limit == .min || limit == .max ? limit : limit + Int64.random(in: -1...1, using: &random)
  }
}

extension Bool {
  /// True in so many of a hundred cases.
  fileprivate static func random(percent: Int, _ random: inout SeededGenerator) -> Bool {
    Int.random(in: 0..<100, using: &random) < percent
  }
}
