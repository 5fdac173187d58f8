import Intervals
import Networks
import TestSupport
import Testing

@testable import ONNXFormat

/// Element-wise functions, each against its definition.
@Suite("Activations")
struct ActivationImportTests {
  private static let points: [[Double]] = [
    [-3, -0.5, 0, 0.25], [7, 6, -7, 1e-3], [0.5, -1e-9, 2, -2], [5.999, 6.001, -2.0001, -1.9999],
  ]

  /// The network's outputs, which must lie in its own enclosures, at several points.
  private func check(
    _ model: OperatorTests.Model, relus: Int, _ function: (Double, Int) -> Double
  ) throws {
    let network = try model.imported().network
    for point in Self.points {
      let outputs = network.outputs(point)
      let box = network.enclosure(at: point)
      for (i, x) in point.enumerated() {
        #expect(abs(outputs[i] - function(x, i)) <= 1e-14 * (1 + x.magnitude))
        #expect(outputs[i] >= box.lower[i] && outputs[i] <= box.upper[i])
      }
    }
    #expect(network.isPiecewiseLinear)
    #expect(network.activationNodes.count == relus)
  }

  @Test("LeakyRelu is one ReLU, with the default slope and others")
  func leaky() throws {
    for slope: Float? in [nil, 0.1, 0, 1, -0.5, 2] {
      var model = OperatorTests.Model([1, 4])
      model.node("LeakyRelu", ["x"], numbers: slope.map { ["alpha": $0] } ?? [:])
      try check(model, relus: 1) { x, _ in x > 0 ? x : Double(slope ?? 0.01) * x }
    }
  }

  @Test("PRelu has a slope for each element, or one for all")
  func parametric() throws {
    var each = OperatorTests.Model([1, 4])
    each.node("PRelu", ["x", each.constant([4], [0.1, 0.2, 0.3, -1])])
    let slopes = [0.1, 0.2, 0.3, -1].map { Double(Float($0)) }
    try check(each, relus: 1) { x, i in x > 0 ? x : slopes[i] * x }
    var one = OperatorTests.Model([1, 4])
    one.node("PRelu", ["x", one.constant([1], [0.25])])
    try check(one, relus: 1) { x, _ in x > 0 ? x : 0.25 * x }
    var wrong = OperatorTests.Model([1, 4])
    wrong.node("PRelu", ["x", wrong.constant([3], [0.25, 1, 1])])
    #expect(throws: ONNXError.self) { try wrong.imported() }
  }

  @Test("Abs is one ReLU")
  func absolute() throws {
    var model = OperatorTests.Model([1, 4])
    model.node("Abs", ["x"])
    try check(model, relus: 1) { x, _ in x.magnitude }
  }

  @Test("Clip by inputs: both bounds, either, none")
  func clip() throws {
    for (least, most): (Float?, Float?) in [(0, 6), (-2, 6), (-2, nil), (nil, 0.25), (nil, nil), (1, 1)] {
      var model = OperatorTests.Model([1, 4])
      let low = least.map { model.constant([], [$0]) } ?? ""
      let high = most.map { model.constant([], [$0]) } ?? ""
      model.node("Clip", ["x", low, high])
      let relus = (least == nil ? 0 : 1) + (most == nil ? 0 : 1)
      if relus == 0 {
        #expect(try model.imported().network.outputs([1, 2, 3, 4]) == [1, 2, 3, 4])
      } else {
        try check(model, relus: relus) { x, _ in min(max(x, Double(least ?? -.infinity)), Double(most ?? .infinity)) }
      }
    }
  }

  @Test("Clip by attributes, as before operator set 11, where the largest single means no bound")
  func oldClip() throws {
    var model = OperatorTests.Model([1, 4], operatorSet: 9)
    model.node("Clip", ["x"], numbers: ["min": 0, "max": .greatestFiniteMagnitude])
    try check(model, relus: 1) { x, _ in max(x, 0) }
    var low = OperatorTests.Model([1, 4], operatorSet: 9)
    low.node("Clip", ["x"], numbers: ["min": -.greatestFiniteMagnitude, "max": 1])
    try check(low, relus: 1) { x, _ in min(x, 1) }
    var wrong = OperatorTests.Model([1, 4], operatorSet: 9)
    wrong.node("Clip", ["x"], numbers: ["min": 2, "max": 1])
    #expect(throws: ONNXError.self) { try wrong.imported() }
  }

