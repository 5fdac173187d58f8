/// Why a file could not be read as a network, or a network not be written.
public enum ONNXError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The file could not be opened or is no ONNX file at all.
  case unreadable(path: String, reason: String)
  /// The file contradicts itself or the standard; `place` names the node, tensor or field.
  case malformed(path: String, place: String, reason: String)
  /// The file is fine but asks for operators that are not supported: every one of them.
  case unsupported(path: String, nodes: [UnsupportedNode])
  /// The file could not be written.
  case unwritable(path: String, reason: String)

  public var description: String {
    switch self {
    case .unreadable(let path, let reason):
      "\(path): \(reason)"
    case .malformed(let path, let place, let reason):
      // Some reasons continue the place as one sentence: "w1[2,1] is nan".
      place.isEmpty
        ? "\(path): \(reason)"
        : "\(path): \(place)\(["is ", "has ", "reads "].contains { reason.hasPrefix($0) } ? " " : ": ")\(reason)"
    case .unsupported(let path, let nodes):
      nodes.count == 1
        ? "\(path): \(nodes[0])"
        : "\(path): \(nodes.count) nodes are not supported: " + nodes.map(\.description).joined(separator: "; ")
    case .unwritable(let path, let reason):
      "\(path): cannot be written: \(reason)"
    }
  }
}

/// A node that import has no translation for.
public struct UnsupportedNode: Hashable, Sendable, CustomStringConvertible {
  /// The node's name, or a stand-in for nodes without one.
  public let name: String
  /// The operator, with its domain unless that is the standard one: `Sin`, `com.example::Relu`.
  public let operatorName: String
  /// What about it is not supported.
  public let reason: String

  public var description: String { "\(name): \(reason)" }
}

/// What goes wrong inside import, before the file's path is added.
enum Fault: Error {
  /// The file is wrong.
  case malformed(place: String, reason: String)
  /// The current node has no translation.
  case unsupported(reason: String)
  /// The nodes of the graph that have no translation.
  case unsupportedNodes([UnsupportedNode])
}
