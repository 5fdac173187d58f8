import Bounds
import Foundation
import Testing

@testable import Reports
@testable import Studies

@Suite struct TightnessFigureTests {
  private func record(_ index: Int, worst: [BoundMethod: (Double, Double)]) -> BoundRecord {
    let measurements = BoundMethod.allCases.compactMap { method -> MethodMeasurement? in
      guard let (margin, seconds) = worst[method] else { return nil }
      return MethodMeasurement(
        method: method, precision: .double, margins: [1: margin], worst: margin, worstClass: 1, seconds: seconds,
        layers: [])
    }
    return BoundRecord(index: index, label: 0, predicted: 0, measurements: measurements)
  }

  private func figure(_ records: [BoundRecord]) -> TightnessFigure {
    TightnessFigure(
      BoundSurveySummary(records), model: ErrorFigureTests.nasty, dataset: "digits", epsilon: 0.1)
  }

  @Test func drawsAMarkForEachMethod() throws {
    let folder = try ScratchFolder()
    let records = (0..<4).map { i in
      record(
        i, worst: [.ibp: (Double(i) - 1, 0.0001), .crown: (Double(i) - 2.5, 0.002), .zonotope: (Double(i) - 2, 0.01)])
    }
    let file = folder.url.appendingPathComponent("t.svg")
    try figure(records).draw(to: file)
    #expect(folder.contents == ["t.svg"])
    let svg = try String(contentsOf: file, encoding: .utf8)
    for words in ["IBP", "25 %", "CROWN", "75 %", "zonotope", "50 %", "n = 4 samples", "quartiles"] {
      #expect(svg.contains(words))
    }
    #expect(!svg.contains("<script"))
    // Mean milliseconds, mean margin and quartiles.
    #expect(figure(records).dataText.contains("\n0.1 0.5 -0.25 1.25\n2.0 -1.0 -1.75 -0.25\n"))
    try figure(records).draw(to: file)
    #expect(folder.contents == ["t.svg"])
  }

  @Test func drawsWhatIsNotBoundedAndWhatIsAllTheSame() throws {
    let folder = try ScratchFolder()
    let file = folder.url.appendingPathComponent("t.svg")
    let unbounded = record(0, worst: [.ibp: (.infinity, 0.1), .crown: (-1, 0.1), .forward: (-1, 0)])
    try figure([unbounded]).draw(to: file)
    #expect(try String(contentsOf: file, encoding: .utf8).contains("without a finite mean: IBP"))
    try figure([record(0, worst: [.ibp: (.infinity, 0.1)])]).draw(to: file)
    // Methods that are orders of magnitude apart share a logarithmic axis.
    try figure([record(0, worst: [.ibp: (14000, 1), .crown: (-0.9, 2)])]).draw(to: file)
    #expect(try String(contentsOf: file, encoding: .utf8).contains("logarithmic beyond ±10"))
    try figure([record(0, worst: [.ibp: (1e300, 1e6), .crown: (-1e300, 1e-9)])]).draw(to: file)
  }

  @Test func aPlaceThatTakesNoFileIsNamed() throws {
    let file = URL(fileURLWithPath: "/nonexistent/t.svg")
    #expect {
      try figure([record(0, worst: [.ibp: (1, 1)])]).draw(to: file)
    } throws: { error in
      guard case ReportError.unwritable(let path, _) = error else { return false }
      return path.hasPrefix("/nonexistent/")
    }
  }
}
