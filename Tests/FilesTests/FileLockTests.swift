import Files
import Foundation
import Testing

@Suite struct FileLockTests {
  @Test("one writer at a time, under whatever name; the lock file goes with its holder")
  func oneWriter() throws {
    let folder = try Folder()
    let path = folder.path("file")
    try FileManager.default.createDirectory(atPath: folder.path("real"), withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      atPath: folder.path("alias"), withDestinationPath: folder.path("real"))
    let process = "\(getpid())"
    do {
      let lock = try FileLock(for: path)
      let inFolder = try FileLock(for: folder.path("real/new"))
      defer { withExtendedLifetime((lock, inFolder)) {} }
      #expect(throws: FileLockError.held(path: path, process: process)) { _ = try FileLock(for: path) }
      let alias = folder.path("alias/../alias/new")
      #expect(throws: FileLockError.held(path: alias, process: process)) { _ = try FileLock(for: alias) }
      #expect("\(FileLockError.held(path: path, process: process))".contains("process \(process): wait"))
    }
    #expect(folder.names == ["alias", "real"])
    _ = try FileLock(for: path)
  }

  @Test("a lock file that a killed process left is no hindrance, whatever is in it")
  func leftBehind() throws {
    let folder = try Folder()
    try Data("99999\n".utf8).write(to: URL(fileURLWithPath: folder.path("file.lock")))
    let lock = try FileLock(for: folder.path("file"))
    defer { withExtendedLifetime(lock) {} }
    #expect(throws: FileLockError.held(path: folder.path("file"), process: "\(getpid())")) {
      _ = try FileLock(for: folder.path("file"))
    }
  }

  @Test("without a folder there is no lock, and the reason is told")
  func noFolder() throws {
    let path = try Folder().path("no/such/file")
    #expect(throws: FileLockError.unavailable(path: path, reason: "No such file or directory")) {
      _ = try FileLock(for: path)
    }
  }
}
