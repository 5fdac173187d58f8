import Foundation

/// A study's CSV file, read as its users read it.
struct StudyTable {
  let columns: [String]
  let rows: [[String]]

  /// None of its fields has a comma or quotes in these tests.
  init(_ url: URL) throws {
    let text = try String(contentsOf: url, encoding: .utf8)
    let lines = text.replacingOccurrences(of: "\r\n", with: "\n").split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    columns = lines.first ?? []
    rows = Array(lines.dropFirst())
  }

  /// The rows without what depends on the clock.
  var results: [[String: String]] {
    rows.map { row in
      Dictionary(uniqueKeysWithValues: zip(columns, row).filter { !$0.0.hasPrefix("seconds") })
    }
  }

  /// One column's numbers.
  func numbers(_ column: String) -> [Double] {
    guard let position = columns.firstIndex(of: column) else { return [] }
    return rows.compactMap { Double($0[position]) }
  }
}
