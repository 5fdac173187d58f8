import Intervals
import Networks

/// A sum of variables with coefficients, and a constant: what a term of a VNNLIB formula stands for.
struct LinearExpression {
  /// In any order; a variable may occur more than once.
  var terms: [LinearRow.Term]
  var constant: ExactNumber

  init(constant: ExactNumber) {
    terms = []
    self.constant = constant
  }

  init(_ variable: Variable) {
    terms = [LinearRow.Term(variable, .one)]
    constant = .zero
  }

  /// Adds another one; the longer list of terms is kept, so that nested sums cost no more than flat ones.
  mutating func add(_ other: consuming LinearExpression) {
    if other.terms.count > terms.count { swap(&self, &other) }
    terms.append(contentsOf: other.terms)
    constant = constant + other.constant
  }

  mutating func negate() { scale { -$0 } }

  mutating func multiply(by factor: ExactNumber) {
    if factor == .one { return }
    scale { $0 * factor }
  }

  mutating func divide(by divisor: ExactNumber) {
    if divisor == .one { return }
    scale { $0 / divisor }
  }

  private mutating func scale(_ operation: (ExactNumber) -> ExactNumber) {
    for i in terms.indices {
      terms[i] = LinearRow.Term(terms[i].variable, operation(terms[i].coefficient))
    }
    constant = operation(constant)
  }

  /// The row that states `self ≤ other`, or `<`.
  func row(atMost other: LinearExpression, isStrict: Bool) -> LinearRow {
    var difference = other
    difference.negate()
    difference.add(self)
    return LinearRow(terms: difference.terms, constant: difference.constant, isStrict: isStrict)
  }

  /// Whether no number takes more memory than a number in a file may.
  var isSmall: Bool {
    constant.bitCount <= Self.longest && terms.allSatisfy { $0.coefficient.bitCount <= Self.longest }
  }

  /// The bits of numerator and denominator together that are accepted: about twice 2000 digits.
  static let longest = 13_500
}
