import Foundation
import Studies

/// The files of a report on several networks.
public struct ComparisonFiles: Hashable, Sendable {
  /// What they say.
  public let comparison: StudyComparison
  /// The page.
  public let page: URL
  /// The comparison, with the studies' identities.
  public let summary: URL
  /// The figures as SVG; the same names end in `.png` and `.pdf` too.
  public let figures: [URL]
  /// The folders of the networks' own reports.
  public let reports: [URL]
}

/// Makes the report on several networks' studies: figures across them, a page, and each one's own report.
public enum ComparisonReport {
  /// Writes the report into a folder, which is made if it is not there; files of an earlier report are replaced, each
  /// whole or not at all.
  ///
  /// - Throws: ``ReportError``; among others if the studies are about other data, or have no samples in common.
  public static func write(stores: [StudyStore], to directory: URL) throws(ReportError) -> ComparisonFiles {
    let comparison: StudyComparison
    do {
      comparison = try StudyComparison(stores: stores)
    } catch {
      throw .store(error)
    }
    // Before anything is written: half a report beside an older one would mislead.
    for member in comparison.members where member.summary.methods.isEmpty {
      throw .nothingToShow(path: member.path, reason: "none of its samples has an estimate")
    }
    try FileWriting.at(directory) {
      try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    }
    let summary = directory.appendingPathComponent("comparison.json")
    try FileWriting.at(summary) { try FileWriting.json(comparison).write(to: summary, options: .atomic) }
    let folders = folderNames(comparison.members.map(\.name))
    var reports: [URL] = []
    for (store, folder) in zip(stores, folders) {
      let place = directory.appendingPathComponent(folder)
      _ = try StudyReport.write(store: store, to: place)
      reports.append(place)
    }

    let grids = [HistogramGrid.approximationErrors(comparison), HistogramGrid.boundDifferences(comparison)]
      .compactMap { $0 }
    let page = directory.appendingPathComponent("report.html")
    try FileWriting.workshop(in: directory) { (workshop) throws(ReportError) in
      var drawings: [String] = []
      for grid in grids {
        try grid.draw(in: workshop)
        let file = workshop.appendingPathComponent(grid.files.vector)
        try FileWriting.at(file) { drawings.append(try String(contentsOf: file, encoding: .utf8)) }
        for name in grid.files.all {
          try FileWriting.move(workshop.appendingPathComponent(name), to: directory.appendingPathComponent(name))
        }
      }
      let text = try ComparisonPage.html(comparison, figures: Array(zip(grids, drawings)), folders: folders)
      try FileWriting.at(page) { try Data(text.utf8).write(to: page, options: .atomic) }
    }
    return ComparisonFiles(
      comparison: comparison, page: page, summary: summary,
      figures: grids.map { directory.appendingPathComponent($0.files.vector) },
      reports: reports)
  }

  /// Names as folders: what a file system, a shell or a link could misread becomes a hyphen, and none is a file of ours.
  private static func folderNames(_ names: [String]) -> [String] {
    var taken = Set<String>()
    return names.map { name in
      let plain = String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) ? $0 : "-" })
      let isOurs = ["report.html", "comparison.json"].contains(plain.lowercased())
      let isOdd = plain.isEmpty || plain.hasPrefix(".") || plain.hasPrefix("-") || isOurs
      let start = isOdd ? "network-" + plain : plain
      var folder = start
      var number = 2
      while !taken.insert(folder.lowercased()).inserted {
        folder = "\(start)-\(number)"
        number += 1
      }
      return folder
    }
  }
}
