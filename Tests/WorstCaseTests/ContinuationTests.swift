import Foundation
import Testing

/// A study that was stopped, however it was stopped, goes on where it was.
@Suite("Continuing a study", .serialized)
struct ContinuationTests {
  static let study = question(samples: "0..<20")
  /// Long enough to be interrupted on any machine.
  static let longStudy = question(samples: "0..<2000")

  private static func question(samples: String) -> [String] {
    [
      "study", "--samples", samples, "--epsilon", "0.08", "--methods", "IBP,SABR,PGD", "--store", "s.sqlite", "--json",
    ]
  }

  private func table(_ folder: borrowing Scratch) throws -> StudyTable {
    try StudyTable(folder.url.appendingPathComponent("s/samples.csv"))
  }

  private static func lines(_ count: Int) -> @Sendable (String) -> Bool {
    { $0.split(separator: "\n", omittingEmptySubsequences: false).count > count }
  }

  @Test("The second run does no work and reports the same table; threads change nothing; a kill loses nothing")
  func continues() throws {
    let whole = try Scratch()
    let first = try Tool.run(Self.study + ["--threads", "2"], in: whole)
    #expect(first.status == 0 && first.output.split(separator: "\n").count == 20)
    let before = whole.contents()["s/samples.csv"]
    let second = try Tool.run(Self.study, in: whole)
    #expect(second.status == 0 && second.output.isEmpty)
    #expect(second.errors.contains("continuing s.sqlite: 20 of 20 samples are there"))
    #expect(whole.contents()["s/samples.csv"] == before)

    let stopped = try Scratch()
    let killed = try Tool.run(
      Self.study + ["--threads", "1"], in: stopped, interrupt: (after: Self.lines(2), signal: SIGKILL))
    #expect(killed.status == 128 + SIGKILL)
    let resumed = try Tool.run(Self.study + ["--threads", "1"], in: stopped)
    #expect(resumed.status == 0)
    let fresh = resumed.output.split(separator: "\n").count
    #expect((1...18).contains(fresh))
    #expect(try table(stopped).results == table(whole).results)
  }

  @Test("Ctrl-C and polite termination end it at once, and the rows are there", arguments: [SIGINT, SIGTERM])
  func interrupted(signal: Int32) throws {
    let folder = try Scratch()
    let ending = try Tool.run(Self.longStudy, in: folder, interrupt: (after: Self.lines(1), signal: signal))
    #expect(ending.status == 128 + signal)
    #expect(
      ending.errors.hasSuffix(
        "worstcase: interrupted; what was finished is stored, and the same command continues from there\n"))
    #expect(try Tool.run(["report", "s.sqlite"], in: folder).status == 0)
    #expect(try !table(folder).rows.isEmpty)
  }

  @Test("An interrupted question that stores nothing does not say that it did")
  func interruptedExact() throws {
    let ending = try Tool.run(
      ["exact", Tool.model, "--samples", "0..<2000", "--json"], in: try Scratch(),
      interrupt: (after: Self.lines(1), signal: SIGINT))
    #expect(ending.status == 130)
    #expect(ending.errors == "worstcase: interrupted\n")
  }

  @Test("Two studies never write one store")
  func twoWriters() throws {
    let folder = try Scratch()
    // The first runs while the second asks: a reader of its output starts the second.
    let path = folder.url
    let outcome = SecondWriter(folder: path)
    _ = try Tool.run(
      Self.longStudy, in: folder, interrupt: (after: { text in text.contains("\n") && outcome.ask() }, signal: SIGKILL))
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains("is being written by process"))
  }
}

/// A second study on a store that is being written, run once.
private final class SecondWriter: Sendable {
  private let folder: URL
  nonisolated(unsafe) private(set) var status: Int32 = -1
  nonisolated(unsafe) private(set) var errors = ""

  init(folder: URL) { self.folder = folder }

  /// Runs it; called from the test's own thread only.
  func ask() -> Bool {
    let process = Process()
    let pipe = Pipe()
    process.executableURL = Tool.location
    process.arguments = ContinuationTests.study
    process.currentDirectoryURL = folder
    process.standardOutput = FileHandle.nullDevice
    process.standardError = pipe
    guard (try? process.run()) != nil else { return true }
    errors = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    status = process.terminationStatus
    return true
  }
}
