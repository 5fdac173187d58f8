import Networks
import TestSupport
import Tensors
import Testing

@testable import Bounds

@Suite struct ZonotopeTests {
  /// The example network of Singh et al. 2019 (DeepPoly), two inputs in [−1, 1], with zonotopes computed by hand:
  ///
  /// x₃ = ε₁ + ε₂, x₄ = ε₁ − ε₂ in [−2, 2]: λ = μ = 1/2, x₅ = (1 + ε₁ + ε₂ + ε₃)/2, x₆ = (1 + ε₁ − ε₂ + ε₄)/2;
  /// x₇ = x₅ + x₆ = 1 + ε₁ + (ε₃ + ε₄)/2 in [−1, 3], x₈ = x₅ − x₆ = ε₂ + (ε₃ − ε₄)/2 in [−2, 2].
  @Test func `an example by hand`() throws {
    let network = try example()
    let known = RegionBounds(of: network, over: Box(lower: [-1, -1], upper: [1, 1]))
    let zonotopes = ZonotopeBounds(known)
    // Interval propagation knows that x₇ ≥ 0, so that its ReLU is the identity; x₁₀ = (1 + x₈ + ε₅)/2.
    // x₁₁ = x₉ + x₁₀ + 1 = 5/2 + ε₁ + ε₂/2 + 3/4·ε₃ + 1/4·ε₄ + ε₅/2, at most 11/2; x₁₁ − x₁₂ = x₉ + 1, at most 4.
    expect(zonotopes.bounds.boxes[3], [0, -2], [3, 2])
    expect(zonotopes.bounds.boxes[5], [1, 0], [5.5, 2])
    let uppers = zonotopes.upperBounds(of: LinearRows(count: 2, width: 2, coefficients: [1, 0, 1, -1]))
    #expect(abs(uppers[0] - 5.5) < 1e-12)
    #expect(abs(uppers[1] - 4) < 1e-12)
  }

  /// The same without intervals: on [−1, 3] λ = 3/4 and μ = 3/8, x₉ = 3/4·x₇ + 3/8·(1 + ε₅) in [−3/4, 3].
  @Test func `the forms of the example`() throws {
    var rules = FormRules()
    var form = Zonotope(input: Box(lower: [-1, -1], upper: [1, 1]), rules: &rules)
    for node in try example().nodes.dropFirst().prefix(4) {
      switch node.operation {
      case .linear(let layer, _): form = form.image(under: layer, rules: &rules)
      case .activation(let activation, _):
        form = form.image(under: activation, on: try #require(form.range), rules: &rules)
      case .input, .sum: Issue.record("The example is a chain of layers")
      }
    }
    #expect(form.symbols == [0, 1, 2, 3, 4, 5])
    let expected: [[Double]] = [[0.75, 0], [0, 0.5], [0.375, 0.25], [0.375, -0.25], [0.375, 0], [0, 0.5]]
    for (value, truth) in zip(form.generators, expected.flatMap { $0 }) { #expect(abs(value - truth) < 1e-12) }
    for (value, truth) in zip(form.centre, [1.125, 0.5]) { #expect(abs(value - truth) < 1e-12) }
    #expect(form.radius.allSatisfy { $0 < 1e-12 })
    expect(try #require(form.range), [-0.75, -1], [3, 2])
  }

  @Test func `a limit on memory merges the smallest generators and says so`() throws {
    var random = RandomNetworks(seed: 7)
    let network = try random.dense([6, 20, 20, 3])
    let known = RegionBounds(of: network, over: random.box(6, radius: 0.3))
    let rows = LinearRows.margins(of: [1, 2], label: 0, outputs: 3)
    let all = ZonotopeBounds(known)
    #expect(all.mergedGenerators == 0)
    // Three matrices of twenty columns: eight generators each.
    let few = ZonotopeBounds(known, memoryLimit: 3 * 8 * 20 * 8)
    #expect(few.mergedGenerators > 0)
    let none = ZonotopeBounds(known, memoryLimit: 0)
    #expect(none.mergedGenerators > few.mergedGenerators || few.mergedGenerators > 6)
    for row in 0..<2 {
      #expect(all.upperBounds(of: rows)[row] < few.upperBounds(of: rows)[row])
      #expect(few.upperBounds(of: rows)[row] <= none.upperBounds(of: rows)[row])
    }
  }

  /// x − x is zero only if both terms know that they speak of the same inputs and units.
  @Test func `sums align generators`() throws {
    var random = RandomNetworks(seed: 8)
    var builder = NetworkBuilder(inputShape: Shape(vector: 3))
    let weights = random.weights(12)
    let first = try builder.linear(
      LinearLayer(map: .dense(DenseMap(rows: 4, columns: 3, weights: weights))), of: builder.input,
      shape: Shape(vector: 4), name: "first")
    let hidden = builder.activation(.relu, of: first, name: "relu")
    let negated = try builder.linear(
      LinearLayer(map: .diagonal(DiagonalMap(factors: [-1, -1, -1, -1]))), of: hidden, shape: Shape(vector: 4),
      name: "negated")
    let output = try builder.sum([hidden, negated], shape: Shape(vector: 4), name: "difference")
    let known = RegionBounds(
      of: builder.network(output: output), over: Box(lower: [-1, -1, -1], upper: [1, 1, 1]))
    let box = ZonotopeBounds(known).bounds.boxes[output.index]
    for i in 0..<4 { #expect(box.lower[i] > -1e-12 && box.upper[i] < 1e-12) }
  }

  private func expect(_ box: Box, _ lower: [Double], _ upper: [Double]) {
    for i in 0..<box.count {
      #expect(abs(box.lower[i] - lower[i]) < 1e-12 && abs(box.upper[i] - upper[i]) < 1e-12, "element \(i): \(box[i])")
    }
  }

  private func example() throws -> Network {
    var builder = NetworkBuilder(inputShape: Shape(vector: 2))
    var last = builder.input
    for (i, (weights, bias)) in [([1.0, 1, 1, -1], [0.0, 0]), ([1, 1, 1, -1], [0, 0]), ([1, 1, 0, 1], [1, 0])]
      .enumerated()
    {
      last = try builder.linear(
        LinearLayer(map: .dense(DenseMap(rows: 2, columns: 2, weights: weights)), bias: bias), of: last,
        shape: Shape(vector: 2), name: "layer \(i)")
      if i < 2 { last = builder.activation(.relu, of: last, name: "relu \(i)") }
    }
    return builder.network(output: last)
  }
}
