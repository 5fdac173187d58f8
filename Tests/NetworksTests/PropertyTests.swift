import Intervals
import Networks
import TestSupport
import Testing

@Suite struct PropertyTests {
  /// `a · variable + c <= 0`.
  private func row(_ variable: Variable, _ a: Double, _ c: Double, isStrict: Bool = false) -> LinearRow {
    LinearRow(terms: [.init(variable, ExactNumber(a))], constant: ExactNumber(c), isStrict: isStrict)
  }

  /// −1 <= X_0 <= 1.
  private var unit: CaseDraft {
    var draft = CaseDraft(inputCount: 1)
    draft.require(row(.input(0), 1, -1))
    draft.require(row(.input(0), -2, -2))
    return draft
  }

  @Test func `rows over one input become bounds, the narrowest ones`() throws {
    var draft = unit
    draft.require(row(.input(0), 4, -3))
    draft.require(row(.input(0), -1, -7))
    let property = try Property(inputCount: 1, outputCount: 1, cases: [draft])
    #expect(property.groups[0].inputs.lower == [ExactNumber(-1)])
    #expect(property.groups[0].inputs.upper == [ExactNumber(0.75)])
    #expect(property.groups[0].conjunctions == [[]])
  }

  @Test func `a strict bound closes the box and stays as a row`() throws {
    var draft = unit
    draft.require(row(.input(0), 1, 0, isStrict: true))
    let property = try Property(inputCount: 1, outputCount: 1, cases: [draft])
    #expect(property.groups[0].inputs.upper == [ExactNumber(0)])
    #expect(property.groups[0].conjunctions == [[row(.input(0), 1, 0, isStrict: true)]])
    #expect(!property.contains(inputs: [.zero], outputs: [.zero]))
    #expect(property.contains(inputs: [exact(-0.5)], outputs: [.zero]))
    #expect(
      property.truth(inputs: Box(lower: [0], upper: [0]), outputs: Box(lower: [0], upper: [0])) == .certainlyFalse)
  }

  @Test func `cases on equal boxes join one group`() throws {
    var first = unit
    var second = unit
    var third = unit
    first.require(row(.output(0), 1, 0))
    second.require(row(.input(0), 1, 0))
    third.require(row(.output(0), -1, 0))
    let property = try Property(inputCount: 1, outputCount: 1, cases: [first, second, third])
    #expect(property.groups.count == 2)
    #expect(property.groups[0].conjunctions.count == 2)
    #expect(property.caseCount == 3)
    #expect(property.cases.map(\.rows.count) == [1, 1, 0])
  }

  @Test func `a case without members is left out and named`() throws {
    var crossed = unit
    crossed.require(row(.input(0), -1, 2))
    var touching = unit
    touching.require(row(.input(0), -1, 1, isStrict: true))
    var wrong = unit
    wrong.require(LinearRow(terms: [], constant: .one))
    wrong.require(LinearRow(terms: [], constant: ExactNumber(-1)))
    let property = try Property(inputCount: 1, outputCount: 1, cases: [crossed, unit, touching, wrong])
    #expect(property.caseCount == 1)
    #expect(
      property.emptyCases.map(\.description) == [
        "case 1 has no members: its bounds of X_0 exclude each other",
        "case 3 has no members: its bounds of X_0 exclude each other",
        "case 4 has no members: a condition in it is never true",
      ])
    let none = try Property(inputCount: 1, outputCount: 1, cases: [crossed])
    #expect(none.groups.isEmpty)
    #expect(none.truth(inputs: Box(lower: [0], upper: [0]), outputs: Box(lower: [0], upper: [0])) == .certainlyFalse)
  }

  @Test func `an unbounded input is refused by name`() throws {
    var half = CaseDraft(inputCount: 2)
    half.require(row(.input(0), 1, -1))
    half.require(row(.input(0), -1, -1))
    half.require(row(.input(1), -1, -1))
    let error = #expect(throws: PropertyError.self) { try Property(inputCount: 2, outputCount: 1, cases: [half]) }
    #expect(error?.description == "X_1 has no upper bound in case 1: state one")
    var huge = half
    huge.require(LinearRow(terms: [.init(.input(1), .one)], constant: ExactNumber(Rational(.init(-10).power(401), 1))))
    #expect(throws: PropertyError.outOfRange(input: 1, side: .upper, caseIndex: 0)) {
      try Property(inputCount: 2, outputCount: 1, cases: [huge])
    }
  }

  @Test func `on boxes a union is true where one case is, false where all are`() throws {
    var low = unit
    low.require(row(.output(0), 1, 1))
    var high = unit
    high.require(row(.output(0), -1, 1))
    let property = try Property(inputCount: 1, outputCount: 1, cases: [low, high])
    let inside = Box(lower: [0], upper: [0.5])
    func truth(_ lower: Double, _ upper: Double) -> Truth {
      property.truth(inputs: inside, outputs: Box(lower: [lower], upper: [upper]))
    }
    #expect(truth(-3, -1) == .certainlyTrue)
    #expect(truth(1, 2) == .certainlyTrue)
    #expect(truth(-0.5, 0.5) == .certainlyFalse)
    #expect(truth(0, 2) == .undecided)
    #expect(property.truth(inputs: Box(lower: [2], upper: [3]), outputs: inside) == .certainlyFalse)
    #expect(property.truth(inputs: Box(lower: [0], upper: [3]), outputs: Box(lower: [1], upper: [2])) == .undecided)
  }
}
