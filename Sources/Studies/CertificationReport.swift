import Foundation

/// A certification's files for other programs.
public enum CertificationReport {
  /// The table: RFC 4180, one row per sample, every double with the digits that bring it back unchanged; empty where
  /// there is no value.
  public static func csv(_ records: [CertificationRecord]) -> String {
    var text = CSVText.line([
      "index", "label", "predicted", "verdict", "method", "lower", "class", "upper", "reason", "nodes", "seconds",
      "timeout",
    ])
    for record in records {
      text += CSVText.line([
        "\(record.index)", "\(record.label)", record.predicted.map { "\($0)" } ?? "", record.verdict.rawValue,
        record.method?.rawValue ?? "", "\(record.lower)", record.adversarialClass.map { "\($0)" } ?? "",
        record.upper.map { "\($0)" } ?? "", record.reason?.rawValue ?? "", "\(record.nodes)", "\(record.seconds)",
        "\(record.timeout)",
      ])
    }
    return text
  }

  /// The identity and the summary as one JSON object.
  public static func summaryJSON(_ records: [CertificationRecord], _ identity: StudyIdentity) throws -> Data {
    struct Contents: Encodable {
      let certification: StudyIdentity
      let summary: CertificationSummary
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.dateEncodingStrategy = .iso8601
    return try encoder.encode(Contents(certification: identity, summary: CertificationSummary(records)))
      + Data("\n".utf8)
  }

  /// Writes `samples.csv` and `summary.json` into a folder, which is made if it is not there; each file whole or not at
  /// all.
  ///
  /// - Returns: the two files.
  /// - Throws: what the file system says, or the store.
  public static func write(_ store: CertificationStore, to folder: URL) throws -> (csv: URL, summary: URL) {
    let records = try store.records(witnesses: false)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let files = (
      csv: folder.appendingPathComponent("samples.csv"), summary: folder.appendingPathComponent("summary.json")
    )
    try Data(csv(records).utf8).write(to: files.csv, options: .atomic)
    try summaryJSON(records, store.identity).write(to: files.summary, options: .atomic)
    return files
  }
}
