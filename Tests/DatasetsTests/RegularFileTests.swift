import Foundation
import Testing

@testable import Datasets

@Suite("Files that have an end")
struct RegularFileTests {
  /// What each reader says of a file, which each of them would open.
  func complaints(_ file: URL) -> [String] {
    var complaints: [String] = []
    func note(_ body: () throws -> Void) {
      do { try body() } catch { complaints.append("\(error)") }
    }
    note { _ = try Digest.contents(ofFile: file, limit: 1 << 20) }
    note { _ = try NumpyArray.read(file) }
    note { _ = try ZipArchive(file.path) }
    note { _ = try IDXReader(file, item: []) }
    note { _ = try PNGFolder.image(PNGFolder.Item(file: file, label: 0), extents: nil) }
    return complaints
  }

  @Test("Pipes and devices, also behind links, are refused at once", .timeLimit(.minutes(1)))
  func endless() throws {
    try withTemporaryFolder { folder in
      let pipe = folder.appendingPathComponent("pipe")
      try #require(mkfifo(pipe.path, 0o600) == 0)
      let link = folder.appendingPathComponent("link")
      try FileManager.default.createSymbolicLink(atPath: link.path, withDestinationPath: "/dev/zero")
      for file in [pipe, link, URL(fileURLWithPath: "/dev/zero"), URL(fileURLWithPath: "/dev/null")] {
        let complaints = complaints(file)
        #expect(complaints.count == 5)
        for complaint in complaints {
          #expect(complaint.contains(file.path) && complaint.contains("no regular file"), "\(complaint)")
        }
      }
      for name in ["pipe", "nowhere"] {
        #expect(complaints(folder.appendingPathComponent(name)).allSatisfy { !$0.contains("Domain") })
      }
    }
  }

  @Test("An open file under its descriptor's path is one")
  func descriptor() throws {
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("labels")
      try Data(idx([0, 0, 8, 1], [3], [7, 2, 1])).write(to: file)
      let handle = try FileHandle(forReadingFrom: file)
      let path = URL(fileURLWithPath: "/proc/self/fd/\(handle.fileDescriptor)")
      #expect(try IDXReader(path, item: []).elements() == [7, 2, 1])
      try handle.close()
    }
  }

  @Test("Room is set aside once for what a file holds, and not for what it only claims")
  func memory() throws {
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("labels")
      let count = 900_000
      let elements = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) }
      let whole = idx([0, 0, 8, 1], [UInt32(count)], elements)
      try Data(whole).write(to: file)
      let plain = try IDXReader(file, item: []).elements()
      try writeGzip(whole, to: file)
      let packed = try IDXReader(file, item: []).elements()
      for found in [plain, packed] { #expect(found == elements && found.capacity < count + count / 10) }
      // The last bytes of a gzip file claim a length; a wrong one is an error, and costs no memory.
      var bytes = [UInt8](try Data(contentsOf: file))
      bytes.replaceSubrange(bytes.count - 4..<bytes.count, with: [0xFF, 0xFF, 0xFF, 0x7F])
      try Data(bytes).write(to: file)
      #expect(throws: DatasetError.self) { try IDXReader(file, item: []).elements() }
    }
  }

  @Test("A gzip file of two members is read to its end")
  func members() throws {
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("labels")
      var packed = Data()
      for part in [idx([0, 0, 8, 1], [3], []), [7, 2, 1]] {
        try writeGzip(part, to: file)
        packed += try Data(contentsOf: file)
      }
      try packed.write(to: file)
      #expect(try IDXReader(file, item: []).elements() == [7, 2, 1])
    }
  }
}
