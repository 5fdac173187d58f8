import Foundation
import Intervals
import Networks
import TestSupport
import Testing

@testable import ONNXFormat

/// Operators that choose, join, repeat and reduce elements.
@Suite("Operators that choose and join")
struct SelectionOperatorTests {
  typealias Model = OperatorTests.Model

  private func refusal(_ model: Model) -> String {
    do {
      _ = try model.imported()
      return "imported"
    } catch {
      return "\(error)"
    }
  }

  /// What the network makes of 0, 1, 2, …, and its output's extents.
  private func choice(_ model: Model) throws -> (extents: [Int], elements: [Int]) {
    let network = try model.imported().network
    let outputs = network.outputs((0..<network.inputCount).map { Double($0) })
    return (network.outputShape.extents, outputs.map { Int($0) })
  }

  struct Slice: Sendable, CustomTestStringConvertible {
    let starts, ends: [Int]
    var axes: [Int]?
    var steps: [Int]?
    let expected: [Int]
    var testDescription: String { "\(starts) \(ends) \(axes ?? []) \(steps ?? [])" }
  }

  @Test(
    "Slice of 0…9",
    arguments: [
      Slice(starts: [2], ends: [5], expected: [2, 3, 4]),
      Slice(starts: [-3], ends: [Int.max], axes: [0], expected: [7, 8, 9]),
      Slice(starts: [1], ends: [-1], axes: [-1], steps: [3], expected: [1, 4, 7]),
      Slice(starts: [-1], ends: [Int.min], axes: [0], steps: [-4], expected: [9, 5, 1]),
      Slice(starts: [100], ends: [6], axes: [0], steps: [-1], expected: [9, 8, 7]),
      Slice(starts: [-100], ends: [2], axes: [0], steps: [1], expected: [0, 1]),
      Slice(starts: [0], ends: [10], axes: [0], steps: [Int.max], expected: [0]),
    ])
  func slice(s: Slice) throws {
    var model = Model([10])
    var inputs = ["x", model.constant(integers: s.starts), model.constant(integers: s.ends)]
    if let axes = s.axes { inputs.append(model.constant(integers: axes)) }
    if let steps = s.steps { inputs.append(model.constant(integers: steps)) }
    model.node("Slice", inputs)
    #expect(try choice(model) == ([s.expected.count], s.expected))
    guard s.steps == nil else { return }
    var older = Model([10], operatorSet: 9)
    var lists = ["starts": s.starts, "ends": s.ends]
    lists["axes"] = s.axes
    older.node("Slice", ["x"], lists: lists)
    #expect(try choice(older) == ([s.expected.count], s.expected))
  }

  @Test("Slice of several axes, and slices that are wrong")
  func slices() throws {
    var model = Model([2, 3, 4])
    let (starts, ends) = (model.constant(integers: [-1, 1]), model.constant(integers: [-5, 3]))
    model.node(
      "Slice", ["x", starts, ends, model.constant(integers: [2, 1]), model.constant(integers: [-2, 1])])
    #expect(try choice(model) == ([2, 2, 2], [7, 5, 11, 9, 19, 17, 23, 21]))
    func wrong(_ lists: [String: [Int]]) -> String {
      var model = Model([4], operatorSet: 9)
      model.node("Slice", ["x"], lists: lists)
      return refusal(model)
    }
    #expect(wrong(["starts": [3], "ends": [2]]).contains("n0: the slice 3 to 2 of axis 0 with 4 elements is empty"))
    #expect(wrong(["starts": [0], "ends": [2], "axes": [1]]).contains("axis 1 of a tensor of rank 1"))
    #expect(wrong(["starts": [0, 0], "ends": [2, 2], "axes": [0, -1]]).contains("axis 0 is sliced twice"))
    #expect(wrong(["starts": [0], "ends": [2], "steps": [0]]).contains("step 0"))
    #expect(wrong(["starts": [0]]).contains("has no starts or no ends"))
  }

