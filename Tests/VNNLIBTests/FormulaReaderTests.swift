import Intervals
import Networks
import Testing
import VNNLIB

/// Formulas nested as no person nests them.
@Suite struct FormulaReaderTests {
  private func nested(_ open: String, _ inner: String, _ close: String, _ depth: Int) -> String {
    String(repeating: open, count: depth) + inner + String(repeating: close, count: depth)
  }

  @Test(arguments: ["(and ", "(or ", "(not "])
  func `a hundred thousand parentheses are no trouble`(open: String) throws {
    let property = try PropertyTexts.property(nested(open, "(<= Y_0 Y_1)", ")", 100_000))
    #expect(try property == PropertyTexts.property("(<= Y_0 Y_1)"))
  }

  @Test func `sums and conjunctions nested to the right cost no more than flat ones`() throws {
    let clock = ContinuousClock()
    let time = try clock.measure {
      let sum = try PropertyTexts.property("(<= " + nested("(+ Y_0 ", "0", ")", 100_000) + " 1)")
      #expect(sum.groups[0].conjunctions[0][0].terms == [.init(.output(0), ExactNumber(100_000))])
      let difference = try PropertyTexts.property("(<= " + nested("(- Y_0 ", "0", ")", 100_001) + " 1)")
      #expect(difference.groups[0].conjunctions[0][0].terms == [.init(.output(0), .one)])
      let conjunction = try PropertyTexts.property(nested("(and (<= Y_0 Y_1) ", "(<= Y_1 0)", ")", 100_000))
      #expect(conjunction.groups[0].conjunctions[0].count == 100_001)
    }
    #expect(time < .seconds(10))
  }

  @Test func `parentheses that nothing closes are no trouble either`() {
    for open in ["(", "(and ", "(<= (+ "] {
      #expect(throws: VNNLIBError.self) { try PropertyTexts.property(String(repeating: open, count: 100_000)) }
    }
  }

  @Test func `alternating connectives nested deeply are counted, then refused`() {
    let text = nested("(or (<= Y_0 0) (and (<= Y_1 0) ", "(<= Y_0 Y_1)", "))", 50_000)
    #expect(throws: VNNLIBError.self) { try PropertyTexts.property(text, caseLimit: 100_000) }
  }

  @Test func `numbers cannot grow without end`() {
    let product = nested("(* 1e1999 ", "Y_0", ")", 1000)
    let error = #expect(throws: VNNLIBError.self) { try PropertyTexts.property("(<= \(product) 1)") }
    #expect(error?.description.contains("more than 2000 decimal digits") == true)
  }
}
