import Networks
import Testing
import VNNLIB

/// Texts that are wrong, each in its own way.
@Suite struct MalformedTextTests {
  static let declarations = "(declare-const X_0 Real)(declare-const Y_0 Real)\n"

  static let texts: [(String, String)] = [
    ("", "1:1: no input X_0 is declared"),
    ("(declare-const X_0 Real)", "1:25: no output Y_0 is declared"),
    ("(declare-const X_0 Real)\n(declare-const X_0 Real)", "2:16: X_0 is declared twice"),
    (
      "(declare-const X_1 Real)(declare-const Y_0 Real)",
      "1:16: X_0 is not declared, but a later one is: indices must leave no gap"
    ),
    ("(declare-const Z Real)", "1:16: \"Z\" is no variable of a property: inputs are X_0, X_1, …, outputs Y_0, Y_1, …"),
    ("(declare-const X_00 Real)", "1:16: \"X_00\" is no variable"),
    ("(declare-const X_9999999999999999999999 Real)", "1:16: \"X_9999999999999999999999\" is no variable"),
    ("(declare-const X_0 Int)", "1:20: sort \"Int\" is not supported: variables are Real"),
    ("(declare-const X_0 (Array Int Real))", "1:20: expected the sort Real, found \"(\""),
    ("(declare-fun X_0 (Real) Real)", "1:19: expected \"()\", for a variable takes no arguments, found \"Real\""),
    ("(declare-const X_0 Real", "1:1: this parenthesis is never closed"),
    ("(declare-const X_0 Real Real)", "1:25: expected \")\" after the sort, found \"Real\""),
    ("()", "1:2: expected a command, found \")\""),
    ("(", "1:1: this parenthesis is never closed"),
    (")", "1:1: \")\" stands outside all parentheses"),
    ("hello", "1:1: \"hello\" stands outside all parentheses"),
    ("(push 1)", "1:2: command \"push\" is not supported: a property has declare-const, declare-fun and assert"),
    ("\u{7}", "1:1: unexpected character with code 7"),
    ("(assert é)", "1:9: unexpected character with code 195"),
    ("; é in a comment\n(echo \"", "2:7: this quotation is never closed"),
    ("; one\r; two\r\n(echo \"", "3:7: this quotation is never closed"),
    ("(\r", "1:1: this parenthesis is never closed"),
    (
      "(check-sat)\n(declare-const X_0 Real)",
      "2:1: declare-const after the end (check-sat or exit) would have no effect"
    ),
    ("(assert (<= X_0 1))", "1:13: X_0 is not declared above"),
    (declarations + "(assert (<= X_0 1", "2:9: this parenthesis is never closed"),
    (declarations + "(assert", "2:8: expected a formula, found the end of the text"),
    (declarations + "(assert )", "2:9: expected a formula, found \")\""),
    (declarations + "(assert (", "2:9: this parenthesis is never closed"),
    (declarations + "(assert (()))", "2:10: expected an operator, found \"(\""),
    (declarations + "(assert X_0)", "2:9: assert takes comparisons, not numbers"),
    (declarations + "(assert (<= X_0 1) (<= Y_0 1))", "2:20: expected \")\" after the formula, found \"(\""),
    (declarations + "(assert (<= X_0))", "2:9: <= takes 2 arguments or more, has 1"),
    (declarations + "(assert (not))", "2:9: not takes 1 argument, has 0"),
    (declarations + "(assert (<= X_0 (+)))", "2:17: + takes 1 argument or more, has 0"),
    (declarations + "(assert (<= X_0 (* 2)))", "2:17: * takes 2 arguments or more, has 1"),
    (declarations + "(assert (and (<= X_0 1) Y_0))", "2:25: and takes comparisons, not numbers"),
    (declarations + "(assert (<= X_0 (<= X_0 1)))", "2:17: <= takes numbers, not comparisons"),
    (declarations + "(assert (<= (+ X_0 true) 1))", "2:20: + takes numbers, not comparisons"),
    (
      declarations + "(assert (<= (* X_0 (+ 1 Y_0)) 1))",
      "2:13: a product of X_0 and Y_0 is not linear: only linear properties are supported"
    ),
    (declarations + "(assert (<= (/ 1 X_0) 1))", "2:13: a quotient by X_0 is not linear"),
    (declarations + "(assert (<= (/ X_0 0.0) 1))", "2:13: division by zero"),
    (
      declarations + "(assert (<= X_0 1e999999999))",
      "2:17: a number takes more than 2000 decimal digits or so: round it"
    ),
    (declarations + "(assert (<= X_0 0x10))", "2:17: \"0x10\" is neither a number nor a variable nor true or false"),
    (declarations + "(assert (<= X_0 nan))", "2:17: \"nan\" is neither a number"),
    (declarations + "(assert (sin X_0))", "2:10: unknown operator \"sin\""),
    (declarations + "(assert (let ((a 1)) (<= X_0 a)))", "2:10: \"let\" is not supported: write the formula out with"),
    (declarations + "(assert (=> (<= X_0 1) (<= Y_0 1)))", "2:10: \"=>\" is not supported"),
    (declarations + "(assert (<= X_0 1))", "1:16: X_0 has no lower bound in case 1: state one"),
    (declarations + "(assert (or (<= 0 X_0 1) (>= X_0 0)))", "1:16: X_0 has no upper bound in case 2: state one"),
    (
      declarations + "(assert (<= 0 X_0 1e400))", "1:16: the upper bound of X_0 in case 1 is beyond the range of double"
    ),
  ]

  @Test(arguments: texts)
  func `the refusal names the place and what is wrong`(text: String, message: String) {
    let error = #expect(throws: VNNLIBError.self) { try VNNLIBFile.property(text: text, name: "file") }
    #expect(error?.description.hasPrefix("file:" + message) == true, "\(String(describing: error))")
    #expect(error?.description.contains("\n") == false)
  }

  @Test func `no prefix of a good text and no changed byte makes a trap`() {
    let good = PropertyTexts.head + "(assert (or (and (<= (+ Y_0 (* 2 Y_1) -3.5e-1) X_0) (not (= Y_0 1))) (< X_1 0.5)))"
    let bytes = Array(good.utf8)
    for length in bytes.indices {
      _ = try? VNNLIBFile.property(text: String(decoding: bytes[..<length], as: UTF8.self), name: "prefix")
    }
    for position in bytes.indices {
      for replacement in "()0 X_-+*/=;\"|.e9\n".utf8 {
        var damaged = bytes
        damaged[position] = replacement
        _ = try? VNNLIBFile.property(text: String(decoding: damaged, as: UTF8.self), name: "damaged")
      }
    }
  }
}
