import Foundation
import Testing

/// Output streams that go away, fill up or were never open.
@Suite("Streams")
struct StreamTests {
  @Test(
    "A reader that leaves, a full disk and closed streams are no reason to crash",
    arguments: [
      ("inspect \"$MODEL\" | head -1; exit ${PIPESTATUS[0]}", [0, 141]),
      ("exact \"$MODEL\" --samples 0...4 --epsilon 0 | head -1; exit ${PIPESTATUS[0]}", [0, 141]),
      ("inspect \"$MODEL\" > /dev/full", [3]), ("inspect /nonexistent.onnx 2> /dev/full", [2]),
      ("inspect \"$MODEL\" >&-", [0]), ("inspect \"$MODEL\" <&- >&- 2>&-", [0]),
      ("study --samples 0 --epsilon 0 --methods IBP >&- 2>&-", [0]),
    ])
  func survives(command: String, statuses: [Int32]) throws {
    let folder = try Scratch()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = ["-c", "\"$TOOL\" " + command]
    process.environment = ProcessInfo.processInfo.environment.merging(
      ["TOOL": Tool.location.path, "MODEL": Tool.model]) { $1 }
    process.currentDirectoryURL = folder.url
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    #expect(statuses.contains(process.terminationStatus), "\(process.terminationStatus)")
  }
}
