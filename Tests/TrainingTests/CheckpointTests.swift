import Foundation
import Testing

@testable import Training

@Suite struct CheckpointTests {
  private func temporary() -> URL {
    FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).checkpoint")
  }

  @Test("what is written is read, and nothing but the same run's")
  func roundTrip() throws {
    let file = temporary()
    defer {
      Checkpoint.release(file)
      try? FileManager.default.removeItem(at: file)
    }
    let set = try bars(count: 60, stream: "training")
    let trainer = try Trainer(configuration: barsConfiguration(), training: set)
    var state = trainer.initialState()
    state.finishedEpochs = 4
    state.finishedSteps = 8
    for i in state.firstMoments.indices {
      state.firstMoments[i] = Float(i) * 1e-30
      state.secondMoments[i] = 1 / Float(i + 1)
    }
    let evaluation = TrainingEvaluation(
      naturalLoss: 0.1, naturalAccuracy: 1 / 3, robustLoss: .infinity, verifiedAccuracy: 0, unstableFraction: 1,
      deadFraction: 0)
    state.history = [
      EpochSummary(
        epoch: 1, epsilon: 0.1, learningRate: 5e-4, naturalLoss: nil, robustLoss: 2, regulariser: 0.1,
        gradientNorm: 3, evaluation: evaluation, trainingSeconds: 1, evaluationSeconds: 0.1)
    ]
    try Checkpoint.write(state, of: trainer, to: file)
    #expect(try Checkpoint.read(file, for: trainer) == state)

    var configuration = barsConfiguration()
    configuration.epochs = 60
    configuration.threads = 2
    #expect(try Checkpoint.read(file, for: Trainer(configuration: configuration, training: set)) == state)
    configuration.epochs = 3
    let tooShort = try Trainer(configuration: configuration, training: set)
    #expect(throws: TrainingError.otherRun(what: "finished epochs", checkpoint: "4", run: "3")) {
      try Checkpoint.read(file, for: tooShort)
    }
    configuration.epochs = 60
    configuration.learningRate = 0.1
    let other = try Trainer(configuration: configuration, training: set)
    #expect(throws: TrainingError.otherRun(what: "learning-rate", checkpoint: "0.005", run: "0.1")) {
      try Checkpoint.read(file, for: other)
    }
    let otherImages = try Trainer(configuration: barsConfiguration(), training: bars(count: 60, stream: "others"))
    #expect(throws: TrainingError.self) { try Checkpoint.read(file, for: otherImages) }
  }

  @Test("an epoch that is told of is stored: whoever sees it may end the process")
  func toldIsStored() throws {
    let file = temporary()
    defer { try? FileManager.default.removeItem(at: file) }
    let trainer = try Trainer(configuration: barsConfiguration(), training: bars(count: 60, stream: "training"))
    var stored: [Int?] = []
    func watch(_ event: TrainingEvent) {
      guard case .epoch = event else { return }
      stored.append(try? Checkpoint.read(file, for: trainer).finishedEpochs)
    }
    _ = try trainer.train(checkpoint: file, onEvent: watch)
    #expect(stored == Array(1...trainer.configuration.epochs))
  }

  @Test("a damaged or shortened file is refused, wherever the damage is")
  func damage() throws {
    let file = temporary()
    defer {
      Checkpoint.release(file)
      try? FileManager.default.removeItem(at: file)
    }
    let trainer = try Trainer(configuration: barsConfiguration(), training: bars(count: 60, stream: "training"))
    try Checkpoint.write(trainer.initialState(), of: trainer, to: file)
    let good = try Data(contentsOf: file)
    for position in stride(from: 0, to: good.count, by: 97) {
      var bad = good
      bad[position] ^= 0x10
      try bad.write(to: file)
      #expect(throws: TrainingError.self) { try Checkpoint.read(file, for: trainer) }
    }
    for length in [0, 5, 32, 40, 200, good.count - 1] {
      try good.prefix(length).write(to: file)
      #expect(throws: TrainingError.self) { try Checkpoint.read(file, for: trainer) }
    }
  }
}
