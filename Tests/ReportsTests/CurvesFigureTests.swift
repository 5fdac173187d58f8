import Foundation
import Testing

@testable import Reports

@Suite struct CurvesFigureTests {
  private func figure(_ panels: [CurvesFigure.Panel], kept: Int? = nil) -> CurvesFigure {
    CurvesFigure(title: ErrorFigureTests.nasty, subtitle: "digits", panels: panels, kept: kept)
  }

  @Test func drawsAPanelForEachUnitAndAGapWhereAValueIsMissing() throws {
    let folder = try ScratchFolder()
    let file = folder.url.appendingPathComponent("c.svg")
    let curves = figure(
      [
        .init("accuracy (%)", [.init("natural", .natural, [90, 95, 97]), .init("PGD", .attacked, [nil, nil, nil])]),
        .init("loss (nats)", mayBeLogarithmic: true, [.init("robust", .total, [.infinity, 100, 0.5])]),
        .init("nothing (%)", [.init("dead", .box, [nil, .nan, nil])]),
      ], kept: 2)
    #expect(curves.dataText == "# epoch, natural, robust\n1 90.0 NaN\n2 95.0 100.0\n3 97.0 0.5\n")
    try curves.draw(to: file)
    #expect(folder.contents == ["c.svg"])
    let svg = try String(contentsOf: file, encoding: .utf8)
    for words in ["accuracy (%)", "natural", "loss (nats), log.", "robust", "epoch", "kept: epoch 2"] {
      #expect(svg.contains(words), "\(words)")
    }
    for words in ["nothing", "PGD", "dead", "<script"] { #expect(!svg.contains(words), "\(words)") }
    try curves.draw(to: file)
    #expect(folder.contents == ["c.svg"])
  }

  @Test func drawsASingleEpochConstantsAndNothingAtAll() throws {
    let folder = try ScratchFolder()
    let file = folder.url.appendingPathComponent("c.svg")
    try figure([.init("radius", [.init("ε", .natural, [0])])], kept: 1).draw(to: file)
    try figure([.init("radius", [.init("ε", .natural, [0.1, 0.1, 0.1])])]).draw(to: file)
    try figure([.init("loss", mayBeLogarithmic: true, [.init("robust", .total, [1e-300, 1e300])])]).draw(to: file)
    try figure([]).draw(to: file)
    let long = (0..<5000).map { 1 + sin(Double($0)) }
    try figure([.init("loss", mayBeLogarithmic: true, [.init("robust", .total, long)])]).draw(to: file)
    #expect(folder.contents == ["c.svg"])
  }

  @Test func aPlaceThatTakesNoFileIsNamed() throws {
    #expect {
      try figure([]).draw(to: URL(fileURLWithPath: "/nonexistent/c.svg"))
    } throws: { error in
      guard case ReportError.unwritable(let path, _) = error else { return false }
      return path.hasPrefix("/nonexistent/")
    }
  }

  @Test func halfADrawingTakesNoPlace() throws {
    let folder = try ScratchFolder()
    let (half, place) = (folder.url.appendingPathComponent("half.svg"), folder.url.appendingPathComponent("c.svg"))
    try Data("<svg>old</svg>".utf8).write(to: place)
    for text in ["", "<svg><path d=\"M 1 "] {
      try Data(text.utf8).write(to: half)
      let error = #expect(throws: ReportError.self) { try FileWriting.moveDrawing(half, to: place) }
      #expect(error?.description.contains("no room for all of the drawing") == true)
      #expect(try String(contentsOf: place, encoding: .utf8) == "<svg>old</svg>")
    }
    try Data("<svg>new</svg>\n\n".utf8).write(to: half)
    try FileWriting.moveDrawing(half, to: place)
    #expect(try String(contentsOf: place, encoding: .utf8) == "<svg>new</svg>\n\n" && folder.contents == ["c.svg"])
  }
}
