import Foundation
import Networks
import SwiftProtobuf

/// Writes networks as ONNX files.
///
/// The file has one symbolic batch dimension `N` in front of the network's shapes and float32 weights. A network
/// whose coefficients are float32 numbers, as trained or imported ones are, is written exactly; any other
/// coefficient is rounded to the nearest float32, and the file then describes the rounded network.
public struct ONNXExporter: Sendable {
  /// What goes into the file's `metadata_props`, in the order of the keys.
  public var metadata: [String: String]
  /// Whether a leading extent of 1 in the network's shapes is the batch: true of networks whose file fixed the batch.
  public var dropsLeadingOne: Bool
  /// The version that the file names beside the producer, `worstcase`.
  public var producerVersion: String

  /// The version of the file format and of the standard operator set that are written.
  static let (format, operatorSet): (Int64, Int64) = (8, 17)

  /// An exporter that adds the given metadata to each file.
  public init(metadata: [String: String] = [:], producerVersion: String = "", dropsLeadingOne: Bool = false) {
    self.metadata = metadata
    self.dropsLeadingOne = dropsLeadingOne
    self.producerVersion = producerVersion
  }

  /// The contents of a file that describes the network.
  ///
  /// - Throws: ``ONNXError/unwritable(path:reason:)`` with an empty path if a coefficient is too large for float32.
  public func data(for network: Network) throws(ONNXError) -> Data {
    try data(for: network, path: "")
  }

  /// Writes a file: whole or not at all, by renaming a temporary one.
  ///
  /// - Throws: ``ONNXError/unwritable(path:reason:)``.
  public func write(_ network: Network, to path: String) throws(ONNXError) {
    let data = try data(for: network, path: path)
    do {
      try data.write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw .unwritable(path: path, reason: error.localizedDescription.trimmingCharacters(in: ["."]))
    }
  }

  private func data(for network: Network, path: String) throws(ONNXError) -> Data {
    var graph = GraphExport(network, dropsLeadingOne: dropsLeadingOne)
    do throws(ExportFault) {
      try graph.run()
    } catch {
      throw .unwritable(path: path, reason: "\(error.place): \(error.value) is beyond the range of float32")
    }
    var model = Onnx_ModelProto()
    model.irVersion = Self.format
    var operators = Onnx_OperatorSetIdProto()
    operators.domain = ""
    operators.version = Self.operatorSet
    model.opsetImport = [operators]
    model.producerName = "worstcase"
    model.producerVersion = producerVersion
    model.graph = graph.graph
    model.metadataProps = metadata.sorted { $0.key < $1.key }.map { key, value in
      var entry = Onnx_StringStringEntryProto()
      entry.key = key
      entry.value = value
      return entry
    }
    do {
      return try model.serializedData()
    } catch {
      throw .unwritable(path: path, reason: "the model is too large for one file")
    }
  }
}

/// A coefficient that float32 cannot hold.
struct ExportFault: Error {
  let place: String
  let value: Double
}