  @Test("Split by attribute, by input, into equal parts and with a smaller last one")
  func split() throws {
    func parts(_ operatorSet: Int64, _ sizes: [Int]?, asInput: Bool, count: Int, extent: Int = 6) throws -> [[Int]] {
      try (0..<count).map { part in
        var model = Model([2, extent], operatorSet: operatorSet)
        var inputs = ["x"]
        var lists: [String: [Int]] = [:]
        if let sizes, asInput { inputs.append(model.constant(integers: sizes)) } else { lists["split"] = sizes }
        model.node(
          "Split", inputs, integers: operatorSet == 18 ? ["axis": 1, "num_outputs": count] : ["axis": -1], lists: lists)
        model.proto.graph.node[0].output = (0..<count).map { "part\($0)" }
        model.node("Identity", ["part\(part)"])
        return try choice(model).elements
      }
    }
    #expect(try parts(11, [2, 4], asInput: false, count: 2) == [[0, 1, 6, 7], [2, 3, 4, 5, 8, 9, 10, 11]])
    #expect(try parts(13, [5, 1], asInput: true, count: 2) == [[0, 1, 2, 3, 4, 6, 7, 8, 9, 10], [5, 11]])
    #expect(try parts(13, nil, asInput: false, count: 3) == [[0, 1, 6, 7], [2, 3, 8, 9], [4, 5, 10, 11]])
    #expect(try parts(18, nil, asInput: false, count: 3, extent: 5) == [[0, 1, 5, 6], [2, 3, 7, 8], [4, 9]])
    #expect(throws: ONNXError.self) { try parts(13, nil, asInput: false, count: 4) }
    #expect(throws: ONNXError.self) { try parts(13, [2, 2], asInput: true, count: 2) }
    #expect(throws: ONNXError.self) { try parts(13, [6, 0], asInput: true, count: 2) }
  }

  @Test("Concat of constants and of variables from several nodes")
  func concat() throws {
    var model = Model([2, 2])
    let relu = model.node("Relu", [model.node("Neg", ["x"])])
    let constant = model.constant([2, 1], [50, 60])
    model.node("Concat", [relu, constant, "x", relu], integers: ["axis": -1])
    let network = try model.imported().network
    #expect(network.outputShape.extents == [2, 7])
    #expect(network.outputs([1, -2, 3, -4]) == [0, 2, 50, 1, -2, 0, 2, 0, 4, 60, 3, -4, 0, 4])
    // The parts of one tensor, put together again, are one map.
    var parts = Model([1, 4])
    parts.node("Split", ["x"], integers: ["axis": 1])
    parts.proto.graph.node[0].output = ["a", "b"]
    parts.node("Concat", ["b", "a"], integers: ["axis": 1])
    #expect(try choice(parts) == ([1, 4], [2, 3, 0, 1]))
    #expect(try parts.imported().network.nodes.count == 2)
    parts.node("Relu", [parts.node("Gather", ["t1", parts.constant(integers: [2, 3, 0, 1])], integers: ["axis": 1])])
    #expect(try parts.imported().network.nodes.count == 2)
    var mismatch = Model([2, 2])
    mismatch.node("Concat", ["x", mismatch.constant([1, 2], [1, 2])], integers: ["axis": 1])
    #expect(refusal(mismatch).contains("n0: 1x2 cannot be joined to 2x2"))
    var integers = Model([2])
    integers.node("Concat", ["x", integers.constant(integers: [1])], integers: ["axis": 0])
    #expect(refusal(integers).contains("joins integers to other numbers"))
  }

  @Test("A constant part keeps its error")
  func concatError() throws {
    var model = Model([1])
    let third = model.node("Div", [model.constant([1], [1]), model.constant([1], [3])])
    model.node("Concat", [third, "x"], integers: ["axis": 0])
    let box = try model.imported().network.enclosure(at: [2])
    #expect((exact(1) / exact(3)).isInside(box[0]))
    #expect(exact(2).isInside(box[1]))
  }

