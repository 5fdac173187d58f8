import Intervals
import Networks

/// Reads one formula at a time, without recursion: nesting is limited by memory alone.
///
/// Open operators and finished operands are kept on two stacks; a closing parenthesis replaces an operator's operands
/// by its result. Negations never become nodes: whether an operator stands under an odd number of them is known when
/// it opens.
struct FormulaReader {
  /// What an argument of an operator can be.
  private enum Operand {
    case expression(LinearExpression)
    /// A node of the formula.
    case formula(Int)
  }

  private enum Operator: String {
    case and
    case or
    case not
    case atMost = "<="
    case below = "<"
    case atLeast = ">="
    case above = ">"
    case equal = "="
    case plus = "+"
    case minus = "-"
    case times = "*"
    case divide = "/"
  }

  /// An operator whose parenthesis is open.
  private struct Frame {
    let operation: Operator
    let offset: Int
    /// Whether its result is negated.
    let isNegated: Bool
    /// Its first operand's place on the stack.
    let base: Int
  }

  /// All formulas read so far.
  private(set) var formula = Formula()
  private var frames: [Frame] = []
  private var operands: [(operand: Operand, offset: Int)] = []

  /// Reads a formula up to its end and returns its node.
  ///
  /// - Parameter isDeclared: whether a variable may be used.
  mutating func read(
    from tokeniser: inout Tokeniser, isDeclared: (Variable) -> Bool
  ) throws(LocatedFault) -> Int {
    frames.removeAll()
    operands.removeAll()
    repeat {
      let token = try tokeniser.next()
      let offset = token.range.lowerBound
      switch token.kind {
      case .open: try open(try tokeniser.next(), offset: offset, tokeniser)
      case .word: operands.append((try operand(token, tokeniser, isDeclared), offset))
      case .close:
        guard let frame = frames.popLast() else {
          throw LocatedFault(.expected("a formula", found: "\")\""), at: offset)
        }
        let result = try reduce(frame)
        operands.removeSubrange(frame.base...)
        operands.append((result, frame.offset))
      case .end:
        guard let frame = frames.last else {
          throw LocatedFault(.expected("a formula", found: tokeniser.named(token)), at: offset)
        }
        throw LocatedFault(.openParenthesis, at: frame.offset)
      case .quotation:
        throw LocatedFault(.expected("a formula", found: tokeniser.named(token)), at: offset)
      }
    } while !frames.isEmpty
    guard let last = operands.last else { preconditionFailure("A formula was read, but no operand is left") }
    guard case .formula(let node) = last.operand else {
      throw LocatedFault(.wantsFormula(operator: "assert"), at: last.offset)
    }
    return node
  }

  /// Opens the operator that a token names.
  private mutating func open(_ token: Token, offset: Int, _ tokeniser: Tokeniser) throws(LocatedFault) {
    let position = token.range.lowerBound
    guard token.kind == .word else {
      if token.kind == .end { throw LocatedFault(.openParenthesis, at: offset) }
      throw LocatedFault(.expected("an operator", found: tokeniser.named(token)), at: position)
    }
    let name = tokeniser.text(token)
    guard let operation = Operator(rawValue: name) else { throw LocatedFault(.unknownOperator(name), at: position) }
    frames.append(Frame(operation: operation, offset: offset, isNegated: isNegated, base: operands.count))
  }

  /// Whether what comes next stands under an odd number of negations.
  private var isNegated: Bool {
    guard let last = frames.last else { return false }
    return last.isNegated != (last.operation == .not)
  }

  /// The value of a word.
  private mutating func operand(
    _ token: Token, _ tokeniser: Tokeniser, _ isDeclared: (Variable) -> Bool
  ) throws(LocatedFault) -> Operand {
    let bytes = tokeniser[token]
    let offset = token.range.lowerBound
    if let variable = Variable(name: bytes) {
      guard isDeclared(variable) else { throw LocatedFault(.undeclared(variable), at: offset) }
      return .expression(LinearExpression(variable))
    }
    do throws(DecimalFault) {
      return .expression(LinearExpression(constant: try ExactNumber(decimal: bytes)))
    } catch {
      if error == .tooLong { throw LocatedFault(.numberTooLong, at: offset) }
    }
    switch tokeniser.text(token) {
    case "true": return .formula(formula.add(isNegated ? .any([]) : .all([]), at: offset))
    case "false": return .formula(formula.add(isNegated ? .all([]) : .any([]), at: offset))
    default:
      throw LocatedFault(.unknownWord(String(tokeniser.named(token).dropFirst().dropLast())), at: offset)
    }
  }

  /// The result of an operator, whose operands are on top of the stack.
  private mutating func reduce(_ frame: Frame) throws(LocatedFault) -> Operand {
    let name = frame.operation.rawValue
    let count = operands.count - frame.base
    func wants(_ text: String) -> LocatedFault {
      LocatedFault(.argumentCount(operator: name, wanted: text, found: count), at: frame.offset)
    }
    switch frame.operation {
    case .and, .or:
      let children = try formulas(frame)
      return .formula(
        formula.add(
          (frame.operation == .and) != frame.isNegated ? .all(children) : .any(children), at: frame.offset))
    case .not:
      guard count == 1 else { throw wants("1 argument") }
      return .formula(try formulas(frame)[0])
    case .atMost, .below, .atLeast, .above, .equal:
      guard count >= 2 else { throw wants("2 arguments or more") }
      return .formula(try comparison(frame))
    case .plus, .minus:
      guard count >= 1 else { throw wants("1 argument or more") }
      return .expression(try sum(frame))
    case .times:
      guard count >= 2 else { throw wants("2 arguments or more") }
      return .expression(try product(frame))
    case .divide:
      guard count >= 2 else { throw wants("2 arguments or more") }
      return .expression(try quotient(frame))
    }
  }

