import Testing

@testable import MathematicalPrograms

@Suite struct LinearProgramTextTests {
  @Test func `a small program reads as one writes it`() {
    var program = LinearProgram()
    let x = program.addColumn(-1, 0.1, objective: 2)
    let y = program.addColumn(0, 1, integer: true)
    program.addRow([(x, 1), (y, -1e-7)], -.infinity, 1.0 / 3)
    program.addRow([(x, 1), (y, 1)], -2, 3)
    program.addRow([(y, 1)], 0.5, 0.5)
    program.addRow([(y, 1)], -.infinity, .infinity)
    program.addRow([], -1, .infinity)
    let expected = """
      Maximize
       obj:
        + 2.0 v0 + 0.0 v1
      Subject To
       r0:
        + 1.0 v0 - 1e-07 v1
        <= 0.3333333333333333
       r1:
        + 1.0 v0 + 1.0 v1
        >= -2.0
       r1b:
        + 1.0 v0 + 1.0 v1
        <= 3.0
       r2:
        + 1.0 v1
        = 0.5
       r4:
        + 0.0 v0
        >= -1.0
      Bounds
       -1.0 <= v0 <= 0.1
       0.0 <= v1 <= 1.0
      Generals
       v1
      End

      """
    #expect(program.text == expected)
  }

  @Test func `every number comes back as it was, on lines of bounded length`() {
    var program = LinearProgram()
    let values = [0.1, -1.0 / 3, 1e300, -5e-324, 123_456_789.123456789, 1e16, -2.5e-8, 7, .pi]
    for value in values { _ = program.addColumn(min(value, 0), max(value, 0), objective: value) }
    program.addRow(values.enumerated().map { ($0.offset, $0.element) }, -1e-17, .infinity)
    let lines = program.text.split(separator: "\n")
    #expect(lines.allSatisfy { $0.count < 255 })
    var found: [Double] = []
    for line in lines.prefix(while: { $0 != "Bounds" }) where line.hasPrefix("  ") && line.contains("v") {
      let words = line.split(separator: " ")
      for k in stride(from: 0, to: words.count, by: 3) {
        #expect(words[k + 2] == "v\(found.count % values.count)")
        found.append(Double(words[k] + words[k + 1]) ?? .nan)
      }
    }
    #expect(found == values + values)
    #expect(lines.contains("  >= -1e-17"))
  }
}
