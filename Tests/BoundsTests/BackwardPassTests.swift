import Intervals
import Networks
import TestSupport
import Testing

@testable import Bounds

/// Rows that start from several nodes at once, pulled back through folded activations and judged in exact arithmetic.
@Suite struct BackwardPassTests {
  @Test(arguments: 0..<24) func `rows over several nodes are what they say`(_ seed: Int) throws {
    var random = RandomNetworks(seed: UInt64(8000 + seed), spread: [0, 0, 40, 60][seed % 4])
    for network in [try random.dense([3, 6, 5, 3]), try random.convolutional(), try random.stacked(reshaping: false)] {
      var bounds = RegionBounds(of: network, over: random.box(network.inputCount, radius: 0.6))
      if seed.isMultiple(of: 3) { bounds.refine() }
      check(bounds, in: Double.self, &random) { $0 }
      check(bounds, in: Float.self, &random) { Float($0) }
    }
  }

  /// What a pass took out at unstable units: a row's coefficient on one of an activation's outputs.
  private struct Taken {
    let node: NodeID
    let element: Int
    let coefficient: Double
  }

  private func check<Scalar: RowScalar>(
    _ bounds: RegionBounds, in scalar: Scalar.Type, _ random: inout RandomNetworks, scalar convert: (Double) -> Scalar
  ) {
    let network = bounds.network
    let count = random.index(1...3)
    var starts: [NodeID: [Scalar]] = [:]
    for node in network.nodes where random.index(0...1) == 0 {
      // Zeros too: most sums of terms name few elements of a node.
      starts[node.id] = (0..<count * node.shape.count).map { _ in
        random.index(0...1) == 0 ? 0 : convert(random.uniform(-1, 1))
      }
    }
    var taken = [[Taken]](repeating: [], count: count)
    // Where an activation is taken at its largest value, the rows are upper bounds only.
    let concretised = random.index(0...3) == 0 ? network.activationNodes.first?.id : nil
    var pass = BackwardPass<Scalar>(starts, count: count, bounds: bounds)
    pass.run { pass, node, coefficients in
      if node.id == concretised { return .concretise }
      let box = bounds.preActivations(of: node)
      for row in 0..<count {
        for element in 0..<box.count where box.lower[element] < 0 {
          let place = row * box.count + element
          if box.upper[element] > 0 {
            taken[row].append(Taken(node: node.id, element: element, coefficient: Double(coefficients[place])))
          }
          coefficients[place] = 0
        }
      }
      return .toSource
    }
    for _ in 0..<3 {
      let point = random.point(in: bounds.input)
      let truth = exactValues(of: network, at: point)
      for row in 0..<count where pass.errorBound(row).isFinite && pass.constants[row].isFinite {
        var value = Rational.zero
        for (node, rows) in starts {
          let width = network[node].shape.count
          for element in 0..<width {
            value = value + exact(Double(rows[row * width + element])) * truth[node.index][element]
          }
        }
        var claim = exact(pass.constants[row])
        for (element, x) in point.enumerated() {
          claim = claim + exact(Double(pass.inputCoefficients[row * point.count + element])) * exact(x)
        }
        for term in taken[row] { claim = claim + exact(term.coefficient) * truth[term.node.index][term.element] }
        #expect(value - claim <= exact(pass.errorBound(row)), "\(scalar), row \(row) from above")
        if concretised == nil {
          #expect(claim - value <= exact(pass.errorBound(row)), "\(scalar), row \(row) from below")
        }
      }
    }
  }
}
