import Intervals
import Networks

/// Reads one formula at a time, without recursion: nesting is limited by memory alone.
///
/// Open operators and finished operands are kept on two stacks; a closing parenthesis replaces an operator's operands
/// by its result. Negations never become nodes: whether an operator stands under an odd number of them is known when
/// it opens.
struct FormulaReader {
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
  private var stack = ExpressionStack()

  /// Reads a formula up to its end and returns its node.
  ///
  /// - Parameter isDeclared: whether a variable may be used.
  mutating func read(
    from tokeniser: inout Tokeniser, isDeclared: (Variable) -> Bool
  ) throws(LocatedFault) -> Int {
    frames.removeAll()
    stack.removeAll()
    repeat {
      let token = try tokeniser.next()
      let offset = token.range.lowerBound
      switch token.kind {
      case .open: try open(try tokeniser.next(), offset: offset, tokeniser)
      case .word: try push(token, tokeniser, isDeclared)
      case .close:
        guard let frame = frames.popLast() else {
          throw LocatedFault(.expected("a formula", found: "\")\""), at: offset)
        }
        try reduce(frame)
      case .end:
        guard let frame = frames.last else {
          throw LocatedFault(.expected("a formula", found: tokeniser.named(token)), at: offset)
        }
        throw LocatedFault(.openParenthesis, at: frame.offset)
      case .quotation:
        throw LocatedFault(.expected("a formula", found: tokeniser.named(token)), at: offset)
      }
    } while !frames.isEmpty
    guard let last = stack.operands.last else { preconditionFailure("A formula was read, but no operand is left") }
    guard case .formula(let node) = last.value else {
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
    frames.append(Frame(operation: operation, offset: offset, isNegated: isNegated, base: stack.count))
  }

  /// Whether what comes next stands under an odd number of negations.
  private var isNegated: Bool {
    guard let last = frames.last else { return false }
    return last.isNegated != (last.operation == .not)
  }

  /// Puts the value of a word on the stack.
  private mutating func push(
    _ token: Token, _ tokeniser: Tokeniser, _ isDeclared: (Variable) -> Bool
  ) throws(LocatedFault) {
    let bytes = tokeniser[token]
    let offset = token.range.lowerBound
    if let variable = Variable(name: bytes) {
      guard isDeclared(variable) else { throw LocatedFault(.undeclared(variable), at: offset) }
      stack.push(variable, at: offset)
      return
    }
    do throws(DecimalFault) {
      stack.push(try ExactNumber(decimal: bytes), at: offset)
      return
    } catch {
      if error == .tooLong { throw LocatedFault(.numberTooLong, at: offset) }
    }
    switch tokeniser.text(token) {
    case "true": stack.push(formula: formula.add(isNegated ? .any([]) : .all([]), at: offset), at: offset)
    case "false": stack.push(formula: formula.add(isNegated ? .all([]) : .any([]), at: offset), at: offset)
    default:
      throw LocatedFault(.unknownWord(String(tokeniser.named(token).dropFirst().dropLast())), at: offset)
    }
  }

  /// Replaces an operator's operands, which are on top of the stack, by its result.
  private mutating func reduce(_ frame: Frame) throws(LocatedFault) {
    let name = frame.operation.rawValue
    let count = stack.count - frame.base
    func wants(_ text: String) -> LocatedFault {
      LocatedFault(.argumentCount(operator: name, wanted: text, found: count), at: frame.offset)
    }
    switch frame.operation {
    case .and, .or:
      let children = try formulas(frame)
      let isAll = (frame.operation == .and) != frame.isNegated
      let node = formula.add(isAll ? .all(children) : .any(children), at: frame.offset)
      stack.reduce(from: frame.base, toFormula: node, at: frame.offset)
    case .not:
      guard count == 1 else { throw wants("1 argument") }
      stack.reduce(from: frame.base, toFormula: try formulas(frame)[0], at: frame.offset)
    case .atMost, .below, .atLeast, .above, .equal:
      guard count >= 2 else { throw wants("2 arguments or more") }
      stack.reduce(from: frame.base, toFormula: try comparison(frame), at: frame.offset)
    case .plus, .minus:
      guard count >= 1 else { throw wants("1 argument or more") }
      try add(frame)
    case .times:
      guard count >= 2 else { throw wants("2 arguments or more") }
      try multiply(frame)
    case .divide:
      guard count >= 2 else { throw wants("2 arguments or more") }
      try divide(frame)
    }
  }

  /// The operands of an operator on formulas.
  private func formulas(_ frame: Frame) throws(LocatedFault) -> [Int] {
    var nodes: [Int] = []
    nodes.reserveCapacity(stack.count - frame.base)
    for operand in stack.operands[frame.base...] {
      guard case .formula(let node) = operand.value else {
        throw LocatedFault(.wantsFormula(operator: frame.operation.rawValue), at: operand.offset)
      }
      nodes.append(node)
    }
    return nodes
  }

  /// The constant of an operand of an operator on numbers.
  private func constant(_ index: Int, of frame: Frame) throws(LocatedFault) -> ExactNumber {
    let operand = stack.operands[index]
    guard case .expression(let constant) = operand.value else {
      throw LocatedFault(.wantsNumber(operator: frame.operation.rawValue), at: operand.offset)
    }
    return constant
  }

  /// A chain `(<= a b c)` states every neighbouring pair; its negation, that one of them fails.
  private mutating func comparison(_ frame: Frame) throws(LocatedFault) -> Int {
    var nodes: [Int] = []
    for left in frame.base..<stack.count - 1 {
      let right = left + 1
      let pairs: [(low: Int, high: Int, isStrict: Bool)] =
        switch (frame.operation, frame.isNegated) {
        case (.atMost, false), (.above, true): [(left, right, false)]
        case (.below, false), (.atLeast, true): [(left, right, true)]
        case (.atLeast, false), (.below, true): [(right, left, false)]
        case (.above, false), (.atMost, true): [(right, left, true)]
        // Equal: at most and at least. Not equal: below or above.
        case (_, let isNegated): [(left, right, isNegated), (right, left, isNegated)]
        }
      for pair in pairs {
        let row = LinearRow(
          terms: stack.terms(of: pair.low)
            + stack.terms(of: pair.high).map { LinearRow.Term($0.variable, -$0.coefficient) },
          constant: try constant(pair.low, of: frame) - (try constant(pair.high, of: frame)), isStrict: pair.isStrict)
        guard row.constant.isShort, row.terms.allSatisfy(\.coefficient.isShort) else {
          throw LocatedFault(.numberTooLong, at: frame.offset)
        }
        nodes.append(formula.add(.literal(row), at: frame.offset))
      }
    }
    return formula.add(frame.isNegated ? .any(nodes) : .all(nodes), at: frame.offset)
  }

  /// `(+ a b c)`, `(- a)` and `(- a b c)`.
  private mutating func add(_ frame: Frame) throws(LocatedFault) {
    var sum = ExactNumber.zero
    // The first operand of several keeps its sign.
    let negated =
      frame.operation == .plus
      ? stack.count..<stack.count : (stack.count == frame.base + 1 ? frame.base : frame.base + 1)..<stack.count
    for index in frame.base..<stack.count {
      let constant = try constant(index, of: frame)
      sum = negated.contains(index) ? sum - constant : sum + constant
      guard sum.isShort else { throw LocatedFault(.numberTooLong, at: frame.offset) }
    }
    stack.scaleTerms(of: negated) { -$0 }
    stack.reduce(from: frame.base, toConstant: sum, at: frame.offset)
  }

  /// A product of numbers and at most one expression with variables.
  private mutating func multiply(_ frame: Frame) throws(LocatedFault) {
    var factor = ExactNumber.one
    var linear: Int?
    for index in frame.base..<stack.count {
      let constant = try constant(index, of: frame)
      if let variable = stack.terms(of: index).first?.variable {
        if let first = linear.flatMap({ stack.terms(of: $0).first?.variable }) {
          throw LocatedFault(.nonLinear("a product of \(first) and \(variable)"), at: frame.offset)
        }
        linear = index
      } else {
        factor = factor * constant
      }
      guard factor.isShort else { throw LocatedFault(.numberTooLong, at: frame.offset) }
    }
    try scale(frame, from: linear, by: factor) { $0 * factor }
  }

  /// The first operand divided by the others, which must be numbers.
  private mutating func divide(_ frame: Frame) throws(LocatedFault) {
    var divisor = ExactNumber.one
    for index in frame.base + 1..<stack.count {
      if let variable = stack.terms(of: index).first?.variable {
        throw LocatedFault(.nonLinear("a quotient by \(variable)"), at: frame.offset)
      }
      let constant = try constant(index, of: frame)
      guard constant != .zero else { throw LocatedFault(.divisionByZero, at: frame.offset) }
      divisor = divisor * constant
      guard divisor.isShort else { throw LocatedFault(.numberTooLong, at: frame.offset) }
    }
    try scale(frame, from: frame.base, by: divisor) { $0 / divisor }
  }

  /// Replaces the operands of a product or quotient by one of them, scaled, or by the bare factor.
  private mutating func scale(
    _ frame: Frame, from linear: Int?, by factor: ExactNumber, _ operation: (ExactNumber) -> ExactNumber
  ) throws(LocatedFault) {
    var result = factor
    if let linear {
      result = operation(try constant(linear, of: frame))
      if factor != .one {
        stack.scaleTerms(of: linear..<linear + 1, operation)
        guard stack.hasShortTerms(from: frame.base) else { throw LocatedFault(.numberTooLong, at: frame.offset) }
      }
    }
    guard result.isShort else { throw LocatedFault(.numberTooLong, at: frame.offset) }
    stack.reduce(from: frame.base, toConstant: result, at: frame.offset)
  }

  /// Adds the conjunction of several formulas.
  mutating func conjunction(_ nodes: [Int]) -> Int { formula.add(.all(nodes), at: 0) }
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
