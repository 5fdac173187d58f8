import Intervals
import Networks
import Tensors
import TestSupport
import Testing
import VNNLIB

@Suite struct PropertyWriterTests {
  /// A number of any kind: a small whole one, a double, a decimal, a fraction.
  private func number(_ random: inout RandomStream) throws -> ExactNumber {
    switch random.index(below: 4) {
    case 0: ExactNumber(Double(random.index(below: 5) - 2))
    case 1: ExactNumber(random.normal() * [1, 1e-200, 1e200][random.index(below: 3)])
    case 2: try ExactNumber(decimal: "\(random.normal())")
    default: ExactNumber(Rational(.init(random.index(below: 200) - 100), .init(1 + random.index(below: 30))))
    }
  }

  private func property(_ random: inout RandomStream) throws -> Property {
    let inputs = 1 + random.index(below: 4)
    let outputs = 1 + random.index(below: 3)
    var cases: [CaseDraft] = []
    for _ in 0..<random.index(below: 5) {
      var draft = cases.last ?? CaseDraft(inputCount: inputs)
      if random.index(below: 2) == 0 { draft = CaseDraft(inputCount: inputs) }
      for input in 0..<inputs {
        for sign in [1.0, -1] {
          let bound = try number(&random)
          draft.require(
            LinearRow(
              terms: [.init(.input(input), ExactNumber(sign))],
              constant: -(bound < .zero ? -bound : bound), isStrict: random.index(below: 5) == 0))
        }
      }
      for _ in 0..<random.index(below: 4) {
        var terms: [LinearRow.Term] = []
        for _ in 0..<1 + random.index(below: 4) {
          let isInput = random.index(below: 3) == 0
          terms.append(
            .init(
              isInput ? .input(random.index(below: inputs)) : .output(random.index(below: outputs)),
              try number(&random)))
        }
        let row = LinearRow(terms: terms, constant: try number(&random), isStrict: random.index(below: 2) == 0)
        if row.neededCounts.outputs > 0 { draft.require(row) }
      }
      cases.append(draft)
    }
    return try Property(inputCount: inputs, outputCount: outputs, cases: cases)
  }

  @Test func `random properties are written and read back equal`() throws {
    var random = RandomStream(seed: 13, purpose: "properties")
    var cases = 0
    for _ in 0..<500 {
      let property = try property(&random)
      cases += property.caseCount
      let text = property.vnnlibText
      #expect(try VNNLIBFile.property(text: text, name: "written") == property, "\(text)")
    }
    #expect(cases > 500)
  }

  @Test func `the usual form is written for one box`() throws {
    let text = """
      (declare-const X_0 Real)
      (declare-const Y_0 Real)
      (declare-const Y_1 Real)
      (assert (>= X_0 0.1))
      (assert (<= X_0 0.25))
      (assert (or
          (and (<= Y_0 Y_1))
          (and (>= Y_0 1e-9) (< Y_1 (* 2 X_0)))))

      """
    #expect(try VNNLIBFile.property(text: text, name: "test").vnnlibText == text)
  }

  @Test func `an empty unsafe set is written as false`() throws {
    let property = try Property(inputCount: 1, outputCount: 1, cases: [])
    #expect(property.vnnlibText.hasSuffix("(assert false)\n"))
    #expect(try VNNLIBFile.property(text: property.vnnlibText, name: "written") == property)
  }
}
