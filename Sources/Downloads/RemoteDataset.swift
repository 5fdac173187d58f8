import Datasets

/// A published data set: where it is, how it is packed, and what its files hold.
public struct RemoteDataset: Sendable {
  /// How a server holds the files.
  public enum Packaging: Sendable {
    /// Each by itself, as gzip, with `.gz` behind its name.
    case compressedFiles
    /// In one compressed tar archive, inside a folder of it.
    case archive(name: String, size: Int, sha256: String, folder: String)
  }

  /// What users call it.
  public let name: String
  /// The folders of the servers that have it, tried in this order.
  public let mirrors: [String]
  /// How the servers hold the files.
  public let packaging: Packaging
  /// The files, as they lie in a user's folder in the end.
  public let files: [KnownFile]

  /// The data set with the given files.
  public init(name: String, mirrors: [String], packaging: Packaging, files: [KnownFile]) {
    self.name = name
    self.mirrors = mirrors
    self.packaging = packaging
    self.files = files
  }

  /// The data sets that can be fetched by name.
  public static let all = [mnist, cifar10]

  /// The MNIST handwritten digits: 11.6 MB.
  public static let mnist = RemoteDataset(
    name: "mnist",
    mirrors: [
      "https://ossci-datasets.s3.amazonaws.com/mnist", "https://storage.googleapis.com/cvdf-datasets/mnist",
    ],
    packaging: .compressedFiles, files: KnownFiles.mnist)

  /// The CIFAR-10 colour images: 170 MB, unpacked 184 MB.
  public static let cifar10 = RemoteDataset(
    name: "cifar10", mirrors: ["https://www.cs.toronto.edu/~kriz", "https://cave.cs.toronto.edu/kriz"],
    packaging: .archive(
      name: "cifar-10-binary.tar.gz", size: 170_052_171,
      sha256: "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd", folder: CIFAR10.folderName),
    files: KnownFiles.cifar10)
}
