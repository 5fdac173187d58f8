import Networks
import Studies

/// What one method says of one sample, as `bounds --json` prints it.
struct SurveyRow: Encodable {
  private let index, label, predicted: Int
  private let method, precision: String
  private let margins: [Int: Double]
  private let worst: Double
  private let `class`: Int
  private let status: String
  /// One for each activation node; nil for other activations than ReLU.
  private let unstable, dead, active: [Int?]
  private let widths: [Double]
  private let seconds: Double

  /// The row of one measurement of a record.
  init(_ record: BoundRecord, _ measurement: MethodMeasurement) {
    (index, label, predicted) = (record.index, record.label, record.predicted)
    method = measurement.method.rawValue
    precision = measurement.precision.rawValue
    margins = measurement.margins
    worst = measurement.worst
    `class` = measurement.worstClass
    status = measurement.isCertified ? "certified" : "undecided"
    unstable = measurement.layers.map { $0.status?.unstable }
    dead = measurement.layers.map { $0.status?.dead }
    active = measurement.layers.map { $0.status?.active }
    widths = measurement.layers.map(\.meanWidth)
    seconds = measurement.seconds
  }
}

/// The statistics of one sample's region, as `bounds --json` prints them after the methods.
struct SurveyStatisticsRow: Encodable {
  private let index, label, predicted: Int
  private let statistics: [String: Double]

  /// The row of a record; nil if it has no statistics.
  init?(_ record: BoundRecord) {
    guard let statistics = record.statistics else { return nil }
    (index, label, predicted) = (record.index, record.label, record.predicted)
    self.statistics = Dictionary(
      uniqueKeysWithValues: RegionStatistic.allCases.compactMap { statistic in
        statistic.value(in: statistics).map { (statistic.rawValue, $0) }
      })
  }
}

/// All samples together, the last line of `bounds --json`.
struct SurveySummaryRow: Encodable {
  private struct Contents: Encodable {
    let samples, correct: Int
    let methods: [BoundSurveySummary.Method]
    let statistics: [String: Distribution]
  }

  private let summary: Contents

  init(_ summary: BoundSurveySummary) {
    self.summary = Contents(
      samples: summary.samples, correct: summary.correct, methods: summary.methods,
      statistics: Dictionary(uniqueKeysWithValues: summary.statistics.map { ($0.rawValue, $1) }))
  }
}
