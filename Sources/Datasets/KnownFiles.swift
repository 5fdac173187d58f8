import Foundation

/// A file of a published data set: what it is called and what it holds.
public struct KnownFile: Hashable, Sendable {
  /// The name, without `.gz`.
  public let name: String
  /// How many bytes it has, decompressed.
  public let size: Int
  /// The SHA-256 of its contents, decompressed, so that it does not matter who compressed them.
  public let sha256: String

  /// A file with the given contents.
  public init(name: String, size: Int, sha256: String) {
    self.name = name
    self.size = size
    self.sha256 = sha256
  }

  /// Whether a file, plain or gzip, holds this.
  ///
  /// - Throws: ``DatasetError/file(_:)`` where it cannot be read or does not decompress.
  public func matches(_ file: URL) throws(DatasetError) -> Bool {
    do throws(DatasetError) {
      let found = try Digest.contents(ofFile: file, limit: size)
      return found.size == size && found.sha256 == sha256
    } catch {
      if case .file(.tooLarge) = error { return false }
      throw error
    }
  }

  /// The file in a folder, plain or with `.gz`, or nil where there is neither.
  public func present(in folder: URL) -> URL? { DataFile.present(name, in: folder) }
}

/// The files of the published data sets.
///
/// Other data sets come in files of the same names (Fashion-MNIST), so that unknown contents are no error.
public enum KnownFiles {
  /// MNIST's four files; the digests are those of the files as Y. LeCun published them, decompressed.
  public static let mnist = [
    KnownFile(
      name: "train-images-idx3-ubyte", size: 47_040_016,
      sha256: "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
    KnownFile(
      name: "train-labels-idx1-ubyte", size: 60_008,
      sha256: "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
    KnownFile(
      name: "t10k-images-idx3-ubyte", size: 7_840_016,
      sha256: "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
    KnownFile(
      name: "t10k-labels-idx1-ubyte", size: 10_008,
      sha256: "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
  ]

  /// CIFAR-10's six files in the binary version.
  public static let cifar10 = zip(
    CIFAR10.files(.train) + CIFAR10.files(.test),
    [
      "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5",
      "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed",
      "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67",
      "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48",
      "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add",
      "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b",
    ]
  ).map { KnownFile(name: $0, size: 10_000 * (1 + CIFAR10.shape.count), sha256: $1) }
}
