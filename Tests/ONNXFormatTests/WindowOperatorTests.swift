import Foundation
import Intervals
import Networks
import TestSupport
import Testing

@testable import ONNXFormat

/// Operators that slide a window over an image, against loops that read like the standard.
@Suite("Operators with windows")
struct WindowOperatorTests {
  typealias Model = OperatorTests.Model

  /// One axis of a window: which elements lie under it at each position.
  struct Axis {
    var extent: Int
    var kernel = 1
    var stride = 1
    var dilation = 1
    var before = 0
    var after = 0
    var positions = 0

    /// The positions under the kernel, those in the padding too.
    func taps(_ position: Int) -> [Int] { (0..<kernel).map { position * stride - before + $0 * dilation } }
  }

  /// A fixed image of distinct numbers without order.
  static func image(_ count: Int) -> [Double] {
    (0..<count).map { (index: Int) -> Double in
      let scattered = (index * 37 + 11) % 101
      return Double(scattered - 40) / 8
    }
  }

  struct Pooling: CustomTestStringConvertible, Sendable {
    var rows, columns: Axis
    var attributes: [String: [Int]]
    var mode = ""
    var roundsUp = false
    var testDescription: String { "\(attributes) \(mode) \(roundsUp ? "ceil" : "floor")" }
  }

  /// Windows with the numbers of positions worked out by hand.
  static let poolings: [Pooling] = {
    var list: [Pooling] = []
    list.append(
      Pooling(
        rows: Axis(extent: 5, kernel: 2, stride: 2, positions: 2),
        columns: Axis(extent: 6, kernel: 2, stride: 2, positions: 3),
        attributes: ["kernel_shape": [2, 2], "strides": [2, 2]]))
    list.append(
      Pooling(
        rows: Axis(extent: 5, kernel: 3, stride: 1, before: 1, after: 0, positions: 4),
        columns: Axis(extent: 6, kernel: 2, stride: 3, before: 0, after: 1, positions: 2),
        attributes: ["kernel_shape": [3, 2], "strides": [1, 3], "pads": [1, 0, 0, 1]]))
    list.append(
      Pooling(
        rows: Axis(extent: 5, kernel: 2, stride: 2, before: 1, after: 0, positions: 3),
        columns: Axis(extent: 6, kernel: 3, stride: 2, positions: 3),
        attributes: ["kernel_shape": [2, 3], "strides": [2, 2], "pads": [1, 0, 0, 0]], roundsUp: true))
    // The third column would begin behind the image and its padding.
    list.append(
      Pooling(
        rows: Axis(extent: 5, kernel: 1, stride: 3, positions: 2),
        columns: Axis(extent: 6, kernel: 2, stride: 4, positions: 2),
        attributes: ["kernel_shape": [1, 2], "strides": [3, 4]], roundsUp: true))
    list.append(
      Pooling(
        rows: Axis(extent: 5, kernel: 2, stride: 1, dilation: 2, positions: 3),
        columns: Axis(extent: 6, kernel: 2, stride: 2, dilation: 3, before: 1, after: 1, positions: 3),
        attributes: ["kernel_shape": [2, 2], "strides": [1, 2], "dilations": [2, 3], "pads": [0, 1, 0, 1]]))
    list.append(
      Pooling(
        rows: Axis(extent: 5, kernel: 3, stride: 2, before: 1, after: 1, positions: 3),
        columns: Axis(extent: 6, kernel: 3, stride: 2, before: 0, after: 1, positions: 3),
        attributes: ["kernel_shape": [3, 3], "strides": [2, 2]], mode: "SAME_UPPER"))
    list.append(
      Pooling(
        rows: Axis(extent: 5, kernel: 2, stride: 1, before: 1, after: 0, positions: 5),
        columns: Axis(extent: 6, kernel: 3, stride: 2, before: 1, after: 0, positions: 3),
        attributes: ["kernel_shape": [2, 3], "strides": [1, 2]], mode: "SAME_LOWER"))
    list.append(
      Pooling(
        rows: Axis(extent: 5, kernel: 5, positions: 1), columns: Axis(extent: 6, kernel: 4, stride: 2, positions: 2),
        attributes: ["kernel_shape": [5, 4], "strides": [1, 2]], mode: "VALID"))
    return list
  }()

