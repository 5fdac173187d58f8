import Foundation

/// Writing a report's files, with errors that name them.
enum FileWriting {
  /// Runs code that writes a file or folder.
  ///
  /// - Throws: ``ReportError/unwritable(path:reason:)`` for whatever it throws.
  static func at(_ url: URL, _ body: () throws -> Void) throws(ReportError) {
    do {
      try body()
    } catch {
      throw .unwritable(path: url.path, reason: error.localizedDescription)
    }
  }

  /// A value as JSON for people and programs; infinite numbers are the strings `inf` and `-inf`, dates ISO 8601.
  static func json(_ value: some Encodable) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.dateEncodingStrategy = .iso8601
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return try encoder.encode(value) + Data("\n".utf8)
  }

  /// Puts a finished file in place of any other, in one step.
  static func move(_ source: URL, to target: URL) throws(ReportError) {
    guard rename(source.path, target.path) == 0 else {
      throw .unwritable(path: target.path, reason: String(cString: strerror(errno)))
    }
  }

  /// Puts a drawing that gnuplot has finished in place of any other: of a full disk gnuplot says nothing and leaves half.
  ///
  /// - Parameter source: an SVG file.
  static func moveDrawing(_ source: URL, to target: URL) throws(ReportError) {
    let text = (try? String(contentsOf: source, encoding: .utf8)) ?? ""
    guard text.trimmingCharacters(in: .whitespacesAndNewlines).hasSuffix("</svg>") else {
      throw .unwritable(path: target.path, reason: "gnuplot found no room for all of the drawing")
    }
    try move(source, to: target)
  }

  /// Makes a folder inside another, for files that are moved into place when they are whole, for a reader must never
  /// meet half of one; removes it with what is left in it.
  static func workshop(in folder: URL, _ body: (URL) throws(ReportError) -> Void) throws(ReportError) {
    let workshop = folder.appendingPathComponent(".report-\(UUID().uuidString)")
    try at(workshop) { try FileManager.default.createDirectory(at: workshop, withIntermediateDirectories: false) }
    defer { try? FileManager.default.removeItem(at: workshop) }
    try body(workshop)
  }
}
