import Datasets
import Testing

@Suite("Sample ranges")
struct SampleRangeTests {
  @Test(arguments: [
    ("0..<3", [0, 1, 2]),
    ("0...3", [0, 1, 2, 3]),
    ("17", [17]),
    ("5...5", [5]),
    ("0..<2,7,4..<6", [0, 1, 4, 5, 7]),
    (" 1 , 0 ", [0, 1]),
    ("2..<5,0...3,4", [0, 1, 2, 3, 4]),
    ("0..<2,2..<4,9,9", [0, 1, 2, 3, 9]),
    ("0..<8,2", [0, 1, 2, 3, 4, 5, 6, 7]),
  ])
  func parsed(text: String, indices: [Int]) throws {
    let range = try SampleRange(parsing: text)
    #expect(try range.resolve(count: 20) == indices)
    #expect(try SampleRange(parsing: range.description) == range)
  }

  @Test(arguments: [
    "", " ", ",", "1,", ",1", "1,,2", "a", "0..5", "0..<", "..<5", "0<5", "1.5", "+3", "0x10", "1 2", "0 ..< 5",
    "0..<1..<2", "0....5", "١", "1e3",
  ])
  func malformed(text: String) {
    #expect {
      try SampleRange(parsing: text)
    } throws: { error in
      if case SampleRangeError.malformed = error { true } else { false }
    }
  }

  @Test func refused() {
    #expect(throws: SampleRangeError.negative(part: "-1")) { try SampleRange(parsing: "3,-1") }
    #expect(throws: SampleRangeError.negative(part: "-2..<5")) { try SampleRange(parsing: "-2..<5") }
    #expect(throws: SampleRangeError.empty(part: "5..<5")) { try SampleRange(parsing: "5..<5") }
    #expect(throws: SampleRangeError.empty(part: "9...3")) { try SampleRange(parsing: "1,9...3") }
    let huge = "0...9223372036854775807"
    #expect(throws: SampleRangeError.tooLarge(part: huge)) { try SampleRange(parsing: huge) }
    let huger = "0..<99999999999999999999"
    #expect(throws: SampleRangeError.tooLarge(part: huger)) { try SampleRange(parsing: huger) }
  }

  @Test("A range beyond the data set is refused with the data set's size")
  func outside() throws {
    let range = try SampleRange(parsing: "0..<4,8...9")
    #expect(try range.resolve(count: 10).count == 6)
    #expect(throws: SampleRangeError.outside(index: 9, count: 9)) { try range.resolve(count: 9) }
    #expect(SampleRangeError.outside(index: 9, count: 9).description.contains("9 samples"))
    // Refused before anything of this size is made.
    #expect(throws: SampleRangeError.self) {
      try SampleRange(parsing: "0..<9223372036854775806").resolve(count: 10)
    }
  }

  @Test func fromRange() throws {
    #expect(try SampleRange(parsing: "3..<5") == SampleRange(3..<5))
  }
}
