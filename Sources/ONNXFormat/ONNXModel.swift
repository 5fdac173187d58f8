import Foundation
import Gzip
import Networks
import SwiftProtobuf
import Tensors

/// What import may do beyond translating the file.
public struct ImportOptions: Hashable, Sendable {
  /// Whether a softmax or log-softmax at the very end is left out, so that the outputs are the logits; without this
  /// such a file is refused.
  public var stripsFinalSoftmax: Bool

  /// The given options.
  public init(stripsFinalSoftmax: Bool = false) {
    self.stripsFinalSoftmax = stripsFinalSoftmax
  }
}

/// A network read from an ONNX file, with what is known of the file.
public struct ONNXModel: Sendable {
  /// The network, with diagonal layers folded into the layers before them.
  ///
  /// A leading dimension that the file leaves open is the batch and no part of the shapes; one that is declared,
  /// 1 included, is part of them.
  public let network: Network
  /// What import did that is not obvious from the file, one line each.
  public let notes: [String]
  /// The file's nodes that the output depends on, in the order of evaluation.
  public let nodes: [FileNode]
  /// The file's `metadata_props`.
  public let metadata: [String: String]
  /// The program that wrote the file, with its version; may be empty.
  public let producer: String
  /// The version of the standard operator set that the file is written in.
  public let operatorSet: Int
  /// Whether the file leaves the batch open, so that it is no part of the network's shapes.
  public let hasOpenBatch: Bool
  /// The names of the input and output tensors.
  public let inputName, outputName: String
  /// The files beside the model that weights were read from, in the order of their first use.
  public let weightFiles: [String]
}

/// A node as the file has it.
public struct FileNode: Hashable, Sendable {
  /// Its name, or a stand-in such as `Conv node 3`.
  public let name: String
  /// Its operator.
  public let operatorName: String
  /// The extents of its first output, with a batch of 1; none for a scalar.
  public let outputExtents: [Int]
}

extension ONNXModel {
  /// The versions of the standard operator set that are understood.
  public static let operatorSets = 7...28
  /// The newest version of the file format that is understood.
  static let newestFormat = 14

  /// Reads a file, plain or gzip, with the files beside it that hold its weights.
  ///
  /// - Throws: ``ONNXError``: one sentence that names the file and the node or tensor at fault.
  public init(contentsOf path: String, options: ImportOptions = ImportOptions()) throws(ONNXError) {
    try self.init(
      Self.parse(try Self.bytes(of: path), path: path), path: path, options: options,
      weights: ExternalWeights(besideModel: path))
  }

  /// Reads a file's contents; weights in other files are refused.
  ///
  /// - Parameters:
  ///   - data: the bytes, not compressed.
  ///   - path: what messages call the file.
  /// - Throws: ``ONNXError``.
  public init(data: Data, path: String, options: ImportOptions = ImportOptions()) throws(ONNXError) {
    try self.init(Self.parse(data, path: path), path: path, options: options, weights: nil)
  }

  /// - Parameter allowance: how many numbers the network may store beyond a multiple of what the file does.
  init(
    _ model: consuming Onnx_ModelProto, path: String, options: ImportOptions = ImportOptions(),
    weights: ExternalWeights? = nil, allowance: Int = GraphImport.usualAllowance
  ) throws(ONNXError) {
    var graphImport: GraphImport
    let version: Int
    let imported: Network
    metadata = Dictionary(model.metadataProps.map { ($0.key, $0.value) }) { first, _ in first }
    producer = [model.producerName, model.producerVersion].filter { !$0.isEmpty }.joined(separator: " ")
    do throws(Fault) {
      version = try Self.operatorSet(of: model)
      guard model.hasGraph else { throw Fault.malformed(place: "", reason: "the file has no graph") }
      let graph = try FileGraph(model.graph)
      // From here on the graph alone holds the weights, and lets go of each as it is translated.
      model = Onnx_ModelProto()
      graphImport = try GraphImport(
        graph, operatorSet: version, options: options, weights: weights, allowance: allowance)
      imported = try graphImport.run()
    } catch {
      switch error {
      case .malformed(let place, let reason): throw .malformed(path: path, place: place, reason: reason)
      case .unsupported(let reason): throw .malformed(path: path, place: "", reason: reason)
      case .unsupportedNodes(let nodes): throw .unsupported(path: path, nodes: nodes)
      }
    }
    let fused = imported.fusingDiagonals()
    var notes = graphImport.notes
    if fused.nodes.count < imported.nodes.count {
      notes.append("\(imported.nodes.count - fused.nodes.count) diagonal layers folded into the layers before them")
    }
    network = fused
    self.notes = notes
    nodes = graphImport.nodes
    operatorSet = version
    hasOpenBatch = graphImport.isBatched
    inputName = graphImport.inputName
    outputName = graphImport.outputName
    weightFiles = weights?.filesRead ?? []
  }

