import Foundation
import Testing

@testable import Studies

@Suite struct StudySummaryTests {
  /// Random errors of one method against exact and open brackets.
  static func records(_ seed: UInt64, open: Bool) -> [SampleRecord] {
    var generator = SplitMix(state: seed)
    let scale = pow(10, Double.random(in: -6...6, using: &generator))
    let offset = Double.random(in: -100...100, using: &generator) * scale
    return (0..<Int.random(in: 1...60, using: &generator)).map { i in
      let lower = Double.random(in: -1...1, using: &generator) * scale
      let gap = open && Bool.random(using: &generator) ? Double.random(in: 0...2, using: &generator) * scale : 0
      return Examples.record(
        i, lower: lower, upper: lower + gap,
        estimates: ["M": lower + offset + Double.random(in: -1...1, using: &generator) * scale])
    }
  }

  @Test(arguments: 0..<50) func exactStatisticsAgreeWithTheirDefinitions(seed: Int) throws {
    let records = Self.records(UInt64(seed), open: false)
    let method = try #require(StudySummary(records).methods.first)
    let errors = records.compactMap { $0.error(of: "M")?.lowerBound }
    let n = Double(errors.count)
    let mean = errors.reduce(0, +) / n
    let scale = errors.map(\.magnitude).max() ?? 0
    #expect(method.samples == errors.count)
    #expect(method.openBrackets == 0)
    #expect(abs(method.meanError.lowerBound - mean) <= 1e-13 * scale)
    #expect(abs(method.meanAbsoluteError.lowerBound - errors.map(\.magnitude).reduce(0, +) / n) <= 1e-13 * scale)
    let variance = errors.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / n
    #expect(abs(method.variance.lowerBound - variance) <= 1e-12 * variance + 1e-26 * scale * scale)
    #expect(method.minimum.lowerBound == errors.min())
    #expect(method.maximum.lowerBound == errors.max())
    #expect(errors.count { $0 < method.median.lowerBound } <= errors.count / 2)
    #expect(errors.count { $0 > method.median.lowerBound } <= errors.count / 2)
    for interval in [method.meanError, method.meanAbsoluteError, method.variance, method.median] {
      #expect(interval.lowerBound == interval.upperBound)
    }
  }

  /// Whatever the exact values are inside the open brackets, the statistics contain what they would give.
  @Test(arguments: 0..<50) func intervalsContainEveryClosing(seed: Int) throws {
    let records = Self.records(UInt64(seed), open: true)
    let open = try #require(StudySummary(records).methods.first)
    var generator = SplitMix(state: UInt64(seed) &+ 1000)
    for choice in 0..<20 {
      let closed = records.map { record in
        let value =
          switch choice {
          case 0: record.lower
          case 1: record.upper
          default: Double.random(in: record.lower...record.upper, using: &generator)
          }
        return Examples.record(record.index, lower: value, upper: value, estimates: record.estimates)
      }
      let method = try #require(StudySummary(closed).methods.first)
      func contains(_ path: KeyPath<MethodSummary, ClosedRange<Double>>) -> Bool {
        let slack = 1e-12 * max(method[keyPath: path].upperBound.magnitude, open.maximum.upperBound.magnitude)
        let interval = open[keyPath: path]
        return interval.lowerBound - slack <= method[keyPath: path].lowerBound
          && method[keyPath: path].upperBound <= interval.upperBound + slack
      }
      #expect(contains(\.meanError))
      #expect(contains(\.meanAbsoluteError))
      #expect(contains(\.variance))
      #expect(contains(\.minimum))
      #expect(contains(\.median))
      #expect(contains(\.maximum))
      if choice == 0 { #expect(abs(method.meanError.lowerBound - open.meanError.upperBound) <= 1e-9) }
    }
  }

  @Test func aLargeMeanCostsNoDigits() {
    let values = (0..<1000).map { 1e9 + Double($0 % 2) }
    #expect(Statistics.mean(values) == 1e9 + 0.5)
    #expect(Statistics.variance(values) == 0.25)
    #expect(Statistics.mean([1e100, 1, -1e100]) == 1.0 / 3)
    #expect(Statistics.variance([3.5, 3.5, 3.5]) == 0)
    #expect(Statistics.median([.greatestFiniteMagnitude, .greatestFiniteMagnitude]) == .greatestFiniteMagnitude)
  }

  @Test func whatIsNotFiniteIsCountedApart() throws {
    let summary = StudySummary([
      Examples.record(0, lower: 1, upper: 1, estimates: ["A": 2, "B": .infinity]),
      Examples.record(1, lower: 1, upper: .infinity, estimates: ["A": 4]),
      Examples.record(2, lower: -2, upper: -1, estimates: ["A": .nan]),
    ])
    #expect(summary.openBrackets == 2)
    #expect(summary.largestGap == .infinity)
    #expect(summary.robust == 1)
    #expect(summary.notRobust == 2)
    #expect(summary.correct == 3)
    let a = try #require(summary.methods.first)
    #expect(a.samples == 2)
    #expect(a.without == 1)
    #expect(a.meanError == -.infinity...2)
    #expect(a.meanAbsoluteError == 0.5 ... .infinity)
    #expect(a.variance == 0 ... .infinity)
    #expect(summary.methods[1].samples == 0)
    #expect(summary.methods[1].without == 3)
  }

  @Test func samplesWithoutAValueAreCountedAndLeftOut() throws {
    let summary = StudySummary([
      Examples.record(0, lower: 1, upper: 1, estimates: ["A": 2]),
      SampleRecord(withoutValue: 1, label: 3, seconds: 0, timeout: 1),
      Examples.record(2, lower: -.infinity, upper: .infinity, estimates: ["A": 4]),
    ])
    #expect(summary.samples == 3 && summary.openBrackets == 2 && summary.withoutValue == 2)
    #expect(summary.largestGap == 0 && summary.correct == 2 && summary.robust == 0 && summary.notRobust == 1)
    let a = try #require(summary.methods.first)
    #expect(a.samples == 1 && a.without == 2 && a.meanError == 1...1)
    #expect(SummaryTable.footer(summary).contains { $0.hasPrefix("2 without a value") })
    let accuracies = AccuracyEstimates([SampleRecord(withoutValue: 1, label: 3, seconds: 0, timeout: 1)])
    #expect(accuracies.natural == 0 && accuracies.robust == 0...0)
  }

  @Test func nothingIsSummarisedToo() {
    let summary = StudySummary([])
    #expect(summary.samples == 0)
    #expect(summary.methods.isEmpty)
    #expect(summary.largestGap == 0)
  }

  @Test func methodsHaveOneOrder() {
    #expect(
      MethodOrder.sorted(["pgd", "zonotope", "TAPS", "CROWN-IBP", "abc", "IBP"]) == [
        "IBP", "zonotope", "CROWN-IBP", "TAPS", "pgd", "abc",
      ])
  }
}

/// A small generator with a seed (Steele, Lea & Flood 2014).
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