  /// The pooling of two channels, with a rule for what lies under the window.
  private func pooled(_ p: Pooling, _ x: [Double], _ rule: ([Double], _ padded: Int) -> Double) -> [Double] {
    let (height, width) = (p.rows.extent, p.columns.extent)
    return (0..<2).flatMap { channel in
      (0..<p.rows.positions).flatMap { i in
        (0..<p.columns.positions).map { j in
          var elements: [Double] = []
          var padded = 0
          for row in p.rows.taps(i) {
            for column in p.columns.taps(j) {
              if (0..<height).contains(row), (0..<width).contains(column) {
                elements.append(x[(channel * height + row) * width + column])
              }
              let isCounted = row < height + p.rows.after && column < width + p.columns.after
              if isCounted { padded += 1 }
            }
          }
          return rule(elements, padded)
        }
      }
    }
  }

  private func model(_ type: String, _ p: Pooling, integers: [String: Int] = [:]) -> Model {
    var model = Model([1, 2, p.rows.extent, p.columns.extent], operatorSet: 19)
    var integers = integers
    if p.roundsUp { integers["ceil_mode"] = 1 }
    model.node(
      type, ["x"], integers: integers, lists: p.attributes, texts: p.mode.isEmpty ? [:] : ["auto_pad": p.mode])
    return model
  }

  @Test("MaxPool: the largest element, padding never", arguments: poolings)
  func maxPool(p: Pooling) throws {
    // All negative: a padding of zeros would win.
    let x = Self.image(60).map { $0 - 20 }
    let network = try model("MaxPool", p).imported().network
    #expect(network.outputShape.extents == [1, 2, p.rows.positions, p.columns.positions])
    let expected = pooled(p, x) { elements, _ in elements.max() ?? .nan }
    #expect(network.outputs(x) == expected)
    let box = network.enclosure(at: x)
    #expect(zip(expected.indices, expected).allSatisfy { box.lower[$0] <= $1 && $1 <= box.upper[$0] })
  }

  @Test("AveragePool, counting the padding or not", arguments: poolings, [false, true])
  func averagePool(p: Pooling, countsPadding: Bool) throws {
    let x = Self.image(60)
    let network = try model("AveragePool", p, integers: ["count_include_pad": countsPadding ? 1 : 0]).imported().network
    #expect(network.outputShape.extents == [1, 2, p.rows.positions, p.columns.positions])
    let box = network.enclosure(at: x)
    let expected = pooled(p, x) { elements, padded in
      elements.reduce(0, +) / Double(countsPadding ? padded : elements.count)
    }
    for (i, value) in expected.enumerated() {
      // The image's numbers are short: only the division rounds.
      #expect(box.lower[i] <= value.nextUp && value.nextDown <= box.upper[i])
      #expect(box.upper[i] - box.lower[i] < 1e-12)
    }
  }

  @Test("An average over a power of two is exact, another states its rounding")
  func averageErrors() throws {
    for (kernel, isExact) in [(2, true), (3, false)] {
      var model = Model([1, 1, 6])
      model.node("AveragePool", ["x"], lists: ["kernel_shape": [kernel]])
      let network = try model.imported().network
      guard network.nodes.count == 2, case .linear(let layer, _) = network.nodes[1].operation else {
        Issue.record("not one layer")
        continue
      }
      #expect((layer.coefficientError == 0) == isExact)
      let x = (0..<6).map { Double($0) / 4 + 0.125 }
      let box = network.enclosure(at: x)
      for i in 0..<7 - kernel {
        let sum = x[i..<i + kernel].map { exact($0) }.reduce(exact(0), +)
        #expect((sum / exact(Double(kernel))).isInside(box[i]))
      }
    }
  }

