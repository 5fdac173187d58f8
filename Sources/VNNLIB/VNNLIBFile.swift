import Gzip
import Networks

/// VNNLIB 1: a property as a list of SMT-LIB declarations and assertions over inputs `X_i` and outputs `Y_i`.
///
/// All assertions together state the *unsafe* set. Linear arithmetic with any nesting of `and`, `or` and `not` is read
/// and kept exactly; anything else is refused with its line and column.
///
/// - Source: S. Demarchi et al., "Supporting standardization of neural networks verification with VNNLIB and CoCoNet",
///   FoMLAS 2023; as used in VNN-COMP 2021 to 2024.
public enum VNNLIBFile {
  /// The most cases that a property may have in disjunctive normal form, unless another limit is asked for.
  public static let defaultCaseLimit = 100_000
  /// The most bounds and the most rows of all cases together: some hundred megabytes.
  static let rowLimit = 1 << 22
  /// The most bytes of text that are read.
  static let byteLimit = 1 << 30

  /// The property that a file states; `.gz` files are decompressed on the way.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - caseLimit: the most cases that are accepted.
  /// - Throws: ``VNNLIBError``.
  public static func read(_ path: String, caseLimit: Int = defaultCaseLimit) throws(VNNLIBError) -> Property {
    let bytes: [UInt8]
    do throws(GzipError) {
      bytes = try GzipReader.contents(of: path, limit: byteLimit)
    } catch {
      throw .file(error)
    }
    return try property(bytes, name: path, caseLimit: caseLimit)
  }

  /// The property that a text states.
  ///
  /// - Parameter name: what messages call the text.
  /// - Throws: ``VNNLIBError/text(file:line:column:_:)``.
  public static func property(
    text: String, name: String, caseLimit: Int = defaultCaseLimit
  ) throws(VNNLIBError) -> Property {
    try property(Array(text.utf8), name: name, caseLimit: caseLimit)
  }

  private static func property(_ bytes: [UInt8], name: String, caseLimit: Int) throws(VNNLIBError) -> Property {
    try bytes.withUnsafeBufferPointer { (bytes) throws(VNNLIBError) -> Property in
      do throws(LocatedFault) {
        var reader = CommandReader(bytes)
        return try reader.property(caseLimit: caseLimit)
      } catch {
        throw error.error(file: name, text: bytes)
      }
    }
  }
}

/// Reads the commands of a VNNLIB text.
private struct CommandReader {
  private var tokeniser: Tokeniser
  private var formulas = FormulaReader()
  private var assertions: [Int] = []
  /// Where each variable was declared.
  private var declarations: [Variable: Int] = [:]
  private var hasEnded = false

  init(_ bytes: UnsafeBufferPointer<UInt8>) { tokeniser = Tokeniser(bytes) }

  /// Reads the whole text.
  mutating func property(caseLimit: Int) throws(LocatedFault) -> Property {
    while true {
      let token = try tokeniser.next()
      if token.kind == .end { break }
      guard token.kind == .open else {
        throw LocatedFault(.outside(String(tokeniser.text(token).prefix(40))), at: token.range.lowerBound)
      }
      try command(openedAt: token.range.lowerBound)
    }
    let (inputs, outputs) = try counts()
    let root = formulas.conjunction(assertions)
    let cases = try formulas.formula.cases(
      of: root, inputCount: inputs, caseLimit: caseLimit, rowLimit: VNNLIBFile.rowLimit)
    do throws(PropertyError) {
      return try Property(inputCount: inputs, outputCount: outputs, cases: cases)
    } catch {
      switch error {
      case .unbounded(let input, _, _), .outOfRange(let input, _, _):
        throw LocatedFault(.property(error), at: declarations[.input(input)] ?? 0)
      }
    }
  }

