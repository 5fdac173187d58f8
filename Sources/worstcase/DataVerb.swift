import ArgumentParser
import Datasets
import Downloads
import Foundation
import Synchronization

struct DataVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "data",
    abstract: "Fetches published data sets, and checks what is in a folder.",
    discussion: """
      Examples:
        worstcase data fetch mnist --to data/mnist
        worstcase data check data/mnist
      """,
    subcommands: [DataFetch.self, DataCheck.self])
}

/// The data sets that `data fetch` knows.
private enum FetchableName: String, ExpressibleByArgument, CaseIterable {
  case mnist
  case cifar10

  var dataset: RemoteDataset {
    switch self {
    case .mnist: .mnist
    case .cifar10: .cifar10
    }
  }
}

struct DataFetch: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fetch",
    abstract: "Fetches mnist (12 MB) or cifar10 (170 MB) into a folder, and checks every byte.",
    discussion: """
      A file gets its name only when it is complete and its checksum is right. The same command goes on where an earlier
      one was interrupted; files that are there already are left alone.

      Examples:
        worstcase data fetch mnist --to data/mnist
        worstcase data fetch cifar10 --to data/cifar10 --mirror https://example.org/datasets
      """)

  @Argument(help: "The data set: mnist or cifar10.")
  private var name: FetchableName

  @Option(name: .customLong("to"), help: "The folder for the files; made if it is not there.")
  var folder: String

  @Option(help: "The address of a folder on another server that has the files under their usual names.")
  var mirror: String?

  func run() throws {
    try OutputPlace.requireFolder(folder, option: "--to")
    Interruption.remark("what was fetched is kept, and the same command continues from there")
    let watcher = FetchWatcher()
    try Failure.onBadInput {
      let place = URL(fileURLWithPath: folder)
      try DatasetFetch(name.dataset, to: place, mirror: mirror) { watcher.show($0) }.run()
    }
    Output.line("\(name.rawValue) is complete in \(folder): `--dataset \(name.rawValue) --data \(folder)`")
  }
}

/// Tells of a fetch on the standard error.
private final class FetchWatcher: Sendable {
  /// Smaller files are there before anybody looks.
  private static let smallest = 1_000_000
  private let current = Mutex<(file: String, percent: Int, progress: Progress)?>(nil)

  func show(_ event: FetchEvent) {
    switch event {
    case .started(let address): Output.note("fetching \(address)")
    case .received(let file, let bytes, let total?) where total >= Self.smallest:
      current.withLock { current in
        if current?.file != file {
          current = (file, -1, Progress(unit: "kB", done: bytes / 1000, total: total / 1000))
        }
        let percent = bytes * 100 / total
        guard let progress = current?.progress, current?.percent != percent else { return }
        current?.percent = percent
        progress.update(done: bytes / 1000)
      }
    case .received: break
    case .present(let file): Output.note("\(file) is there already")
    case .stored(let file): Output.note("\(file) is complete, its contents are the published ones")
    // The last failure's sentence names them all.
    case .failed: current.withLock { $0 = nil }
    }
  }
}

struct DataCheck: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "What a folder with a data set holds, and everything that is wrong with it.",
    discussion: """
      Reads all of both splits: files and their checksums, counts, shapes, how many images each class has, and the digest
      by which studies know the images.

      Examples:
        worstcase data check data/mnist
        worstcase data check images.npz --range -1...1 --json
      """)

  @Argument(help: "The folder, or a .npz file.")
  var path: String

  @Option(help: "The data set: mnist, cifar10, npy or png; without it, by the names of the files.")
  var dataset: DatasetName?

  @Option(parsing: .unconditional, help: "The valid range of images of float32 or float64; 0...1 by default.")
  var range: ValidRange?

  @Flag(help: "One JSON object instead of a table.")
  var json = false

  struct Description: Encodable {
    var dataset, path: String
    var files: [DatasetCheck.File]
    var splits: [DatasetCheck.Split]
    var absent, problems: [String]
  }

  func run() throws {
    let place = URL(fileURLWithPath: path)
    guard FileManager.default.fileExists(atPath: path) else {
      throw Failure(status: .badInput, message: "\(path) is not there")
    }
    if let dataset, dataset.folder == nil {
      throw Failure(
        status: .badInput, message: "--dataset \(dataset.rawValue) is made, not read: there is no folder to check")
    }
    let found = dataset?.folder.map { [$0] } ?? DatasetFolder.detect(place)
    guard found.count <= 1 else {
      let names = found.map(\.rawValue).joined(separator: " and of ")
      throw Failure(
        status: .badInput, message: "\(path) holds files of \(names): choose one with `--dataset \(found[0].rawValue)`")
    }
    guard let kind = found.first else {
      let wanted = DatasetFolder.allCases.map { "\($0.rawValue) needs \($0.wanted)" }.joined(separator: "; ")
      throw Failure(status: .badInput, message: "\(path) holds no data set by the names of its files: \(wanted)")
    }
    let check = DatasetCheck(place, kind: kind, validRange: range?.range)
    let problems = check.problems
    if json {
      try Output.json(
        Description(
          dataset: kind.rawValue, path: path, files: check.files, splits: check.splits,
          absent: check.absent.map(\.rawValue), problems: problems))
    } else {
      show(check)
    }
    guard let first = problems.first else { return }
    throw Failure(
      status: .badInput,
      message: problems.count == 1 ? first : "\(path): \(problems.count) things are wrong, listed above")
  }

  private func show(_ check: DatasetCheck) {
    Output.line("data set  \(check.kind.rawValue)")
    for file in check.files {
      let contents =
        file.isPublished ? "published contents" : "other contents than \(check.kind.rawValue)'s published ones"
      Output.line("file      \(file.name): \(contents), sha256 \(file.sha256.prefix(16))…")
    }
    for split in check.splits {
      let shape = split.shape.map(String.init).joined(separator: "x")
      Output.line(
        "\(split.name.padding(toLength: 8, withPad: " ", startingAt: 0))  \(split.count) images of \(shape), "
          + "values in \(split.range[0])...\(split.range[1]), digest \(split.digest.prefix(16))…")
      Output.line(
        "          by class: " + split.labels.enumerated().map { "\($0.offset): \($0.element)" }.joined(separator: ", ")
      )
    }
    for split in check.absent {
      Output.line("\(split.rawValue.padding(toLength: 8, withPad: " ", startingAt: 0))  not there")
    }
    if check.problems.count > 1 {
      for problem in check.problems { Output.line("wrong     \(problem)") }
    }
  }
}
