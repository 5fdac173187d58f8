import Bounds
import Datasets
import Networks
import Synchronization
import Tensors
import TestSupport
import Testing

@testable import Studies

@Suite struct BoundSurveyTests {
  private static func images(_ count: Int, pixels: Int = 6) throws -> LabelledImages {
    var stream = RandomStream(seed: 3, purpose: "images")
    return try LabelledImages(
      name: "noise", shape: Shape([1, 2, pixels / 2]), classes: .stated(3),
      pixels: .bytes((0..<count * pixels).map { _ in UInt8(stream.index(below: 256)) }),
      labels: (0..<count).map { UInt8($0 % 3) })
  }

  private static func network() throws -> Network {
    var random = RandomNetworks(seed: 2)
    return try random.dense([6, 8, 7, 3])
  }

  /// Records without their times.
  private static func records(
    _ samples: [Int], threads: Int = 1, settings: BoundSurveySettings = BoundSurveySettings(epsilon: 0.05)
  ) throws -> [BoundRecord] {
    let seen = Mutex<[BoundRecord]>([])
    try BoundSurvey(network: try network(), images: try images(12), settings: settings)
      .run(samples: samples, workers: Workers(count: threads)) { record in seen.withLock { $0.append(record) } }
    return seen.withLock { records in
      records.map { record in
        var record = record
        for i in record.measurements.indices { record.measurements[i].seconds = 0 }
        return record
      }
    }
  }

  @Test func recordsDoNotDependOnThreads() throws {
    let samples = [7, 0, 3, 11]
    let one = try Self.records(samples)
    #expect(one.map(\.index) == samples && one.map(\.label) == [1, 0, 0, 2])
    #expect(try Self.records(samples, threads: 3) == one)
    for record in one {
      #expect(record.measurements.map(\.method) == BoundMethod.allCases)
      let interval = try #require(record.measurements.first)
      #expect(record.measurements.allSatisfy { $0.worst <= interval.worst })
      #expect(record.statistics?.status.unstable == interval.layers.reduce(0) { $0 + ($1.status?.unstable ?? 0) })
    }
  }

  @Test func settingsDecide() throws {
    let settings = BoundSurveySettings(epsilon: 0.05, methods: [.crown, .ibp], withStatistics: false)
    let records = try Self.records([0, 1], settings: settings)
    #expect(records.allSatisfy { $0.measurements.map(\.method) == [.crown, .ibp] && $0.statistics == nil })
    // Another seed tries other points.
    let seeds = try (1...6 as ClosedRange<UInt64>).map { seed in
      try Self.records(Array(0..<12), settings: BoundSurveySettings(epsilon: 0.3, methods: [.ibp], seed: seed))
        .compactMap(\.statistics?.signChanges)
    }
    #expect(Set(seeds).count > 1)
  }

  @Test func whatDoesNotFitIsRefused() throws {
    #expect(throws: StudyError.self) {
      try BoundSurvey(
        network: try Self.network(), images: try Self.images(1, pixels: 8), settings: BoundSurveySettings(epsilon: 0.1))
    }
    #expect(throws: StudyError.self) { try Self.records([0], settings: BoundSurveySettings(epsilon: -1)) }
  }

  @Test func summaryIsThatOfItsParts() throws {
    let records = try Self.records(Array(0..<12))
    let summary = BoundSurveySummary(records)
    #expect(summary.samples == 12 && summary.correct == records.count { $0.predicted == $0.label })
    for (position, method) in summary.methods.enumerated() {
      let measurements = records.map { $0.measurements[position] }
      #expect(method.method == BoundMethod.allCases[position])
      #expect(method.certified == measurements.count { $0.worst < 0 })
      #expect(method.worst == Distribution(measurements.map(\.worst)))
      for layer in 0..<2 {
        func mean(_ value: (LayerMeasurement) -> Double) -> Double {
          measurements.reduce(0) { $0 + value($1.layers[layer]) } / 12
        }
        let found = method.layers[layer]
        #expect(abs((found.unstable ?? -1) - mean { Double($0.status?.unstable ?? -1) }) < 1e-12)
        #expect(abs((found.dead ?? -1) - mean { Double($0.status?.dead ?? -1) }) < 1e-12)
        #expect(abs((found.active ?? -1) - mean { Double($0.status?.active ?? -1) }) < 1e-12)
        #expect(abs(found.meanWidth - mean(\.meanWidth)) < 1e-9)
      }
    }
    #expect(summary.statistics.count == RegionStatistic.allCases.count)
    #expect(summary.statistics[.tightness] == Distribution(records.compactMap(\.statistics?.tightness)))
  }

  @Test func tablesFitATerminal() throws {
    let text = BoundSurveyTable.text(BoundSurveySummary(try Self.records(Array(0..<12))))
    let lines = text.split(separator: "\n")
    #expect(lines.allSatisfy { $0.count <= 100 })
    for words in ["certified", "milliseconds", "relu1", "alpha-CROWN", "propagation tightness", "12 samples"] {
      #expect(text.contains(words))
    }
    // Each table has a title, a header, two rules and its rows: methods twice, layers twice, statistics.
    #expect(lines.count == 5 * 4 + 6 + 6 + 2 + 2 + RegionStatistic.allCases.count + 1)
    #expect(BoundSurveyTable.text(BoundSurveySummary([])) == "0 samples\n")
  }
}
