import Networks
import Tensors
import TestSupport
import Testing

@testable import Studies

@Suite struct PropagationTightnessTests {
  /// The Jacobian of every node, row by row, and half widths of intervals through it; the last layer by hand.
  @Test(arguments: 0..<30) func agreesWithProductsOfMatrices(seed: UInt64) throws {
    var random = RandomNetworks(seed: seed)
    let network = seed.isMultiple(of: 3) ? try random.convolutional() : try random.dense([5, 8, 7, 6, 4])
    let box = random.box(network.inputCount, radius: 0.5)
    let image = random.point(in: box)
    let label = random.index(0...network.outputCount - 1)
    let radius = (0..<box.count).map { (box.upper[$0] - box.lower[$0]) / 2 }

    let values = network.evaluate(image).values
    // Jacobians as one row of input coefficients for each element.
    var jacobians: [[[Double]]] = []
    var reach: [[Double]] = []
    var lastWeights: [[Double]] = []
    var lastSource = 0
    for node in network.nodes {
      switch node.operation {
      case .input:
        jacobians.append((0..<box.count).map { i in (0..<box.count).map { $0 == i ? 1 : 0 } })
        reach.append(radius)
      case .linear(let layer, let source):
        let weights = matrix(layer.map)
        jacobians.append(weights.map { row in combine(row, jacobians[source.index]) })
        reach.append(weights.map { row in zip(row, reach[source.index]).reduce(0) { $0 + abs($1.0) * $1.1 } })
        (lastWeights, lastSource) = (weights, source.index)
      case .sum(let sources):
        jacobians.append(
          (0..<node.shape.count).map { i in
            combine(sources.map { _ in 1 }, sources.map { jacobians[$0.index][i] })
          })
        reach.append((0..<node.shape.count).map { i in sources.reduce(0) { $0 + reach[$1.index][i] } })
      case .activation(_, let source):
        let isOn = values[source.index].map { $0 >= 0 ? 1.0 : 0 }
        jacobians.append(zip(isOn, jacobians[source.index]).map { on, row in row.map { $0 * on } })
        reach.append(zip(isOn, reach[source.index]).map { $0 * $1 })
      }
    }
    let classes = (0..<network.outputCount).filter { $0 != label }
    let expected = classes.map { i in
      let output = jacobians[network.output.index]
      let exact = (0..<box.count).reduce(0) { $0 + abs(output[i][$1] - output[label][$1]) * radius[$1] }
      let propagated = reach[lastSource].indices.reduce(0) {
        $0 + abs(lastWeights[i][$1] - lastWeights[label][$1]) * reach[lastSource][$1]
      }
      return max(exact, 1e-8) / max(propagated, 1e-8)
    }
    let found = PropagationTightness.ofMargins(of: network, at: image, over: box, label: label)
    #expect(found.count == expected.count)
    for (a, b) in zip(found, expected) {
      #expect(abs(a - b) <= 1e-10 * b)
      #expect(a > 0 && a <= 1 + 1e-12)
    }
  }

  @Test func positiveWeightsLoseNothing() throws {
    var builder = NetworkBuilder(inputShape: Shape(vector: 2))
    func dense(_ rows: Int, _ weights: [Double]) -> LinearLayer {
      LinearLayer(map: .dense(DenseMap(rows: rows, columns: 2, weights: weights)))
    }
    var last = try builder.linear(dense(2, [1, 2, 3, 4]), of: builder.input, shape: Shape(vector: 2), name: "a")
    last = builder.activation(.relu, of: last, name: "relu")
    last = try builder.linear(dense(2, [1, 1, 0, 0]), of: last, shape: Shape(vector: 2), name: "b")
    let network = builder.network(output: last)
    let box = Box(lower: [0.4, 0.4], upper: [0.6, 0.6])
    #expect(PropagationTightness.ofMargins(of: network, at: [0.5, 0.5], over: box, label: 1) == [1])
    // Where nothing moves, nothing is lost; at the kink a unit counts as active.
    let point = Box(lower: [0.5, 0.5], upper: [0.5, 0.5])
    #expect(PropagationTightness.ofMargins(of: network, at: [0.5, 0.5], over: point, label: 1) == [1])
    let around = Box(lower: [-1, -1], upper: [1, 1])
    #expect(PropagationTightness.ofMargins(of: network, at: [0, 0], over: around, label: 1) == [1])
  }

  private func matrix(_ map: LinearMap) -> [[Double]] {
    let columns = (0..<map.inputCount).map { j in
      map.apply((0..<map.inputCount).map { $0 == j ? 1 : 0 }, batch: 1)
    }
    return (0..<map.outputCount).map { i in columns.map { $0[i] } }
  }

  private func combine(_ factors: [Double], _ rows: [[Double]]) -> [Double] {
    (rows.first ?? []).indices.map { j in zip(factors, rows).reduce(0) { $0 + $1.0 * $1.1[j] } }
  }
}
