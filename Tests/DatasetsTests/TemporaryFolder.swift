import CZlib
import Foundation
import Testing

/// Runs `body` with a folder of its own, which is gone afterwards.
func withTemporaryFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("datasets-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder)
}

/// Writes bytes as a gzip file.
func writeGzip(_ bytes: [UInt8], to file: URL) throws {
  let handle = try #require(gzopen(file.path, "wb"))
  let written = gzwrite(handle, bytes, UInt32(bytes.count))
  try #require(gzclose_w(handle) == Z_OK && Int(written) == bytes.count)
}

/// A file in the IDX format: the magic bytes, the extents, the elements.
func idx(_ magic: [UInt8], _ extents: [UInt32], _ elements: [UInt8]) -> [UInt8] {
  magic + extents.flatMap { extent in (0..<4).map { UInt8(truncatingIfNeeded: extent >> (24 - 8 * $0)) } } + elements
}
