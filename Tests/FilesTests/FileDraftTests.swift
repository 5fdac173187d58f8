import Foundation
import Testing

@testable import Files

@Suite struct FileDraftTests {
  @Test("a draft takes its file's place whole or leaves it as it is")
  func draft() throws {
    let folder = try Folder()
    let path = folder.path("file")
    func text() throws -> String { try String(contentsOfFile: path, encoding: .utf8) }
    try FileDraft(of: path, containing: Data("old".utf8)).replace()
    #expect(try text() == "old" && folder.names == ["file"])
    do {
      let draft = try FileDraft(of: path, containing: Data("new".utf8))
      #expect(try text() == "old" && folder.names == ["file", "file.part"])
      withExtendedLifetime(draft) {}
    }
    #expect(try text() == "old" && folder.names == ["file"])
    // A link stays one.
    let link = folder.path("link")
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "file")
    try FileDraft(of: link, containing: Data("by link".utf8)).replace()
    #expect(try text() == "by link" && folder.names == ["file", "link"])
    // A folder of the draft's name is the user's.
    try FileManager.default.createDirectory(atPath: path + ".part/kept", withIntermediateDirectories: true)
    #expect(throws: FileDraftError(path: path, reason: "Is a directory")) {
      _ = try FileDraft(of: path, containing: Data("new".utf8))
    }
    #expect(try text() == "by link" && FileManager.default.fileExists(atPath: path + ".part/kept"))
    #expect(throws: FileDraftError.self) { _ = try FileDraft(of: folder.path("no/such/file"), containing: Data()) }
  }

  @Test("a disk without room takes no draft and keeps what it has")
  func fullDisk() throws {
    let folder = try Folder()
    // Every write to this device fails for want of room.
    try FileManager.default.createSymbolicLink(atPath: folder.path("file.part"), withDestinationPath: "/dev/full")
    try Data("old".utf8).write(to: URL(fileURLWithPath: folder.path("file")))
    #expect(throws: FileDraftError(path: folder.path("file"), reason: "No space left on device")) {
      _ = try FileDraft(of: folder.path("file"), containing: Data("new".utf8))
    }
    #expect(folder.names == ["file"])
    #expect(try String(contentsOfFile: folder.path("file"), encoding: .utf8) == "old")
  }

  @Test("room that is reserved is the next draft's, and is given back")
  func reserve() throws {
    let folder = try Folder()
    let path = folder.path("file")
    func size(_ name: String) throws -> Int? {
      try FileManager.default.attributesOfItem(atPath: folder.path(name))[.size] as? Int
    }
    FileDraft.reserve(for: path, bytes: 100_000)
    #expect(try size("file.part") == 100_000)
    try FileDraft(of: path, containing: Data("short".utf8)).replace()
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "short" && folder.names == ["file"])
    // More than any disk has.
    FileDraft.reserve(for: path, bytes: 1 << 60)
    #expect(folder.names == ["file"])
    FileDraft.reserve(for: path, bytes: 10)
    FileDraft.release(for: path)
    FileDraft.release(for: path)
    #expect(folder.names == ["file"])
  }
}
