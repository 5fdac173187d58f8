/// A piece of a VNNLIB text.
struct Token {
  enum Kind {
    case open
    case close
    /// A name, a number or an operator.
    case word
    /// Text in `"` or `|`.
    case quotation
    case end
  }

  let kind: Kind
  /// Where it stands in the text, in bytes.
  let range: Range<Int>
}

/// Cuts the bytes of a VNNLIB text into tokens. Comments go from `;` to the end of their line.
struct Tokeniser {
  let bytes: UnsafeBufferPointer<UInt8>
  private var position = 0

  init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  /// The next token; at the end of the text ``Token/Kind/end``, however often.
  mutating func next() throws(LocatedFault) -> Token {
    skipBlanks()
    let start = position
    guard position < bytes.count else { return Token(kind: .end, range: start..<start) }
    let byte = bytes[position]
    switch byte {
    case UInt8(ascii: "("), UInt8(ascii: ")"):
      position += 1
      return Token(kind: byte == UInt8(ascii: "(") ? .open : .close, range: start..<position)
    case UInt8(ascii: "\""), UInt8(ascii: "|"):
      repeat {
        position += 1
        guard position < bytes.count else { throw LocatedFault(.openQuote, at: start) }
      } while bytes[position] != byte
      position += 1
      return Token(kind: .quotation, range: start..<position)
    default:
      while position < bytes.count, Self.isInWord(bytes[position]) { position += 1 }
      guard position > start else { throw LocatedFault(.character(byte), at: start) }
      return Token(kind: .word, range: start..<position)
    }
  }

  /// The text of a token.
  func text(_ token: Token) -> String { String(decoding: self[token], as: UTF8.self) }

  /// The bytes of a token.
  subscript(_ token: Token) -> UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(rebasing: bytes[token.range]) }

  /// A token as messages name it: cut short, so that a message stays on its line.
  func named(_ token: Token) -> String {
    switch token.kind {
    case .open: return "\"(\""
    case .close: return "\")\""
    case .end: return "the end of the text"
    case .quotation: return "a quotation"
    case .word:
      let text = text(token)
      return "\"\(text.count > 40 ? text.prefix(40) + "…" : text)\""
    }
  }

  private mutating func skipBlanks() {
    while position < bytes.count {
      let byte = bytes[position]
      if byte == UInt8(ascii: ";") {
        // A carriage return ends a line too, as in SMT-LIB.
        while position < bytes.count, bytes[position] != UInt8(ascii: "\n"), bytes[position] != UInt8(ascii: "\r") {
          position += 1
        }
      } else if byte == UInt8(ascii: " ") || byte >= 9 && byte <= 13 {
        position += 1
      } else {
        return
      }
    }
  }

  /// Printable ASCII, save blanks and what starts another token.
  private static func isInWord(_ byte: UInt8) -> Bool {
    guard byte > 32, byte < 127 else { return false }
    switch byte {
    case UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: ";"), UInt8(ascii: "\""), UInt8(ascii: "|"): return false
    default: return true
    }
  }
}
