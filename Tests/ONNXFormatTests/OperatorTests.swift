import Foundation
import Intervals
import Networks
import TestSupport
import Testing

@testable import ONNXFormat

/// One small model for each operator, made here.
@Suite("Operators")
struct OperatorTests {
  /// A model under construction, from `x` to the output of its last node.
  struct Model {
    var proto = Onnx_ModelProto()
    private var count = 0

    init(_ extents: [Int], operatorSet: Int64 = 17) {
      proto.irVersion = 8
      var version = Onnx_OperatorSetIdProto()
      version.version = operatorSet
      proto.opsetImport = [version]
      var input = Onnx_ValueInfoProto()
      input.name = "x"
      input.type.tensorType.elemType = 1
      input.type.tensorType.shape.dim = extents.map { extent in
        var dimension = Onnx_TensorShapeProto.Dimension()
        dimension.dimValue = Int64(extent)
        return dimension
      }
      proto.graph.input = [input]
    }

    /// Adds a constant and returns its name.
    mutating func constant(_ extents: [Int], _ values: [Float]) -> String {
      tensor(extents) {
        $0.dataType = 1; $0.floatData = values
      }
    }

    mutating func constant(integers: [Int]) -> String {
      tensor([integers.count]) {
        $0.dataType = 7; $0.int64Data = integers.map { Int64($0) }
      }
    }

    private mutating func tensor(_ extents: [Int], _ fill: (inout Onnx_TensorProto) -> Void) -> String {
      var tensor = Onnx_TensorProto()
      tensor.name = "c\(proto.graph.initializer.count)"
      tensor.dims = extents.map { Int64($0) }
      fill(&tensor)
      proto.graph.initializer.append(tensor)
      return tensor.name
    }

    /// Adds a node and returns the name of its output.
    @discardableResult
    mutating func node(
      _ type: String, _ inputs: [String], integers: [String: Int] = [:], lists: [String: [Int]] = [:],
      numbers: [String: Float] = [:], texts: [String: String] = [:]
    ) -> String {
      var node = Onnx_NodeProto()
      node.opType = type
      node.name = "n\(proto.graph.node.count)"
      node.input = inputs
      node.output = ["t\(proto.graph.node.count)"]
      func attribute(_ name: String, _ fill: (inout Onnx_AttributeProto) -> Void) {
        var attribute = Onnx_AttributeProto()
        attribute.name = name
        fill(&attribute)
        node.attribute.append(attribute)
      }
      for (name, value) in integers {
        attribute(name) {
          $0.type = .int; $0.i = Int64(value)
        }
      }
      for (name, value) in lists {
        attribute(name) {
          $0.type = .ints; $0.ints = value.map { Int64($0) }
        }
      }
      for (name, value) in numbers {
        attribute(name) {
          $0.type = .float; $0.f = value
        }
      }
      for (name, value) in texts {
        attribute(name) {
          $0.type = .string; $0.s = Data(value.utf8)
        }
      }
      proto.graph.node.append(node)
      var output = Onnx_ValueInfoProto()
      output.name = node.output[0]
      proto.graph.output = [output]
      return node.output[0]
    }

    func imported() throws -> ONNXModel { try ONNXModel(proto, path: "test") }
  }

  private func layers(_ network: Network) -> [LinearLayer] {
    network.nodes.compactMap { node in
      guard case .linear(let layer, _) = node.operation else { return nil }
      return layer
    }
  }

  private func expect(_ model: ONNXModel, at point: [Double], contains exact: [Rational]) {
    let box = model.network.enclosure(at: point)
    #expect(box.count == exact.count)
    for (i, value) in exact.enumerated() {
      #expect(value.isInside(box[i]))
      #expect(box.upper[i] - box.lower[i] < 1e-12)
    }
  }

  @Test("Gemm: the error of alpha·W and beta·C is stated")
  func gemm() throws {
    for transposed in [false, true] {
      var model = Model([1, 2])
      let w = model.constant(transposed ? [3, 2] : [2, 3], transposed ? [1, 4, 2, 5, 3, 6] : [1, 2, 3, 4, 5, 6])
      let c = model.constant([3], [7, 8, 9])
      model.node(
        "Gemm", ["x", w, c], integers: ["transB": transposed ? 1 : 0], numbers: ["alpha": 0.1, "beta": 0.3])
      let imported = try model.imported()
      let (alpha, beta) = (exact(Double(Float(0.1))), exact(Double(Float(0.3))))
      let (x, y) = (0.7, -0.4)
      let expected = [(1.0, 4.0, 7.0), (2, 5, 8), (3, 6, 9)].map { a, b, c in
        alpha * (exact(a) * exact(x) + exact(b) * exact(y)) + beta * exact(c)
      }
      expect(imported, at: [x, y], contains: expected)
    }
    var rounding = Model([1, 1])
    let w = rounding.constant([1, 1], [0.1])
    rounding.node("Gemm", ["x", w], numbers: ["alpha": 0.1])
    // A product of two float32 numbers is a double.
    #expect(layers(try rounding.imported().network)[0].coefficientError == 0)
  }

