import Foundation

/// The plotting program, found on the search path and run without a shell.
struct Gnuplot {
  private let executable: URL

  /// Finds the program.
  ///
  /// - Throws: ``ReportError/gnuplotMissing``.
  init(searchPath: String? = ProcessInfo.processInfo.environment["PATH"]) throws(ReportError) {
    let folders = (searchPath ?? "").split(separator: ":").map { URL(fileURLWithPath: String($0)) }
    let candidates = folders.map { $0.appendingPathComponent("gnuplot") }
    guard let found = candidates.first(where: { FileManager.default.isExecutableFile(atPath: $0.path) }) else {
      throw .gnuplotMissing
    }
    executable = found
  }

  /// Runs a script in its folder, with no start-up file of the user's in between.
  ///
  /// - Throws: ``ReportError/gnuplotFailed(status:output:)`` with what it said if it did not succeed.
  func run(_ script: String, in folder: URL) throws(ReportError) {
    let said = folder.appendingPathComponent("gnuplot.log")
    defer { try? FileManager.default.removeItem(at: said) }
    let status: Int32
    do {
      try Data().write(to: said)
      let output = try FileHandle(forWritingTo: said)
      defer { try? output.close() }
      let process = Process()
      process.executableURL = executable
      process.arguments = ["-d", script]
      process.currentDirectoryURL = folder
      process.standardInput = FileHandle.nullDevice
      process.standardOutput = FileHandle.nullDevice
      process.standardError = output
      try process.run()
      process.waitUntilExit()
      status = process.terminationStatus
    } catch {
      throw .gnuplotFailed(status: -1, output: "\(error)")
    }
    guard status == 0 else {
      let output = (try? String(contentsOf: said, encoding: .utf8)) ?? ""
      throw .gnuplotFailed(status: status, output: output.trimmingCharacters(in: .whitespacesAndNewlines))
    }
  }

  /// Writes some files into a folder, the script among them, and runs it there.
  ///
  /// - Throws: ``ReportError`` if the folder takes no files, or as the script alone does.
  func run(_ script: String, beside files: [(name: String, text: String)], in folder: URL) throws(ReportError) {
    for (name, text) in files {
      let url = folder.appendingPathComponent(name)
      try FileWriting.at(url) { try Data(text.utf8).write(to: url) }
    }
    try run(script, in: folder)
  }

  /// Text as a literal of the script: in single quotes, where gnuplot substitutes nothing, with quotes doubled.
  ///
  /// Two quotes in a row become typographic ones, for gnuplot 5.4 misreads four. Line breaks and other control characters become spaces, and what XML forbids is left out, for gnuplot copies
  /// text into SVG with no more than `<` and `&` escaped.
  static func quoted(_ text: String) -> String {
    var scalars = String.UnicodeScalarView()
    for scalar in text.replacingOccurrences(of: "\'\'", with: "\u{2019}\u{2019}").unicodeScalars {
      switch scalar.value {
      case 0x27: scalars.append(contentsOf: "''".unicodeScalars)
      case 0..<0x20, 0x7F..<0xA0: scalars.append(" ")
      case 0xFFFE, 0xFFFF: continue
      default: scalars.append(scalar)
      }
    }
    return "'" + String(scalars).replacingOccurrences(of: "]]>", with: "]] >") + "'"
  }
}
