import Intervals
import Networks
import TestSupport
import Testing

@Suite struct ViolationsTests {
  private static func row(_ random: inout RandomNetworks, inputs: Int, outputs: Int) -> LinearRow {
    var terms: [LinearRow.Term] = []
    func decimal(_ number: Int) -> ExactNumber { ExactNumber(significand: Int64(number), decimalExponent: -3) }
    for input in 0..<inputs where random.index(0...2) == 0 {
      terms.append(LinearRow.Term(.input(input), decimal(random.index(-2000...2000))))
    }
    for output in 0..<outputs { terms.append(LinearRow.Term(.output(output), decimal(random.index(-2000...2000)))) }
    return LinearRow(terms: terms, constant: decimal(random.index(-500...500)))
  }

  @Test(arguments: 0..<60) func `outputs enclose the rows' exact violations`(_ number: Int) throws {
    var random = RandomNetworks(seed: 71 &+ UInt64(number))
    let network = try random.dense([3, 5, 4])
    let rows = (0..<3).map { _ in Self.row(&random, inputs: 3, outputs: 4) }
    let violations = try network.violations(of: rows)
    #expect(violations.outputCount == 3)
    for _ in 0..<5 {
      let point = (0..<3).map { _ in random.uniform(-2, 2) }
      let outputs = exactValues(of: network, at: point)[network.output.index]
      let enclosure = violations.enclosure(at: point)
      for (row, linear) in rows.enumerated() {
        let value = .zero - linear.value(inputs: point.map { exact($0) }, outputs: outputs)
        #expect(value.isInside(enclosure[row]))
      }
    }
  }

  @Test func `a coefficient beyond the doubles is refused`() throws {
    var random = RandomNetworks(seed: 3)
    let network = try random.dense([2, 2])
    let tiny = LinearRow(
      terms: [LinearRow.Term(.output(0), ExactNumber(significand: 1, decimalExponent: -320))], constant: .zero)
    #expect(throws: NetworkError.self) { try network.violations(of: [tiny]) }
  }

  @Test(arguments: 1..<8) func `the smallest output is that of the outputs`(_ count: Int) throws {
    var random = RandomNetworks(seed: 5 &+ UInt64(count))
    let network = try random.dense([2, 4, 7])
    let chosen = (0..<count).map { _ in random.index(0...6) }
    let smallest = network.minimum(of: chosen)
    for _ in 0..<20 {
      let point = [random.uniform(-3, 3), random.uniform(-3, 3)]
      let outputs = exactValues(of: network, at: point)[network.output.index]
      let expected = try #require(chosen.map { outputs[$0] }.min())
      #expect(exactValues(of: smallest, at: point)[smallest.output.index] == [expected])
    }
  }
}
