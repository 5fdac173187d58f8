import Studies
import Verification

/// A sample's result as `exact --json` and `study --json` print it.
struct SampleRow: Encodable {
  private let network: String?
  private let index, label: Int
  private let predicted: Int?
  private let lower, upper: Double
  private let `class`: Int?
  private let status: String
  private let reason: String?
  private let unstable: Int?
  private let estimates: [String: Double]?
  private let seconds: Double
  private let profile: ProfileRow?

  /// The row of a record, with a profile where its bracket is at hand; without estimates where none were computed.
  ///
  /// - Parameter network: which network it is about, where there are several.
  init(_ record: SampleRecord, _ bracket: MarginBracket? = nil, network: String? = nil) {
    self.network = network
    index = record.index
    label = record.label
    predicted = record.predicted
    lower = record.lower
    upper = record.upper
    `class` = record.adversarialClass
    status = record.status.rawValue
    reason = record.reason
    unstable = record.unstable
    estimates = record.estimates.isEmpty ? nil : record.estimates
    seconds = record.seconds
    profile = bracket.map { ProfileRow($0) }
  }
}
