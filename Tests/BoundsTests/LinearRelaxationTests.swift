import Intervals
import Networks
import Tensors
import TestSupport
import Testing

@testable import Bounds

/// What relaxing does to rows: no row's value falls at any point of the box.
@Suite struct LinearRelaxationTests {
  /// A network that is one activation of its input, and boxes of it.
  private func bounds(_ activation: Activation, _ box: Box) -> (RegionBounds, NodeID) {
    var builder = NetworkBuilder(inputShape: Shape(vector: box.count))
    let node = builder.activation(activation, of: builder.input, name: "activation")
    return (RegionBounds(of: builder.network(output: node), over: box), node)
  }

  private func box(_ ranges: inout RandomRanges, count: Int) -> Box {
    let ends = (0..<count).map { _ in ranges.range() }
    // Where ranges reach the largest doubles, constants overflow and bounds say nothing; that is tested elsewhere.
    return Box(lower: ends.map { $0.lower.clamped }, upper: ends.map { $0.upper.clamped })
  }

  @Test(arguments: 0..<24) func `no row of ReLUs falls, in exact arithmetic`(_ seed: UInt64) {
    var ranges = RandomRanges(seed: 100 + seed)
    var random = RandomNetworks(seed: seed, spread: seed % 2 == 0 ? 40 : 0)
    let (width, count) = (19, 3)
    let box = box(&ranges, count: width)
    let (bounds, node) = bounds(.relu, box)
    let rows = LinearRows(count: count, width: width, coefficients: random.weights(count * width))
    let shared = LowerSlope.allCases.map { LinearRelaxation(of: .relu, on: box, lowerSlope: $0) }
    let ownSlopes = (0..<count * width).map { _ in random.uniform(0, 1) }
    for relaxation in shared + [LinearRelaxation(ofReLUOn: box, lowerSlopes: ownSlopes)] {
      var pass = BackwardPass<Double>(rows, over: node, bounds: bounds)
      var relaxed = rows.coefficients
      pass.relax(&relaxed, along: relaxation)
      for _ in 0..<2 {
        let point = random.point(in: box)
        for row in 0..<count {
          var before = Rational.zero
          var after = exact(pass.constants[row]) + exact(pass.errorBound(row))
          for i in 0..<width {
            before = before + exact(rows.coefficients[row * width + i]) * exact(max(0, point[i]))
            after = after + exact(relaxed[row * width + i]) * exact(point[i])
          }
          #expect(before <= after)
        }
      }
    }
  }

  #if arch(x86_64)
    @Test(arguments: 0..<60) func `no row of smooth units falls, in extended precision`(_ seed: UInt64) {
      var ranges = RandomRanges(seed: 200 + seed)
      var random = RandomNetworks(seed: seed, spread: seed % 2 == 0 ? 40 : 0)
      let activation: Activation = seed % 4 < 2 ? .sigmoid : .tanh
      let width = 37
      let box = box(&ranges, count: width)
      let (bounds, node) = bounds(activation, box)
      let rows = LinearRows(count: 1, width: width, coefficients: random.weights(width))
      var pass = BackwardPass<Double>(rows, over: node, bounds: bounds)
      var relaxed = rows.coefficients
      pass.relax(&relaxed, along: LinearRelaxation(of: activation, on: box))
      for _ in 0..<20 {
        let point = random.point(in: box)
        var before: Float80 = 0
        var after = Float80(pass.constants[0]) + Float80(pass.errorBound(0))
        for i in 0..<width {
          before += Float80(rows.coefficients[i]) * activation.wide(point[i])
          after += Float80(relaxed[i]) * Float80(point[i])
        }
        #expect(before <= after)
      }
    }
  #endif

  @Test func `each sign takes its line`() {
    let box = Box(lower: [-1, -1, -3, 1], upper: [3, 3, -1, 2])
    let (bounds, node) = bounds(.relu, box)
    let rows = LinearRows(count: 1, width: 4, coefficients: [2, -2, 5, 7])
    var pass = BackwardPass<Double>(rows, over: node, bounds: bounds)
    var relaxed = rows.coefficients
    pass.relax(&relaxed, along: LinearRelaxation(of: .relu, on: box))
    #expect(relaxed == [1.5, -2, 0, 7])
    #expect(abs(pass.constants[0] - 1.5) < 1e-14 && pass.errorBound(0) < 1e-13)
  }

  /// One large term first, and then thousands that vanish beside it one by one, but not together.
  @Test func `what the sum of constants loses is counted`() {
    let width = 4000
    let ones = [Double](repeating: 1, count: width)
    let box = Box(lower: ones.map { -$0 }, upper: ones)
    let (bounds, node) = bounds(.relu, box)
    let rows = LinearRows(count: 1, width: width, coefficients: [1] + ones.dropFirst().map { $0 * 0x1p-54 })
    var pass = BackwardPass<Double>(rows, over: node, bounds: bounds)
    var relaxed = rows.coefficients
    pass.relax(&relaxed, along: LinearRelaxation(of: .relu, on: box))
    // At z = 1 every chord meets its ReLU.
    let before = rows.coefficients.reduce(Rational.zero) { $0 + exact($1) }
    let after = relaxed.reduce(exact(pass.constants[0])) { $0 + exact($1) }
    #expect(before > after)
    #expect(before <= after + exact(pass.errorBound(0)))
    #expect(pass.errorBound(0) < 1e-11)
  }

  @Test func `stable units cost no accuracy`() {
    let box = Box(lower: [-3, 1, 0], upper: [-1, 1e300, 5])
    let (bounds, node) = bounds(.relu, box)
    let rows = LinearRows(count: 1, width: 3, coefficients: [0.1, -0.3, 0.7])
    var pass = BackwardPass<Double>(rows, over: node, bounds: bounds)
    var relaxed = rows.coefficients
    pass.relax(&relaxed, along: LinearRelaxation(of: .relu, on: box))
    #expect(relaxed == [0, -0.3, 0.7] && pass.constants == [0] && pass.errorBound(0) < 1e-300)
  }

  @Test func `what is not a number is not lost`() {
    let box = Box(lower: [-3, 1, -1], upper: [-1, 2, 1])
    let (bounds, node) = bounds(.relu, box)
    for unit in 0..<3 {
      var rows = LinearRows(count: 1, width: 3, coefficients: [1, 1, 1])
      rows.coefficients[unit] = .nan
      #expect(bounds.upperBounds(of: rows, by: .crown) == [.infinity], "\(node) \(unit)")
    }
  }
}

extension Double {
  fileprivate var clamped: Double { min(max(self, -1e200), 1e200) }
}
