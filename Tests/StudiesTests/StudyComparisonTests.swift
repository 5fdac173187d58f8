import Foundation
import Testing

@testable import Studies

/// Several studies side by side, and the difference of two.
@Suite struct StudyComparisonTests {
  /// A sample with an exact margin or an open bracket, classified as its label or not.
  static func record(
    _ index: Int, _ margin: ClosedRange<Double>, correct: Bool = true, _ estimates: [String: Double] = [:]
  ) -> SampleRecord {
    var record = Examples.record(index, lower: margin.lowerBound, upper: margin.upperBound, estimates: estimates)
    if !correct { record.predicted = 9 }
    return record
  }

  @Test func `accuracies count what keeps its label`() {
    let records = [
      Self.record(0, -2 ... -2, ["IBP": -1, "PGD": -3]), Self.record(1, -1 ... -1, ["IBP": 0, "PGD": -1.5]),
      Self.record(2, -0.5...0.5, ["IBP": 2, "PGD": -0.5]), Self.record(3, 0...0, ["IBP": 2, "PGD": 0]),
      Self.record(4, 1...1, correct: false, ["IBP": 2]), Self.record(5, 2...3, ["IBP": .infinity, "PGD": 2]),
    ]
    let accuracies = AccuracyEstimates(records)
    #expect(accuracies.natural == 5.0 / 6)
    #expect(accuracies.robust == 2.0 / 6...3.0 / 6)
    #expect(accuracies.byMethod == ["IBP": 1.0 / 6, "PGD": 3.0 / 6])
    #expect(AccuracyEstimates([]).robust == 0...0)
  }

  @Test func `differences are of samples that have both bounds`() throws {
    let records = [
      Self.record(0, -2 ... -2, ["IBP": 1, "TAPS": -1]), Self.record(1, -1 ... -1, ["IBP": 2, "TAPS": 1]),
      Self.record(2, 0...0, ["IBP": 2]), Self.record(3, 0...0, ["IBP": .infinity, "TAPS": 1]),
    ]
    let difference = try #require(BoundDifference.all(in: records).first)
    #expect(BoundDifference.all(in: records).count == 1)
    #expect(difference.values == [2, 1] && difference.mean == 1.5 && difference.variance == 0.25)
  }

  @Test func `only studies of the same samples are compared`() throws {
    let records = [Self.record(0, -2 ... -2, ["IBP": -1, "SABR": -1.75])]
    var other = Examples.identity
    other.model.digest = "ef56"
    other.epsilon = 0.1
    let more = records + [Self.record(1, -2 ... -2, ["IBP": -1])]
    let comparison = try StudyComparison([
      (path: "a", identity: Examples.identity, records: records), (path: "b", identity: other, records: more),
    ])
    #expect(comparison.leftOut == 1 && comparison.members.allSatisfy { $0.records.count == 1 })
    #expect(comparison.members.map(\.name) == ["cnn3 \"x\" at 0.05", "cnn3 \"x\" at 0.1"])
    let text = ComparisonTable.text(comparison)
    #expect(text.contains("accuracy, %") && text.contains("  4 "))
    #expect(throws: StoreError.nothingInCommon(["a has 1 samples from 0 to 0", "b has no samples yet"])) {
      try StudyComparison([
        (path: "a", identity: Examples.identity, records: records), (path: "b", identity: other, records: []),
      ])
    }
    other.dataset.digest = "0"
    #expect(throws: StoreError.self) {
      try StudyComparison([
        (path: "a", identity: Examples.identity, records: records), (path: "b", identity: other, records: records),
      ])
    }
  }

  @Test func `a method without a finite estimate is not shown as perfect`() throws {
    let records = [Self.record(0, -2 ... -2, ["IBP": .infinity, "TAPS": -1.5])]
    let comparison = try StudyComparison([(path: "a", identity: Examples.identity, records: records)])
    let summary = comparison.members[0].summary
    #expect(summary.methods.map { StudyComparison.timesTighter($0, in: summary) } == [nil, nil])
    #expect(ComparisonTable.text(comparison).contains("IBP: 1 without a finite estimate"))
  }

  @Test func `differences of two studies are named, times left out`() {
    let first = [Self.record(0, -2 ... -2, ["IBP": 1]), Self.record(1, -1...1, ["IBP": .nan]), Self.record(3, 0...0)]
    var second = [
      Self.record(0, -2 ... -2, ["IBP": 1.5]), Self.record(1, -1...1, ["IBP": .nan]), Self.record(2, 0...0),
    ]
    second[0].seconds = 99
    let found = StudyDifference((Examples.identity, first), (Examples.identity, second))
    #expect(found.common == 2 && found.onlyFirst == [3] && found.onlySecond == [2] && found.contradictions.isEmpty)
    #expect(found.columns == [.init(name: "IBP", samples: 1, first: 0, largest: 0.5)])
    second = first
    #expect(StudyDifference((Examples.identity, first), (Examples.identity, second)).isEmpty)
    second[0] = Self.record(0, -3 ... -3, ["IBP": 1, "PGD": -3])
    let wrong = StudyDifference((Examples.identity, first), (Examples.identity, second), tolerance: 2)
    #expect(wrong.contradictions == [0])
    #expect(wrong.columns == [.init(name: "PGD", samples: 1, first: 0, largest: .infinity)])
  }

  @Test func `the long table has one row for each sample and method`() {
    let lines = StudyCSV.longText([
      Self.record(4, -1...1, ["TAPS": 0.5, "IBP": .infinity]), Self.record(5, 0...0),
    ]).components(separatedBy: "\r\n")
    #expect(lines.count == 1 + 2 + 1)
    #expect(lines[1] == "4,3,3,-1.0,1.0,5,bracket,time,17,IBP,inf,,,0.125")
    #expect(lines[2] == "4,3,3,-1.0,1.0,5,bracket,time,17,TAPS,0.5,-0.5,1.5,0.125")
  }
}