  private mutating func command(openedAt offset: Int) throws(LocatedFault) {
    let token = try tokeniser.next()
    guard token.kind == .word else {
      if token.kind == .end { throw LocatedFault(.openParenthesis, at: offset) }
      throw LocatedFault(.expected("a command", found: tokeniser.named(token)), at: token.range.lowerBound)
    }
    let name = tokeniser.text(token)
    if hasEnded, ["assert", "declare-const", "declare-fun"].contains(name) {
      throw LocatedFault(.afterTheEnd(name), at: offset)
    }
    switch name {
    case "declare-const": try declaration(isFunction: false, openedAt: offset)
    case "declare-fun": try declaration(isFunction: true, openedAt: offset)
    case "assert":
      let declarations = declarations
      assertions.append(try formulas.read(from: &tokeniser) { declarations[$0] != nil })
      try expectClose("\")\" after the formula", openedAt: offset)
    case "check-sat", "exit":
      hasEnded = true
      try skip(openedAt: offset)
    // They ask a solver for something, or say something about the file.
    case "set-logic", "set-info", "set-option", "get-model", "get-value", "echo": try skip(openedAt: offset)
    default: throw LocatedFault(.command(String(name.prefix(40))), at: token.range.lowerBound)
    }
  }

  /// `(declare-const X_0 Real)` or `(declare-fun X_0 () Real)`, after the command's name.
  private mutating func declaration(isFunction: Bool, openedAt offset: Int) throws(LocatedFault) {
    let name = try word("a variable", openedAt: offset)
    guard let variable = Variable(name: tokeniser[name]) else {
      throw LocatedFault(.name(String(tokeniser.text(name).prefix(40))), at: name.range.lowerBound)
    }
    guard declarations.updateValue(name.range.lowerBound, forKey: variable) == nil else {
      throw LocatedFault(.duplicate(variable), at: name.range.lowerBound)
    }
    if isFunction {
      for kind in [Token.Kind.open, .close] {
        let token = try tokeniser.next()
        guard token.kind == kind else {
          throw LocatedFault(
            .expected("\"()\", for a variable takes no arguments", found: tokeniser.named(token)),
            at: token.range.lowerBound)
        }
      }
    }
    let sort = try word("the sort Real", openedAt: offset)
    guard tokeniser.text(sort) == "Real" else {
      throw LocatedFault(.sort(String(tokeniser.text(sort).prefix(40))), at: sort.range.lowerBound)
    }
    try expectClose("\")\" after the sort", openedAt: offset)
  }

  /// The numbers of inputs and outputs, which must be declared without gaps.
  private func counts() throws(LocatedFault) -> (inputs: Int, outputs: Int) {
    func count(_ variables: [Int], _ make: (Int) -> Variable) throws(LocatedFault) -> Int {
      // The first index that is missing comes before some other.
      for (expected, found) in variables.sorted().enumerated() where expected != found {
        throw LocatedFault(.gap(missing: make(expected)), at: declarations[make(found)] ?? 0)
      }
      return variables.count
    }
    var inputs: [Int] = []
    var outputs: [Int] = []
    for variable in declarations.keys {
      switch variable {
      case .input(let index): inputs.append(index)
      case .output(let index): outputs.append(index)
      }
    }
    let end = tokeniser.bytes.count
    if inputs.isEmpty { throw LocatedFault(.noInputs, at: end) }
    if outputs.isEmpty { throw LocatedFault(.noOutputs, at: end) }
    return (try count(inputs, Variable.input), try count(outputs, Variable.output))
  }

  private mutating func word(_ wanted: String, openedAt offset: Int) throws(LocatedFault) -> Token {
    let token = try tokeniser.next()
    if token.kind == .end { throw LocatedFault(.openParenthesis, at: offset) }
    guard token.kind == .word else {
      throw LocatedFault(.expected(wanted, found: tokeniser.named(token)), at: token.range.lowerBound)
    }
    return token
  }

  private mutating func expectClose(_ wanted: String, openedAt offset: Int) throws(LocatedFault) {
    let token = try tokeniser.next()
    if token.kind == .end { throw LocatedFault(.openParenthesis, at: offset) }
    guard token.kind == .close else {
      throw LocatedFault(.expected(wanted, found: tokeniser.named(token)), at: token.range.lowerBound)
    }
  }

  /// Skips the rest of a command.
  private mutating func skip(openedAt offset: Int) throws(LocatedFault) {
    var depth = 1
    while depth > 0 {
      switch try tokeniser.next().kind {
      case .open: depth += 1
      case .close: depth -= 1
      case .end: throw LocatedFault(.openParenthesis, at: offset)
      case .word, .quotation: break
      }
    }
  }
}
