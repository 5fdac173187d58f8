import Foundation
import Gzip

/// A list of image files with their labels: a line for each, the file's name and the label.
///
/// In a `.csv` file a comma stands between them, in a `.txt` file a space; the last one in the line counts. A first
/// line whose label is no number is a heading.
enum LabelList {
  private static let largestFile = 1 << 28

  /// The images of a list in a folder, in the list's order.
  ///
  /// - Throws: ``DatasetError`` naming the line.
  static func read(_ name: String, in folder: URL) throws(DatasetError) -> [PNGFolder.Item] {
    let file = folder.appendingPathComponent(name).path
    let bytes: [UInt8]
    do throws(GzipError) {
      bytes = try GzipReader.contents(of: file, limit: largestFile)
    } catch {
      throw .file(error)
    }
    // Some editors put a byte order mark at the start, which is no part of the first name.
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    guard let text = String(validating: bytes.dropFirst(bytes.starts(with: mark) ? mark.count : 0), as: UTF8.self)
    else {
      throw .listLine(file: file, line: 1, reason: "the file is not in UTF-8")
    }
    let isTable = name.hasSuffix(".csv")
    var items: [PNGFolder.Item] = []
    var seen: Set<Substring> = []
    for (number, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      let line = line.trimmed()
      if line.isEmpty { continue }
      func wrong(_ reason: String) -> DatasetError { .listLine(file: file, line: number + 1, reason: reason) }
      guard let separator = line.lastIndex(where: { isTable ? $0 == "," : $0 == " " || $0 == "\t" }) else {
        throw wrong("there is no label")
      }
      let image = line[..<separator].trimmed()
      let word = line[line.index(after: separator)...].trimmed()
      guard let label = Int(word) else {
        if number == 0 { continue }
        throw wrong("the label `\(word)` is no number")
      }
      guard (0..<LabelledImages.largestClassCount).contains(label) else {
        throw wrong("the label \(label) does not lie in 0...\(LabelledImages.largestClassCount - 1)")
      }
      guard !image.isEmpty, !image.hasPrefix("/"), !image.split(separator: "/").contains("..") else {
        throw wrong("`\(image)` is no file inside the folder")
      }
      guard seen.insert(image).inserted else { throw wrong("\(image) is named twice") }
      let url = folder.appendingPathComponent(String(image))
      guard FileManager.default.fileExists(atPath: url.path) else { throw wrong("\(image) is not in the folder") }
      items.append(PNGFolder.Item(file: url, label: label))
    }
    return items
  }
}

extension Substring {
  /// Without white space at either end.
  fileprivate func trimmed() -> Substring {
    let start = drop(while: \.isWhitespace)
    guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return start }
    return start[...last]
  }
}
