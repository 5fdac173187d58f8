import Foundation

/// A study as a table for other programs: RFC 4180, one row per sample, every double with the digits that bring it
/// back unchanged.
///
/// For each method M there are four columns: `estimate_M`, the ends of the error's interval `error_low_M` and
/// `error_high_M` (equal where the bracket is exact), and `seconds_M`; all are empty where M gave no estimate.
public enum StudyCSV {
  /// The columns of a sample, and of each of its estimates.
  private static let sampleColumns = [
    "index", "label", "predicted", "lower", "upper", "class", "status", "reason", "unstable",
  ]
  private static let estimateColumns = ["estimate", "error_low", "error_high", "seconds"]

  private static func sampleFields(_ record: SampleRecord) -> [String] {
    [
      "\(record.index)", "\(record.label)", text(record.predicted), "\(record.lower)", "\(record.upper)",
      text(record.adversarialClass), record.status.rawValue, record.reason ?? "", text(record.unstable),
    ]
  }

  private static func text(_ number: Int?) -> String { number.map { "\($0)" } ?? "" }

  private static func estimateFields(_ record: SampleRecord, _ method: String) -> [String] {
    let error = record.error(of: method)
    let numbers = [record.estimates[method], error?.lowerBound, error?.upperBound, record.estimateSeconds[method]]
    return numbers.map { $0.map { "\($0)" } ?? "" }
  }

  /// The text: a header and one line for each record, in the order given. Lines end with CR LF.
  public static func text(_ records: [SampleRecord]) -> String {
    let methods = MethodOrder.sorted(Set(records.flatMap(\.estimates.keys)))
    let columns = methods.flatMap { method in estimateColumns.map { "\($0)_\(method)" } }
    return CSVText.line(sampleColumns + ["seconds"] + columns)
      + records.map { record in
        CSVText.line(
          sampleFields(record) + ["\(record.seconds)"] + methods.flatMap { estimateFields(record, $0) })
      }.joined()
  }

  /// The same with one row for each sample and method, for data frames and Parquet: every column has one type, whatever the
  /// methods, and what is missing is empty.
  public static func longText(_ records: [SampleRecord]) -> String {
    CSVText.line(sampleColumns + ["method"] + estimateColumns)
      + records.map { record in
        MethodOrder.sorted(record.estimates.keys).map { method in
          CSVText.line(sampleFields(record) + [method] + estimateFields(record, method))
        }.joined()
      }.joined()
  }

  /// Writes the text to a file, whole or not at all.
  ///
  /// - Throws: what the file system says.
  public static func write(_ records: [SampleRecord], to url: URL) throws {
    try Data(text(records).utf8).write(to: url, options: .atomic)
  }
}
