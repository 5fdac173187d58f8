import Foundation
import Networks
import ONNXFormat
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
    let checkpoint = folder.path("parts.checkpoint")
    _ = try Tool.run(
      arguments + parts, in: folder,
      interrupt: (after: { _ in FileManager.default.fileExists(atPath: checkpoint) }, signal: SIGINT))
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
    let before = folder.contents()
    #expect(before["net.checkpoint"] != nil)
    let full = try Tool.run(arguments + log, in: folder, room: 0)
    #expect(full.status == 2, "\(full.errors)")
    #expect(full.errorLines.count { $0.contains("net.jsonl: cannot be written") } == 1, "\(full.errors)")
    let last = try #require(full.errorLines.last)
    #expect(last.hasPrefix("worstcase: ") && last.contains("net.checkpoint has the state after epoch"), "\(last)")
    #expect(folder.contents() == before)

    let resumed = try Tool.run(arguments + log, in: folder)
    #expect(resumed.status == 0 && resumed.errors.contains("continuing after epoch"), "\(resumed.errors)")
    #expect(folder.contents()["net.onnx"] == network && folder.contents()["net.checkpoint"] == nil)
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
