import Foundation

/// Weights that a model keeps in other files of its own folder (`external_data`).
///
/// - Soundness: a model comes from anywhere and may name any path; only plain relative names that, with every link
///   followed, stay inside the model's folder are opened.
/// - Source: ONNX, "External Data": location, offset and length as text, location relative to the model.
final class ExternalWeights {
  private let folder: URL
  private var contents: [String: Data] = [:]
  /// The paths of the files that were opened, in that order.
  private(set) var filesRead: [String] = []

  /// The files beside a model.
  init(besideModel path: String) {
    folder = URL(fileURLWithPath: path).resolvingSymlinksInPath().deletingLastPathComponent()
  }

  /// The bytes of a tensor.
  ///
  /// - Parameter count: how many its extents need.
  /// - Throws: ``Fault/malformed(place:reason:)`` if the file is not there, lies elsewhere, or is too short.
  func bytes(of tensor: Onnx_TensorProto, count: Int, name: String) throws(Fault) -> Data {
    func wrong(_ reason: String) -> Fault { .malformed(place: name.printable, reason: reason) }
    let entries = Dictionary(tensor.externalData.map { ($0.key, $0.value) }) { first, _ in first }
    guard let location = entries["location"], !location.isEmpty else {
      throw wrong("external data without a location")
    }
    func number(_ key: String, default value: Int) throws(Fault) -> Int {
      guard let text = entries[key] else { return value }
      guard let number = Int(text), number >= 0 else { throw wrong("external data with \(key) \(text.printable)") }
      return number
    }
    let offset = try number("offset", default: 0)
    let length = try number("length", default: count)
    guard length == count else { throw wrong("\(count) bytes expected, \(length) stated as external data") }
    let file = try data(at: location, name: name)
    let (end, overflow) = offset.addingReportingOverflow(length)
    guard !overflow, end <= file.count else {
      throw wrong(
        "external data from byte \(offset), \(length) long, in a file of \(file.count): \(location.printable)")
    }
    return file[file.startIndex + offset..<file.startIndex + end]
  }

  private func data(at location: String, name: String) throws(Fault) -> Data {
    func wrong(_ reason: String) -> Fault { .malformed(place: name.printable, reason: reason) }
    if let known = contents[location] { return known }
    let parts = location.split(separator: "/", omittingEmptySubsequences: false)
    guard !location.hasPrefix("/"), !parts.contains(".."), !location.unicodeScalars.contains("\0") else {
      throw wrong("external data outside the model's folder is never read: \(location.printable)")
    }
    let file = folder.appendingPathComponent(location)
    let resolved = file.resolvingSymlinksInPath()
    guard resolved.path.hasPrefix(folder.path == "/" ? "/" : folder.path + "/") else {
      throw wrong("external data outside the model's folder is never read: \(location.printable)")
    }
    do {
      // A device or a pipe would never end.
      let attributes = try FileManager.default.attributesOfItem(atPath: resolved.path)
      guard attributes[.type] as? FileAttributeType == .typeRegular else {
        throw wrong("external data in something that is no file: \(location.printable)")
      }
      let data = try Data(contentsOf: resolved, options: .mappedIfSafe)
      contents[location] = data
      filesRead.append(resolved.path)
      return data
    } catch let fault as Fault {
      throw fault
    } catch {
      throw wrong("external data is not there or cannot be read: \(location.printable)")
    }
  }
}
