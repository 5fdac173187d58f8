import Foundation
import Studies
import Testing

@Suite struct StudyCSVTests {
  @Test func fieldsAreQuotedAndDoublesComeBack() throws {
    var awkward = Examples.record(3, lower: 0.1 + 0.2, upper: 1e300, estimates: ["IBP": 1 / 3, "a,\"b\"": -2.5e-308])
    awkward.reason = "time,\r\n\"stopped\""
    let text = StudyCSV.text([awkward, Examples.record(4, estimates: [:])])
    let rows = parse(text)
    #expect(rows.count == 3)
    #expect(Set(rows.map(\.count)) == [18])
    #expect(rows[0][10...13] == ["estimate_IBP", "error_low_IBP", "error_high_IBP", "seconds_IBP"])
    #expect(rows[0][14] == "estimate_a,\"b\"")
    #expect(rows[1][7] == "time,\r\n\"stopped\"")
    #expect(Double(rows[1][3]) == 0.1 + 0.2)
    #expect(Double(rows[1][10]) == 1.0 / 3)
    #expect(Double(rows[1][11]) == 1.0 / 3 - 1e300)
    #expect(Double(rows[1][12]) == 1.0 / 3 - (0.1 + 0.2))
    #expect(Double(rows[1][14]) == -2.5e-308)
    #expect(rows[2][10...] == ["", "", "", "", "", "", "", ""])
    #expect(rows[2][6] == "exact")
  }

  @Test func fileHoldsTheText() throws {
    let folder = try ScratchFolder()
    let url = folder.url.appendingPathComponent("samples.csv")
    try StudyCSV.write([Examples.record(1)], to: url)
    #expect(try String(contentsOf: url, encoding: .utf8) == StudyCSV.text([Examples.record(1)]))
    #expect(folder.contents == ["samples.csv"])
    #expect(throws: (any Error).self) {
      try StudyCSV.write([], to: folder.url.appendingPathComponent("no/such/file.csv"))
    }
  }

  /// Reads RFC 4180, strictly.
  private func parse(_ text: String) -> [[String]] {
    var rows: [[String]] = []
    var row: [String] = []
    var field = ""
    var inQuotes = false
    var scalars = text.unicodeScalars.makeIterator()
    var next = scalars.next()
    while let scalar = next {
      next = scalars.next()
      switch (scalar, inQuotes) {
      case ("\"", true) where next == "\"":
        field.append("\"")
        next = scalars.next()
      case ("\"", _): inQuotes.toggle()
      case (",", false):
        row.append(field)
        field = ""
      case ("\r", false) where next == "\n":
        next = scalars.next()
        rows.append(row + [field])
        row = []
        field = ""
      default: field.unicodeScalars.append(scalar)
      }
    }
    return rows
  }
}
