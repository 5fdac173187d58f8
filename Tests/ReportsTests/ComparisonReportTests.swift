import Foundation
import Studies
import Testing

@testable import Reports

/// The report on several networks.
@Suite struct ComparisonReportTests {
  let folder = try? ScratchFolder()

  /// Studies of networks by these names, some of which no folder could have.
  private func stores(_ names: [String]) throws -> [StudyStore] {
    try names.enumerated().map { number, name in
      var identity = Examples.identity
      identity.model = .init(name: "models/\(name).onnx", digest: "\(number)")
      let path = try #require(folder).url.appendingPathComponent("\(number).sqlite").path
      let store = try StudyStore.open(path, identity: identity)
      try store.append(
        contentsOf: (0..<40).map { i in
          Examples.record(
            i,
            estimates: ["IBP": Double(i + number) / 10, "TAPS": Double(i % 7) / 50 - 1, "PGD": -1 - Double(i % 3) / 99])
        })
      return store
    }
  }

  @Test func writesFiguresPageAndEachReport() throws {
    let target = try #require(folder).url.appendingPathComponent("out")
    let names = ["ibp", "a <b> & 'c'", "../up", "IBP"]
    let files = try ComparisonReport.write(stores: try stores(names), to: target)
    let contents = Set(try FileManager.default.contentsOfDirectory(atPath: target.path))
    let figures = ["approximation-errors", "classifier-bounds"].flatMap { FigureFiles(stem: $0).all }
    #expect(contents == Set(figures + ["report.html", "comparison.json", "ibp", "a--b-----c-", "up", "IBP-2"]))
    #expect(files.reports.count == 4)
    let page = try String(contentsOf: files.page, encoding: .utf8)
    #expect(page.contains("a &lt;b&gt; &amp; &#39;c&#39;") && !page.contains("<b>"))
    #expect(page.contains("<a href=\"ibp/report.html\">"))
    #expect(page.components(separatedBy: "<svg").count == 1 + 2)
    for figure in figures {
      #expect(try !Data(contentsOf: target.appendingPathComponent(figure)).isEmpty)
    }
  }

  @Test func otherDataAreRefused() throws {
    let stores = try stores(["a", "b"])
    var other = Examples.identity
    other.dataset.digest = "other"
    let path = try #require(folder).url.appendingPathComponent("other.sqlite").path
    let stranger = try StudyStore.open(path, identity: other)
    try stranger.append(Examples.record(0, estimates: ["IBP": 0]))
    let target = try #require(folder).url.appendingPathComponent("out")
    #expect(throws: ReportError.self) { try ComparisonReport.write(stores: stores + [stranger], to: target) }
    #expect(!FileManager.default.fileExists(atPath: target.path))
  }

  @Test func labelsOfNarrowPanelsDoNotTouch() throws {
    // Errors over seven decades and both signs, in four columns.
    let values = (0..<200).map { i in pow(10, Double(i % 7) - 5) * (i.isMultiple(of: 2) ? 1 : -1) }
    let row = HistogramGrid.Row(
      name: "M", colour: "#0072B2", panels: Array(repeating: .init(values: values, note: ""), count: 4))
    let grid = HistogramGrid(
      stem: "g", title: "t", subtitle: "", axisTitle: "x", zeroName: "exact", columns: ["a", "b", "c", "d"], rows: [row]
    )
    let line = try #require(grid.scriptText.split(separator: "\n").first { $0.contains("set xtics (") })
    let labelled = line.components(separatedBy: ", ").filter { !$0.contains("'' ") }
    #expect(labelled.count >= 3 && labelled.count <= 7)
    #expect(line.contains("'0' 0.0 0"))
  }

  @Test(.enabled(if: Browser.executable != nil, "no Chromium on the PATH"))
  func opensInABrowser() throws {
    let target = try #require(folder).url.appendingPathComponent("out")
    let files = try ComparisonReport.write(stores: try stores(["ibp", "taps"]), to: target)
    let (document, console) = try Browser.load(files.page, options: ["--window-size=500,900"])
    #expect(console.isEmpty)
    #expect(document.components(separatedBy: "<svg").count == 1 + 2)
  }
}
