import Datasets
import Files
import Foundation
import Reports

/// Where results will go, looked at before the work that makes them.
enum OutputPlace {
  /// Refuses a path where no file can be written.
  static func requireFile(_ path: String, option: String) throws {
    guard !path.isEmpty else { throw Failure(status: .badInput, message: "\(option) names no file") }
    var isFolder: ObjCBool = false
    guard !FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) || !isFolder.boolValue else {
      throw Failure(status: .badInput, message: "\(option): \(path) is a folder; name a file")
    }
    // Results replace what is there in one step, which would take a device's or a pipe's place.
    let kind = try? FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType
    guard kind == nil || kind == .typeRegular || kind == .typeSymbolicLink else {
      throw Failure(status: .badInput, message: "\(option): \(path) is no regular file")
    }
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    guard FileManager.default.fileExists(atPath: folder) else {
      throw Failure(status: .badInput, message: "\(option): the folder \(folder) does not exist; create it first")
    }
    try requireWritable(folder, option: option)
  }

  /// Keeps files from other processes that would write them, for as long as the result lives.
  ///
  /// One that somebody else is writing is refused at once.
  static func lock(_ paths: [String]) throws -> [FileLock] {
    try Failure.onBadInput { try paths.map { try FileLock(for: $0) } }
  }

  /// Refuses a figure that could not be drawn.
  static func requireDrawable(_ path: String, option: String) throws {
    guard path.lowercased().hasSuffix(".svg") else {
      throw Failure(status: .badInput, message: "\(option): \(path) must end in .svg, which is what is drawn")
    }
    try requireFile(path, option: option)
    do {
      try TightnessFigure.requireGnuplot()
    } catch {
      throw Failure(
        status: .fault,
        message: "\(option) needs gnuplot, and there is none on the PATH; install it (`apt-get install gnuplot-nox`) "
          + "or leave \(option) out")
    }
  }

  /// Refuses a path where no folder is and none can be made; folders above it that are missing count as makeable.
  static func requireFolder(_ path: String, option: String) throws {
    guard !path.isEmpty else {
      throw Failure(status: .badInput, message: "\(option) names no folder: write `\(option) .` for the one you are in")
    }
    var present = URL(fileURLWithPath: path)
    while !FileManager.default.fileExists(atPath: present.path), present.path != "/" {
      present.deleteLastPathComponent()
    }
    try requireWritable(present.path, option: option)
  }

  /// The folder of a study's report if the user names none: beside the study's file, with its name.
  static func reportFolder(forStudyAt path: String) -> String {
    let bare = (path as NSString).deletingPathExtension
    return bare == path ? path + "-report" : bare
  }

  /// The folder of a report on one study or several if the user names none.
  static func reportFolder(forStudiesAt paths: [String]) -> String {
    guard paths.count > 1 else { return reportFolder(forStudyAt: paths[0]) }
    let names = paths.map { URL(fileURLWithPath: $0).deletingPathExtension().lastPathComponent }
    return URL(fileURLWithPath: paths[0]).deletingLastPathComponent()
      .appendingPathComponent(comparisonName(names, at: paths)).relativePath
  }

  /// The bytes beyond which a folder's name is cut short: file systems take 255.
  private static let longestName = 120

  /// The name of a folder for the comparison of several studies, another one for other studies: `comparison-` and their
  /// names. Where these are the same or too long, a few digits of what tells the studies apart stand behind them.
  ///
  /// - Parameters:
  ///   - names: what the studies are called.
  ///   - paths: their files.
  static func comparisonName(_ names: [String], at paths: [String]) -> String {
    let name = "comparison-" + names.joined(separator: "+")
    guard name.utf8.count > longestName || Set(names).count < names.count else { return name }
    let places = paths.map { URL(fileURLWithPath: $0).resolvingSymlinksInPath().path }
    let mark = Digest.sha256(of: Data(places.joined(separator: "\n").utf8)).prefix(8)
    var start = name
    while start.utf8.count > longestName { start.removeLast() }
    return "\(start)-\(mark)"
  }

  /// Refuses the same file under two arguments.
  ///
  /// - Parameter noun: what the files are.
  static func refuseTwice(_ paths: [String], noun: String) throws {
    var seen: [String: String] = [:]
    for path in paths {
      let place = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
      guard let other = seen.updateValue(path, forKey: place) else { continue }
      let same = other == path ? "\(path) is given twice" : "\(path) and \(other) are the same file"
      throw Failure(status: .badInput, message: "\(same); name each \(noun) once")
    }
  }

  /// A store's place if the user names none: in a folder of the verb's name, which is made if it is not there.
  static func defaultStore(in folder: String, model: String) throws -> String {
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw Failure(
        status: .badInput,
        message: "the folder \(folder) cannot be made here (\(error.localizedDescription)); give --store")
    }
    return "\(folder)/\(model).sqlite"
  }

  /// Makes a file and removes it: permissions do not tell of read-only and special file systems.
  private static func requireWritable(_ folder: String, option: String) throws {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue else {
      throw Failure(status: .badInput, message: "\(option): \(folder) is not a folder")
    }
    let probe = folder + "/.worstcase-\(UUID().uuidString)"
    let descriptor = open(probe, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      let reason = String(cString: strerror(errno))
      throw Failure(status: .badInput, message: "\(option): no file can be made in the folder \(folder) (\(reason))")
    }
    close(descriptor)
    unlink(probe)
  }
}
