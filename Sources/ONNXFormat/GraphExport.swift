import Foundation
import Networks
import Tensors

/// The translation of a network into a file's graph, one node after the other.
struct GraphExport {
  /// A tensor of the file: its name, and its extents without the batch.
  private struct Output {
    var name: String
    var extents: [Int]
  }

  private(set) var graph = Onnx_GraphProto()
  private let network: Network
  private var outputs: [Output] = []
  private var taken: Set<String> = ["input", "output"]

  /// Whether a leading extent of 1 is the batch, and so no part of the shapes.
  private let dropsLeadingOne: Bool

  init(_ network: Network, dropsLeadingOne: Bool) {
    self.network = network
    self.dropsLeadingOne = dropsLeadingOne
  }

  /// A node's extents without the batch.
  private func extents(_ node: Node) -> [Int] {
    let extents = node.shape.extents
    return dropsLeadingOne && extents.count > 1 && extents[0] == 1 ? Array(extents.dropFirst()) : extents
  }

  /// Translates every node.
  mutating func run() throws(ExportFault) {
    graph.name = "network"
    graph.input = [Self.interface("input", extents(network.nodes[0]))]
    graph.output = [Self.interface("output", extents(network[network.output]))]
    for node in network.nodes {
      switch node.operation {
      case .input:
        outputs.append(Output(name: "input", extents: extents(node)))
      case .linear(let layer, let source):
        outputs.append(try linear(layer, outputs[source.index], node))
      case .sum(let sources):
        var sum = shaped(outputs[sources[0].index], extents(node), node)
        for source in sources.dropFirst() {
          let term = shaped(outputs[source.index], extents(node), node)
          sum = add("Add", [sum.name, term.name], extents(node), node)
        }
        outputs.append(sum)
      case .activation(let activation, let source):
        let input = outputs[source.index]
        outputs.append(add(activation.name, [input.name], input.extents, node))
      }
    }
    let node = network[network.output]
    let last = shaped(outputs[network.output.index], extents(node), node)
    graph.node.append(Self.operation("Identity", [last.name], output: "output", name: "output"))
  }

  private mutating func linear(_ layer: LinearLayer, _ source: Output, _ node: Node) throws(ExportFault) -> Output {
    let hasBias = layer.bias.contains { $0 != 0 }
    switch layer.map {
    case .dense(let map) where map.blocks == 1:
      let input = shaped(source, [map.columns], node)
      let weight = try initializer("weight", [map.rows, map.columns], map.weights, node)
      let bias = try initializer("bias", [map.rows], layer.bias, node)
      return add("Gemm", [input.name, weight, bias], [map.rows], node, [Self.attribute("transB", 1)])

    case .dense(let map):
      let input = shaped(source, [map.blocks, map.columns], node)
      // The weights lie on the right, transposed.
      let order = StridedIndices.list(extents: [map.columns, map.rows], strides: [1, map.columns])
      let weight = try initializer("weight", [map.columns, map.rows], order.map { map.weights[$0] }, node)
      let product = add("MatMul", [input.name, weight], [map.blocks, map.rows], node)
      return hasBias ? try shifted(product, by: layer.bias, node) : product

    case .convolution(let map):
      let g = map.geometry
      let input = shaped(source, [g.channels, g.height, g.width], node)
      let weight = try initializer(
        "weight", [g.outputChannels, g.channels / g.groups, g.kernelHeight, g.kernelWidth], map.weights, node)
      let attributes = [
        Self.attribute("kernel_shape", [g.kernelHeight, g.kernelWidth]),
        Self.attribute("strides", [g.strideHeight, g.strideWidth]),
        Self.attribute("dilations", [g.dilationHeight, g.dilationWidth]),
        Self.attribute("pads", [g.padTop, g.padLeft, g.padBottom, g.padRight]), Self.attribute("group", g.groups),
      ]
      let extents = [g.outputChannels, g.outputHeight, g.outputWidth]
      let isConstant = layer.bias.indices.allSatisfy { layer.bias[$0] == layer.bias[$0 - $0 % g.positions] }
      guard isConstant, hasBias else {
        let image = add("Conv", [input.name, weight], extents, node, attributes)
        return hasBias ? try shifted(image, by: layer.bias, node) : image
      }
      let channelBias = stride(from: 0, to: layer.bias.count, by: g.positions).map { layer.bias[$0] }
      let bias = try initializer("bias", [g.outputChannels], channelBias, node)
      return add("Conv", [input.name, weight, bias], extents, node, attributes)

    case .diagonal(let map):
      var result = shaped(source, extents(node), node)
      if map.factors.contains(where: { $0 != 1 }) {
        let factor = try initializer("factor", [1] + extents(node), map.factors, node)
        result = add("Mul", [result.name, factor], extents(node), node)
      }
      return hasBias ? try shifted(result, by: layer.bias, node) : result

    case .gather(let map):
      let input = shaped(source, [map.inputCount], node)
      let indices = initializer("indices", [map.sources.count], integers: map.sources.map { max(0, $0) }, node)
      var result = add("Gather", [input.name, indices], [map.sources.count], node, [Self.attribute("axis", 1)])
      if map.sources.contains(where: { $0 < 0 }) {
        let mask = try initializer("mask", [1, map.sources.count], map.sources.map { $0 < 0 ? 0 : 1 }, node)
        result = add("Mul", [result.name, mask], result.extents, node)
      }
      result = shaped(result, extents(node), node)
      return hasBias ? try shifted(result, by: layer.bias, node) : result
    }
  }

