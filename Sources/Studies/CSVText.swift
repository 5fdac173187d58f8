import Foundation

/// Tables for other programs by RFC 4180.
enum CSVText {
  /// One line, which ends with CR LF.
  static func line(_ fields: [String]) -> String {
    fields.map(quoted).joined(separator: ",") + "\r\n"
  }

  /// A field, in quotes if it holds a comma, a quote or a line break.
  private static func quoted(_ field: String) -> String {
    // By scalars: CR LF together are one character, which equals neither.
    guard field.unicodeScalars.contains(where: { [",", "\"", "\r", "\n"].contains($0) }) else { return field }
    return "\"" + field.replacingOccurrences(of: "\"", with: "\"\"") + "\""
  }
}
