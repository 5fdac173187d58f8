import CZlib
import Foundation
import Intervals
import Networks
import TestSupport
import Testing
import VNNLIB

@Suite struct VNNLIBFileTests {
  /// An assertion about two inputs in [0, 1] and two outputs, and the same property as the writer writes it after its
  /// declarations.
  static let readings: [(String, String)] = [
    ("(<= Y_0 Y_1)", "(assert (<= Y_0 Y_1))"),
    ("(>= Y_0 Y_1)", "(assert (<= Y_1 Y_0))"),
    ("(< Y_0 0.1)", "(assert (< Y_0 0.1))"),
    ("(> 1.50e1 Y_0)", "(assert (< Y_0 15))"),
    ("(<= 0.1 Y_0)", "(assert (>= Y_0 0.1))"),
    ("(= Y_0 2)", "(assert (<= Y_0 2))(assert (>= Y_0 2))"),
    ("(<= 1 Y_0 Y_1)", "(assert (>= Y_0 1))(assert (<= Y_0 Y_1))"),
    ("(not (<= Y_0 1))", "(assert (> Y_0 1))"),
    ("(not (> Y_0 1))", "(assert (<= Y_0 1))"),
    ("(not (not (< Y_0 1)))", "(assert (< Y_0 1))"),
    ("(not (= Y_0 1))", "(assert (or (and (< Y_0 1)) (and (> Y_0 1))))"),
    ("(not (<= 1 Y_0 2))", "(assert (or (and (< Y_0 1)) (and (> Y_0 2))))"),
    ("(not (or (<= Y_0 1) (>= Y_1 1)))", "(assert (> Y_0 1))(assert (< Y_1 1))"),
    ("(not (and (<= Y_0 1) (>= Y_1 1)))", "(assert (or (and (> Y_0 1)) (and (< Y_1 1))))"),
    ("(<= (+ Y_0 (* 2 Y_1) -3) (- X_0))", "(assert (<= (+ X_0 Y_0 (* 2 Y_1)) 3))"),
    ("(<= (- Y_0 Y_1 1) (/ Y_0 4 2))", "(assert (<= (* 0.875 Y_0) (+ Y_1 1)))"),
    ("(<= (* 2 3 Y_0 0.1) 1)", "(assert (<= (* 0.6 Y_0) 1))"),
    ("(<= (/ Y_0 3) 1)", "(assert (<= (* (/ 1 3) Y_0) 1))"),
    ("(<= (- Y_0 Y_0) 1)", ""),
    ("(<= X_0 X_1)", "(assert (<= X_0 X_1))"),
    ("(and)", ""),
    ("(or (and (<= Y_0 1)) (and (<= Y_1 1)))", "(assert (or (and (<= Y_0 1)) (and (<= Y_1 1))))"),
    ("(and true (<= Y_0 1) (or (<= Y_1 1) false))", "(assert (<= Y_0 1))(assert (<= Y_1 1))"),
    ("(<= Y_0 (- 2))", "(assert (<= Y_0 -2))"),
  ]

  @Test(arguments: readings)
  func `assertions are read as they are meant`(assertion: String, canonical: String) throws {
    let property = try PropertyTexts.property(assertion)
    let expected = try VNNLIBFile.property(text: PropertyTexts.head + canonical, name: "canonical")
    #expect(property == expected)
    #expect(property.inputCount == 2)
    #expect(property.outputCount == 2)
    let box = "(assert (>= X_0 0))(assert (<= X_0 1))(assert (>= X_1 0))(assert (<= X_1 1))"
    func packed(_ text: String) -> String { text.filter { !$0.isWhitespace } }
    #expect(packed(property.vnnlibText).hasSuffix(packed("(declare-const Y_1 Real)" + box + canonical)))
  }

  @Test func `declarations come in either form and any order, comments and harmless commands anywhere`() throws {
    let text = """
      ; a comment (with a parenthesis
      (set-logic QF_LRA) (set-info :source |a ) quotation
      of two lines|) (set-info :status "un)sat")
      (declare-fun Y_0 () Real)
      (declare-const X_1 Real)(declare-const X_0 Real) ; another
      (assert(and(>= X_0 -1.0)(<= X_0 1)(>= X_1 0)(<= X_1 2e0)))\t\r
      (assert (<= Y_0 X_0))
      (check-sat)
      (get-model)
      (exit)
      """
    let property = try VNNLIBFile.property(text: text, name: "test")
    #expect(property.inputCount == 2)
    #expect(property.outputCount == 1)
    #expect(property.groups[0].inputs.region.outer == Box(lower: [-1, 0], upper: [1, 2]))
    #expect(
      property.groups[0].conjunctions == [
        [LinearRow(terms: [.init(.input(0), ExactNumber(-1)), .init(.output(0), .one)], constant: .zero)]
      ])
  }

  @Test func `several boxes and their conditions may share one disjunction`() throws {
    let text = """
      (declare-const X_0 Real)
      (declare-const Y_0 Real)
      (assert (or
        (and (>= X_0 0.1) (<= X_0 0.2) (<= Y_0 1))
        (and (>= X_0 0.3) (<= X_0 0.4) (>= Y_0 2))
        (and (>= X_0 0.1) (<= X_0 0.2) (>= Y_0 3))
        (and (>= X_0 0.3) (<= X_0 0.2) (>= Y_0 3))))
      """
    let property = try VNNLIBFile.property(text: text, name: "test")
    #expect(property.groups.map(\.conjunctions.count) == [2, 1])
    #expect(property.groups[0].inputs.lower[0].value == Rational(1, 10))
    #expect(property.emptyCases.map(\.description) == ["case 4 has no members: its bounds of X_0 exclude each other"])
    #expect(property.contains(inputs: [Rational(1, 10)], outputs: [Rational(1)]))
    #expect(!property.contains(inputs: [Rational(1, 10)], outputs: [Rational(2)]))
    #expect(!property.contains(inputs: [exact(0.1.nextDown)], outputs: [Rational(1)]))
  }

  @Test func `an input fixed to a decimal names itself as rounded`() throws {
    let property = try PropertyTexts.property("(= X_0 0.1)")
    #expect(property.groups[0].inputs.roundedElements == [0])
    #expect(property.groups[0].inputs.region.inner.lower[0] == 0.1)
  }

  @Test func `plain and compressed files are read, others named`() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("vnnlib-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let text = PropertyTexts.head + "(assert (<= Y_0 Y_1))"
    let plain = folder.appendingPathComponent("a.vnnlib").path
    try text.write(toFile: plain, atomically: true, encoding: .utf8)
    let compressed = plain + ".gz"
    let file = try #require(gzopen(compressed, "wb"))
    #expect(gzputs(file, text) > 0)
    gzclose(file)
    #expect(try VNNLIBFile.read(plain) == VNNLIBFile.read(compressed))
    let missing = folder.appendingPathComponent("none.vnnlib").path
    let error = #expect(throws: VNNLIBError.self) { try VNNLIBFile.read(missing) }
    #expect(error?.description.hasPrefix("\(missing) cannot be read: ") == true)
  }
}
