import Foundation
import Studies
import Testing

@testable import Reports

@Suite struct ErrorFigureTests {
  /// Text that would act, or break a file, wherever it is not taken literally.
  static let nasty = "a'b\"c\\d@e_f{g}^h`id`$HOME %s\n<script>alert(1)</script>]]>&amp;\u{1}\u{301}é"

  @Test func drawsNastyText() throws {
    let folder = try ScratchFolder()
    var identity = Examples.identity
    identity.model.name = Self.nasty
    identity.dataset.name = Self.nasty
    let record = Examples.record(0, estimates: [Self.nasty: 1, "IBP": 0.1])
    try ErrorFigure([record], identity: identity).draw(in: folder.url)
    #expect(folder.contents == ["errors.dat", "errors.gp", "errors.pdf", "errors.png", "errors.svg"])
    let svg = try Data(contentsOf: folder.url.appendingPathComponent("errors.svg"))
    let text = String(decoding: svg, as: UTF8.self)
    #expect(!text.contains("<script"))
    #expect(!text.contains("]]>"))
    #expect(text.contains("a'b\"c\\d@e_f{g}^h`id`$HOME %s"))
    #expect(text.contains("mean |error| 2"))
    #expect(!text.unicodeScalars.contains { $0.value < 0x20 && !["\n", "\t", "\r"].contains($0) })
    let png = try Data(contentsOf: folder.url.appendingPathComponent("errors.png"))
    #expect(png.prefix(4) == Data([0x89, 0x50, 0x4E, 0x47]))
    let pdf = try Data(contentsOf: folder.url.appendingPathComponent("errors.pdf"))
    #expect(pdf.prefix(4) == Data("%PDF".utf8))
  }

  @Test(arguments: [1, 2, 7])
  func drawsAnyNumberOfMethods(count: Int) throws {
    let folder = try ScratchFolder()
    let estimates = Dictionary(uniqueKeysWithValues: (0..<count).map { ("M\($0)", Double($0) - 1) })
    try ErrorFigure([Examples.record(0, estimates: estimates)], identity: Examples.identity).draw(in: folder.url)
    #expect(folder.contents.count == 5)
  }

  @Test func drawsWhatIsNotBounded() throws {
    let folder = try ScratchFolder()
    let records = [
      Examples.record(0, lower: -1, upper: .infinity, estimates: ["IBP": 1, "PGD": .nan]),
      Examples.record(1, lower: 0, upper: .infinity, estimates: ["IBP": .infinity]),
    ]
    let figure = ErrorFigure(records, identity: Examples.identity)
    #expect(figure.histogram.series[0].unplaced == 1)
    try figure.draw(in: folder.url)
  }

  @Test func gnuplotsWordsAreInTheError() throws {
    let folder = try ScratchFolder()
    let script = folder.url.appendingPathComponent("bad.gp")
    try "plot nonsense(\n".write(to: script, atomically: true, encoding: .utf8)
    #expect {
      try Gnuplot().run("bad.gp", in: folder.url)
    } throws: { error in
      guard case ReportError.gnuplotFailed(let status, let output) = error else { return false }
      return status != 0 && output.contains("bad.gp")
    }
    #expect(folder.contents == ["bad.gp"])
  }

  @Test func withoutGnuplotTheRemedyIsNamed() throws {
    let folder = try ScratchFolder()
    for path in [nil, "", folder.url.path] {
      #expect(throws: ReportError.gnuplotMissing) { _ = try Gnuplot(searchPath: path) }
    }
    #expect(ReportError.gnuplotMissing.description.contains("apt-get install gnuplot-nox"))
  }
}