  @Test("Division by a constant: the reciprocal is rounded, and says so")
  func division() throws {
    var model = Model([2])
    model.node("Div", ["x", model.constant([2], [3, 4])])
    let imported = try model.imported()
    expect(imported, at: [1, 1], contains: [exact(1) / exact(3), exact(1) / exact(4)])
    #expect(layers(imported.network)[0].coefficientError > 0)
  }

  @Test("Batch norm: the enclosure contains the real function")
  func batchNorm() throws {
    var model = Model([1, 2, 2])
    let w = ["x", model.constant([2], [0.1, 0]), model.constant([2], [0.7, 5]), model.constant([2], [0.3, 1])]
    model.node("BatchNormalization", w + [model.constant([2], [9, 2])], numbers: ["epsilon": 0])
    let imported = try model.imported()
    let x = [0.5, -0.25, 1, 2]
    let factor = exact(Double(Float(0.1))) / exact(3)
    let expected = x.prefix(2).map { (exact($0) - exact(Double(Float(0.3)))) * factor + exact(Double(Float(0.7))) }
    expect(imported, at: x, contains: expected + [exact(5), exact(5)])
  }

  @Test("Products with powers of two, negation and added constants are exact")
  func exactness() throws {
    var model = Model([1, 2])
    let product = model.node("MatMul", ["x", model.constant([2, 2], [0.1, 0.2, 0.3, 0.4])])
    let sum = model.node("Add", [product, model.constant([2], [0.7, 0.9])])
    let scaled = model.node("Mul", [sum, model.constant([], [0.5])])
    model.node("Neg", [scaled])
    let imported = try model.imported()
    let all = layers(imported.network)
    #expect(all.count == 1)
    #expect(all[0].coefficientError == 0 && all[0].biasError.isEmpty)
    #expect(all[0].bias == [-Double(Float(0.7)) / 2, -Double(Float(0.9)) / 2])
    #expect(imported.notes.contains("3 diagonal layers folded into the layers before them"))
  }

  @Test("Broadcasting in both directions, constant minus variable, variable minus variable")
  func arithmetic() throws {
    var model = Model([2, 1])
    let wide = model.node("Sub", [model.constant([1, 3], [1, 2, 3]), "x"])
    model.node("Sub", [wide, "x"])
    let network = try model.imported().network
    #expect(network.outputShape.extents == [2, 3])
    #expect(network.outputs([10, 20]) == [-19, -18, -17, -39, -38, -37])
  }

  @Test("Products with stacks of matrices on either side")
  func stacks() throws {
    let weights = (0..<12).map { Float($0) }
    let x = (1...6).map { Double($0) }
    var right = Model([1, 1, 2, 3])
    right.node("MatMul", ["x", right.constant([2, 3, 2], weights)])
    let fromRight = try right.imported().network
    #expect(fromRight.outputShape.extents == [1, 2, 2, 2])
    #expect(fromRight.outputs(x) == [16, 22, 34, 49, 52, 58, 124, 139])
    var left = Model([3, 2])
    left.node("MatMul", [left.constant([2, 2, 3], weights), "x"])
    let fromLeft = try left.imported().network
    #expect(fromLeft.outputShape.extents == [2, 2, 2])
    #expect(fromLeft.outputs(x) == [13, 16, 40, 52, 67, 88, 94, 124])
    var vector = Model([3])
    vector.node("MatMul", [vector.constant([2, 3], [1, 2, 3, 4, 5, 6]), "x"])
    #expect(try vector.imported().network.outputs([1, 10, 100]) == [321, 654])
  }

