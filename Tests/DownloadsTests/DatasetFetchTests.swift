import CZlib
import Datasets
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Downloads

@Suite("Fetching data sets", .serialized)
struct DatasetFetchTests {
  /// Contents that no compression makes small.
  static let contents: [UInt8] = {
    var seed: UInt32 = 1
    return (0..<200_000).map { _ in
      seed = seed &* 1_664_525 &+ 1_013_904_223
      return UInt8(seed >> 24)
    }
  }()

  static let file = KnownFile(name: "images", size: contents.count, sha256: Digest.sha256(of: contents))

  func dataset(_ mirrors: String...) -> RemoteDataset {
    RemoteDataset(name: "tiny", mirrors: mirrors, packaging: .compressedFiles, files: [Self.file])
  }

  /// Fetches, and returns the names and sizes of what is in the folder afterwards.
  @discardableResult
  func fetch(_ dataset: RemoteDataset, to folder: URL) throws -> [String: Int] {
    try DatasetFetch(dataset, to: folder) { _ in }.run()
    return Self.sizes(in: folder)
  }

  static func sizes(in folder: URL) -> [String: Int] {
    let names = (try? FileManager.default.subpathsOfDirectory(atPath: folder.path)) ?? []
    return Dictionary(
      uniqueKeysWithValues: names.compactMap { name in
        (try? Data(contentsOf: folder.appendingPathComponent(name))).map { (name, $0.count) }
      })
  }

  /// The reasons for which no server delivered.
  func reasons(_ dataset: RemoteDataset, to folder: URL) throws -> [TransferError] {
    let error = #expect(throws: DownloadError.self) { try fetch(dataset, to: folder) }
    guard case .failed("images.gz", let attempts) = error else {
      Issue.record("\(String(describing: error))")
      return []
    }
    let text = error?.description ?? ""
    #expect(attempts.allSatisfy { text.contains($0.address) } && text.contains("--mirror") && !text.contains("Domain"))
    return attempts.map(\.reason)
  }

  @Test("A file arrives under its name, and is not asked for again")
  func arrives() throws {
    try withTemporaryFolder { folder in
      let packed = try gzip(Self.contents)
      let server = try LocalServer { $0.path == "/a/b/images.gz" ? .file(packed) : .status(404) }
      let place = folder.appendingPathComponent("new/place")
      for _ in 0..<2 {
        #expect(try fetch(dataset(server.address + "/a/b"), to: place) == ["images.gz": packed.count])
      }
      #expect(server.requests.map(\.path) == ["/a/b/images.gz"] && server.requests.first?.start == nil)
    }
  }

  @Test("The next server is asked where one fails, and each failure is named at the end")
  func mirrors() throws {
    try withTemporaryFolder { folder in
      let packed = try gzip(Self.contents)
      let empty = try LocalServer { _ in .status(404) }
      let full = try LocalServer { _ in .file(packed) }
      #expect(try fetch(dataset(empty.address, full.address), to: folder) == ["images.gz": packed.count])
    }
    try withTemporaryFolder { folder in
      let gone = try LocalServer { _ in .status(404) }
      let broken = try LocalServer { _ in .status(503) }
      #expect(try reasons(dataset(gone.address, broken.address + "/"), to: folder) == [.status(404), .status(503)])
      #expect(Self.sizes(in: folder).isEmpty)
    }
  }

