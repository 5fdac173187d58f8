/// What a `.npy` file says of its array before the elements.
///
/// - Source: NumPy Enhancement Proposal 1, *A simple file format for NumPy arrays*.
struct NumpyHeader: Equatable {
  /// The element type, such as `<f4`.
  var descriptor: String
  /// Whether the first index runs fastest.
  var isFortranOrder: Bool
  /// The extents, outermost first.
  var extents: [Int]

  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
  /// The elements start at a multiple of this.
  private static let alignment = 64

  init(descriptor: String, isFortranOrder: Bool, extents: [Int]) {
    self.descriptor = descriptor
    self.isFortranOrder = isFortranOrder
    self.extents = extents
  }

  /// Reads the header at the start of a file.
  ///
  /// - Returns: the header and where the elements start.
  /// - Throws: ``NumpyError`` naming `file`.
  static func read(
    _ bytes: UnsafeRawBufferPointer, file: String
  ) throws(NumpyError) -> (header: NumpyHeader, end: Int) {
    guard bytes.starts(with: magic) else { throw .notNumpy(file: file) }
    guard bytes.count >= magic.count + 4 else { throw .header(file: file, reason: "it breaks off") }
    let major = Int(bytes[6])
    let minor = Int(bytes[7])
    guard (1...2).contains(major), minor == 0 else { throw .version(file: file, major: major, minor: minor) }
    let start = magic.count + 2 + (major == 1 ? 2 : 4)
    guard bytes.count >= start else { throw .header(file: file, reason: "it breaks off") }
    let length = bytes[8..<start].reversed().reduce(0) { $0 << 8 | Int($1) }
    guard length <= bytes.count - start else {
      throw .header(file: file, reason: "it announces \(length) bytes, the file has \(bytes.count - start)")
    }
    let text = bytes[start..<start + length]
    guard text.allSatisfy({ $0 < 0x80 }) else { throw .header(file: file, reason: "it is not ASCII") }
    var parser = Parser(text: Array(text), file: file)
    return (try parser.header(), start + length)
  }

  /// The bytes from the start of a file up to its elements: version 1.0, or 2.0 where the text needs it.
  func encoded() -> [UInt8] {
    let shape = extents.count == 1 ? "(\(extents[0]),)" : "(\(extents.map(String.init).joined(separator: ", ")))"
    let order = isFortranOrder ? "True" : "False"
    var text = Array("{'descr': '\(descriptor)', 'fortran_order': \(order), 'shape': \(shape), }".utf8)
    let isLong = text.count > Int(UInt16.max) - NumpyHeader.alignment
    let start = NumpyHeader.magic.count + 2 + (isLong ? 4 : 2)
    let size = start + text.count + 1
    text += [UInt8](
      repeating: UInt8(ascii: " "),
      count: (NumpyHeader.alignment - size % NumpyHeader.alignment) % NumpyHeader.alignment)
    text.append(UInt8(ascii: "\n"))
    let length = (0..<(isLong ? 4 : 2)).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) }
    return NumpyHeader.magic + [isLong ? 2 : 1, 0] + length + text
  }
}

/// Reads the one kind of Python dictionary that a header is: three keys, a string, a truth value, a tuple.
private struct Parser {
  let text: [UInt8]
  let file: String
  var position = 0

  init(text: [UInt8], file: String) {
    self.text = text
    self.file = file
  }

  mutating func header() throws(NumpyError) -> NumpyHeader {
    var descriptor: String?
    var isFortranOrder: Bool?
    var extents: [Int]?
    try expect("{")
    while !accept("}") {
      let key = try string()
      try expect(":")
      switch key {
      case "descr" where descriptor == nil: descriptor = try elementType()
      case "fortran_order" where isFortranOrder == nil: isFortranOrder = try truthValue()
      case "shape" where extents == nil: extents = try tuple()
      default: throw .header(file: file, reason: "unexpected key `\(key)`")
      }
      if !accept(",") {
        try expect("}")
        break
      }
    }
    skipSpaces()
    guard position == text.count else { throw .header(file: file, reason: "text after the dictionary") }
    guard let descriptor else { throw .header(file: file, reason: "the key `descr` is missing") }
    guard let isFortranOrder else { throw .header(file: file, reason: "the key `fortran_order` is missing") }
    guard let extents else { throw .header(file: file, reason: "the key `shape` is missing") }
    return NumpyHeader(descriptor: descriptor, isFortranOrder: isFortranOrder, extents: extents)
  }

  /// A simple type's name; a list means an array of records, which no caller can use.
  private mutating func elementType() throws(NumpyError) -> String {
    if accept("[") { throw .elementType(file: file, descriptor: "[…]") }
    return try string()
  }

  private mutating func string() throws(NumpyError) -> String {
    let quote: UInt8
    if accept("'") {
      quote = UInt8(ascii: "'")
    } else {
      try expect("\"")
      quote = UInt8(ascii: "\"")
    }
    guard let end = text[position...].firstIndex(of: quote) else {
      throw .header(file: file, reason: "a string has no end")
    }
    defer { position = end + 1 }
    return String(decoding: text[position..<end], as: UTF8.self)
  }

  private mutating func truthValue() throws(NumpyError) -> Bool {
    if accept("True") { return true }
    if accept("False") { return false }
    throw .header(file: file, reason: "`fortran_order` is neither True nor False")
  }

  private mutating func tuple() throws(NumpyError) -> [Int] {
    var extents: [Int] = []
    try expect("(")
    while !accept(")") {
      extents.append(try number())
      if !accept(",") {
        try expect(")")
        break
      }
    }
    return extents
  }

  private mutating func number() throws(NumpyError) -> Int {
    skipSpaces()
    let digits = text[position...].prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    guard !digits.isEmpty else { throw .header(file: file, reason: "an extent of the shape is no number") }
    guard let value = Int(String(decoding: digits, as: UTF8.self)) else {
      throw .shape(file: file, reason: "an extent does not fit 64 bits")
    }
    position += digits.count
    return value
  }

  private mutating func accept(_ token: String) -> Bool {
    skipSpaces()
    guard text[position...].starts(with: token.utf8) else { return false }
    position += token.utf8.count
    return true
  }

  private mutating func expect(_ token: String) throws(NumpyError) {
    guard accept(token) else { throw .header(file: file, reason: "`\(token)` expected at byte \(position)") }
  }

  private mutating func skipSpaces() {
    while position < text.count, text[position] == UInt8(ascii: " ") || text[position] == UInt8(ascii: "\n") {
      position += 1
    }
  }
}
