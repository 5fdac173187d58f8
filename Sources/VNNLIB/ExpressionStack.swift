import Intervals
import Networks

/// The operands of operators that are still open.
///
/// The terms of all linear expressions lie on one stack of their own, those of neighbouring operands side by side:
/// adding expressions up moves nothing, however deep the sum is nested.
struct ExpressionStack {
  /// What an argument of an operator can be.
  enum Value {
    /// A linear expression's constant; its terms are those of the operand.
    case expression(constant: ExactNumber)
    /// A node of the formula.
    case formula(Int)
  }

  struct Operand {
    let value: Value
    /// Where it stands in the text.
    let offset: Int
    /// Its first term on the stack of terms.
    let firstTerm: Int
  }

  private(set) var operands: [Operand] = []
  /// In any order within an operand; a variable may occur more than once.
  private var terms: [LinearRow.Term] = []

  var count: Int { operands.count }

  mutating func removeAll() {
    operands.removeAll()
    terms.removeAll()
  }

  /// Puts a number on top.
  mutating func push(_ number: ExactNumber, at offset: Int) {
    operands.append(Operand(value: .expression(constant: number), offset: offset, firstTerm: terms.count))
  }

  /// Puts a variable on top.
  mutating func push(_ variable: Variable, at offset: Int) {
    push(.zero, at: offset)
    terms.append(LinearRow.Term(variable, .one))
  }

  /// Puts a formula on top.
  mutating func push(formula node: Int, at offset: Int) {
    operands.append(Operand(value: .formula(node), offset: offset, firstTerm: terms.count))
  }

  /// Replaces the operands from `base` on by one formula.
  mutating func reduce(from base: Int, toFormula node: Int, at offset: Int) {
    if base < operands.count { terms.removeSubrange(operands[base].firstTerm...) }
    operands.removeSubrange(base...)
    push(formula: node, at: offset)
  }

  /// Replaces the operands from `base` on by one expression, which has all their terms.
  mutating func reduce(from base: Int, toConstant constant: ExactNumber, at offset: Int) {
    let firstTerm = operands[base].firstTerm
    operands.removeSubrange(base...)
    operands.append(Operand(value: .expression(constant: constant), offset: offset, firstTerm: firstTerm))
  }

  /// The places of an operand's terms.
  private func termRange(_ index: Int) -> Range<Int> {
    operands[index].firstTerm..<(index + 1 < operands.count ? operands[index + 1].firstTerm : terms.count)
  }

  /// The terms of an operand.
  func terms(of index: Int) -> ArraySlice<LinearRow.Term> { terms[termRange(index)] }

  /// Changes every coefficient of the operands in a range.
  mutating func scaleTerms(of range: Range<Int>, _ operation: (ExactNumber) -> ExactNumber) {
    guard !range.isEmpty else { return }
    let last = operands.count - 1
    if range == last..<last + 1, terms.count - operands[last].firstTerm > 64 {
      // Added up first, or a deep nest of differences would take the square of its depth.
      let merged = LinearRow(terms: Array(terms[operands[last].firstTerm...]), constant: .zero).terms
      terms.replaceSubrange(operands[last].firstTerm..., with: merged)
    }
    for i in operands[range.lowerBound].firstTerm..<termRange(range.upperBound - 1).upperBound {
      terms[i] = LinearRow.Term(terms[i].variable, operation(terms[i].coefficient))
    }
  }

  /// Whether no coefficient of the operands from `base` on is longer than a number in a file may be.
  func hasShortTerms(from base: Int) -> Bool {
    terms[operands[base].firstTerm...].allSatisfy { $0.coefficient.isShort }
  }
}

extension ExactNumber {
  /// Whether numerator and denominator together take at most the bits of about 2000 digits.
  var isShort: Bool { bitCount <= 6_750 }
}