  @Test("Maxima share what windows have in common")
  func sharing() throws {
    var model = Model([1, 1, 8, 8])
    model.node("MaxPool", ["x"], lists: ["kernel_shape": [3, 3]])
    let relus = try model.imported().network.activationNodes.reduce(0) { $0 + $1.shape.count }
    // Each axis: seven pairs and six of a pair with a third; nine elements by themselves would take eight.
    #expect(relus <= 8 * (7 + 6) + 6 * (7 + 6))
  }

  @Test("Global pooling in one, two and three dimensions", arguments: [[5], [3, 2], [2, 3, 2]])
  func global(spatial: [Int]) throws {
    let size = spatial.reduce(1, *)
    let x = Self.image(2 * size)
    for type in ["GlobalMaxPool", "GlobalAveragePool"] {
      var model = Model([1, 2] + spatial)
      model.node(type, ["x"])
      let network = try model.imported().network
      #expect(network.outputShape.extents == [1, 2] + spatial.map { _ in 1 })
      let channels = [x[..<size], x[size...]]
      let expected = channels.map { type == "GlobalMaxPool" ? $0.max() ?? 0 : $0.reduce(0, +) / Double(size) }
      #expect(zip(network.outputs(x), expected).allSatisfy { abs($0 - $1) < 1e-12 })
    }
  }

  struct Transposed: CustomTestStringConvertible, Sendable {
    var attributes: [String: [Int]]
    var stride = 1
    var dilation = 1
    var before = 0
    var length: Int
    var mode = ""
    var groups = 1
    var testDescription: String { "\(attributes) \(mode) group \(groups)" }
  }

  static let transpositions: [Transposed] = {
    var list: [Transposed] = []
    list.append(Transposed(attributes: [:], length: 6))
    list.append(Transposed(attributes: ["strides": [3]], stride: 3, length: 12))
    list.append(Transposed(attributes: ["strides": [2], "pads": [1, 2]], stride: 2, before: 1, length: 6))
    list.append(Transposed(attributes: ["strides": [2], "output_padding": [1]], stride: 2, length: 10))
    list.append(
      Transposed(attributes: ["strides": [2], "dilations": [2]], stride: 2, dilation: 2, length: 11, groups: 2))
    // Pads beyond the kernel cut the image itself.
    list.append(Transposed(attributes: ["pads": [3, 1]], before: 3, length: 2))
    list.append(
      Transposed(attributes: ["strides": [2], "output_shape": [8]], stride: 2, before: 1, length: 8, groups: 2))
    list.append(Transposed(attributes: ["strides": [2]], stride: 2, before: 0, length: 8, mode: "SAME_UPPER"))
    list.append(Transposed(attributes: ["strides": [2]], stride: 2, before: 1, length: 8, mode: "SAME_LOWER"))
    list.append(Transposed(attributes: ["strides": [2]], stride: 2, length: 9, mode: "VALID"))
    return list
  }()

