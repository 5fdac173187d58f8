import Foundation
import Verification

/// What a certification's verdicts say together.
public struct CertificationSummary: Codable, Hashable, Sendable {
  /// What one stage did to how many samples.
  public struct Stage: Codable, Hashable, Sendable {
    /// The stage.
    public var name: VerificationStage
    /// How many samples reached it, and how many of them it decided last, either way.
    public var reached, certified, falsified: Int
    /// Wall-clock seconds in all.
    public var seconds: Double
  }

  /// How many samples there are, and how many of them the network classifies as their label.
  public var samples, correct: Int
  /// Of these, how many no attack gave another class: they have a verdict of certified, of undecided, or were falsified
  /// by a search alone.
  public var withstoodAttack: Int
  /// How many are proved robust, proved not to be, and neither.
  public var certified, falsified, undecided: Int
  /// Of the undecided, how many have outputs that double precision cannot hold: they count as correct nowhere.
  public var overflowed: Int
  /// Seconds of the mean and of the slowest sample; zero without samples.
  public var meanSeconds, largestSeconds: Double
  /// The stages that any sample reached, in their order.
  public var stages: [Stage]

  /// Summarises verdicts, in any order.
  public init(_ records: [CertificationRecord]) {
    samples = records.count
    correct = records.count { $0.predicted == $0.label }
    certified = records.count { $0.verdict == .certified }
    falsified = records.count { $0.verdict == .falsified }
    undecided = records.count { $0.verdict == .undecided }
    overflowed = records.count { $0.reason == .overflow }
    withstoodAttack = correct - records.count { $0.verdict == .falsified && $0.method == .attack }
    meanSeconds = records.isEmpty ? 0 : Statistics.mean(records.map(\.seconds))
    largestSeconds = records.map(\.seconds).max() ?? 0
    stages = PropertyCascade.boundsFirst.order.compactMap { stage in
      let seconds = records.flatMap(\.stages).filter { $0.stage == stage }.map(\.seconds)
      let decided = records.filter { $0.method == stage }
      // A tie at the sample itself counts as the attack's, which need not have run.
      let reached = records.count { record in
        record.method == stage || record.stages.contains { $0.stage == stage }
      }
      guard reached > 0 else { return nil }
      return Stage(
        name: stage, reached: reached, certified: decided.count { $0.verdict == .certified },
        falsified: decided.count { $0.verdict == .falsified }, seconds: seconds.reduce(0, +))
    }
  }
}

/// A certification's summary as text, for a terminal.
public enum CertificationTable {
  /// The accuracies, and a line for each stage; lines end with a newline.
  public static func text(_ summary: CertificationSummary) -> String {
    let count = Double(max(1, summary.samples))
    func share(_ name: String, _ number: Int, _ meaning: String) -> [String] {
      [name, String(format: "%.2f %%", 100 * Double(number) / count), "\(number)", meaning]
    }
    var lines = [
      share("natural accuracy", summary.correct, "classified as their label"),
      share("adversarial accuracy", summary.withstoodAttack, "of these, no attack found another class"),
      share("certified accuracy", summary.certified, "of these, proved that there is none"),
    ]
    if summary.undecided > 0 { lines.append(share("undecided", summary.undecided, "neither proved nor refuted")) }
    if summary.overflowed > 0 {
      lines.append(share("overflowed", summary.overflowed, "of these, outputs beyond double precision"))
    }
    var text = "\(summary.samples) \(summary.samples == 1 ? "sample" : "samples"), "
    text += "\(NumberText.short(summary.meanSeconds, digits: 3)) s each on average, "
    text += "\(NumberText.short(summary.largestSeconds, digits: 3)) s at most\n"
    for line in lines {
      text += line[0].padded(to: 22) + String(repeating: " ", count: max(0, 9 - line[1].count)) + line[1]
      text += String(repeating: " ", count: max(1, 8 - line[2].count)) + line[2] + "  " + line[3] + "\n"
    }
    guard !summary.stages.isEmpty else { return text }
    let rows = summary.stages.map { stage in
      [
        stage.name.rawValue, "\(stage.reached)", "\(stage.certified)", "\(stage.falsified)",
        NumberText.short(stage.seconds, digits: 3),
        NumberText.short(stage.seconds / Double(max(1, stage.reached)), digits: 3),
      ]
    }
    return text + "\n"
      + TextTable.text(header: ["stage", "samples", "certified", "falsified", "seconds", "s/sample"], rows: rows)
  }
}

extension String {
  /// The text with spaces behind it.
  fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