  @Test("Pad: constants, copies, reflections, cuts")
  func pad() throws {
    func padded(
      _ extents: [Int], _ pads: [Int], mode: String = "constant", value: Float? = nil, operatorSet: Int64 = 17
    ) throws -> (extents: [Int], elements: [Int]) {
      var model = Model(extents, operatorSet: operatorSet)
      if operatorSet < 11 {
        model.node(
          "Pad", ["x"], lists: ["pads": pads], numbers: value.map { ["value": $0] } ?? [:], texts: ["mode": mode])
      } else {
        let values = value.map { [model.constant([], [$0])] } ?? []
        model.node("Pad", ["x", model.constant(integers: pads)] + values, texts: ["mode": mode])
      }
      return try choice(model)
    }
    for set in [9, 17] as [Int64] {
      #expect(
        try padded([2, 2], [0, 1, 1, 2], value: 7, operatorSet: set)
          == ([3, 5], [7, 0, 1, 7, 7, 7, 2, 3, 7, 7, 7, 7, 7, 7, 7]))
    }
    #expect(try padded([4], [-1, 2]) == ([5], [1, 2, 3, 0, 0]))
    #expect(try padded([4], [2, 1], mode: "edge") == ([7], [0, 0, 0, 1, 2, 3, 3]))
    #expect(try padded([4], [2, 3], mode: "reflect") == ([9], [2, 1, 0, 1, 2, 3, 2, 1, 0]))
    #expect(try padded([3], [1, 4], mode: "wrap") == ([8], [2, 0, 1, 2, 0, 1, 2, 0]))
    for (pads, mode) in [([-3, -2], "constant"), ([4, 0], "reflect"), ([-1, 1], "edge"), ([0, 0], "mirror")] {
      #expect(throws: ONNXError.self) { try padded([4], pads, mode: mode) }
    }
    #expect(throws: ONNXError.self) { try padded([4], [1, Int.max]) }
    #expect(throws: ONNXError.self) { try padded([4, 4], [30_000, 30_000, 30_000, 30_000]) }
    var some = Model([2, 2], operatorSet: 18)
    let pads = some.constant(integers: [1, 0])
    some.node("Pad", ["x", pads, "", some.constant(integers: [-1])])
    #expect(try choice(some) == ([2, 3], [0, 0, 1, 0, 2, 3]))
  }

  @Test("Expand and Tile")
  func repeats() throws {
    var expand = Model([2, 1])
    expand.node("Expand", ["x", expand.constant(integers: [2, 1, 3])])
    #expect(try choice(expand) == ([2, 2, 3], [0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 1]))
    var tile = Model([2, 2])
    tile.node("Tile", ["x", tile.constant(integers: [2, 2])])
    #expect(try choice(tile) == ([4, 4], [0, 1, 0, 1, 2, 3, 2, 3, 0, 1, 0, 1, 2, 3, 2, 3]))
    var large = Model([2, 2])
    large.node("Tile", ["x", large.constant(integers: [1 << 40, 1 << 40])])
    #expect(refusal(large).contains("is too large"))
    var wrong = Model([2])
    wrong.node("Expand", ["x", wrong.constant(integers: [3])])
    #expect(refusal(wrong).contains("2 cannot be expanded to 3"))
  }

  @Test("Reductions over axes", arguments: ["ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin"], [0, 1])
  func reduce(type: String, keeps: Int) throws {
    let x = WindowOperatorTests.image(24)
    for (axes, operatorSet) in [([1], 11), ([-1, 0], 18), ([], 18), ([2], 13), ([0, 1, 2], 11)] as [([Int], Int64)] {
      var model = Model([2, 3, 4], operatorSet: operatorSet)
      let asInput = operatorSet == 18 || operatorSet == 13 && type == "ReduceSum"
      let inputs = axes.isEmpty || !asInput ? ["x"] : ["x", model.constant(integers: axes)]
      model.node(
        type, inputs, integers: ["keepdims": keeps], lists: asInput || axes.isEmpty ? [:] : ["axes": axes])
      let network = try model.imported().network
      let reduced = axes.isEmpty ? [0, 1, 2] : axes.map { ($0 + 3) % 3 }
      var groups: [[Int]: [Double]] = [:]
      for (index, value) in x.enumerated() {
        let position = [index / 12, index / 4 % 3, index % 4]
        groups[position.indices.map { reduced.contains($0) ? 0 : position[$0] }, default: []].append(value)
      }
      let expected = groups.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { _, group in
        switch type {
        case "ReduceSum": group.reduce(0, +)
        case "ReduceMean": group.reduce(0, +) / Double(group.count)
        case "ReduceMax": group.max() ?? 0
        default: group.min() ?? 0
        }
      }
      let extents = [2, 3, 4].enumerated().compactMap { reduced.contains($0) ? (keeps == 1 ? 1 : nil) : $1 }
      #expect(network.outputShape.extents == extents)
      #expect(zip(network.outputs(x), expected).allSatisfy { abs($0 - $1) < 1e-12 })
    }
    var nothing = Model([2, 3], operatorSet: 18)
    nothing.node(type, ["x"], integers: ["noop_with_empty_axes": 1])
    #expect(try choice(nothing) == ([2, 3], [0, 1, 2, 3, 4, 5]))
  }

  @Test("Max, Min, Sum and Mean of several tensors")
  func elementwise() throws {
    let x = [-3.0, 0.25, 2, 7]
    for (type, rule) in [
      ("Max", { max($0, $1, $2) }), ("Min", { min($0, $1, $2) }), ("Sum", { $0 + $1 + $2 }),
      ("Mean", { ($0 + $1 + $2) / 3 }),
    ] as [(String, (Double, Double, Double) -> Double)] {
      var model = Model([2, 2])
      let negated = model.node("Neg", ["x"])
      model.node(type, [model.constant([2], [0.5, 1]), negated, "x"])
      let outputs = try model.imported().network.outputs(x)
      for i in 0..<4 { #expect(abs(outputs[i] - rule([0.5, 1][i % 2], -x[i], x[i])) < 1e-12) }
    }
    var constants = Model([2])
    let most = constants.node("Max", [constants.constant([2], [1, 5]), constants.constant([], [3])])
    constants.node("Add", ["x", constants.node("Min", [most, constants.constant([], [4])])])
    #expect(try choice(constants).elements == [3, 5])
  }

  @Test("Shapes that are computed fold to constants")
  func shapes() throws {
    // Reshape to [batch, -1], as PyTorch writes it.
    var model = Model([1, 2, 3, 4])
    let batch = model.node("Gather", [model.node("Shape", ["x"]), model.constant(integers: [0])])
    model.node("Reshape", ["x", model.node("Concat", [batch, model.constant(integers: [-1])], integers: ["axis": 0])])
    #expect(try choice(model).extents == [1, 24])
    // Parts of a shape, split, halved, and used to fill a tensor.
    var fill = Model([2, 6])
    let last = fill.node("Shape", ["x"], integers: ["start": -1])
    let half = fill.node("Div", [last, fill.constant(integers: [2])])
    fill.node("Split", [fill.node("Shape", ["x"], integers: ["end": 9])], integers: ["axis": 0])
    fill.proto.graph.node[fill.proto.graph.node.count - 1].output = ["rows", "columns"]
    let shape = fill.node("Concat", ["rows", half], integers: ["axis": 0])
    let zeros = fill.node("ConstantOfShape", [shape])
    let two = fill.constant(integers: [2, 2])
    let part = fill.node("Slice", ["x", fill.constant(integers: [0]), half, fill.constant(integers: [1])])
    fill.node("Concat", [part, fill.node("Tile", [zeros, two])], integers: ["axis": 1])
    #expect(refusal(fill).contains("4x6 cannot be joined to 2x3"))
    fill.proto.graph.node[fill.proto.graph.node.count - 1].input[1] = zeros
    #expect(try choice(fill) == ([2, 6], [0, 1, 2, 0, 0, 0, 6, 7, 8, 0, 0, 0]))
  }

  @Test("Reductions of constants are computed", arguments: ["ReduceSum", "ReduceProd", "ReduceMax", "ReduceMin"])
  func constantReductions(type: String) throws {
    var model = Model([2, 6])
    let sizes = model.constant(integers: [3, 2, 2])
    let last = model.node(type, [sizes], integers: ["keepdims": 1])
    model.node("Reshape", ["x", model.node("Concat", [last, model.constant(integers: [-1])], integers: ["axis": 0])])
    let rows = ["ReduceSum": 7, "ReduceProd": 12, "ReduceMax": 3, "ReduceMin": 2][type] ?? 0
    if rows == 7 {
      #expect(refusal(model).contains("12 elements do not fit 7x?"))
    } else {
      #expect(try choice(model).extents == [rows, 12 / rows])
    }
    var real = Model([1, 3])
    let third = real.node("ReduceMean", [real.constant([2, 3], [1, 2, 4, 0, 2, 5])], lists: ["axes": [1]])
    real.node("Add", ["x", real.node(type, [third])])
    let box = try real.imported().network.enclosure(at: [0, 0, 0])
    let a = exact(7) / exact(3)
    let expected = ["ReduceSum": a + a, "ReduceProd": a * a, "ReduceMax": a, "ReduceMin": a][type] ?? a
    #expect(expected.isInside(box[0]))
  }
}
