import Files
import Foundation
import Networks
import ONNXFormat
import Synchronization
import TestSupport
import Testing

/// The verb that trains.
@Suite("Training", .serialized)
struct TrainTests {
  private let arguments = [
    "train", "--preset", "digits-cnn3", "--set", "epochs=3", "--set", "ramp-epochs=1", "--set", "batch-size=256",
    "--set",
    "widths=[2, 2]", "--set", "learning-rate-milestones=[]",
  ]

  @Test("a network is trained by settings, judged by held-out images, logged, and can be analysed")
  func trains() throws {
    let folder = try Scratch()
    let settings = ["--set", "method=taps", "--set", "validation=500", "--set", "latent-steps=4"]
    let result = try Tool.run(arguments + settings + ["--output", "net.onnx", "--log", "net.jsonl"], in: folder)
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.errors.contains("unstable"))
    let lines = try String(contentsOfFile: folder.path("net.jsonl"), encoding: .utf8).split(separator: "\n")
    #expect(lines.count == 3 && lines[2].contains("\"latentAccuracy\"") && lines[2].contains("\"latentLoss\""))
    let card = try String(contentsOfFile: folder.path("net.md"), encoding: .utf8)
    #expect(card.contains("500 of them held out") && card.contains("chosen by taps accuracy"))
    #expect(!FileManager.default.fileExists(atPath: folder.path("net.checkpoint")))
    let bounds = try Tool.run(["exact", "net.onnx", "--epsilon", "0.05", "--samples", "0..<3"], in: folder)
    #expect(bounds.status == 0, "\(bounds.errors)")
  }

  @Test("a killed run continues from its checkpoint to the same network, bit for bit")
  func killed() throws {
    let folder = try Scratch()
    let whole = try Tool.run(arguments + ["--output", "whole.onnx"], in: folder)
    #expect(whole.status == 0, "\(whole.errors)")
    let checkpoint = folder.path("killed.checkpoint")
    _ = try Tool.run(
      arguments + ["--output", "killed.onnx"], in: folder,
      interrupt: (after: { _ in FileManager.default.fileExists(atPath: checkpoint) }, signal: SIGKILL))
    #expect(!FileManager.default.fileExists(atPath: folder.path("killed.onnx")))
    let resumed = try Tool.run(arguments + ["--output", "killed.onnx"], in: folder)
    #expect(resumed.status == 0 && resumed.errors.contains("continuing after epoch"), "\(resumed.errors)")
    let networks = try ["whole.onnx", "killed.onnx"].map { try Data(contentsOf: URL(fileURLWithPath: folder.path($0))) }
    #expect(networks[0] == networks[1])
  }

  @Test("layers of the user's own are trained in parts of a batch; the figure is there whenever the run ends")
  func ownLayers() throws {
    let folder = try Scratch()
    try folder.write(
      Data(
        """
        preset: digits-cnn3
        architecture:
          - conv: {channels: 2, kernel: 5, stride: 2, padding: 2}
          - relu
          - conv: {channels: 2, kernel: 4, stride: 2, padding: 1}
          - relu
          - flatten
          - output
        epochs: 3
        ramp-epochs: 1
        learning-rate-milestones: []
        batch-size: 256

        """.utf8), to: "own.yaml")
    let own = try Tool.run(
      ["train", "own.yaml", "--output", "own.onnx", "--figure", "own.svg", "--set", "validation=500"], in: folder)
    #expect(own.status == 0 && own.output.contains("figure   own.svg"), "\(own.errors)")
    let figure = try String(contentsOfFile: folder.path("own.svg"), encoding: .utf8)
    for words in ["accuracy (%)", "IBP", "mean loss (nats)", "ReLUs (%)", "radius ε", "kept: epoch", "own.onnx"] {
      #expect(figure.contains(words), "\(words)")
    }
    let card = try String(contentsOfFile: folder.path("own.md"), encoding: .utf8)
    #expect(
      card.contains("| conv 2 5×5 stride 2 padding 2, relu, conv 2 4×4") && card.contains(#"{"conv":{"channels":2"#))
    let named = try Tool.run(arguments + ["--output", "named.onnx", "--set", "validation=500"], in: folder)
    #expect(named.status == 0, "\(named.errors)")
    #expect(try outputs("own.onnx", in: folder) == outputs("named.onnx", in: folder))

    let parts = ["--set", "micro-batch=64", "--output", "parts.onnx", "--figure", "parts.svg"]
    let drawn = folder.path("parts.svg")
    _ = try Tool.run(
      arguments + parts, in: folder,
      interrupt: (after: { _ in FileManager.default.fileExists(atPath: drawn) }, signal: SIGINT))
    #expect(!FileManager.default.fileExists(atPath: folder.path("parts.onnx")))
    #expect(try String(contentsOfFile: folder.path("parts.svg"), encoding: .utf8).contains("radius ε"))
    let other = try Tool.run(arguments + ["--output", "parts.onnx"], in: folder)
    #expect(other.status == 2 && other.errors.contains("micro-batch 64, this run none"), "\(other.errors)")
  }

  /// What an exported network makes of an image.
  private func outputs(_ name: String, in folder: borrowing Scratch) throws -> [Double] {
    try ONNXModel(contentsOf: folder.path(name)).network.outputs((0..<28 * 28).map { Double($0 % 17) / 17 }, batch: 1)
  }

  @Test("without room for the checkpoint training goes on; without room for the network nothing is lost")
  func fullDisk() throws {
    let folder = try Scratch()
    let whole = try Tool.run(arguments + ["--output", "whole.onnx"], in: folder)
    #expect(whole.status == 0, "\(whole.errors)")
    let network = folder.contents()["whole.onnx"]

    // Three vectors of all numbers need 13 KiB, the network 8.
    let tight = try Tool.run(arguments + ["--output", "net.onnx"], in: folder, room: 12)
    #expect(tight.status == 0, "\(tight.errors)")
    #expect(
      tight.errors.contains("net.checkpoint: cannot be written") && tight.errors.contains("next epoch tries again"))
    #expect(folder.contents()["net.onnx"] == network)

    let checkpoint = folder.path("net.checkpoint")
    let log = ["--output", "net.onnx", "--log", "net.jsonl"]
    _ = try Tool.run(
      arguments + log, in: folder,
      interrupt: (after: { _ in FileManager.default.fileExists(atPath: checkpoint) }, signal: SIGKILL))
    let before = files(in: folder)
    #expect(before["net.checkpoint"] != nil)
    let full = try Tool.run(arguments + log, in: folder, room: 0)
    #expect(full.status == 2, "\(full.errors)")
    #expect(full.errorLines.count { $0.contains("net.jsonl: cannot be written") } == 1, "\(full.errors)")
    let last = try #require(full.errorLines.last)
    #expect(last.hasPrefix("worstcase: ") && last.contains("net.checkpoint has the state after epoch"), "\(last)")
    #expect(files(in: folder) == before)

    let resumed = try Tool.run(arguments + log, in: folder)
    #expect(resumed.status == 0 && resumed.errors.contains("continuing after epoch"), "\(resumed.errors)")
    #expect(folder.contents()["net.onnx"] == network && folder.contents()["net.checkpoint"] == nil)
  }

  /// All files but the locks and the reserved room that a killed run leaves.
  private func files(in folder: borrowing Scratch) -> [String: Data] {
    folder.contents().filter { !$0.key.hasSuffix(".lock") && !$0.key.hasSuffix(".part") }
  }

  @Test("a second run in the same places is refused while the first lives; a killed one is no hindrance")
  func oneRunAtATime() throws {
    let folder = try Scratch()
    // Long enough for a second run to come and go.
    let run = arguments.map { $0 == "epochs=3" ? "epochs=20" : $0 } + ["--output", "net.onnx", "--log", "net.jsonl"]
    let (checkpoint, url) = (folder.path("net.checkpoint"), folder.url)
    let second = Mutex<(status: Int32, errors: String)?>(nil)
    _ = try Tool.run(
      run, in: folder,
      interrupt: (
        after: { _ in
          guard FileManager.default.fileExists(atPath: checkpoint) else { return false }
          let (process, errors) = (Process(), Pipe())
          process.executableURL = Tool.location
          process.arguments = run
          process.currentDirectoryURL = url
          process.standardError = errors
          guard (try? process.run()) != nil else { return true }
          let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
          process.waitUntilExit()
          second.withLock { $0 = (process.terminationStatus, text) }
          return true
        }, signal: SIGKILL
      ))
    let refused = try #require(second.withLock { $0 })
    #expect(refused.status == 2 && refused.errors.hasPrefix("worstcase: net.onnx is being written by process "))
    #expect(refused.errors.contains("name another file") && refused.errors.split(separator: "\n").count == 1)
    #expect(FileManager.default.fileExists(atPath: checkpoint + ".lock"))
    let resumed = try Tool.run(run, in: folder)
    #expect(resumed.status == 0 && resumed.errors.contains("continuing after epoch"), "\(resumed.errors)")
    #expect(folder.contents().keys.sorted() == ["net.jsonl", "net.md", "net.onnx"])

    // Each place is its own: another network with the same checkpoint or the same log is kept apart, too.
    for name in ["other.checkpoint", "other.jsonl"] {
      let lock = try FileLock(for: folder.path(name))
      try expectRefusal(
        arguments + ["--output", "other.onnx", "--log", "other.jsonl"], naming: name, "process \(getpid())", in: folder)
      withExtendedLifetime(lock) {}
    }
  }

  @Test("what could not be written at the end is written from the checkpoint, without training again")
  func endIsRepeated() throws {
    let folder = try Scratch()
    let whole = try Tool.run(arguments + ["--output", "whole.onnx"], in: folder)
    #expect(whole.status == 0, "\(whole.errors)")
    let network = folder.contents()["whole.onnx"]

    // The card has no place: so the network gets none, either.
    let blocked = folder.path("net.md.part/kept")
    try FileManager.default.createDirectory(atPath: blocked, withIntermediateDirectories: true)
    let noCard = try Tool.run(arguments + ["--output", "net.onnx"], in: folder)
    #expect(noCard.status == 2 && noCard.output.isEmpty)
    #expect(
      noCard.errorLines.last == """
        worstcase: net.md: cannot be written: Is a directory; what was trained is in net.checkpoint: the same command \
        writes the network from it
        """, "\(noCard.errors)")
    #expect(FileManager.default.fileExists(atPath: blocked))
    #expect(folder.contents()["net.onnx"] == nil && folder.contents()["net.checkpoint"] != nil)
    try FileManager.default.removeItem(atPath: folder.path("net.md.part"))
    try expectExport(arguments + ["--output", "net.onnx"], of: whole, in: folder)
    #expect(folder.contents()["net.onnx"] == network && folder.contents()["net.checkpoint"] == nil)

    // The folder of log and figure goes after the first epoch.
    let logs = folder.path("logs")
    try FileManager.default.createDirectory(atPath: logs, withIntermediateDirectories: true)
    let log = arguments + ["--output", "net.onnx", "--log", "logs/net.jsonl", "--figure", "logs/net.svg"]
    let checkpoint = folder.path("net.checkpoint")
    let noLog = try Tool.run(
      log, in: folder,
      interrupt: (
        after: { _ in
          guard FileManager.default.fileExists(atPath: checkpoint) else { return false }
          try? FileManager.default.removeItem(atPath: logs)
          return true
        }, signal: SIGCONT
      ))
    #expect(noLog.status == 2 && noLog.output.contains("network  net.onnx"), "\(noLog.errors)")
    for part in ["logs/net.jsonl: cannot be written: No such file", "logs/net.svg: not drawn"] {
      #expect(noLog.errorLines.count { $0.contains(part) } == 2, "\(noLog.errors)")
      #expect(noLog.errorLines.last?.contains(part) == true, "\(noLog.errors)")
    }
    #expect(noLog.errorLines.last?.hasSuffix("in net.checkpoint: the same command writes what is missing") == true)
    try FileManager.default.createDirectory(atPath: logs, withIntermediateDirectories: true)
    try expectExport(log, of: whole, in: folder)
    let epochs = try String(contentsOfFile: folder.path("logs/net.jsonl"), encoding: .utf8).split(separator: "\n")
    #expect(epochs.count == 3)
    #expect(folder.contents()["net.onnx"] == network && folder.contents()["net.checkpoint"] == nil)
    #expect(folder.contents()["logs/net.svg"] != nil)
  }

  /// The command ends well and shows no epoch that it trained, where another run showed three.
  private func expectExport(_ arguments: [String], of whole: Tool.Ending, in folder: borrowing Scratch) throws {
    let ending = try Tool.run(arguments, in: folder)
    #expect(ending.status == 0 && ending.errors.contains("continuing after epoch 3"), "\(ending.errors)")
    #expect(ending.errorLines.count == whole.errorLines.count - 3, "\(ending.errors)")
  }

  @Test("more memory than the machine has is refused before it is taken")
  func memory() throws {
    let folder = try Scratch()
    // Each 32 images of a batch have gradients of their own with respect to all weights: terabytes.
    guard ProcessInfo.processInfo.physicalMemory < 500_000_000_000 else { return }
    try expectRefusal(
      [
        "train", "--preset", "digits-cnn3", "--set", "architecture=fully-connected", "--set", "widths=[150000]",
        "--set", "batch-size=65536", "--output", "net.onnx",
      ], naming: "training would take about", "20000 images", "119250010 weights", "micro-batch", in: folder)
  }

  @Test("bad settings are refused before any work")
  func refusals() throws {
    let folder = try Scratch()
    let output = ["--output", "net.onnx"]
    try expectRefusal(arguments + ["--set", "epoks=3"] + output, naming: "epoks", "epochs", in: folder)
    try expectRefusal(
      arguments + ["--set", "method=taps", "--set", "classifier-relus=7"] + output, naming: "2 ReLU layers", in: folder)
    try expectRefusal(arguments + ["--set", "validation=20000"] + output, naming: "held out", in: folder)
    try expectRefusal(arguments + output + ["--log", "nowhere/net.jsonl"], naming: "--log", in: folder)
    try expectRefusal(arguments + output + ["--figure", "net.png"], naming: "--figure", ".svg", in: folder)
    try expectRefusal(arguments + output + ["--log", ""], naming: "--log", in: folder)
    try Data("# Mine".utf8).write(to: folder.url.appendingPathComponent("net.md"))
    try expectRefusal(arguments + output, naming: "net.md", "no card", in: folder)
    try FileManager.default.removeItem(at: folder.url.appendingPathComponent("net.md"))
    try Data("preset: digits-cnn3".utf8).write(to: folder.url.appendingPathComponent("own.yaml"))
    try expectRefusal(["train", "own.yaml", "--log", "own.yaml"] + output, naming: "own.yaml", in: folder)
    try expectRefusal(arguments + output + ["--set", "micro-batch=257"], naming: "micro-batch", in: folder)
    try expectRefusal(
      ["train", "--preset", "digits-cnn3", "--set", "architecture=[{dens: 3}, output]"] + output,
      naming: "layer 1", "dense", in: folder)
  }

  @Test("presets are listed")
  func presets() throws {
    let folder = try Scratch()
    let result = try Tool.run(["train", "--list-presets"], in: folder)
    #expect(result.status == 0 && result.output.contains("mnist-cnn3-taps-0.1\n"))
  }
}
