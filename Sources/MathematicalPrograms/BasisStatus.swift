/// A basis as Clp keeps it: a status for each column, then for each row.
struct BasisStatus {
  /// The three low bits of Clp's status bytes.
  private static let mask: UInt8 = 7
  private static let basic: UInt8 = 1
  private static let atLowerBound: UInt8 = 3

  private var bytes: [UInt8]
  private let columns: Int

  /// The basis of all rows' slacks.
  init(columns: Int, rows: Int) {
    self.columns = columns
    bytes =
      [UInt8](repeating: Self.atLowerBound, count: columns) + [UInt8](repeating: Self.basic, count: rows)
  }

  /// A basis that a solver gave.
  init(_ bytes: [UInt8], columns: Int) {
    self.bytes = bytes
    self.columns = columns
  }

  func column(_ column: Int) -> UInt8 { bytes[column] & Self.mask }
  func row(_ row: Int) -> UInt8 { bytes[columns + row] & Self.mask }
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