  /// The most bytes that a compressed model may hold.
  static let largestDecompressed = 1 << 28

  /// A file's bytes, decompressed if it is gzip.
  private static func bytes(of path: String) throws(ONNXError) -> Data {
    let data: Data
    do {
      data = try Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe)
    } catch {
      let reason =
        switch (error as? CocoaError)?.code {
        case .fileReadNoSuchFile?: "no such file"
        case .fileReadNoPermission?: "no permission to read it"
        default: "cannot be read as a file"
        }
      throw .unreadable(path: path, reason: reason)
    }
    guard data.starts(with: [0x1f, 0x8b]) else { return data }
    do throws(GzipError) {
      return Data(try GzipReader.contents(of: path, limit: largestDecompressed))
    } catch {
      switch error {
      case .unreadable(_, let reason): throw .unreadable(path: path, reason: reason)
      case .corrupt(_, let reason):
        throw .unreadable(path: path, reason: "gzip data that does not decompress (\(reason))")
      case .tooLarge(_, let limit):
        throw .unreadable(path: path, reason: "holds more than \(limit) bytes: decompress it first")
      }
    }
  }

  /// The message that a file's bytes are.
  static func parse(_ data: consuming Data, path: String) throws(ONNXError) -> Onnx_ModelProto {
    guard !data.isEmpty else { throw .unreadable(path: path, reason: "file is empty") }
    if data.starts(with: [0x1f, 0x8b]) {
      throw .unreadable(path: path, reason: "gzip data, not ONNX: decompress it first")
    }
    var options = BinaryDecodingOptions()
    // The format itself nests about ten messages; graphs inside attributes are never needed.
    options.messageDepthLimit = 32
    let count = data.count
    do {
      return try Onnx_ModelProto(serializedBytes: data, options: options)
    } catch BinaryDecodingError.truncated {
      throw .unreadable(
        path: path, reason: "not an ONNX protobuf, or truncated: a field ends beyond byte \(count)")
    } catch BinaryDecodingError.invalidUTF8 {
      throw .unreadable(path: path, reason: "not an ONNX protobuf: a name is not UTF-8 text")
    } catch BinaryDecodingError.messageDepthLimit {
      throw .unreadable(path: path, reason: "messages are nested more than \(options.messageDepthLimit) deep")
    } catch {
      throw .unreadable(path: path, reason: "not an ONNX protobuf")
    }
  }

  /// The version of the standard operator set, after checking the versions.
  private static func operatorSet(of model: Onnx_ModelProto) throws(Fault) -> Int {
    func wrong(_ reason: String) -> Fault { .malformed(place: "", reason: reason) }
    guard model.irVersion <= newestFormat else {
      throw wrong("IR version \(model.irVersion) is newer than \(newestFormat)")
    }
    guard model.irVersion >= 1 else { throw wrong("IR version \(model.irVersion) does not exist, not an ONNX model") }
    let versions = Set(model.opsetImport.filter { $0.domain.isEmpty || $0.domain == "ai.onnx" }.map { Int($0.version) })
    guard let version = versions.first else { throw wrong("no standard operator set is imported") }
    guard versions.count == 1 else {
      throw wrong("operator sets \(versions.sorted().map(String.init).joined(separator: " and ")) are both imported")
    }
    guard version <= operatorSets.upperBound else {
      throw wrong("operator set \(version) is newer than \(operatorSets.upperBound)")
    }
    guard version >= operatorSets.lowerBound else {
      throw wrong("operator set \(version) is older than \(operatorSets.lowerBound)")
    }
    return version
  }
}
