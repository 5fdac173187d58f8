import Foundation

@testable import Datasets

/// Zip archives (`.npz`): no entry is larger than what is accepted.
struct ZipFuzz: FuzzedReader {
  let name = "zip"
  let words = ["PK\u{1}\u{2}", "PK\u{3}\u{4}", "PK\u{5}\u{6}", "PK\u{7}\u{8}"]
  private let file = MemoryFile()

  func seeds() throws -> [Data] {
    // One entry, `a`, with the byte `b`: stored, its checksum known.
    let fields: [UInt8] = [20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xF9, 0xEF, 0xBE, 0x71, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0]
    let local = Array("PK\u{3}\u{4}".utf8) + fields + Array("ab".utf8)
    let directory = Array("PK\u{1}\u{2}".utf8) + [20, 0] + fields + [UInt8](repeating: 0, count: 14) + Array("a".utf8)
    let end: [UInt8] = [0, 0, 0, 0, 1, 0, 1, 0, UInt8(directory.count), 0, 0, 0, UInt8(local.count), 0, 0, 0, 0, 0]
    return [Data(local + directory + Array("PK\u{5}\u{6}".utf8) + end)]
  }

  func read(_ bytes: UnsafeRawBufferPointer) {
    file.fill(bytes)
    do throws(ZipError) {
      let archive = try ZipArchive(file.path)
      for entry in archive.entries {
        let contents = try archive.contents(of: entry, limit: 1000)
        precondition(contents.count <= 1000, "an entry larger than the limit")
      }
    } catch {
      precondition(error.description.contains(file.path), "an error that does not name the file")
    }
  }
}