  private mutating func shifted(_ input: Output, by bias: [Double], _ node: Node) throws(ExportFault) -> Output {
    let bias = try initializer("bias", [1] + input.extents, bias, node)
    return add("Add", [input.name, bias], input.extents, node)
  }

  /// The tensor in other extents of the same size.
  private mutating func shaped(_ input: Output, _ extents: [Int], _ node: Node) -> Output {
    guard input.extents != extents else { return input }
    if extents.count == 1, !input.extents.isEmpty {
      return add("Flatten", [input.name], extents, node, [Self.attribute("axis", 1)])
    }
    // An extent of 0 copies the batch.
    let target = initializer("shape", [extents.count + 1], integers: [0] + extents, node)
    return add("Reshape", [input.name, target], extents, node)
  }

  private mutating func add(
    _ type: String, _ inputs: [String], _ extents: [Int], _ node: Node, _ attributes: [Onnx_AttributeProto] = []
  ) -> Output {
    let name = unique(node.name.isEmpty ? type : type == Self.mainType(of: node) ? node.name : "\(node.name).\(type)")
    var operation = Self.operation(type, inputs, output: name, name: name)
    operation.attribute = attributes
    graph.node.append(operation)
    return Output(name: name, extents: extents)
  }

  /// The operator that carries a node's own name when it takes several.
  private static func mainType(of node: Node) -> String {
    switch node.operation {
    case .input: ""
    case .activation(let activation, _): activation.name
    case .sum: "Add"
    case .linear(let layer, _):
      switch layer.map {
      case .dense(let map): map.blocks == 1 ? "Gemm" : "MatMul"
      case .convolution: "Conv"
      case .diagonal: "Mul"
      case .gather: "Gather"
      }
    }
  }

  private mutating func initializer(
    _ role: String, _ extents: [Int], _ values: [Double], _ node: Node
  ) throws(ExportFault) -> String {
    let name = unique("\(node.name).\(role)")
    var data = Data(capacity: 4 * values.count)
    for value in values {
      let rounded = Float(value)
      guard rounded.isFinite else { throw ExportFault(place: name, value: value) }
      withUnsafeBytes(of: rounded.bitPattern.littleEndian) { data.append(contentsOf: $0) }
    }
    append(name, extents, .float, data)
    return name
  }

  private mutating func initializer(_ role: String, _ extents: [Int], integers: [Int], _ node: Node) -> String {
    let name = unique("\(node.name).\(role)")
    var data = Data(capacity: 8 * integers.count)
    for integer in integers {
      withUnsafeBytes(of: Int64(integer).littleEndian) { data.append(contentsOf: $0) }
    }
    append(name, extents, .int64, data)
    return name
  }

  private mutating func append(_ name: String, _ extents: [Int], _ type: TensorType, _ data: Data) {
    var tensor = Onnx_TensorProto()
    tensor.name = name
    tensor.dims = extents.map { Int64($0) }
    tensor.dataType = type.rawValue
    tensor.rawData = data
    graph.initializer.append(tensor)
  }

  /// The name, or the name with the first free number.
  private mutating func unique(_ name: String) -> String {
    var candidate = name
    var number = 2
    while !taken.insert(candidate).inserted {
      candidate = "\(name).\(number)"
      number += 1
    }
    return candidate
  }

  private static func operation(
    _ type: String, _ inputs: [String], output: String, name: String
  ) -> Onnx_NodeProto {
    var node = Onnx_NodeProto()
    node.opType = type
    node.input = inputs
    node.output = [output]
    node.name = name
    return node
  }

  private static func attribute(_ name: String, _ value: Int) -> Onnx_AttributeProto {
    var attribute = Onnx_AttributeProto()
    attribute.name = name
    attribute.type = .int
    attribute.i = Int64(value)
    return attribute
  }

  private static func attribute(_ name: String, _ values: [Int]) -> Onnx_AttributeProto {
    var attribute = Onnx_AttributeProto()
    attribute.name = name
    attribute.type = .ints
    attribute.ints = values.map { Int64($0) }
    return attribute
  }

  private static func interface(_ name: String, _ extents: [Int]) -> Onnx_ValueInfoProto {
    var batch = Onnx_TensorShapeProto.Dimension()
    batch.dimParam = "N"
    var tensor = Onnx_TypeProto.Tensor()
    tensor.elemType = TensorType.float.rawValue
    tensor.shape.dim =
      [batch]
      + extents.map { extent in
        var dimension = Onnx_TensorShapeProto.Dimension()
        dimension.dimValue = Int64(extent)
        return dimension
      }
    var info = Onnx_ValueInfoProto()
    info.name = name
    info.type.tensorType = tensor
    return info
  }
}
