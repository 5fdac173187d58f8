import Foundation
import Testing

@testable import Datasets

@Suite("Zip archives")
struct ZipArchiveTests {
  static let text = Array("What was deflated, deflated, deflated comes out as it was.".utf8)

  func withArchive<Result>(_ data: Data, _ body: (ZipArchive) throws -> Result) throws -> Result {
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("a.npz")
      try data.write(to: file)
      return try body(ZipArchive(file.path))
    }
  }

  /// The error of reading the only entry.
  func failure(_ entry: ZipFiles.Entry, limit: Int = 1 << 20) throws -> ZipError? {
    let data = try ZipFiles.archive([entry])
    return #expect(throws: ZipError.self) {
      try withArchive(data) { archive in
        let entry = try #require(archive.entries.first)
        return try archive.contents(of: entry, limit: limit)
      }
    }
  }

  @Test("Stored, deflated and empty entries; contents of several pieces; a comment at the end")
  func entries() throws {
    let long = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) }
    let zeros = [UInt8](repeating: 0, count: 1_000_000)
    let all: [ZipFiles.Entry] = [
      .init(name: "stored", contents: Self.text, isDeflated: false), .init(name: "deflated", contents: Self.text),
      .init(name: "ä/b", contents: []), .init(name: "none", contents: [], isDeflated: false),
      .init(name: "long", contents: long), .init(name: "zeros", contents: zeros),
    ]
    try withArchive(ZipFiles.archive(all, comment: "PK\u{5}\u{6} in a comment")) { archive in
      #expect(archive.entries.map(\.name) == all.map(\.name))
      for (entry, original) in zip(archive.entries, all) {
        let contents = try archive.contents(of: entry, limit: 1 << 22)
        #expect(contents == original.contents)
      }
    }
  }

  @Test("An entry that is not what the directory says")
  func wrongEntries() throws {
    guard case .entry(_, "a", "its checksum is wrong") = try failure(.init(name: "a", contents: Self.text, checksum: 7))
    else {
      Issue.record("a wrong checksum passed")
      return
    }
    for size in [0, 1, Self.text.count - 1, Self.text.count + 1, 1 << 20] {
      guard case .entry = try failure(.init(name: "a", contents: Self.text, size: size)) else {
        Issue.record("size \(size) passed")
        return
      }
    }
    guard case .entry = try failure(.init(name: "a", contents: Self.text, isDeflated: false, size: 3)) else {
      Issue.record("two sizes passed")
      return
    }
    // Text is no deflated stream.
    guard case .entry = try failure(.init(name: "a", contents: Self.text, isDeflated: false, method: 8)) else {
      Issue.record("text passed for a stream")
      return
    }
  }

  @Test("A bomb is refused by what it announces, or as soon as it exceeds that")
  func bombs() throws {
    let zeros = [UInt8](repeating: 0, count: 50_000_000)
    guard case .tooLarge(_, "a", 50_000_000, 1_048_576) = try failure(.init(name: "a", contents: zeros)) else {
      Issue.record("a bomb passed")
      return
    }
    guard
      case .entry(_, "a", "it is longer than the directory says") = try failure(
        .init(name: "a", contents: zeros, size: 1000))
    else {
      Issue.record("a bomb that lies passed")
      return
    }
  }

  @Test("Kinds of archives that are not read")
  func unsupported() throws {
    for entry: ZipFiles.Entry in [
      .init(name: "a", contents: Self.text, flags: 1), .init(name: "a", contents: Self.text, method: 12),
      .init(name: "a", contents: Self.text, size: 0xFFFF_FFFF),
    ] {
      guard case .unsupported = try failure(entry) else {
        Issue.record("\(entry) passed")
        continue
      }
    }
    let twice = try ZipFiles.archive([.init(name: "a", contents: []), .init(name: "a", contents: [])])
    #expect(throws: ZipError.self) { try withArchive(twice) { _ in } }
  }

  @Test("An archive that is cut anywhere is refused")
  func truncated() throws {
    let whole = try ZipFiles.archive([.init(name: "a", contents: Self.text)])
    for length in 0..<whole.count {
      #expect(throws: ZipError.self) { try withArchive(whole.prefix(length)) { _ in } }
    }
  }

  @Test("No byte that is altered makes other contents, or a crash")
  func altered() throws {
    let whole = try ZipFiles.archive([.init(name: "a", contents: Self.text)])
    for position in 0..<whole.count {
      for bit: UInt8 in [1, 0x80] {
        var data = whole
        data[position] ^= bit
        let contents = try? withArchive(data) { archive in
          try archive.entries.first { $0.name == "a" }.map { try archive.contents(of: $0, limit: 1 << 20) }
        }
        #expect(contents == nil || contents == .some(nil) || contents == Self.text, "byte \(position)")
      }
    }
  }

  @Test func filesThatAreNone() throws {
    for path in ["/nowhere/a.npz", "/tmp", "/dev/zero"] {
      #expect(throws: ZipError.self) { try ZipArchive(path) }
    }
  }
}
