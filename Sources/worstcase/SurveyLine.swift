import Foundation
import Networks
import Studies

/// What one method says of one sample, on one line for people.
enum SurveyLine {
  private static let widths = [8, 7, 13, 13, 7, 11, 10]

  /// What stands above the columns.
  static var header: String {
    line(["sample", "label", "method", "worst margin", "class", "status", "ms"]) + "  unstable by layer"
  }

  /// The line of one measurement of a record.
  static func text(_ record: BoundRecord, _ measurement: MethodMeasurement) -> String {
    line([
      "\(record.index)", "\(record.label)", measurement.method.rawValue,
      String(format: measurement.worst.magnitude < 1000 ? "%.6f" : "%.5g", measurement.worst),
      "\(measurement.worstClass)", measurement.isCertified ? "certified" : "undecided",
      NumberText.short(measurement.seconds * 1000, digits: 3),
    ]) + "  " + measurement.layers.map { $0.status.map { "\($0.unstable)" } ?? "-" }.joined(separator: " ")
  }

  private static func line(_ cells: [String]) -> String {
    zip(cells, widths).map { cell, width in
      String(repeating: " ", count: max(1, width - cell.count)) + cell
    }.joined()
  }
}
