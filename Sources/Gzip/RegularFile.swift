import Foundation

/// Files that can be read to an end, as every reader of data needs.
public enum RegularFile {
  /// The size of a file in bytes, links followed, found without opening it.
  ///
  /// A pipe waits for somebody who writes, a device may never end, and opening either can have effects.
  /// - Throws: ``GzipError/unreadable(file:reason:)`` for these, for a folder, and where nothing is there.
  @discardableResult
  public static func size(of file: String) throws(GzipError) -> Int {
    var status = stat()
    guard stat(file, &status) == 0 else {
      throw .unreadable(file: file, reason: String(cString: strerror(errno)))
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG: return Int(status.st_size)
    case S_IFDIR: throw .unreadable(file: file, reason: String(cString: strerror(EISDIR)))
    default: throw .unreadable(file: file, reason: "it is no regular file")
    }
  }
}
