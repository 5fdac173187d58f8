import Networks
import Tensors
import TestSupport
import Testing

@testable import BranchAndBound
@testable import Bounds

@Suite struct RangeSearchTests {
  private func question(_ number: Int) throws -> (bounds: RegionBounds, random: RandomNetworks) {
    var random = RandomNetworks(seed: 9100 &+ UInt64(number))
    let network =
      switch number % 3 {
      case 0: try random.convolutional(outputs: 3)
      case 1: try random.stacked(reshaping: false)
      default: try random.dense([4, 8, 8, 8, 3])
      }
    var bounds = RegionBounds(of: network, over: random.box(network.inputCount, radius: 0.7))
    bounds.refine()
    return (bounds, random)
  }

  private func tightened(
    _ bounds: RegionBounds, workers: Int, operations: Int = 50_000_000, looks limit: Int = .max
  ) -> RegionBounds? {
    var looks = 0
    var search = RangeSearch(operations: operations, workers: Workers(count: workers)) {
      looks += 1
      return looks <= limit
    }
    return search.tightened(bounds)
  }

  @Test(arguments: 0..<60) func `ranges hold what inputs of the region attain`(_ number: Int) throws {
    var (bounds, random) = try question(number)
    // Every other search is stopped on the way.
    let looks = number.isMultiple(of: 2) ? Int.max : number / 4
    let tight = tightened(bounds, workers: 1, looks: looks) ?? bounds
    for (box, known) in zip(tight.boxes, bounds.boxes) {
      #expect(zip(box.lower, known.lower).allSatisfy { $0 >= $1 })
      #expect(zip(box.upper, known.upper).allSatisfy { $0 <= $1 })
    }
    for _ in 0..<200 {
      let point = (0..<bounds.input.count).map { random.uniform(bounds.input.lower[$0], bounds.input.upper[$0]) }
      let values = bounds.network.intervals(over: Box(lower: point, upper: point))
      for (box, values) in zip(tight.boxes, values) {
        #expect(zip(values.upper, box.lower).allSatisfy { $0 >= $1 })
        #expect(zip(values.lower, box.upper).allSatisfy { $0 <= $1 })
      }
    }
  }

  @Test func `deep layers gain, and as much on two threads`() throws {
    var better = 0
    for number in 0..<20 {
      // Wide enough that neither the ends nor the branches of one look at the time share one product.
      var random = RandomNetworks(seed: 9300 &+ UInt64(number))
      let network = try random.dense([4, 8, 8, 60, 60, 3])
      var bounds = RegionBounds(of: network, over: random.box(4, radius: 0.5))
      bounds.refine()
      guard let tight = tightened(bounds, workers: 1, operations: 500_000_000) else { continue }
      #expect(tight.boxes == tightened(bounds, workers: 2, operations: 500_000_000)?.boxes)
      let last = bounds.network.output.index
      func width(_ bounds: RegionBounds) -> Double {
        zip(bounds.boxes[last - 2].lower, bounds.boxes[last - 2].upper).reduce(0) { $0 + $1.1 - $1.0 }
      }
      better += width(tight) < 0.95 * width(bounds) ? 1 : 0
    }
    #expect(better >= 10)
  }

  /// y = relu(x + ½) + relu(½ − x) + bias over [−1, 1]: one of the units is always active.
  private func twoUnits(bias: Double) throws -> (bounds: BranchBounds, units: [BranchUnit]) {
    var builder = NetworkBuilder(inputShape: Shape(vector: 1))
    func layer(_ rows: Int, _ columns: Int, _ weights: [Double], _ bias: [Double]) -> LinearLayer {
      LinearLayer(map: .dense(DenseMap(rows: rows, columns: columns, weights: weights)), bias: bias)
    }
    let hidden = try builder.linear(
      layer(2, 1, [1, -1], [0.5, 0.5]), of: builder.input, shape: Shape(vector: 2), name: "hidden")
    let relu = builder.activation(.relu, of: hidden, name: "relu")
    let output = try builder.linear(layer(1, 2, [1, 1], [bias]), of: relu, shape: Shape(vector: 1), name: "output")
    let bounds = BranchBounds(
      RegionBounds(of: builder.network(output: output), over: Box(lower: [-1], upper: [1])))
    return (bounds, (0..<2).map { BranchUnit(node: relu, unit: $0) })
  }

  @Test func `a branch that nothing but its emptiness can close is closed without a solver`() throws {
    let (bounds, units) = try twoUnits(bias: 0)
    let root = Branch(outputs: [0])
    let settings = AlphaSettings(iterations: 12, intermediate: nil, sufficient: 0)
    let both = root.fixing(units[0], isActive: false).fixing(units[1], isActive: false)
    #expect(bounds.bound([both], settings, candidates: 1)[0].upper < 0)
    // One inactive unit is no contradiction: nothing may close that.
    let one = root.fixing(units[0], isActive: false)
    #expect(bounds.bound([one], settings, candidates: 1)[0].upper >= 0)
  }

  @Test func `a bare row is its constant, and a row with a coefficient left is not bare`() throws {
    // With multipliers kept above zero neither bound would be what it is without any.
    let settings = AlphaSettings(iterations: 0, intermediate: nil)
    let (bounds, units) = try twoUnits(bias: -0.01)
    let root = Branch(outputs: [0])
    let none = root.fixing(units[0], isActive: false).fixing(units[1], isActive: false)
    #expect(bounds.bound([none], settings, candidates: 0)[0].upper <= -0.0099)
    #expect(bounds.upperBounds(of: [none])[0] <= -0.0099)
    let first = root.fixing(units[0], isActive: true).fixing(units[1], isActive: false)
    #expect(abs(bounds.bound([first], settings, candidates: 0)[0].upper - 1.49) < 1e-5)
  }
}
