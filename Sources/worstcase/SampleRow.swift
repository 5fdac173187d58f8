import Studies

/// A sample's result as `exact --json` and `study --json` print it.
struct SampleRow: Encodable {
  private let index, label: Int
  private let lower, upper: Double
  private let evidence: String
  private let `class`: Int
  private let status: String
  private let reason: String?
  private let unstable: Int
  private let estimates: [String: Double]?
  private let seconds: Double

  /// The row of a record; without estimates where none were computed.
  init(_ record: SampleRecord) {
    index = record.index
    label = record.label
    lower = record.lower
    upper = record.upper
    evidence = record.evidence
    `class` = record.adversarialClass
    status = record.status.rawValue
    reason = record.reason
    unstable = record.unstable
    estimates = record.estimates.isEmpty ? nil : record.estimates
    seconds = record.seconds
  }
}