  /// The operands of an operator on formulas.
  private func formulas(_ frame: Frame) throws(LocatedFault) -> [Int] {
    var nodes: [Int] = []
    nodes.reserveCapacity(operands.count - frame.base)
    for (operand, offset) in operands[frame.base...] {
      guard case .formula(let node) = operand else {
        throw LocatedFault(.wantsFormula(operator: frame.operation.rawValue), at: offset)
      }
      nodes.append(node)
    }
    return nodes
  }

  /// One operand of an operator on numbers, counted from the operator.
  private func expression(_ index: Int, of frame: Frame) throws(LocatedFault) -> LinearExpression {
    let (operand, offset) = operands[frame.base + index]
    guard case .expression(let expression) = operand else {
      throw LocatedFault(.wantsNumber(operator: frame.operation.rawValue), at: offset)
    }
    return expression
  }

  /// A chain `(<= a b c)` states every neighbouring pair; its negation, that one of them fails.
  private mutating func comparison(_ frame: Frame) throws(LocatedFault) -> Int {
    var nodes: [Int] = []
    for index in 1..<operands.count - frame.base {
      let left = try expression(index - 1, of: frame)
      let right = try expression(index, of: frame)
      let rows: [LinearRow] =
        switch (frame.operation, frame.isNegated) {
        case (.atMost, false), (.above, true): [left.row(atMost: right, isStrict: false)]
        case (.below, false), (.atLeast, true): [left.row(atMost: right, isStrict: true)]
        case (.atLeast, false), (.below, true): [right.row(atMost: left, isStrict: false)]
        case (.above, false), (.atMost, true): [right.row(atMost: left, isStrict: true)]
        // Equal: at most and at least. Not equal: below or above.
        case (_, let isNegated):
          [left.row(atMost: right, isStrict: isNegated), right.row(atMost: left, isStrict: isNegated)]
        }
      for row in rows {
        guard LinearExpression(row).isSmall else { throw LocatedFault(.numberTooLong, at: frame.offset) }
        nodes.append(formula.add(.literal(row), at: frame.offset))
      }
    }
    return formula.add(frame.isNegated ? .any(nodes) : .all(nodes), at: frame.offset)
  }

  /// `(+ a b c)`, `(- a)` and `(- a b c)`.
  private mutating func sum(_ frame: Frame) throws(LocatedFault) -> LinearExpression {
    let isDifference = frame.operation == .minus
    let isUnary = operands.count == frame.base + 1
    var sum = LinearExpression(constant: .zero)
    // From the last, so that each operand can be taken off the stack and need not be copied.
    while operands.count > frame.base {
      var term = try expression(operands.count - 1 - frame.base, of: frame)
      operands.removeLast()
      if isDifference, isUnary || operands.count > frame.base { term.negate() }
      sum.add(term)
    }
    guard sum.constant.bitCount <= LinearExpression.longest else {
      throw LocatedFault(.numberTooLong, at: frame.offset)
    }
    return sum
  }

  /// A product of numbers and at most one expression with variables.
  private func product(_ frame: Frame) throws(LocatedFault) -> LinearExpression {
    var product = try expression(0, of: frame)
    for index in 1..<operands.count - frame.base {
      var factor = try expression(index, of: frame)
      if let first = product.terms.first, let second = factor.terms.first {
        throw LocatedFault(.nonLinear("a product of \(first.variable) and \(second.variable)"), at: frame.offset)
      }
      if !factor.terms.isEmpty { swap(&product, &factor) }
      product.multiply(by: factor.constant)
      guard product.isSmall else { throw LocatedFault(.numberTooLong, at: frame.offset) }
    }
    return product
  }

  /// The first operand divided by the others, which must be numbers.
  private func quotient(_ frame: Frame) throws(LocatedFault) -> LinearExpression {
    var quotient = try expression(0, of: frame)
    for index in 1..<operands.count - frame.base {
      let divisor = try expression(index, of: frame)
      if let variable = divisor.terms.first?.variable {
        throw LocatedFault(.nonLinear("a quotient by \(variable)"), at: frame.offset)
      }
      guard divisor.constant != .zero else { throw LocatedFault(.divisionByZero, at: frame.offset) }
      quotient.divide(by: divisor.constant)
      guard quotient.isSmall else { throw LocatedFault(.numberTooLong, at: frame.offset) }
    }
    return quotient
  }

  /// Adds the conjunction of several formulas.
  mutating func conjunction(_ nodes: [Int]) -> Int { formula.add(.all(nodes), at: 0) }
}

extension LinearExpression {
  /// The left side of a row.
  fileprivate init(_ row: LinearRow) {
    self.init(constant: row.constant)
    terms = row.terms
  }
}

extension Variable {
  /// The variable with a name such as `X_0` or `Y_12`, or nil.
  init?(name: UnsafeBufferPointer<UInt8>) {
    guard name.count > 2, name.count <= 11, name[1] == UInt8(ascii: "_") else { return nil }
    // One name for one variable: no leading zeros.
    guard name.count == 3 || name[2] != UInt8(ascii: "0") else { return nil }
    var index = 0
    for byte in name[2...] {
      guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
      index = 10 * index + Int(byte - UInt8(ascii: "0"))
    }
    switch name[0] {
    case UInt8(ascii: "X"): self = .input(index)
    case UInt8(ascii: "Y"): self = .output(index)
    default: return nil
    }
  }
}
