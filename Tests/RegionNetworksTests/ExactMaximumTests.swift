import Bounds
import Intervals
import Networks
import Tensors
import TestSupport
import Testing

/// The judge of exact searches, judged by what can be said without it.
@Suite struct ExactMaximumTests {
  @Test(arguments: 0..<32) func `no exact value at a point exceeds it, and points come near`(_ seed: Int) throws {
    let kinds = RandomNetworks.Planar.allCases
    var random = RandomNetworks(seed: UInt64(seed))
    let (network, box) = try random.planar(kinds[seed % kinds.count])
    let rows = LinearRows.margins(of: [1, 2], label: 0, outputs: 3)
    let maximum = ExactMaximum(of: rows, of: network, over: box)
    #expect(maximum.pieces > 0)
    var best = [Rational?](repeating: nil, count: 2)
    var least = best
    let free = (0..<box.count).filter { box.lower[$0] < box.upper[$0] }
    for step in 0..<9 * 9 {
      var point = box.lower
      for (element, share) in zip(free, [step % 9, step / 9]) {
        point[element] += (box.upper[element] - box.lower[element]) * Double(share) / 8
      }
      let outputs = exactValues(of: network, at: box.clamp(point))[network.output.index]
      for row in 0..<2 {
        let value = outputs[row + 1] - outputs[0]
        #expect(value <= maximum.values[row])
        best[row] = max(best[row] ?? value, value)
        least[row] = min(least[row] ?? value, value)
      }
    }
    for row in 0..<2 {
      let best = try #require(best[row])
      let spread = best - (try #require(least[row]))
      #expect((maximum.values[row] - best) * Rational(4) <= spread)
    }
  }

  /// 2·|x| − |3y − 1| from four units: four pieces, the largest value inside an edge of the box at y = 1/3, which is no
  /// double.
  @Test func `a maximum between doubles`() throws {
    var builder = NetworkBuilder(inputShape: Shape(vector: 2))
    var last = try builder.linear(
      LinearLayer(
        map: .dense(DenseMap(rows: 4, columns: 2, weights: [1, 0, -1, 0, 0, 3, 0, -3])), bias: [0, 0, -1, 1]),
      of: builder.input, shape: Shape(vector: 4), name: "fc1")
    last = builder.activation(.relu, of: last, name: "relu")
    last = try builder.linear(
      LinearLayer(
        map: .dense(DenseMap(rows: 2, columns: 4, weights: [0, 0, 0, 0, 2, 2, -1, -1])), bias: [0, 0]),
      of: last, shape: Shape(vector: 2), name: "fc2")
    let maximum = ExactMaximum(
      of: .margins(of: [1], label: 0, outputs: 2), of: builder.network(output: last),
      over: Box(lower: [-1, -1], upper: [0.75, 1]))
    #expect(maximum.pieces == 4)
    #expect(maximum.values == [Rational(2)])
    // Seven thirds of a way: a maximum that is itself no double.
    let slanted = LinearRows(count: 1, width: 2, coefficients: [0, 0.1])
    let tenth = ExactMaximum(
      of: slanted, of: builder.network(output: last), over: Box(lower: [-1, -1], upper: [0.75, 0.3]))
    let distance = exact(1) - exact(3) * exact(0.3)
    #expect(tenth.values == [exact(0.1) * (Rational(2) - distance)])
  }
}
