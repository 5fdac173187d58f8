import Foundation
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

  @Test("bad settings are refused before any work")
  func refusals() throws {
    let folder = try Scratch()
    let output = ["--output", "net.onnx"]
    try expectRefusal(arguments + ["--set", "epoks=3"] + output, naming: "epoks", "epochs", in: folder)
    try expectRefusal(
      arguments + ["--set", "method=taps", "--set", "classifier-relus=7"] + output, naming: "2 ReLU layers", in: folder)
    try expectRefusal(arguments + ["--set", "validation=20000"] + output, naming: "held out", in: folder)
    try expectRefusal(arguments + output + ["--log", "nowhere/net.jsonl"], naming: "--log", in: folder)
  }

  @Test("presets are listed")
  func presets() throws {
    let folder = try Scratch()
    let result = try Tool.run(["train", "--list-presets"], in: folder)
    #expect(result.status == 0 && result.output.contains("mnist-cnn3-taps-0.1\n"))
  }
}
