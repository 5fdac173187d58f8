import Gzip
import Networks

/// Why a VNNLIB file is not a property.
public enum VNNLIBError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The file's bytes cannot be had.
  case file(GzipError)
  /// Something in the text, found at a line and a column (in bytes), both from 1.
  case text(file: String, line: Int, column: Int, VNNLIBFault)

  public var description: String {
    switch self {
    case .file(let error): error.description
    case .text(let file, let line, let column, let fault):
      "\(file):\(line):\(column): " + fault.description.printable(atMost: 400)
    }
  }
}

/// What can be wrong with a VNNLIB text.
public enum VNNLIBFault: Error, Equatable, Sendable, CustomStringConvertible {
  /// A byte that no token starts with.
  case character(UInt8)
  /// A `"` or `|` that nothing closes.
  case openQuote
  /// The text ends inside a parenthesis.
  case openParenthesis
  /// A `)` too many, or a word outside all parentheses.
  case outside(String)
  /// Something other than what the grammar wants here.
  case expected(String, found: String)
  /// A command that is not known, or not here.
  case command(String)
  /// An assertion or declaration after `check-sat` or `exit`.
  case afterTheEnd(String)
  /// A sort other than `Real`.
  case sort(String)
  /// A name other than `X_0`, `Y_12`.
  case name(String)
  case duplicate(Variable)
  case undeclared(Variable)
  /// A variable whose index leaves out another.
  case gap(missing: Variable)
  case noInputs
  case noOutputs
  /// A word that stands for no value.
  case unknownWord(String)
  /// An operator that is not known.
  case unknownOperator(String)
  case argumentCount(operator: String, wanted: String, found: Int)
  /// A number where a formula is wanted, or the other way round.
  case wantsFormula(operator: String)
  case wantsNumber(operator: String)
  /// A product or quotient of variables.
  case nonLinear(String)
  case divisionByZero
  /// A number with too many digits or too large an exponent.
  case numberTooLong
  /// The disjunctive normal form is too large.
  case tooManyCases(limit: Int)
  /// The boxes of all cases together have too many bounds, or their conjunctions too many rows.
  case tooManyRows(limit: Int)
  /// The cases are no property.
  case property(PropertyError)

  public var description: String {
    switch self {
    case .character(let byte):
      "unexpected character "
        + (byte > 32 && byte < 127 ? "\"\(Character(UnicodeScalar(byte)))\"" : "with code \(byte)")
    case .openQuote: "this quotation is never closed"
    case .openParenthesis: "this parenthesis is never closed"
    case .outside(let text): "\"\(text)\" stands outside all parentheses"
    case .expected(let wanted, let found): "expected \(wanted), found \(found)"
    case .command(let name):
      "command \"\(name)\" is not supported: a property has declare-const, declare-fun and assert"
    case .afterTheEnd(let name): "\(name) after the end (check-sat or exit) would have no effect: move it up"
    case .sort(let name): "sort \"\(name)\" is not supported: variables are Real"
    case .name(let name): "\"\(name)\" is no variable of a property: inputs are X_0, X_1, …, outputs Y_0, Y_1, …"
    case .duplicate(let variable): "\(variable) is declared twice"
    case .undeclared(let variable): "\(variable) is not declared above"
    case .gap(let missing): "\(missing) is not declared, but a later one is: indices must leave no gap"
    case .noInputs: "no input X_0 is declared"
    case .noOutputs: "no output Y_0 is declared"
    case .unknownWord(let word): "\"\(word)\" is neither a number nor a variable nor true or false"
    case .unknownOperator(let name):
      if ["let", "ite", "forall", "exists", "=>", "xor", "distinct"].contains(name) {
        "\"\(name)\" is not supported: write the formula out with and, or, not and comparisons"
      } else {
        "unknown operator \"\(name)\""
      }
    case .argumentCount(let name, let wanted, let found): "\(name) takes \(wanted), has \(found)"
    case .wantsFormula(let name): "\(name) takes comparisons, not numbers"
    case .wantsNumber(let name): "\(name) takes numbers, not comparisons"
    case .nonLinear(let what): "\(what) is not linear: only linear properties are supported"
    case .divisionByZero: "division by zero"
    case .numberTooLong:
      "a number takes more than 2000 decimal digits or so: round it"
    case .tooManyCases(let limit):
      "written as a union of conjunctions this has more than \(limit) cases: split the property into several files"
    case .tooManyRows(let limit):
      "written as a union of conjunctions this has more than \(limit) bounds and rows: split the property into "
        + "several files"
    case .property(let error): error.description
    }
  }
}

/// A fault and the byte where it was found.
struct LocatedFault: Error {
  let offset: Int
  let fault: VNNLIBFault

  init(_ fault: VNNLIBFault, at offset: Int) {
    self.offset = offset
    self.fault = fault
  }

  /// The error that a user sees.
  func error(file: String, text: UnsafeBufferPointer<UInt8>) -> VNNLIBError {
    var line = 1
    var column = 1
    for (position, byte) in text.prefix(offset).enumerated() {
      column += 1
      // A carriage return alone ends a line too; before a line feed it is part of it.
      let isBeforeFeed = position + 1 < text.count && text[position + 1] == UInt8(ascii: "\n")
      let isReturn = byte == UInt8(ascii: "\r") && !isBeforeFeed
      if byte == UInt8(ascii: "\n") || isReturn {
        line += 1
        column = 1
      }
    }
    return .text(file: file, line: line, column: column, fault)
  }
}