  @Test("ConvTranspose: each element spreads its kernel", arguments: transpositions)
  func convTranspose(t: Transposed) throws {
    let (extent, kernel, inputs, outputs) = (4, 3, 2, 2)
    let perGroup = outputs / t.groups
    let weights = Self.image(inputs * perGroup * kernel)
    let x = Self.image(inputs * extent)
    var expected = [Double](repeating: 0, count: outputs * t.length)
    for o in 0..<outputs { for i in 0..<t.length { expected[o * t.length + i] = o == 0 ? 0.5 : -1 } }
    for input in 0..<inputs {
      for o in 0..<perGroup {
        let output = t.groups == 1 ? o : input
        for i in 0..<extent {
          for k in 0..<kernel {
            let place = i * t.stride + k * t.dilation - t.before
            guard (0..<t.length).contains(place) else { continue }
            expected[output * t.length + place] +=
              x[input * extent + i] * weights[(input * perGroup + o) * kernel + k]
          }
        }
      }
    }
    // Once in one dimension, once along each axis of two.
    for shape in [[0], [0, 1], [1, 0]] {
      func along(_ value: Int, other: Int) -> [Int] { shape.map { $0 == 0 ? value : other } }
      var model = Model([1, inputs] + along(extent, other: 1))
      let w = model.constant(
        [inputs, perGroup] + along(kernel, other: 1), weights.map { Float($0) })
      var spread: [String: [Int]] = [:]
      for (name, list) in t.attributes {
        let other = ["pads", "output_padding"].contains(name) ? 0 : 1
        spread[name] = list.flatMap { along($0, other: other) }
      }
      model.node(
        "ConvTranspose", ["x", w, model.constant([outputs], [0.5, -1])], integers: ["group": t.groups], lists: spread,
        texts: t.mode.isEmpty ? [:] : ["auto_pad": t.mode])
      let network = try model.imported().network
      #expect(network.outputShape.extents == [1, outputs] + along(t.length, other: 1))
      #expect(network.outputs(x) == expected)
    }
  }

  @Test("Convolution in one dimension: groups, dilation, uneven pads, no bias")
  func convolution() throws {
    var model = Model([1, 2, 6])
    let w = model.constant([2, 1, 2], [1, 10, 2, -1])
    model.node(
      "Conv", ["x", w], integers: ["group": 2],
      lists: ["pads": [1, 2], "dilations": [3], "strides": [2], "kernel_shape": [2]])
    let x = Self.image(12)
    let network = try model.imported().network
    func element(_ channel: Int, _ i: Int) -> Double { (0..<6).contains(i) ? x[channel * 6 + i] : 0 }
    let expected = (0..<2).flatMap { channel in
      (0..<3).map { i in
        let (a, b) = channel == 0 ? (1.0, 10.0) : (2.0, -1.0)
        return a * element(channel, 2 * i - 1) + b * element(channel, 2 * i + 2)
      }
    }
    #expect(network.outputShape.extents == [1, 2, 3])
    #expect(network.outputs(x) == expected)
  }

  private func refusal(_ model: Model) -> String {
    do {
      _ = try model.imported()
      return "imported"
    } catch {
      return "\(error)"
    }
  }

  @Test("What is refused")
  func refuses() {
    var indices = Model([1, 1, 4])
    indices.node("MaxPool", ["x"], lists: ["kernel_shape": [2]])
    indices.proto.graph.node[0].output.append("indices")
    indices.node("Add", ["t0", "indices"])
    #expect(refusal(indices).contains("n0: outputs of MaxPool beyond the first are not supported"))
    func pooling(_ type: String, _ extents: [Int], _ lists: [String: [Int]]) -> String {
      var model = Model(extents)
      model.node(type, ["x"], lists: lists)
      return refusal(model)
    }
    #expect(pooling("MaxPool", [1, 1, 4], [:]).contains("n0 has no kernel_shape"))
    #expect(pooling("MaxPool", [1, 4], ["kernel_shape": [2]]).contains("n0: 1x4 is no image"))
    #expect(pooling("MaxPool", [1, 1, 4], ["kernel_shape": [5]]).contains("exceeds the padded axis of 4"))
    #expect(pooling("MaxPool", [1, 1, 4], ["kernel_shape": [2, 2]]).contains("2 kernel_shape for 1 spatial axes"))
    for type in ["MaxPool", "AveragePool"] {
      #expect(pooling(type, [1, 1, 4], ["kernel_shape": [1], "pads": [1, 0]]).contains("in the padding alone"))
    }
    #expect(
      pooling("MaxPool", [1, 1, 30_000], ["kernel_shape": [30_000], "pads": [29_999, 29_999]])
        .contains("far more numbers than the file holds"))
    var large = Model([1, 1, 4])
    large.node(
      "ConvTranspose", ["x", large.constant([1, 1, 1], [1])], lists: ["strides": [1 << 30]])
    #expect(refusal(large).contains("is too large"))
  }
}