  @Test("No server at all")
  func refused() throws {
    try withTemporaryFolder { folder in
      // A port that was free a moment ago.
      let address = try LocalServer { _ in .status(404) }.address
      #expect(try reasons(dataset(address), to: folder) == [.connection("no connection to the server")])
      #expect(try reasons(dataset("http://nosuchhost.invalid"), to: folder).count == 1)
      #expect(Self.sizes(in: folder).isEmpty)
    }
    for text in ["ftp://example.org", "example.org/mnist", "", "http://", "/tmp"] {
      #expect(throws: DownloadError.notAnAddress(text)) {
        try DatasetFetch(dataset(), to: URL(fileURLWithPath: "/tmp"), mirror: text) { _ in }
      }
    }
  }

  @Test("A transfer that breaks off leaves no file under the name, and is continued")
  func continued() throws {
    try withTemporaryFolder { folder in
      let packed = try gzip(Self.contents)
      let isBroken = Mutex(true)
      let server = try LocalServer { _ in
        isBroken.withLock { $0 } ? .brokenOff(packed, after: 70_000) : .file(packed)
      }
      #expect(
        try reasons(dataset(server.address), to: folder) == [.truncated(received: 70_000, expected: packed.count)])
      #expect(Self.sizes(in: folder) == ["images.gz.part": 70_000])
      isBroken.withLock { $0 = false }
      #expect(try fetch(dataset(server.address), to: folder) == ["images.gz": packed.count])
      #expect(server.requests.map(\.start) == [nil, 70_000])
    }
  }

  @Test("A server without ranges sends everything anew; a useless beginning is thrown away")
  func startedAnew() throws {
    let packed = try gzip(Self.contents)
    for (isRanged, start, requests) in [
      (false, Data(packed.prefix(1000)), 1), (true, Data(repeating: 7, count: 1000), 2),
      (true, packed + Data([1, 2, 3]), 2),
    ] {
      try withTemporaryFolder { folder in
        try start.write(to: folder.appendingPathComponent("images.gz.part"))
        let server = try LocalServer { _ in isRanged ? .file(packed) : .wholeFile(packed) }
        #expect(try fetch(dataset(server.address), to: folder) == ["images.gz": packed.count])
        #expect(server.requests.count == requests)
      }
    }
  }

  @Test("Other contents, a page in the file's place, a file without end")
  func otherContents() throws {
    var altered = Self.contents
    altered[100] ^= 1
    for body in [try gzip(altered), try gzip(Self.contents).dropLast(9) + Data(count: 9), Data("<html>".utf8)] {
      try withTemporaryFolder { folder in
        let server = try LocalServer { _ in .file(Data(body)) }
        guard case .wrongContents = try reasons(dataset(server.address), to: folder).first else {
          Issue.record("other contents passed")
          return
        }
        #expect(Self.sizes(in: folder).isEmpty)
      }
    }
    try withTemporaryFolder { folder in
      let server = try LocalServer { _ in .file(Data(count: 10_000_000)) }
      let limit = Self.file.size + (1 << 16)
      #expect(try reasons(dataset(server.address), to: folder) == [.tooLarge(limit: limit)])
      #expect(Self.sizes(in: folder).isEmpty)
    }
  }

  @Test("A length that cannot be is refused before any of it came")
  func announcedLength() throws {
    for length in [Self.file.size + (1 << 16) + 1, 1 << 40, 1 << 62] {
      try withTemporaryFolder { folder in
        let server = try LocalServer { _ in .silent(length: length) }
        let start = Date()
        #expect(try reasons(dataset(server.address), to: folder) == [.tooLarge(limit: Self.file.size + (1 << 16))])
        #expect(Date().timeIntervalSince(start) < 30 && Self.sizes(in: folder).isEmpty)
      }
    }
  }

  @Test("Another server's address is followed, anything else is not", .timeLimit(.minutes(1)))
  func redirects() throws {
    try withTemporaryFolder { folder in
      let packed = try gzip(Self.contents)
      let full = try LocalServer { _ in .file(packed) }
      let address = full.address
      let server = try LocalServer { _ in .redirect(to: address + "/elsewhere") }
      #expect(try fetch(dataset(server.address), to: folder) == ["images.gz": packed.count])
      #expect(full.requests.map(\.path) == ["/elsewhere"])
    }
    for place in ["file:///etc/hostname", "ftp://127.0.0.1/images.gz", "data:,x"] {
      try withTemporaryFolder { folder in
        let server = try LocalServer { _ in .redirect(to: place) }
        let found = try reasons(dataset(server.address), to: folder)
        guard case .redirect = found.first else {
          Issue.record("\(place): \(found)")
          return
        }
        #expect(found.count == 1 && Self.sizes(in: folder).isEmpty)
      }
    }
    try withTemporaryFolder { folder in
      let server = try LocalServer { .redirect(to: $0.path) }
      let found = try reasons(dataset(server.address), to: folder)
      #expect(found == [.connection("the server points from address to address without end")])
    }
  }

  @Test("A file of the name with other contents stays; a place where nothing can be written is named")
  func places() throws {
    try withTemporaryFolder { folder in
      let place = folder.appendingPathComponent("images")
      try Data("mine".utf8).write(to: place)
      #expect(throws: DownloadError.otherContents(file: place.path)) { try fetch(dataset("http://x"), to: folder) }
      #expect(Self.sizes(in: folder) == ["images": 4])
      let inFile = place.appendingPathComponent("deeper")
      #expect {
        try fetch(dataset("http://x"), to: inFile)
      } throws: { error in
        if case DownloadError.unwritable(inFile.path, _) = error { true } else { false }
      }
    }
  }

  // MARK: Archives

  func archived(_ archive: Data, _ server: LocalServer) -> RemoteDataset {
    RemoteDataset(
      name: "tiny", mirrors: [server.address],
      packaging: .archive(name: "a.tar.gz", size: archive.count, sha256: Digest.sha256(of: archive), folder: "inner"),
      files: [Self.file, KnownFile(name: "few", size: 3, sha256: Digest.sha256(of: [1, 2, 3] as [UInt8]))])
  }

  func tar(_ entries: [(String, [UInt8], Character)]) -> [UInt8] {
    entries.flatMap { name, bytes, kind in
      var header = [UInt8](repeating: 0, count: 512)
      func put(_ text: String, at start: Int) {
        header.replaceSubrange(start..<start + text.utf8.count, with: text.utf8)
      }
      put(name, at: 0)
      put(String(format: "%011o", bytes.count), at: 124)
      put(String(repeating: " ", count: 8), at: 148)
      put(String(kind), at: 156)
      put("ustar", at: 257)
      put(String(format: "%06o\0 ", header.reduce(0) { $0 + Int($1) }), at: 148)
      return header + bytes + [UInt8](repeating: 0, count: (512 - bytes.count % 512) % 512)
    } + [UInt8](repeating: 0, count: 1024)
  }

  @Test("An archive is unpacked into its folder, and taken away")
  func archive() throws {
    try withTemporaryFolder { folder in
      let archive = try gzip(
        tar([
          ("inner/", [], "5"), ("inner/readme", Array("hello".utf8), "0"), ("inner/images", Self.contents, "0"),
          ("./inner/few", [1, 2, 3], "0"), ("../evil", [1], "0"),
        ]))
      let server = try LocalServer { _ in .file(archive) }
      for _ in 0..<2 {
        #expect(
          try fetch(archived(archive, server), to: folder)
            == ["inner/images": Self.contents.count, "inner/few": 3])
      }
      #expect(server.requests.count == 1)
    }
  }

  @Test(
    "Archives that lack a file, have it in another size, are cut or damaged",
    arguments: [
      [("inner/images", contents, "0")], [("inner/images", contents, "0"), ("inner/few", [1], "0")],
      [("inner/images", contents, "0"), ("inner/few", [1, 2, 3], "2")],
    ] as [[(String, [UInt8], Character)]])
  func badArchives(entries: [(String, [UInt8], Character)]) throws {
    try withTemporaryFolder { folder in
      let archive = try gzip(tar(entries))
      let server = try LocalServer { _ in .file(archive) }
      #expect(throws: DownloadError.self) { try fetch(archived(archive, server), to: folder) }
      #expect(Self.sizes(in: folder).keys.allSatisfy { $0.hasSuffix(".part") })
    }
  }

  @Test("An archive that does not come leaves no folder for its files")
  func noArchive() throws {
    try withTemporaryFolder { folder in
      let server = try LocalServer { _ in .status(404) }
      #expect(throws: DownloadError.self) { try fetch(archived(Data([1]), server), to: folder) }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }
  }

  @Test("A tar archive that is cut anywhere, or altered, is refused")
  func cutArchives() throws {
    let whole = tar([("inner/few", [1, 2, 3], "0")])
    for length in [0, 100, 511, 512, 600] {
      try withTemporaryFolder { folder in
        let file = folder.appendingPathComponent("a").path
        try Data(whole.prefix(length)).write(to: URL(fileURLWithPath: file))
        #expect(throws: TransferError.wrongContents(reason: "the archive breaks off")) {
          try TarArchive.extract(file, ["inner/few": 3]) { _ in folder.appendingPathComponent("out").path }
        }
        var altered = whole
        altered[130] ^= 1
        try Data(altered).write(to: URL(fileURLWithPath: file))
        #expect(throws: TransferError.wrongContents(reason: "a header inside the archive is damaged")) {
          try TarArchive.extract(file, ["inner/few": 3]) { _ in folder.appendingPathComponent("out").path }
        }
      }
    }
  }

  @Test("Every published file has a checksum, and an address for itself")
  func catalogue() throws {
    for dataset in RemoteDataset.all {
      #expect(!dataset.mirrors.isEmpty && Set(dataset.files.map(\.sha256)).count == dataset.files.count)
      #expect(dataset.files.allSatisfy { $0.sha256.count == 64 })
      _ = try DatasetFetch(dataset, to: URL(fileURLWithPath: "/tmp")) { _ in }
    }
  }

  @Test(
    "The published checksums are those of the real files", .enabled(if: SharedData.isPresent, "\(SharedData.absence)"))
  func realChecksums() throws {
    for file in KnownFiles.mnist {
      #expect(try file.matches(SharedData.url("mnist/\(file.name).gz")))
    }
  }
}

/// Runs `body` with a folder of its own, which is gone afterwards.
func withTemporaryFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("downloads-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder)
}

/// Some bytes as a gzip file.
func gzip(_ bytes: [UInt8]) throws -> Data {
  try withTemporaryFolder { folder in
    let file = folder.appendingPathComponent("packed")
    let handle = try #require(gzopen(file.path, "wb"))
    let written = gzwrite(handle, bytes, UInt32(bytes.count))
    try #require(gzclose_w(handle) == Z_OK && Int(written) == bytes.count)
    return try Data(contentsOf: file)
  }
}
