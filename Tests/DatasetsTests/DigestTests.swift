import Datasets
import Foundation
import Testing

@Suite("Digests")
struct DigestTests {
  /// The example messages of FIPS 180-4.
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
  ])
  func knownAnswers(message: String, digest: String) throws {
    #expect(Digest.sha256(of: Data(message.utf8)) == digest)
    #expect(Digest.sha256(of: Array(message.utf8)) == digest)
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("message")
      try Data(message.utf8).write(to: file)
      #expect(try Digest.sha256(ofFiles: [file]).sha256 == digest)
    }
  }

  @Test("A file of several pieces has the digest of its bytes")
  func longFile() throws {
    let data = Data((0..<3_000_001).map { UInt8(truncatingIfNeeded: $0 &* 31) })
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("long")
      try data.write(to: file)
      let alone = try Digest.sha256(ofFiles: [file])
      #expect(alone.sha256 == Digest.sha256(of: data) && alone.size == data.count)
      // Several files and a mark count as their bytes one after the other.
      let joined = try Digest.sha256(ofFiles: [file, file], mark: "mark")
      #expect(joined.sha256 == Digest.sha256(of: data + data + Data("mark".utf8)) && joined.size == 2 * data.count)
    }
  }

  @Test("A file that is not there is named")
  func missingFile() throws {
    let error = #expect(throws: DatasetError.self) {
      try Digest.sha256(ofFiles: [URL(fileURLWithPath: "/nowhere/model.onnx")])
    }
    #expect(error?.description.contains("/nowhere/model.onnx") == true)
  }
}