  @Test("A clip's intervals are as tight as its function")
  func clipIntervals() throws {
    var model = OperatorTests.Model([1, 2])
    model.node("Clip", ["x", model.constant([], [0]), model.constant([], [6])])
    let box = try model.imported().network.intervals(over: Box(lower: [-1, 2], upper: [8, 3])).last
    #expect(abs((box?.lower[0] ?? 9) - 0) < 1e-12 && abs((box?.upper[0] ?? 9) - 6) < 1e-12)
    #expect(abs((box?.lower[1] ?? 9) - 2) < 1e-12 && abs((box?.upper[1] ?? 9) - 3) < 1e-12)
  }

  @Test("HardSigmoid is a line between two ReLUs")
  func hardSigmoid() throws {
    var model = OperatorTests.Model([1, 4])
    model.node("HardSigmoid", ["x"])
    try check(model, relus: 2) { x, _ in min(max(Double(Float(0.2)) * x + 0.5, 0), 1) }
  }

  @Test("Relu of a constant is computed")
  func constantRelu() throws {
    var model = OperatorTests.Model([1, 2])
    let c = model.node("Relu", [model.constant([2], [-1, 3])])
    model.node("Add", ["x", c])
    #expect(try model.imported().network.outputs([1, 1]) == [1, 4])
  }

  @Test("Sigmoid and Tanh stay what they are")
  func smooth() throws {
    for (type, activation) in [("Sigmoid", Activation.sigmoid), ("Tanh", .tanh)] {
      var model = OperatorTests.Model([1, 4])
      model.node(type, ["x"])
      let network = try model.imported().network
      #expect(!network.isPiecewiseLinear)
      for point in Self.points { #expect(network.outputs(point) == point.map { activation($0) }) }
      // Written and read again.
      let again = try ONNXModel(data: ONNXExporter().data(for: network), path: "again").network
      for point in Self.points { #expect(again.outputs(point) == network.outputs(point)) }
    }
  }

  @Test("A final softmax is refused with advice, and left out on request")
  func softmax() throws {
    for type in ["Softmax", "LogSoftmax"] {
      var model = OperatorTests.Model([1, 3])
      model.node(type, [model.node("Mul", ["x", model.constant([], [2])])])
      let refusal = #expect(throws: ONNXError.self) { try model.imported() }
      #expect("\(refusal as Any)".contains("--strip-softmax"))
      let stripped = try ONNXModel(model.proto, path: "test", options: ImportOptions(stripsFinalSoftmax: true))
      #expect(stripped.network.outputs([1, 2, 3]) == [2, 4, 6])
      #expect(stripped.notes.contains { $0.contains("logits") })
      // Inside the network no request helps.
      model.node("Mul", ["t1", model.constant([], [2])])
      #expect(throws: ONNXError.self) {
        try ONNXModel(model.proto, path: "test", options: ImportOptions(stripsFinalSoftmax: true))
      }
    }
  }

  @Test("A softmax over parts of the output is refused: its order is not that of the logits")
  func partialSoftmax() throws {
    func strip(_ extents: [Int], _ axis: Int?, operatorSet: Int64) throws -> Network {
      var model = OperatorTests.Model(extents, operatorSet: operatorSet)
      model.node("Softmax", ["x"], integers: axis.map { ["axis": $0] } ?? [:])
      return try ONNXModel(model.proto, path: "test", options: ImportOptions(stripsFinalSoftmax: true)).network
    }
    #expect(throws: ONNXError.self) { try strip([1, 2, 3], nil, operatorSet: 13) }
    #expect(throws: ONNXError.self) { try strip([1, 2, 3], 1, operatorSet: 13) }
    #expect(throws: ONNXError.self) { try strip([2, 3], 1, operatorSet: 11) }
    #expect(throws: ONNXError.self) { try strip([1, 3], 0, operatorSet: 13) }
    #expect(throws: ONNXError.self) { try strip([1, 3], 5, operatorSet: 13) }
    // Before operator set 13 the sum goes over all axes from the named one on.
    #expect(try strip([1, 2, 3], 1, operatorSet: 11).outputCount == 6)
    #expect(try strip([1, 3], nil, operatorSet: 11).outputCount == 3)
    #expect(try strip([1, 3], 1, operatorSet: 13).outputCount == 3)
  }
}
