import Networks
import TestSupport
import Tensors
import Testing

@testable import Attacks

@Suite struct ConjunctionAttackTests {
  private let box = Box(lower: [-1, -1], upper: [1, 1])

  /// Points that were offered, of which `accepted` is the first that is wanted.
  private func offered(
    _ network: Network, _ conjunctions: [[Int]], accept: (Int) -> Bool = { _ in true }
  ) -> [[Double]] {
    var stream = RandomStream(seed: 1, purpose: "test", index: 0)
    var points: [[Double]] = []
    ConjunctionAttack(steps: 60, restarts: 8).search(network, reaching: conjunctions, over: box, using: &stream) {
      points.append($0)
      return accept(points.count)
    }
    return points
  }

  /// x₀ + x₁ − bound for each bound, and x₀ − x₁.
  private func sums(_ bounds: [Double]) throws -> Network {
    var builder = NetworkBuilder(inputShape: Shape(vector: 2))
    let weights: [Double] = bounds.flatMap { _ in [1.0, 1.0] } + [1, -1]
    let rows = try builder.linear(
      LinearLayer(
        map: .dense(DenseMap(rows: bounds.count + 1, columns: 2, weights: weights)), bias: bounds.map { -$0 } + [0]),
      of: builder.input, shape: Shape(vector: bounds.count + 1), name: "rows")
    return builder.network(output: rows)
  }

  @Test func `what is offered lies in the box and meets all rows of a conjunction`() throws {
    let network = try sums([1.5])
    let points = offered(network, [[0, 1]])
    #expect(points.count == 1)
    for point in points {
      #expect(box.contains(point))
      #expect(network.outputs(point).allSatisfy { $0 >= 0 })
    }
  }

  @Test func `what cannot be met is not offered`() throws {
    #expect(offered(try sums([2.5]), [[0]]).isEmpty)
  }

  @Test func `a point that is refused climbs on to a better one`() throws {
    let network = try sums([0.5])
    let points = offered(network, [[0]], accept: { _ in false })
    let reached = points.map { network.outputs($0)[0] }
    #expect(reached.count > 8 && reached.allSatisfy { $0 >= 0 })
    #expect(try #require(reached.max()) > 1.4)
  }

  @Test func `one of several is enough`() throws {
    #expect(offered(try sums([3, 1]), [[0], [1]]).count == 1)
  }
}
