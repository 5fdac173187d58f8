import Foundation
import Tensors
import Testing

@testable import Training

@Suite struct TrainerTests {
  private func bits(_ network: TrainedNetwork) -> [UInt32] { network.parameters.map(\.bitPattern) }

  @Test("interval-bound training makes a network that is right, and provably so, on an easy problem")
  func learns() throws {
    let held = try bars(count: 300, stream: "held out")
    let trainer = try Trainer(
      configuration: barsConfiguration(), training: bars(count: 1000, stream: "training"), validation: held)
    let trained = try trainer.train()
    let evaluation = try #require(trained.history.last?.evaluation)
    #expect(evaluation.naturalAccuracy > 0.99)
    #expect(evaluation.verifiedAccuracy > 0.95)
    #expect(evaluation.verifiedAccuracy <= evaluation.naturalAccuracy)
    #expect(evaluation.robustLoss >= evaluation.naturalLoss)
    #expect(trained.history.map(\.epoch) == Array(1...6))
    #expect(trained.history.last?.epsilon == 0.1)
  }

  @Test("standard training learns too, without a robust loss")
  func standard() throws {
    var configuration = barsConfiguration()
    configuration.method = .standard
    configuration.architecture = .fullyConnected
    configuration.widths = [16]
    let trainer = try Trainer(
      configuration: configuration, training: bars(count: 500, stream: "training"),
      validation: bars(count: 200, stream: "held out"))
    let trained = try trainer.train()
    #expect(try #require(trained.history.last?.evaluation).naturalAccuracy > 0.99)
    #expect(trained.history.allSatisfy { $0.robustLoss == nil && $0.regulariser == nil })
  }

  @Test("the same seed gives the same network for any number of threads, another seed another")
  func determinism() throws {
    let set = try bars(count: 330, stream: "training")
    var configuration = barsConfiguration()
    configuration.epochs = 2
    configuration.rampEpochs = 1
    var results: [[UInt32]] = []
    for threads in [1, 2, 3] {
      configuration.threads = threads
      results.append(bits(try Trainer(configuration: configuration, training: set).train()))
    }
    #expect(results[0] == results[1])
    #expect(results[0] == results[2])
    configuration.seed = 2
    #expect(bits(try Trainer(configuration: configuration, training: set).train()) != results[0])
  }

  @Test("a run that was stopped continues from its checkpoint to the same bits")
  func resumes() throws {
    let set = try bars(count: 330, stream: "training")
    let trainer = try Trainer(configuration: barsConfiguration(), training: set, validation: set)
    let whole = try trainer.train()
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).checkpoint")
    defer { try? FileManager.default.removeItem(at: file) }
    var batches = 0
    // Seven batches an epoch: stopped in the fourth epoch.
    #expect(throws: TrainingError.cancelled(epoch: 4)) {
      try trainer.train(
        checkpoint: file,
        isCancelled: {
          batches += 1
          return batches == 25
        })
    }
    var finished: Int?
    let resumed = try trainer.train(
      checkpoint: file,
      onEvent: { if case .started(_, _, let history) = $0 { finished = history.count } })
    #expect(finished == 3)
    #expect(bits(resumed) == bits(whole))
    #expect(resumed.history.count == 6)
    // Once more, with nothing left to do.
    #expect(bits(try trainer.train(checkpoint: file)) == bits(whole))
  }

  @Test("a checkpoint that cannot be written is told of, and the next epoch tries again; training is the same")
  func fullDisk() throws {
    let set = try bars(count: 330, stream: "training")
    let trainer = try Trainer(configuration: barsConfiguration(), training: set)
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID())")
    let file = folder.appendingPathComponent("net.checkpoint")
    defer { try? FileManager.default.removeItem(at: folder) }
    var (failed, written): ([Int], [Int]) = ([], [])
    func watch(_ event: TrainingEvent) {
      switch event {
      case .checkpointFailed(.checkpoint(let path, _), let epoch):
        #expect(path == file.path)
        failed.append(epoch)
      case .checkpoint(_, let epoch):
        written.append(epoch)
        // From here on there is no place again, but the file of the fourth epoch.
        try? FileManager.default.removeItem(at: folder)
      case .epoch(let summary) where summary.epoch == 3:
        try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
      default: break
      }
    }
    let trained = try trainer.train(checkpoint: file, onEvent: watch)
    #expect(failed == [1, 2, 3, 5, 6] && written == [4])
    #expect(bits(trained) == bits(try trainer.train()))
  }

  @Test("the attack in the inner box can be limited to the first images; nothing else changes with it")
  func fewLatentAttacks() throws {
    let set = try bars(count: 200, stream: "evaluated")
    let first = try TrainingSet(
      name: "first", shape: set.shape, classCount: 4, pixels: Array(set.pixels[..<(64 * 64)]),
      labels: Array(set.labels[..<64]))
    let trainer = try Trainer(configuration: barsConfiguration(), training: set)
    let parameters = Parameters(trainer.initialState().parameters)
    func evaluate(_ set: TrainingSet, _ images: Int) -> TrainingEvaluation {
      trainer.evaluator.evaluate(set, parameters: parameters, statistics: [], epsilon: 0.02, latentImages: images)
    }
    var few = evaluate(set, 50)
    let whole = evaluate(set, .max)
    #expect(few.latentAccuracy == evaluate(first, .max).latentAccuracy)
    few.latentAccuracy = whole.latentAccuracy
    #expect(few == whole)
  }

  @Test("images that do not fit are refused")
  func unfit() throws {
    let set = try bars(count: 10, stream: "training")
    let flat = try TrainingSet(
      name: "flat", shape: Shape([64]), classCount: 4, pixels: set.pixels, labels: set.labels)
    #expect(throws: TrainingError.self) { try Trainer(configuration: barsConfiguration(), training: flat) }
    #expect(throws: TrainingError.self) {
      try Trainer(configuration: barsConfiguration(), training: set, validation: flat)
    }
    #expect(throws: TrainingError.self) {
      try TrainingSet(name: "labels", shape: Shape([64]), classCount: 2, pixels: set.pixels, labels: set.labels)
    }
    #expect(throws: TrainingError.self) {
      try TrainingSet(name: "short", shape: Shape([65]), classCount: 4, pixels: set.pixels, labels: set.labels)
    }
  }
}
