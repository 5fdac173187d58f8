import Foundation
import Studies

/// The files of a report.
public struct ReportFiles: Hashable, Sendable {
  /// The figure with text as text, with twice as many pixels as points, and for papers.
  public let figureSVG, figurePNG, figurePDF: URL
  /// What gnuplot drew them from, for whoever wants another style.
  public let figureScript, figureData: URL
  /// The page.
  public let page: URL
  /// One row for each sample.
  public let csv: URL
  /// The summary, with the study's identity.
  public let summary: URL

  init(in folder: URL) {
    figureSVG = folder.appendingPathComponent(ErrorFigure.files.vector)
    figurePNG = folder.appendingPathComponent(ErrorFigure.files.raster)
    figurePDF = folder.appendingPathComponent(ErrorFigure.files.paper)
    figureScript = folder.appendingPathComponent(ErrorFigure.files.script)
    figureData = folder.appendingPathComponent(ErrorFigure.files.data)
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
    let pictures: (text: String, count: Int)
    do {
      // Witnesses are most of a store: they are let go once some are drawn.
      let witnessed = try store.records()
      pictures = SamplePictures.json(witnessed)
      records = witnessed.map(\.withoutWitness)
    } catch {
      throw .store(error)
    }
    guard !records.isEmpty else { throw .nothingToShow(path: store.path, reason: "it has no samples yet") }

    let files = ReportFiles(in: directory)
    try FileWriting.at(directory) {
      try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    }
    try FileWriting.at(files.csv) { try StudyCSV.write(records, to: files.csv) }
    try FileWriting.at(files.summary) {
      try summaryJSON(records, store.identity).write(to: files.summary, options: .atomic)
    }
    guard records.contains(where: { !$0.estimates.isEmpty }) else {
      throw .nothingToShow(path: store.path, reason: "none of its samples has an estimate")
    }

    let figure = ErrorFigure(records, identity: store.identity)
    try FileWriting.workshop(in: directory) { (workshop) throws(ReportError) in
      try figure.draw(in: workshop)
      let drawn = ReportFiles(in: workshop)
      var svg = ""
      try FileWriting.at(drawn.figureSVG) { svg = try String(contentsOf: drawn.figureSVG, encoding: .utf8) }
      let page = try StudyPage.html(
        records, identity: store.identity, figure: figure, svg: svg, pictures: pictures, store: store.path)
      for path in [\ReportFiles.figureData, \.figureScript, \.figureSVG, \.figurePNG, \.figurePDF] {
        try FileWriting.move(drawn[keyPath: path], to: files[keyPath: path])
      }
      try FileWriting.at(files.page) { try Data(page.utf8).write(to: files.page, options: .atomic) }
    }
    return files
  }

  /// The identity and the summary, as one JSON object.
  private static func summaryJSON(_ records: [SampleRecord], _ identity: StudyIdentity) throws -> Data {
    struct Contents: Encodable {
      var study: StudyIdentity
      var summary: StudySummary
    }
    return try FileWriting.json(Contents(study: identity, summary: StudySummary(records)))
  }
}
