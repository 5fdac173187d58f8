import Foundation
import Gzip

/// What a folder with a data set holds, and everything that is wrong with it.
public struct DatasetCheck: Sendable {
  /// A file of a published data set that is there.
  public struct File: Hashable, Sendable, Encodable {
    /// The name, without `.gz`.
    public var name: String
    /// The SHA-256 of the contents, decompressed.
    public var sha256: String
    /// Whether these are the published contents; other data sets come in files of the same names.
    public var isPublished: Bool
  }

  /// A split that can be read.
  public struct Split: Hashable, Sendable, Encodable {
    /// What studies call it.
    public var name: String
    /// How many images it has.
    public var count: Int
    /// The extents of one image.
    public var shape: [Int]
    /// How many images each class has.
    public var labels: [Int]
    /// The two ends of the valid range.
    public var range: [Double]
    /// The SHA-256 by which studies know the split.
    public var digest: String
  }

  /// Which kind of data set was looked for.
  public let kind: DatasetFolder
  /// Files whose published contents are known.
  public private(set) var files: [File] = []
  /// The splits that can be read.
  public private(set) var splits: [Split] = []
  /// Splits of which nothing is there, which is no fault while the other one is.
  public private(set) var absent: [DatasetSplit] = []
  /// Everything wrong, a sentence each.
  public private(set) var problems: [String] = []

  /// The most problems that are listed.
  private static let mostProblems = 100

  /// Looks at all files of a data set.
  ///
  /// - Parameters:
  ///   - path: the folder, or the `.npz` file.
  ///   - validRange: what images of numbers keep to; nil for the usual 0...1, and for images of bytes.
  public init(_ path: URL, kind: DatasetFolder, validRange: ClosedRange<Double>? = nil) {
    self.kind = kind
    checkPublishedFiles(path)
    for split in DatasetSplit.allCases { check(split, path, validRange) }
    if absent.count == DatasetSplit.allCases.count {
      problems.append("\(path.path) has neither a train nor a test split: \(kind.rawValue) needs \(kind.wanted)")
    }
    if problems.count > Self.mostProblems {
      let more = problems.count - Self.mostProblems
      problems = problems.prefix(Self.mostProblems) + ["\(more) more of the kind"]
    }
  }

  private mutating func checkPublishedFiles(_ path: URL) {
    let known: (files: [KnownFile], folder: URL)
    switch kind {
    case .mnist: known = (KnownFiles.mnist, path)
    case .cifar10: known = (KnownFiles.cifar10, CIFAR10.folder(path))
    case .npy, .png: return
    }
    for file in known.files {
      guard let place = file.present(in: known.folder) else { continue }
      // Files that cannot be read are found wrong with their split.
      guard let found = try? Digest.contents(ofFile: place, limit: 1 << 32) else { continue }
      files.append(
        File(name: place.lastPathComponent, sha256: found.sha256, isPublished: found.sha256 == file.sha256))
    }
  }

  private mutating func check(_ split: DatasetSplit, _ path: URL, _ validRange: ClosedRange<Double>?) {
    if !isPresent(split, path) {
      absent.append(split)
      return
    }
    do throws(DatasetError) {
      let images = try kind.load(path, split: split, validRange: validRange)
      splits.append(
        Split(
          name: split.rawValue, count: images.count, shape: images.shape.extents, labels: images.labelCounts,
          range: [images.validRange.lowerBound, images.validRange.upperBound], digest: images.digest))
    } catch {
      // Reading stops at the first fault; looking at each file by itself finds the others.
      let each = faults(split, path)
      problems += (each.isEmpty ? [error] : each).map(\.description)
    }
  }

  /// Whether there is anything of a split.
  private func isPresent(_ split: DatasetSplit, _ path: URL) -> Bool {
    func has(_ names: [String], in folder: URL) -> Bool { names.contains { DataFile.present($0, in: folder) != nil } }
    switch kind {
    case .mnist: return has(MNIST.files(split), in: path)
    case .cifar10: return has(CIFAR10.files(split), in: CIFAR10.folder(path))
    case .npy:
      if DataFile.isFolder(path) { return has(Array(Self.arrays(split)), in: path) }
      // An archive that cannot be read, or has neither split, is reported by the one that is always looked for.
      guard let archive = try? ZipArchive(path.path) else { return split == .test }
      let present = Set(archive.entries.map(\.name))
      let all = DatasetSplit.allCases.map { Self.arrays($0) }
      return all.contains { !$0.isDisjoint(with: present) }
        ? !Self.arrays(split).isDisjoint(with: present) : split == .test
    case .png:
      guard let folder = try? PNGFolder.folder(path, split) else { return false }
      return folder != path || DataFile.hasContents(folder)
    }
  }

  /// The names of files, or of an archive's entries, that belong to a split.
  private static func arrays(_ split: DatasetSplit) -> Set<String> {
    Set(NumpyImages.names(split).flatMap { ["\($0.images).npy", "\($0.labels).npy"] })
  }

  /// What is wrong with each file of a split by itself.
  private func faults(_ split: DatasetSplit, _ path: URL) -> [DatasetError] {
    var faults: [DatasetError] = []
    func look(_ body: () throws(DatasetError) -> Void) {
      do throws(DatasetError) { try body() } catch { faults.append(error) }
    }
    switch kind {
    case .mnist:
      for (name, item) in zip(MNIST.files(split), [Array(MNIST.shape.extents.dropFirst()), []]) {
        look { () throws(DatasetError) in
          _ = try IDXReader(DataFile.locate(name, in: path, of: MNIST.wanted), item: item).elements()
        }
      }
    case .cifar10:
      for name in CIFAR10.files(split) {
        look { () throws(DatasetError) in _ = try CIFAR10.load([name], in: CIFAR10.folder(path), named: name) }
      }
    case .npy: break
    case .png:
      guard let items = try? PNGFolder.items(path, split).items else { break }
      let first = items.lazy.compactMap { try? PNGFolder.image($0, extents: nil) }.first
      let extents = first.map { [$0.channels, $0.height, $0.width] }
      for item in items { look { () throws(DatasetError) in _ = try PNGFolder.image(item, extents: extents) } }
    }
    return faults
  }
}
