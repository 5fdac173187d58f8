import Testing

@testable import Studies

@Suite struct TextTableTests {
  @Test func columnsAreAsWideAsTheirWidestCell() {
    #expect(
      TextTable.text(header: ["a", "bb"], rows: [["long", "1"], ["", "222"]]) == """
        a      bb
        ─────────
        long    1
              222
        ─────────

        """)
  }
}
