import Foundation
import Studies
import Tensors
import Testing

@testable import Reports

/// The page as a browser has it.
@Suite(.enabled(if: Browser.executable != nil, "no Chromium on the PATH"))
struct StudyPageInBrowserTests {
  /// Runs before the page's own script; what it finds goes to the end of the document as JSON.
  private static let early = """
    <script>
    window.faults = [];
    addEventListener("error", (event) => faults.push(event.message));
    addEventListener("securitypolicyviolation", (event) => faults.push("refused " + event.blockedURI));
    </script>
    """
  private static let late = """
    <script>
    {
    const column = (name) => {
      const headings = [...document.querySelectorAll("#samples th")];
      const place = headings.findIndex((heading) => heading.textContent === name);
      return [...document.querySelectorAll("#samples tbody tr")].map((row) => row.cells[place].textContent);
    };
    const click = (name) => [...document.querySelectorAll("#samples th button")]
      .find((button) => button.textContent === name).click();
    const drawing = document.querySelector("figure svg").getBoundingClientRect();
    const result = {
      drawingWidth: drawing.width, drawingHeight: drawing.height,
      paths: document.querySelectorAll("figure svg path").length,
      windowWidth: document.documentElement.clientWidth, pageWidth: document.documentElement.scrollWidth,
      background: getComputedStyle(document.body).backgroundColor,
    };
    click("IBP");
    result.ascending = column("IBP");
    click("IBP");
    result.descending = column("IBP");
    click("Status");
    result.status = column("Status");
    click("Index");
    result.index = column("Index");
    const shown = () => [...document.querySelectorAll("#samples tbody tr")].filter((row) => !row.hidden)
      .map((row) => row.cells[0].textContent);
    const choose = (name, value) => {
      const control = document.querySelector(`#filters [name=${name}]`);
      control.value = value;
      control.dispatchEvent(new Event("input", { bubbles: true }));
      const rows = shown();
      control.value = "";
      control.dispatchEvent(new Event("input", { bubbles: true }));
      return rows;
    };
    result.filtered = [
      choose("verdict", "not robust"), choose("status", "bracket"), choose("label", "3").length === 30 ? ["all"] : [],
      choose("index", "12"),
    ];
    const sheet = document.querySelector("dialog");
    const open = (index) => {
      document.querySelectorAll("#samples tbody tr")[index].click();
      const canvases = [...sheet.querySelectorAll("canvas")];
      const drawn = sheet.querySelector(".pictures").hidden ? [] : canvases.map((canvas) =>
        [...canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data]);
      const texts = [sheet.querySelector("h2").textContent, sheet.querySelector(".notes").textContent,
        ...[...sheet.querySelectorAll("tbody td")].map((cell) => cell.textContent)];
      const wasOpen = sheet.open;
      sheet.querySelector(".close").click();
      return { texts, drawn, wasOpen, isOpen: sheet.open };
    };
    result.sheets = [open(9), open(7)];
    result.fetched = performance.getEntriesByType("resource").map((entry) => entry.name);
    result.faults = faults;
    const text = document.createElement("pre");
    text.textContent = "PROBE" + JSON.stringify(result) + "EBORP";
    document.body.append(text);
    }
    </script>
    """

  private struct Probe: Decodable {
    var drawingWidth, drawingHeight, windowWidth, pageWidth: Double
    var paths: Int
    var background: String
    var ascending, descending, status, index, fetched, faults: [String]
    var filtered: [[String]]
    var sheets: [Sheet]
  }

  private struct Sheet: Decodable {
    var texts: [String]
    /// Red, green, blue and opacity of the points of each picture.
    var drawn: [[Int]]
    var wasOpen, isOpen: Bool
  }

