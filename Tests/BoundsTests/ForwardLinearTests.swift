import Networks
import TestSupport
import Tensors
import Testing

@testable import Bounds

@Suite struct ForwardLinearTests {
  /// Two inputs in [−1, 1], z = x₁ + x₂ and x₁ − x₂ in [−2, 2]: below ReLU lies 0, above (z + 2)/2, so that
  /// ReLU(x₁ + x₂) − ReLU(x₁ − x₂) is at most (x₁ + x₂ + 2)/2 ≤ 2 and their sum at most x₁ + 2 ≤ 3.
  @Test func `an example by hand`() throws {
    var builder = NetworkBuilder(inputShape: Shape(vector: 2))
    let first = try layer([1, 1, 1, -1], of: builder.input, in: &builder)
    let second = try layer([1, 1, 1, -1], of: builder.activation(.relu, of: first, name: "relu"), in: &builder)
    let known = RegionBounds(
      of: builder.network(output: second), over: Box(lower: [-1, -1], upper: [1, 1]))
    let linear = ForwardLinearBounds(known)
    let box = linear.bounds.boxes[second.index]
    for (value, truth) in zip(box.lower + box.upper, [0.0, -2, 3, 2]) { #expect(abs(value - truth) < 1e-12) }
    let uppers = linear.upperBounds(of: LinearRows(count: 2, width: 2, coefficients: [1, 0, 1, 1]))
    // The second row is 2·ReLU(x₁ + x₂): merged it is bounded by x₁ + x₂ + 2 ≤ 4.
    #expect(abs(uppers[0] - 3) < 1e-12 && abs(uppers[1] - 4) < 1e-12)
  }

  /// With one hidden layer both directions pull the same lines through the same products.
  @Test(arguments: 0..<10) func `with one hidden layer it is CROWN`(_ seed: Int) throws {
    var random = RandomNetworks(seed: UInt64(6000 + seed))
    let network = try random.dense([4, 12, 3])
    let known = RegionBounds(of: network, over: random.box(4, radius: 0.5))
    let rows = LinearRows.margins(of: [1, 2], label: 0, outputs: 3)
    for (forward, backward) in zip(
      known.upperBounds(of: rows, by: .forward), known.upperBounds(of: rows, by: .crown))
    {
      #expect(abs(forward - backward) < 1e-12)
    }
  }

  private func layer(_ weights: [Double], of source: NodeID, in builder: inout NetworkBuilder) throws -> NodeID {
    try builder.linear(
      LinearLayer(map: .dense(DenseMap(rows: 2, columns: 2, weights: weights))), of: source, shape: Shape(vector: 2),
      name: "layer")
  }
}
