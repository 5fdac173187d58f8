import Foundation

/// The one name of a file under all its names: links are followed, also those to the folder of a file that is not there
/// yet.
func filePlace(_ path: String) -> String {
  let url = URL(fileURLWithPath: path).standardizedFileURL
  let folder = url.deletingLastPathComponent().resolvingSymlinksInPath()
  return folder.appendingPathComponent(url.lastPathComponent).resolvingSymlinksInPath().path
}