  @Test(
    "Changes of shape", arguments: ["Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose", "Gather", "Identity"])
  func shapes(type: String) throws {
    var model = Model([1, 2, 3])
    let expected: [Int]
    var order = [0, 1, 2, 3, 4, 5]
    switch type {
    case "Reshape":
      expected = [1, 6, 1]
      model.node(type, ["x", model.constant(integers: [0, -1, 1])])
    case "Flatten":
      expected = [2, 3]
      model.node(type, ["x"], integers: ["axis": -1])
    case "Squeeze":
      expected = [2, 3]
      model.node(type, ["x"])
    case "Unsqueeze":
      expected = [1, 2, 1, 3, 1]
      model.node(type, ["x", model.constant(integers: [2, -1])])
    case "Transpose":
      expected = [3, 1, 2]
      order = [0, 3, 1, 4, 2, 5]
      model.node(type, ["x"], lists: ["perm": [2, 0, 1]])
    case "Gather":
      expected = [1, 2, 2]
      order = [2, 0, 5, 3]
      model.node(type, ["x", model.constant(integers: [-1, 0])], integers: ["axis": 2])
    default:
      expected = [1, 2, 3]
      model.node(type, ["x"])
    }
    let network = try model.imported().network
    #expect(network.inputShape.extents == [1, 2, 3])
    #expect(network.outputShape.extents == expected)
    #expect(network.outputs([0, 1, 2, 3, 4, 5]) == order.map { Double($0) })
  }

  @Test("Padding modes of convolutions", arguments: [("SAME_UPPER", 1), ("SAME_LOWER", 0), ("VALID", -1)])
  func autoPad(mode: String, sign: Int) throws {
    var model = Model([1, 1, 4, 4])
    model.node(
      "Conv", ["x", model.constant([1, 1, 3, 3], [Float](repeating: 1, count: 9))], lists: ["strides": [2, 2]],
      texts: ["auto_pad": mode])
    let network = try model.imported().network
    guard case .convolution(let map) = layers(network)[0].map else {
      Issue.record("no convolution")
      return
    }
    let g = map.geometry
    #expect(g.padTop == (sign == 0 ? 1 : 0) && g.padBottom == (sign == 1 ? 1 : 0))
    #expect(network.outputShape.extents == (sign < 0 ? [1, 1, 1, 1] : [1, 1, 2, 2]))
  }

  @Test("An open batch is no part of the shapes; a declared one is")
  func batch() throws {
    for (extent, expected) in [(-1, [3]), (1, [1, 3])] {
      var model = Model([extent, 3])
      model.node("Relu", ["x"])
      let imported = try model.imported()
      #expect(imported.network.inputShape.extents == expected)
      #expect(imported.network.outputShape.extents == expected)
      #expect(imported.nodes == [FileNode(name: "n0", operatorName: "Relu", outputExtents: [1, 3])])
    }
  }

  private func refusal(_ model: Model) -> String {
    do {
      _ = try model.imported()
      return "imported"
    } catch {
      return "\(error)"
    }
  }

  @Test("Uses of supported operators that are not supported")
  func unsupported() throws {
    var spatial = Model([1, 2], operatorSet: 8)
    let c = spatial.constant([2], [1, 1])
    spatial.node("BatchNormalization", ["x", c, c, c, c], integers: ["spatial": 0])
    #expect(refusal(spatial).contains("statistics of each element"))

    var second = Model([1, 2])
    second.node("Dropout", ["x"])
    second.proto.graph.node[0].output.append("mask")
    second.node("Add", ["t0", "mask"])
    #expect(refusal(second).contains("n0: outputs of Dropout beyond the first are not supported"))

    var several = Model([1, 2])
    several.node("Mul", [several.node("Sin", ["x"]), several.node("Exp", ["x"])])
    #expect(
      refusal(several)
        == "test: 2 nodes are not supported: n0: operator Sin is not supported; n1: operator Exp is not supported")
  }

  @Test("A small file that asks for large arrays is refused before they are made")
  func allowance() {
    var model = Model([1, 40_000_000])
    model.node("Mul", ["x", model.constant([], [2])])
    #expect(refusal(model).contains("is too large"))
    var outer = Model([30_000, 1])
    outer.node("Add", ["x", outer.constant([1, 30_000], [Float](repeating: 0, count: 30_000))])
    #expect(refusal(outer).contains("is too large"))
    var padded = Model([1, 1, 2, 2])
    padded.node("Conv", ["x", padded.constant([1, 1, 1, 1], [1])], lists: ["pads": [8000, 8000, 8000, 8000]])
    #expect(refusal(padded).contains("far more numbers than the file holds"))
  }

  @Test("Names from the file are printed escaped and cut")
  func printable() {
    #expect("a\u{0}b\n".printable == "a\\u{0}b\\u{a}")
    #expect(String(repeating: "x", count: 500).printable.count == 121)
  }
}
