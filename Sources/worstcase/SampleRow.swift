import Studies
import Verification

/// A sample's result as `exact --json` and `study --json` print it.
struct SampleRow: Encodable {
  private let index, label: Int
  private let lower, upper: Double
  private let `class`: Int
  private let status: String
  private let reason: String?
  private let unstable: Int
  private let estimates: [String: Double]?
  private let seconds: Double
  private let profile: Profile?

  /// Where the time went: seconds, then counts.
  private struct Profile: Encodable {
    let attack, bounds, search, folding, milp: Double
    let linearPrograms, iterations, cuts, parts, classes: Int
  }

  /// The row of a record, with a profile where its bracket is at hand; without estimates where none were computed.
  init(_ record: SampleRecord, _ bracket: MarginBracket? = nil) {
    index = record.index
    label = record.label
    lower = record.lower
    upper = record.upper
    `class` = record.adversarialClass
    status = record.status.rawValue
    reason = record.reason
    unstable = record.unstable
    estimates = record.estimates.isEmpty ? nil : record.estimates
    seconds = record.seconds
    profile = bracket.map { bracket in
      let profile = bracket.profile
      return Profile(
        attack: profile.attack, bounds: profile.bounds, search: profile.search, folding: profile.folding,
        milp: profile.milp, linearPrograms: bracket.nodes, iterations: profile.iterations, cuts: profile.cuts,
        parts: profile.parts, classes: bracket.solvedClasses)
    }
  }
}
