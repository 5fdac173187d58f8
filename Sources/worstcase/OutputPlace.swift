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
    return URL(fileURLWithPath: paths[0]).deletingLastPathComponent().appendingPathComponent("comparison").relativePath
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
