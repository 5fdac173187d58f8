import Datasets
import Foundation

/// Something worth telling whoever waits for a data set.
public enum FetchEvent: Sendable {
  /// A file is there already, with the published contents.
  case present(file: String)
  /// A transfer starts, from the beginning or where an earlier one broke off.
  case started(address: String)
  /// So many bytes of a file are there.
  case received(file: String, bytes: Int, of: Int?)
  /// A server did not deliver; the next one is asked.
  case failed(address: String, reason: TransferError)
  /// A file is complete, checked, and under its name.
  case stored(file: String)
}

/// Brings a published data set into a folder.
///
/// A file appears under its name only when it is complete and has the published contents. Until then its bytes are in a
/// file with `.part` behind the name, from which the next attempt goes on.
public struct DatasetFetch: Sendable {
  private let dataset: RemoteDataset
  private let folder: URL
  private let mirrors: [URL]
  private let observe: @Sendable (FetchEvent) -> Void

  /// A fetch of a data set.
  ///
  /// - Parameters:
  ///   - folder: where the files go; made if it is not there.
  ///   - mirror: the only server to ask, instead of those that are known to have the data set.
  ///   - observe: called for each event, on any thread.
  /// - Throws: ``DownloadError/notAnAddress(_:)``.
  public init(
    _ dataset: RemoteDataset, to folder: URL, mirror: String? = nil,
    observe: @escaping @Sendable (FetchEvent) -> Void
  ) throws(DownloadError) {
    self.dataset = dataset
    self.folder = folder
    self.observe = observe
    var mirrors: [URL] = []
    for text in mirror.map({ [$0] }) ?? dataset.mirrors {
      guard let address = URL(string: text), ["http", "https"].contains(address.scheme?.lowercased() ?? ""),
        address.host?.isEmpty == false
      else { throw .notAnAddress(text) }
      mirrors.append(address)
    }
    self.mirrors = mirrors
  }

  /// Fetches what is not there yet.
  ///
  /// - Throws: ``DownloadError``; files that were complete before it stay.
  public func run() throws(DownloadError) {
    switch dataset.packaging {
    case .compressedFiles:
      let missing = try missing(in: folder)
      try make(folder)
      for file in missing {
        let place = folder.appendingPathComponent(file.name + ".gz")
        try fetch(file.name + ".gz", to: part(place), limit: file.size + (1 << 16)) { path throws(TransferError) in
          try check(path, file)
        }
        try move(part(place), to: place)
      }
    case .archive(let name, let size, let sha256, let inner):
      let target = folder.appendingPathComponent(inner)
      guard try !missing(in: target).isEmpty else { return }
      try make(folder)
      let archive = part(folder.appendingPathComponent(name))
      try fetch(name, to: archive, limit: size) { path throws(TransferError) in
        try check(path, size: size, sha256: sha256)
        // Only now is there something to go into it.
        do throws(DownloadError) { try make(target) } catch {
          throw .disk(file: target.path, reason: error.description)
        }
        let names = dataset.files.map { ("\(inner)/\($0.name)", $0.size) }
        do throws(TransferError) {
          try TarArchive.extract(path, Dictionary(uniqueKeysWithValues: names)) {
            part(folder.appendingPathComponent($0)).path
          }
        } catch {
          // Removes nothing but an empty folder.
          rmdir(target.path)
          throw error
        }
      }
      for file in dataset.files {
        let place = target.appendingPathComponent(file.name)
        try move(part(place), to: place)
      }
      try? FileManager.default.removeItem(at: archive)
    }
  }

  /// The files that are not there; those that are must have the published contents.
  private func missing(in folder: URL) throws(DownloadError) -> [KnownFile] {
    var missing: [KnownFile] = []
    for file in dataset.files {
      guard let place = file.present(in: folder) else {
        missing.append(file)
        continue
      }
      // A file that does not decompress is not the published one either.
      guard (try? file.matches(place)) == true else { throw .otherContents(file: place.path) }
      observe(.present(file: place.path))
    }
    return missing
  }

  /// Fetches one file from the first server that has it.
  ///
  /// - Parameter check: refuses a file that is not the published one.
  private func fetch(
    _ name: String, to place: URL, limit: Int, check: (String) throws(TransferError) -> Void
  ) throws(DownloadError) {
    var attempts: [DownloadError.Attempt] = []
    for mirror in mirrors {
      let address = mirror.appendingPathComponent(name)
      do throws(TransferError) {
        if try attempt(address, name, place, limit, check) { return }
        // What an earlier run had left was of another server, or damaged: once more, from the start.
        _ = try attempt(address, name, place, limit, check)
        return
      } catch {
        if case .disk(let file, let reason) = error { throw .unwritable(file: file, reason: reason) }
        removeIfEmpty(place)
        attempts.append(DownloadError.Attempt(address: address.absoluteString, reason: error))
        observe(.failed(address: address.absoluteString, reason: error))
      }
    }
    throw .failed(file: name, attempts: attempts)
  }

  /// Asks one server for a file once.
  ///
  /// - Returns: false where the file was continued and turned out to be useless, so that a fresh start may help.
  private func attempt(
    _ address: URL, _ name: String, _ place: URL, _ limit: Int, _ check: (String) throws(TransferError) -> Void
  ) throws(TransferError) -> Bool {
    observe(.started(address: address.absoluteString))
    let hadStart = FileManager.default.fileExists(atPath: place.path)
    do throws(TransferError) {
      try Transfer.fetch(address, to: place.path, limit: limit) { [observe] received, expected in
        observe(.received(file: name, bytes: received, of: expected))
      }
      try check(place.path)
      return true
    } catch {
      switch error {
      case .truncated, .connection, .redirect, .disk: throw error
      case .status(let status) where status != 416: throw error
      case .status, .tooLarge, .wrongContents:
        try? FileManager.default.removeItem(at: place)
        if hadStart { return false }
        throw error
      }
    }
  }

  /// Refuses a file whose contents, decompressed, are not the published ones.
  private func check(_ path: String, _ file: KnownFile) throws(TransferError) {
    let isRight: Bool
    do throws(DatasetError) {
      isRight = try file.matches(URL(fileURLWithPath: path))
    } catch {
      throw .wrongContents(reason: "it does not decompress")
    }
    guard isRight else { throw .wrongContents(reason: "its checksum is another") }
  }

  /// Refuses a file that has other bytes than published.
  private func check(_ path: String, size: Int, sha256: String) throws(TransferError) {
    let url = URL(fileURLWithPath: path)
    let digest: String
    do throws(DatasetError) {
      digest = try Digest.sha256(ofFiles: [url]).sha256
    } catch {
      throw .disk(file: path, reason: error.description)
    }
    guard digest == sha256 else { throw .wrongContents(reason: "its checksum is another") }
  }

  private func part(_ file: URL) -> URL { file.appendingPathExtension("part") }

  /// A file of no bytes is nothing to go on from.
  private func removeIfEmpty(_ file: URL) {
    let size = try? FileManager.default.attributesOfItem(atPath: file.path)[.size] as? Int
    if size == 0 { try? FileManager.default.removeItem(at: file) }
  }

  private func make(_ folder: URL) throws(DownloadError) {
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw .unwritable(file: folder.path, reason: error.localizedDescription)
    }
  }

  /// Gives a file its name in one step.
  private func move(_ file: URL, to place: URL) throws(DownloadError) {
    guard rename(file.path, place.path) == 0 else {
      throw .unwritable(file: place.path, reason: String(cString: strerror(errno)))
    }
    observe(.stored(file: place.path))
  }
}
