import Studies
import Testing

@Suite struct SummaryTableTests {
  @Test func columnsAreAligned() {
    let text = SummaryTable.text(
      StudySummary([
        Examples.record(0, estimates: ["IBP": 0.5, "CROWN-IBP": -0.25]),
        Examples.record(1, estimates: ["IBP": 1.5, "CROWN-IBP": 0.123456]),
      ]))
    #expect(
      text == """
        method     mean error  mean |error|  variance  median    max  s/sample
        ──────────────────────────────────────────────────────────────────────
        IBP                 2             2      0.25       2    2.5     0.125
        CROWN-IBP      0.9367        0.9367   0.03487  0.9367  1.123     0.125
        ──────────────────────────────────────────────────────────────────────
        2 samples, all exact (largest gap 0)

        """)
  }

  @Test func openBracketsShowBothEnds() {
    let text = SummaryTable.text(
      StudySummary([
        Examples.record(0, lower: -1, upper: -0.5, estimates: ["IBP": 0.5]),
        Examples.record(1, estimates: ["PGD": .nan]),
      ]))
    #expect(text.contains("1 … 1.5"))
    #expect(text.contains("2 samples, 1 open bracket (largest gap 0.5)"))
    #expect(text.contains("PGD: 2 without a finite estimate, left out"))
    let lines = text.split(separator: "\n").prefix(5)
    #expect(Set(lines.map(\.count)).count == 1)
  }

  @Test func nothingIsATableToo() {
    #expect(SummaryTable.text(StudySummary([])).contains("0 samples"))
  }
}
