import Foundation

/// Real data sets and reference answers that tests compare with where they are present.
///
/// They lie in the folder named by `WORSTCASE_DATA`, by default `../shared/data` beside the package. Tests that
/// need them are skipped, with a reason, on a machine that has none.
public enum SharedData {
  /// The folder, if there is one.
  public static let folder: URL? = {
    let named = ProcessInfo.processInfo.environment["WORSTCASE_DATA"].map { URL(fileURLWithPath: $0) }
    let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let folder = named ?? package.appendingPathComponent("../shared/data").standardizedFileURL
    return FileManager.default.fileExists(atPath: folder.path) ? folder : nil
  }()

  /// Whether the folder is there.
  public static var isPresent: Bool { folder != nil }

  /// The reason to give when a test is skipped for want of the data.
  public static let absence = "no reference data: set WORSTCASE_DATA to their folder"

  /// A file or folder inside.
  public static func url(_ path: String) throws -> URL {
    guard let folder else { throw Missing(path: path) }
    let url = folder.appendingPathComponent(path)
    guard FileManager.default.fileExists(atPath: url.path) else { throw Missing(path: path) }
    return url
  }

  /// A file that a test expected among the shared data.
  public struct Missing: Error {
    /// Its path inside the folder.
    public let path: String
  }
}
