import Intervals
import Networks
import Tensors
import Testing
import VNNLIB

@Suite struct CaseExpansionTests {
  @Test func `membership in the cases is the formula's truth, in exact arithmetic`() throws {
    var random = RandomStream(seed: 11, purpose: "formulas")
    var members = 0
    for _ in 0..<300 {
      let tree = FormulaTree.random(depth: 4, &random)
      let property = try PropertyTexts.property(tree.text, caseLimit: 1_000_000)
      for _ in 0..<40 {
        let point = (0..<4).map { Rational(.init(random.index(below: 13) - ($0 < 2 ? 0 : 6)), 12) }
        // The head of the text keeps both inputs in [0, 1].
        let inputs = Array(point[..<2])
        let outputs = Array(point[2...])
        let expected = tree.holds(point)
        if expected { members += 1 }
        #expect(property.contains(inputs: inputs, outputs: outputs) == expected, "\(tree.text)")
      }
      #expect(try VNNLIBFile.property(text: property.vnnlibText, name: "written") == property)
    }
    #expect(members > 1000)
  }

  @Test func `one box with many disjuncts is one group`() throws {
    let disjuncts = (0..<100).map { "(and (>= Y_0 \($0)))" }.joined()
    let property = try PropertyTexts.property("(or \(disjuncts))")
    #expect(property.groups.count == 1)
    #expect(property.caseCount == 100)
  }

  @Test func `too many cases are announced before any is made`() {
    let pairs = String(repeating: "(or (<= Y_0 0) (>= Y_1 0))", count: 60)
    let error = #expect(throws: VNNLIBError.self) { try PropertyTexts.property("(and \(pairs))") }
    #expect(
      error?.description == "test:7:9: written as a union of conjunctions this has more than 1000 cases: split the "
        + "property into several files")
    #expect(throws: VNNLIBError.self) {
      try PropertyTexts.property("(or (<= Y_0 1) (<= Y_0 2) (<= Y_0 3))", caseLimit: 2)
    }
    #expect(throws: Never.self) { try PropertyTexts.property("(or (<= Y_0 1) (<= Y_0 2))", caseLimit: 2) }
  }

  @Test func `cases that a contradiction swallows are not explored`() throws {
    let pairs = String(repeating: "(or (<= Y_0 0) (>= Y_1 0))", count: 9)
    #expect(try PropertyTexts.property("(and \(pairs) (or (and (<= Y_0 1) false)))").groups.isEmpty)
    let many = String(repeating: "(or (<= Y_0 0) (>= Y_1 0))", count: 60)
    #expect(try PropertyTexts.property("(and false \(many))").groups.isEmpty)
  }

  @Test func `boxes that would fill the memory are refused`() {
    // 40 000 cases, each with bounds of its own on 100 inputs.
    let names = (0..<100).map { "X_\($0)" }
    var text = names.map { "(declare-const \($0) Real)" }.joined() + "(declare-const Y_0 Real)\n"
    text += names.map { "(assert (<= 0 \($0) 1))" }.joined() + "\n"
    for _ in 0..<2 { text += "(assert (or " + (0..<200).map { "(<= X_0 \($0))" }.joined() + "))\n" }
    let error = #expect(throws: VNNLIBError.self) { try VNNLIBFile.property(text: text, name: "test") }
    #expect(error?.description.contains("more than 4194304 bounds and rows") == true)
  }
}

/// A formula over two inputs and two outputs, and its truth from the definitions.
private indirect enum FormulaTree {
  case comparison(String, [Sum])
  case and([FormulaTree])
  case or([FormulaTree])
  case not(FormulaTree)

  /// Σ k·v / 10 + c / 10.
  struct Sum {
    let coefficients: [Int]
    let constant: Int

    func value(_ point: [Rational]) -> Rational {
      zip(coefficients, point).reduce(Rational(.init(constant), 10)) { $0 + Rational(.init($1.0), 10) * $1.1 }
    }

    var text: String {
      let names = ["X_0", "X_1", "Y_0", "Y_1"]
      return "(+ " + zip(coefficients, names).map { "(* \(Double($0) / 10) \($1))" }.joined(separator: " ")
        + " (/ \(constant) 10))"
    }

    static func random(_ random: inout RandomStream) -> Sum {
      // Often a single variable or none, so that bounds occur.
      let kind = random.index(below: 4)
      let coefficients = (0..<4).map { index in
        kind < 3 && index != kind ? 0 : [-20, -10, -3, 0, 1, 10, 10, 25][random.index(below: 8)]
      }
      return Sum(coefficients: coefficients, constant: random.index(below: 21) - 10)
    }
  }

  static func random(depth: Int, _ random: inout RandomStream) -> FormulaTree {
    let kind = depth == 0 ? 0 : random.index(below: 4)
    switch kind {
    case 1: return .and((0..<random.index(below: 4)).map { _ in .random(depth: depth - 1, &random) })
    case 2: return .or((0..<random.index(below: 4)).map { _ in .random(depth: depth - 1, &random) })
    case 3: return .not(.random(depth: depth - 1, &random))
    default:
      let relation = ["<=", "<", ">=", ">", "="][random.index(below: 5)]
      return .comparison(relation, (0..<2 + random.index(below: 2)).map { _ in .random(&random) })
    }
  }

  var text: String {
    switch self {
    case .comparison(let relation, let sums): "(\(relation) \(sums.map(\.text).joined(separator: " ")))"
    case .and(let children): "(and \(children.map(\.text).joined(separator: " ")))"
    case .or(let children): "(or \(children.map(\.text).joined(separator: " ")))"
    case .not(let child): "(not \(child.text))"
    }
  }

  func holds(_ point: [Rational]) -> Bool {
    switch self {
    case .and(let children): return children.allSatisfy { $0.holds(point) }
    case .or(let children): return children.contains { $0.holds(point) }
    case .not(let child): return !child.holds(point)
    case .comparison(let relation, let sums):
      let values = sums.map { $0.value(point) }
      return zip(values, values.dropFirst()).allSatisfy { a, b in
        switch relation {
        case "<=": a <= b
        case "<": a < b
        case ">=": a >= b
        case ">": a > b
        default: a == b
        }
      }
    }
  }
}