  private func probe(options: [String] = []) throws -> (Probe, console: [String]) {
    let folder = try ScratchFolder()
    let store = try StudyStore.open(
      folder.url.appendingPathComponent("study.sqlite").path, identity: Examples.identity)
    for i in 0..<30 {
      var estimates = ["PGD": -1 - Double(i % 3) / 1000]
      // Infinite, missing and tiny estimates are sorted as well.
      estimates["IBP"] = i == 4 ? .infinity : i == 5 ? nil : i == 6 ? 1e-9 : Double(i * 7 % 30) - 9
      let margin = i == 8 ? 0.5 : -1
      let image = StoredImage([0, 0.5, 1, 0.25], shape: try Shape([1, 2, 2]), range: 0...1)
      try store.append(
        Examples.record(
          i, lower: margin, upper: i == 7 ? -0.5 : margin, estimates: estimates, witness: [0.1, 0.5, 0.8, 0.25],
          image: i == 9 ? image : nil))
    }
    let files = try StudyReport.write(store: store, to: folder.url.appendingPathComponent("report"))
    let page = try String(contentsOf: files.page, encoding: .utf8)
      .replacingOccurrences(of: "<title>", with: Self.early + "<title>", options: [], range: nil)
      .replacingOccurrences(of: "</body>", with: Self.late + "</body>")
    let probed = folder.url.appendingPathComponent("probed.html")
    try Data(page.utf8).write(to: probed)
    let (document, console) = try Browser.load(probed, options: options)
    let start = try #require(document.range(of: "<pre>PROBE"))
    let end = try #require(document.range(of: "EBORP", range: start.upperBound..<document.endIndex))
    let json = document[start.upperBound..<end.lowerBound].replacingOccurrences(of: "&amp;", with: "&")
    return (try JSONDecoder().decode(Probe.self, from: Data(json.utf8)), console)
  }

  @Test func `the figure is drawn, tables sort, nothing is fetched, the console stays empty`() throws {
    let (page, console) = try probe(options: ["--window-size=1200,900"])
    #expect(page.drawingWidth > 500 && page.drawingHeight > 200 && page.paths > 10)
    #expect(page.ascending.count == 30)
    let numbers = page.ascending.compactMap { $0 == "inf" ? .infinity : Double($0) }
    #expect(numbers.count == 29 && numbers == numbers.sorted() && page.ascending.last == "")
    let falling = page.descending.compactMap { $0 == "inf" ? .infinity : Double($0) }
    #expect(falling == Array(numbers.reversed()))
    #expect(page.status == page.status.sorted())
    #expect(page.index == (0..<30).map(String.init))
    #expect(page.filtered == [["8"], ["7"], ["all"], ["12"]])
    #expect(page.fetched == [] && page.faults == [] && console == [])
  }

  @Test func `a sample's sheet has its pictures, its estimates and their errors`() throws {
    let (page, _) = try probe()
    try #require(page.sheets.count == 2)
    let (pictured, open) = (page.sheets[0], page.sheets[1])
    #expect(pictured.wasOpen && !pictured.isOpen)
    #expect(pictured.texts.first == "Sample 9" && pictured.texts.dropFirst(2) == ["IBP", "-6", "-5", "PGD", "-1", "0"])
    #expect(
      pictured.drawn == [
        [0, 0, 0, 255, 128, 128, 128, 255, 255, 255, 255, 255, 64, 64, 64, 255],
        [26, 26, 26, 255, 128, 128, 128, 255, 204, 204, 204, 255, 64, 64, 64, 255],
        // Up by half of what the third goes down.
        [255, 125, 125, 255, 255, 255, 255, 255, 0, 0, 255, 255, 255, 255, 255, 255],
      ])
    // On an open bracket, an error is an interval.
    #expect(open.drawn == [])
    #expect(open.texts.dropFirst(2) == ["IBP", "10", "10.5 … 11", "PGD", "-1.001", "-0.501 … -0.001"])
    #expect(open.texts[1].contains("worst-case margin from -1 to -0.5 towards class 5: robust"))
  }

  @Test func `it fits a phone, and is dark for those who want it so`() throws {
    // Chromium makes no window narrower than this.
    let (page, console) = try probe(options: ["--window-size=500,900"])
    #expect(page.pageWidth <= page.windowWidth && console == [])
    let (dark, _) = try probe(options: ["--blink-settings=preferredColorScheme=0"])
    #expect(page.background == "rgb(255, 255, 255)" && dark.background == "rgb(22, 23, 27)")
  }
}
