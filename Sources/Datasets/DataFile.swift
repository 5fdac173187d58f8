import Foundation

/// Files of data sets that may come plain or compressed.
enum DataFile {
  /// A file in a folder, plain or with `.gz`; plain where there are both.
  ///
  /// - Parameter wanted: what the folder should hold, for the message.
  /// - Throws: ``DatasetError/missing(file:wanted:)``.
  static func locate(_ name: String, in directory: URL, of wanted: String) throws(DatasetError) -> URL {
    guard let file = present(name, in: directory) else {
      throw .missing(file: directory.appendingPathComponent(name).path, wanted: wanted)
    }
    return file
  }

  /// A file in a folder, plain or with `.gz`, or nil where there is neither.
  static func present(_ name: String, in directory: URL) -> URL? {
    let plain = directory.appendingPathComponent(name)
    return [plain, plain.appendingPathExtension("gz")].first { FileManager.default.fileExists(atPath: $0.path) }
  }

  /// Whether a path is a folder.
  static func isFolder(_ url: URL) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) && isFolder.boolValue
  }

  /// Whether a folder has anything in it that is not hidden.
  static func hasContents(_ folder: URL) -> Bool {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.contains { !$0.hasPrefix(".") }
  }
}
