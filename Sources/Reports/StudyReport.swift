import Foundation
import Studies

/// The files of a report.
public struct ReportFiles: Hashable, Sendable {
  /// The figure with text as text, and with twice as many pixels as points.
  public let figureSVG, figurePNG: URL
  /// What gnuplot drew them from, for whoever wants another style.
  public let figureScript, figureData: URL
  /// The page.
  public let page: URL
  /// One row for each sample.
  public let csv: URL
  /// The summary, with the study's identity.
  public let summary: URL

  init(in folder: URL) {
    figureSVG = folder.appendingPathComponent(ErrorFigure.vector)
    figurePNG = folder.appendingPathComponent(ErrorFigure.raster)
    figureScript = folder.appendingPathComponent(ErrorFigure.script)
    figureData = folder.appendingPathComponent(ErrorFigure.data)
    page = folder.appendingPathComponent("report.html")
    csv = folder.appendingPathComponent("samples.csv")
    summary = folder.appendingPathComponent("summary.json")
  }
}

/// Makes a study's report: table, summary, figure and page.
public enum StudyReport {
  /// Writes the report into a folder, which is made if it is not there; files of an earlier report are replaced, each
  /// whole or not at all.
  ///
  /// The table and the summary come first, so that they are there even if gnuplot is not.
  ///
  /// - Throws: ``ReportError``.
  public static func write(store: StudyStore, to directory: URL) throws(ReportError) -> ReportFiles {
    let records: [SampleRecord]
    do {
      records = try store.records(witnesses: false)
    } catch {
      throw .store(error)
    }
    guard !records.isEmpty else { throw .nothingToShow(path: store.path, reason: "it has no samples yet") }

    let files = ReportFiles(in: directory)
    try writing(to: directory) {
      try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    }
    try writing(to: files.csv) { try StudyCSV.write(records, to: files.csv) }
    try writing(to: files.summary) {
      try summaryJSON(records, store.identity).write(to: files.summary, options: .atomic)
    }
    guard records.contains(where: { !$0.estimates.isEmpty }) else {
      throw .nothingToShow(path: store.path, reason: "none of its samples has an estimate")
    }

    // The drawing is made aside and moved into place, for a reader must never meet half of it.
    let workshop = directory.appendingPathComponent(".report-\(UUID().uuidString)")
    try writing(to: workshop) {
      try FileManager.default.createDirectory(at: workshop, withIntermediateDirectories: false)
    }
    defer { try? FileManager.default.removeItem(at: workshop) }
    let figure = ErrorFigure(records, identity: store.identity)
    try figure.draw(in: workshop)
    let drawn = ReportFiles(in: workshop)
    var svg = ""
    try writing(to: drawn.figureSVG) { svg = try String(contentsOf: drawn.figureSVG, encoding: .utf8) }
    let page = try StudyPage.html(records, identity: store.identity, figure: figure, svg: svg, store: store.path)
    for path in [\ReportFiles.figureData, \.figureScript, \.figureSVG, \.figurePNG] {
      try move(drawn[keyPath: path], to: files[keyPath: path])
    }
    try writing(to: files.page) { try Data(page.utf8).write(to: files.page, options: .atomic) }
    return files
  }

  /// The identity and the summary, as one JSON object; infinite values are the strings `inf` and `-inf`.
  private static func summaryJSON(_ records: [SampleRecord], _ identity: StudyIdentity) throws -> Data {
    struct Contents: Encodable {
      var study: StudyIdentity
      var summary: StudySummary
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.dateEncodingStrategy = .iso8601
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return try encoder.encode(Contents(study: identity, summary: StudySummary(records))) + Data("\n".utf8)
  }

  /// Puts a finished file in place of any other, in one step.
  private static func move(_ source: URL, to target: URL) throws(ReportError) {
    guard rename(source.path, target.path) == 0 else {
      throw .unwritable(path: target.path, reason: String(cString: strerror(errno)))
    }
  }

  private static func writing(to url: URL, _ body: () throws -> Void) throws(ReportError) {
    do {
      try body()
    } catch {
      throw .unwritable(path: url.path, reason: error.localizedDescription)
    }
  }
}
