import Foundation

/// The kinds of data sets that lie in files.
public enum DatasetFolder: String, Sendable, CaseIterable {
  case mnist
  case cifar10
  case npy
  case png

  /// Reads one split.
  ///
  /// - Parameter validRange: what images of numbers keep to; nil for the usual 0...1, and for images of bytes.
  /// - Throws: ``DatasetError``.
  public func load(
    _ path: URL, split: DatasetSplit, validRange: ClosedRange<Double>? = nil
  ) throws(DatasetError) -> LabelledImages {
    if self != .npy, validRange != nil { throw .rangeOfBytes(file: path.path) }
    return switch self {
    case .mnist: try MNIST.load(directory: path, split: split)
    case .cifar10: try CIFAR10.load(directory: path, split: split)
    case .npy: try NumpyImages.load(path, split: split, validRange: validRange)
    case .png: try PNGFolder.load(path, split: split)
    }
  }

  /// What kinds of data sets are at a path, by the names of the files there, whatever is wrong with these.
  ///
  /// Pictures count where there is no other kind: they may stand beside the files of one.
  public static func detect(_ path: URL) -> [DatasetFolder] {
    guard DataFile.isFolder(path) else { return path.pathExtension == "npz" ? [.npy] : [] }
    func has(_ names: [String], in folder: URL) -> Bool { names.contains { DataFile.present($0, in: folder) != nil } }
    var found: [DatasetFolder] = []
    if has(KnownFiles.mnist.map(\.name), in: path) { found.append(.mnist) }
    if has(KnownFiles.cifar10.map(\.name), in: CIFAR10.folder(path)) { found.append(.cifar10) }
    let arrays = DatasetSplit.allCases.flatMap { NumpyImages.names($0).flatMap { [$0.images, $0.labels] } }
    if has(arrays.map { "\($0).npy" }, in: path) { found.append(.npy) }
    return found.isEmpty && PNGFolder.isMeant(path) ? [.png] : found
  }

  /// What a folder of the kind should hold, for messages.
  public var wanted: String {
    switch self {
    case .mnist: MNIST.wanted
    case .cifar10: CIFAR10.wanted
    case .npy: "images.npy and labels.npy, or the same for each split, in a folder or a .npz file"
    case .png: PNGFolder.wanted
    }
  }
}
