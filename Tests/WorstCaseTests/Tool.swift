import Foundation
import Synchronization
import Testing

/// The built command-line tool, run as a user runs it: as a process, in a folder.
enum Tool {
  /// How a run ended.
  struct Ending {
    /// The exit status; for a process that a signal ended, 128 and the signal's number.
    let status: Int32
    let output, errors: String
    let seconds: Double

    var errorLines: [Substring] { errors.split(separator: "\n", omittingEmptySubsequences: false).dropLast() }
  }

  /// The tool beside the test bundle; both are put into one folder by the build.
  static let location: URL = {
    let bundle = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    let beside = URL(fileURLWithPath: bundle).deletingLastPathComponent().appendingPathComponent("worstcase")
    if FileManager.default.isExecutableFile(atPath: beside.path) { return beside }
    return package.appendingPathComponent(".build/release/worstcase")
  }()

  /// The package's folder.
  static let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// The network that the repository ships.
  static let model = package.appendingPathComponent("models/digits-cnn3-ibp.onnx").path

  /// Has no room for files beyond so many KiB, and learns it as of a full disk: by a write that fails. Its standard streams
  /// have all the room they want.
  private static let fullDisk = """
    set -o pipefail
    { { trap '' XFSZ; ulimit -f "$0"; exec "$@"; } 2>&1 >&3 | cat >&2; } 3>&1
    """

  /// Runs the tool to its end, or kills it after `timeout` seconds and says so.
  ///
  /// - Parameter room: the KiB that each of its files may have; nil for as many as there are.
  static func run(
    _ arguments: [String], in folder: borrowing Scratch, timeout: Double = 60, room: Int? = nil,
    interrupt: (after: @Sendable (String) -> Bool, signal: Int32)? = nil
  ) throws -> Ending {
    // Output goes to files: a pipe that nobody empties would stop the tool.
    let outputs = try Scratch()
    let output = outputs.url.appendingPathComponent("output")
    let errors = outputs.url.appendingPathComponent("errors")
    for file in [output, errors] { _ = FileManager.default.createFile(atPath: file.path, contents: nil) }
    // A shell that runs the tests in the background has them ignore Ctrl-C, and the tool would inherit that.
    signal(SIGINT, SIG_DFL)
    let process = Process()
    process.executableURL = room == nil ? location : URL(fileURLWithPath: "/bin/bash")
    process.arguments = (room.map { ["-c", fullDisk, "\($0)", location.path] } ?? []) + arguments
    process.currentDirectoryURL = folder.url
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: errors)
    let ended = DispatchSemaphore(value: 0)
    process.terminationHandler = { _ in ended.signal() }
    let start = Date()
    try process.run()
    func text(_ file: URL) -> String { (try? String(contentsOf: file, encoding: .utf8)) ?? "" }
    var signalled = false
    while ended.wait(timeout: .now() + 0.01) == .timedOut {
      if let interrupt, !signalled, interrupt.after(text(output)) {
        kill(process.processIdentifier, interrupt.signal)
        signalled = true
      }
      if Date().timeIntervalSince(start) > timeout {
        kill(process.processIdentifier, SIGKILL)
        ended.wait()
        Issue.record("worstcase \(arguments.joined(separator: " ")) took more than \(timeout) s")
        break
      }
    }
    let bySignal = process.terminationReason == .uncaughtSignal
    return Ending(
      status: process.terminationStatus + (bySignal ? 128 : 0), output: text(output), errors: text(errors),
      seconds: Date().timeIntervalSince(start))
  }
}

/// A folder of its own for one run, removed with everything in it.
struct Scratch: ~Copyable {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appendingPathComponent("worstcase-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  /// The path of a file in it.
  func path(_ name: String) -> String { url.appendingPathComponent(name).path }

  /// Makes a file in it.
  func write(_ data: Data, to name: String) throws { try data.write(to: url.appendingPathComponent(name)) }

  /// Every file and folder inside, with the files' contents.
  func contents() -> [String: Data] {
    let names = FileManager.default.enumerator(atPath: url.path)?.compactMap { $0 as? String } ?? []
    return Dictionary(
      uniqueKeysWithValues: names.map { ($0, FileManager.default.contents(atPath: path($0)) ?? Data()) })
  }
}

/// The tool refuses in one line that names what it should, and leaves the folder as it is.
func expectRefusal(
  _ arguments: [String], naming words: String..., in folder: borrowing Scratch,
  location: SourceLocation = #_sourceLocation
) throws {
  let before = folder.contents()
  let ending = try Tool.run(arguments, in: folder)
  let what = Comment(rawValue: "\(arguments): \(ending.errors)")
  #expect(ending.status == 2 && ending.errors.hasPrefix("worstcase: "), what, sourceLocation: location)
  #expect(ending.errorLines.count == 1 && ending.output.isEmpty, what, sourceLocation: location)
  for word in words { #expect(ending.errors.contains(word), what, sourceLocation: location) }
  #expect(folder.contents() == before, what, sourceLocation: location)
}
