import Foundation

/// A study as a table for other programs: RFC 4180, one row per sample, every double with the digits that bring it
/// back unchanged.
///
/// For each method M there are four columns: `estimate_M`, the ends of the error's interval `error_low_M` and
/// `error_high_M` (equal where the bracket is exact), and `seconds_M`; all are empty where M gave no estimate.
public enum StudyCSV {
  /// The text: a header and one line for each record, in the order given. Lines end with CR LF.
  public static func text(_ records: [SampleRecord]) -> String {
    let methods = MethodOrder.sorted(Set(records.flatMap(\.estimates.keys)))
    var header = [
      "index", "label", "predicted", "lower", "upper", "class", "status", "reason", "unstable", "seconds",
    ]
    for method in methods {
      header += ["estimate_\(method)", "error_low_\(method)", "error_high_\(method)", "seconds_\(method)"]
    }
    var text = CSVText.line(header)
    for record in records {
      var fields = [
        "\(record.index)", "\(record.label)", "\(record.predicted)", "\(record.lower)", "\(record.upper)",
        "\(record.adversarialClass)", record.status.rawValue, record.reason ?? "", "\(record.unstable)",
        "\(record.seconds)",
      ]
      for method in methods {
        let error = record.error(of: method)
        fields += [
          record.estimates[method].map { "\($0)" } ?? "", error.map { "\($0.lowerBound)" } ?? "",
          error.map { "\($0.upperBound)" } ?? "", record.estimateSeconds[method].map { "\($0)" } ?? "",
        ]
      }
      text += CSVText.line(fields)
    }
    return text
  }

  /// The same with one row for each sample and method, for data frames and Parquet: every column has one type, whatever the
  /// methods, and what is missing is empty.
  public static func longText(_ records: [SampleRecord]) -> String {
    var text = CSVText.line([
      "index", "label", "predicted", "lower", "upper", "class", "status", "reason", "unstable", "method", "estimate",
      "error_low", "error_high", "seconds",
    ])
    for record in records {
      for method in MethodOrder.sorted(record.estimates.keys) {
        let error = record.error(of: method)
        text += CSVText.line([
          "\(record.index)", "\(record.label)", "\(record.predicted)", "\(record.lower)", "\(record.upper)",
          "\(record.adversarialClass)", record.status.rawValue, record.reason ?? "", "\(record.unstable)", method,
          record.estimates[method].map { "\($0)" } ?? "", error.map { "\($0.lowerBound)" } ?? "",
          error.map { "\($0.upperBound)" } ?? "", record.estimateSeconds[method].map { "\($0)" } ?? "",
        ])
      }
    }
    return text
  }

  /// Writes the text to a file, whole or not at all.
  ///
  /// - Throws: what the file system says.
  public static func write(_ records: [SampleRecord], to url: URL) throws {
    try Data(text(records).utf8).write(to: url, options: .atomic)
  }
}
