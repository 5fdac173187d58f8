/// A basis as Clp keeps it: a status for each column, then for each row.
///
/// Whatever bytes it is made of, it holds statuses alone that Clp can start from: Clp trusts what it is given, and ends
/// the process where that contradicts its own books.
struct BasisStatus {
  /// The three low bits of Clp's status bytes; the others are its notes on the solve that it made them in.
  private static let mask: UInt8 = 7
  private static let basic: UInt8 = 1
  private static let atUpperBound: UInt8 = 2
  private static let atLowerBound: UInt8 = 3
  private static let fixed: UInt8 = 5

  private var bytes: [UInt8]
  private let columns: Int

  /// The basis of all rows' slacks.
  init(columns: Int, rows: Int) {
    self.columns = columns
    bytes =
      [UInt8](repeating: Self.atLowerBound, count: columns) + [UInt8](repeating: Self.basic, count: rows)
  }

  /// A basis that a solver gave; nil if it is one of a program of another size.
  init?(_ bytes: [UInt8], columns: Int, rows: Int) {
    guard bytes.count == columns + rows else { return nil }
    self.bytes = bytes.map { byte in
      let status = byte & Self.mask
      return [Self.basic, Self.atUpperBound, Self.fixed].contains(status) ? status : Self.atLowerBound
    }
    self.columns = columns
  }

  func column(_ column: Int) -> UInt8 { bytes[column] }
  func row(_ row: Int) -> UInt8 { bytes[columns + row] }
  mutating func setColumn(_ column: Int, _ status: UInt8) { bytes[column] = status }
  mutating func setRow(_ row: Int, _ status: UInt8) { bytes[columns + row] = status }

  /// The bytes with as many basic places as there are rows: slacks enter from the front, columns leave from the back.
  func balanced() -> [UInt8] {
    var result = bytes
    var missing = (bytes.count - columns) - bytes.count { $0 == Self.basic }
    for row in columns..<bytes.count where missing > 0 && result[row] != Self.basic {
      result[row] = Self.basic
      missing -= 1
    }
    for place in bytes.indices.reversed() where missing < 0 && result[place] == Self.basic {
      result[place] = Self.atLowerBound
      missing += 1
    }
    return result
  }
}
