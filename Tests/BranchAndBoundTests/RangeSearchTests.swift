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

  private func tightened(_ bounds: RegionBounds, workers: Int, looks limit: Int = .max) -> RegionBounds? {
    var looks = 0
    var search = RangeSearch(operations: 10_000_000, workers: Workers(count: workers)) {
      looks += 1
      return looks <= limit
    }
    return search.tightened(bounds)
  }

  @Test(arguments: 0..<60) func `ranges hold what inputs of the region attain`(_ number: Int) throws {
    var (bounds, random) = try question(number)
    // Every other search is stopped on the way.
    let looks = number.isMultiple(of: 2) ? Int.max : number / 4
    guard let tight = tightened(bounds, workers: 1, looks: looks) else { return }
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
    for number in stride(from: 2, to: 60, by: 3) {
      let (bounds, _) = try question(number)
      guard let tight = tightened(bounds, workers: 1) else { continue }
      #expect(tight.boxes == tightened(bounds, workers: 2)?.boxes)
      let last = bounds.network.output.index
      func width(_ bounds: RegionBounds) -> Double {
        zip(bounds.boxes[last - 2].lower, bounds.boxes[last - 2].upper).reduce(0) { $0 + $1.1 - $1.0 }
      }
      better += width(tight) < 0.95 * width(bounds) ? 1 : 0
    }
    #expect(better >= 10)
  }

  @Test func `a branch that nothing but its emptiness can close is closed without a solver`() throws {
    // Of x + ½ and ½ − x one is positive; where both units are inactive the output is the constant 0.
    var builder = NetworkBuilder(inputShape: Shape(vector: 1))
    func layer(_ rows: Int, _ columns: Int, _ weights: [Double], _ bias: [Double]) -> LinearLayer {
      LinearLayer(map: .dense(DenseMap(rows: rows, columns: columns, weights: weights)), bias: bias)
    }
    let hidden = try builder.linear(
      layer(2, 1, [1, -1], [0.5, 0.5]), of: builder.input, shape: Shape(vector: 2), name: "hidden")
    let relu = builder.activation(.relu, of: hidden, name: "relu")
    let output = try builder.linear(layer(1, 2, [1, 1], [0]), of: relu, shape: Shape(vector: 1), name: "output")
    let bounds = BranchBounds(
      RegionBounds(of: builder.network(output: output), over: Box(lower: [-1], upper: [1])))
    let root = Branch(outputs: [0])
    let units = (0..<2).map { BranchUnit(node: relu, unit: $0) }
    let settings = AlphaSettings(iterations: 12, intermediate: nil, sufficient: 0)
    let both = root.fixing(units[0], isActive: false).fixing(units[1], isActive: false)
    #expect(bounds.bound([both], settings, candidates: 1)[0].upper < 0)
    // One inactive unit is no contradiction: nothing may close that.
    let one = root.fixing(units[0], isActive: false)
    #expect(bounds.bound([one], settings, candidates: 1)[0].upper >= 0)
  }
}
