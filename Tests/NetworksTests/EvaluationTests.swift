import Networks
import TestSupport
import Testing
import Tensors

@Suite struct EvaluationTests {
  @Test(arguments: 0..<20) func `values agree with exact arithmetic`(_ seed: Int) throws {
    var random = RandomNetworks(seed: UInt64(seed))
    for network in [try random.dense([4, 6, 5, 3]), try random.convolutional()] {
      let points = (0..<3).map { _ in random.weights(network.inputCount) }
      let outputs = network.outputs(points.flatMap { $0 }, batch: 3)
      for (k, point) in points.enumerated() {
        let enclosure = network.enclosure(at: point)
        let truth = exactValues(of: network, at: point)[network.output.index]
        // Rounding grows with the largest value on the way, not with the result.
        let largest = network.evaluate(point).values.joined().reduce(0) { max($0, abs($1)) }
        for i in 0..<network.outputCount {
          #expect(truth[i].isInside(enclosure[i]))
          #expect(enclosure[i].width < 1e-11 * (1 + largest))
          #expect(abs(outputs[k * network.outputCount + i] - enclosure[i].midpoint) < 1e-11 * (1 + largest))
        }
      }
    }
  }

  @Test(arguments: 0..<20) func `gradients equal central differences`(_ seed: Int) throws {
    var random = RandomNetworks(seed: UInt64(100 + seed))
    for network in [try random.dense([5, 8, 8, 3]), try random.convolutional()] {
      let point = random.weights(network.inputCount)
      let seedRow = random.weights(network.outputCount)
      let gradient = network.evaluate(point).inputGradient(seed: seedRow)
      func value(_ x: [Double]) -> Double { zip(network.outputs(x), seedRow).reduce(0) { $0 + $1.0 * $1.1 } }
      // Piecewise linear: away from a kink the difference quotient is exact but for rounding.
      let step = 1e-7
      for i in point.indices {
        var up = point
        var down = point
        up[i] += step
        down[i] -= step
        #expect(abs((value(up) - value(down)) / (2 * step) - gradient[i]) < 1e-6)
      }
    }
  }

  @Test func `a batch's gradients are those of its members`() throws {
    var random = RandomNetworks(seed: 12)
    for network in [try random.dense([5, 8, 8, 3]), try random.convolutional()] {
      let points = (0..<3).map { _ in random.weights(network.inputCount) }
      let seeds = (0..<3).map { _ in random.weights(network.outputCount) }
      let together = network.evaluate(points.flatMap { $0 }, batch: 3).inputGradient(seed: seeds.flatMap { $0 })
      let alone = zip(points, seeds).flatMap { network.evaluate($0).inputGradient(seed: $1) }
      for (a, b) in zip(together, alone) { #expect(abs(a - b) < 1e-12 * (1 + abs(b))) }
    }
  }

  @Test func `a suffix continues where the prefix ends`() throws {
    var random = RandomNetworks(seed: 8)
    let network = try random.dense([4, 6, 5, 3])
    let input = random.weights(4)
    let evaluation = network.evaluate(input)
    let cut = network.activationNodes[0].id
    let suffix = try #require(network.suffix(after: cut))
    #expect(suffix.inputCount == 6)
    #expect(suffix.outputs(evaluation.values[cut.index]) == evaluation.outputs)
    let residual = try random.convolutional()
    // The residual connection passes the branch's convolution by.
    let branch = try #require(residual.nodes.first { $0.name == "conv2" })
    #expect(residual.suffix(after: branch.id) == nil)
  }

  @Test func `a builder refuses what does not fit`() throws {
    var builder = NetworkBuilder(inputShape: Shape(vector: 2))
    let layer = LinearLayer(map: .dense(DenseMap(rows: 1, columns: 3, weights: [1, 2, 3])))
    #expect(throws: NetworkError.sizeMismatch(node: "fc", expected: 3, found: 2)) {
      try builder.linear(layer, of: builder.input, shape: Shape(vector: 1), name: "fc")
    }
    let broken = LinearLayer(map: .dense(DenseMap(rows: 1, columns: 2, weights: [1, .nan])))
    #expect(throws: NetworkError.notFinite(node: "fc", what: "weight", index: 1)) {
      try builder.linear(broken, of: builder.input, shape: Shape(vector: 1), name: "fc")
    }
  }
}
