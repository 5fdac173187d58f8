import Foundation

/// A web browser without a window, where the machine has one.
enum Browser {
  /// Debian's Chromium, or another that goes by one of its names.
  static let executable: URL? = {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
    let places = ["chromium", "chromium-browser", "google-chrome"].flatMap { name in folders.map { "\($0)/\(name)" } }
    return places.first(where: FileManager.default.isExecutableFile(atPath:)).map(URL.init(fileURLWithPath:))
  }()

  /// What a page is once its scripts have run, as HTML, and what they said on the console.
  static func load(_ page: URL, options: [String] = []) throws -> (document: String, console: [String]) {
    let process = Process()
    process.executableURL = executable
    // Without a sandbox, for tests may run as root.
    process.arguments =
      ["--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--virtual-time-budget=5000"] + options
      + ["--dump-dom", page.absoluteString]
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("browser-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let files = try ["document", "messages"].map { name in
      let file = folder.appendingPathComponent(name)
      try Data().write(to: file)
      return file
    }
    let handles = try files.map(FileHandle.init(forWritingTo:))
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = handles[0]
    process.standardError = handles[1]
    var environment = ProcessInfo.processInfo.environment
    environment["HOME"] = folder.path
    process.environment = environment
    try process.run()
    process.waitUntilExit()
    let messages = try String(contentsOf: files[1], encoding: .utf8).split(separator: "\n").map(String.init)
    return (try String(contentsOf: files[0], encoding: .utf8), messages.filter { $0.contains("CONSOLE") })
  }
}
