import Intervals
import Networks
import Tensors
import TestSupport
import Testing

@Suite struct LinearRowTests {
  @Test func `terms of one variable are added up, in order, without zeros`() {
    let row = LinearRow(
      terms: [
        .init(.output(1), ExactNumber(2)), .init(.input(3), ExactNumber(1)), .init(.output(1), ExactNumber(-2)),
        .init(.output(0), ExactNumber(0.5)), .init(.input(3), ExactNumber(1)),
      ], constant: .one)
    #expect(row.terms == [.init(.input(3), ExactNumber(2)), .init(.output(0), ExactNumber(0.5))])
    #expect(row.neededCounts == (inputs: 4, outputs: 1))
  }

  @Test func `the boundary belongs to a row unless it is strict`() throws {
    let tenth = try ExactNumber(decimal: "0.1")
    for (isStrict, atHalf) in [(false, Truth.certainlyTrue), (true, .certainlyFalse)] {
      let half = LinearRow(terms: [.init(.output(0), .one)], constant: ExactNumber(-0.5), isStrict: isStrict)
      let none = Box(lower: [], upper: [])
      #expect(half.truth(inputs: none, outputs: Box(lower: [0.5], upper: [0.5])) == atHalf)
      #expect(half.truth(inputs: none, outputs: Box(lower: [0.4], upper: [0.6])) == .undecided)
      #expect(half.truth(inputs: none, outputs: Box(lower: [0.6], upper: [0.6])) == .certainlyFalse)
      #expect(half.holds(inputs: [], outputs: [exact(0.5)]) == !isStrict)
      // The double 0.1 is above the decimal 0.1, but a rounding away from it.
      let row = LinearRow(terms: [.init(.output(0), .one)], constant: -tenth, isStrict: isStrict)
      #expect(row.truth(inputs: none, outputs: Box(lower: [0.1], upper: [0.1])) != .certainlyTrue)
      #expect(!row.holds(inputs: [], outputs: [exact(0.1)]))
    }
  }

  @Test func `certain answers agree with exact arithmetic at every corner and inside`() {
    var random = RandomStream(seed: 7, purpose: "rows")
    var decided = 0
    for round in 0..<2000 {
      let terms: [LinearRow.Term] = (0..<4).map {
        let coefficient = ExactNumber(Rational(.init(random.index(below: 19) - 9), 7))
        return .init($0 < 2 ? .input($0) : .output($0 - 2), coefficient)
      }
      let row = LinearRow(
        terms: terms, constant: ExactNumber(random.uniform(-1, 1)), isStrict: round % 2 == 0)
      let lower = (0..<4).map { _ in random.uniform(-1, 1) }
      let upper = lower.map { round % 3 == 0 ? $0 : $0 + random.uniform(0, 0.2) }
      let truth = row.truth(
        inputs: Box(lower: Array(lower[..<2]), upper: Array(upper[..<2])),
        outputs: Box(lower: Array(lower[2...]), upper: Array(upper[2...])))
      if truth == .undecided { continue }
      decided += 1
      for corner in 0..<16 {
        let point = (0..<4).map { exact(corner >> $0 & 1 == 0 ? lower[$0] : upper[$0]) }
        #expect(
          row.holds(inputs: Array(point[..<2]), outputs: Array(point[2...])) == (truth == .certainlyTrue))
      }
    }
    #expect(decided > 500)
  }
}
