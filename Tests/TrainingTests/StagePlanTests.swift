import Foundation
import Tensors
import Testing

@testable import Training

/// COLT's stages: when they begin, what they freeze, and which are refused.
@Suite struct StagePlanTests {
  private func configuration() -> TrainingConfiguration {
    var configuration = barsConfiguration()
    configuration.method = .colt
    configuration.architecture = .cnn4
    configuration.widths = [3, 4, 6]
    configuration.epochs = 7
    configuration.rampEpochs = 1
    configuration.naturalWeightStart = 0
    configuration.naturalWeight = 0
    configuration.attackSteps = 4
    configuration.stageEpochs = 2
    configuration.mixingEpochs = 1
    configuration.l1 = 1e-5
    configuration.epsilon = 0.05
    return configuration
  }

  private func bits(_ numbers: [Float]) -> [UInt32] { numbers.map(\.bitPattern) }

  @Test("stages begin one after the other, the last one lasts, and each takes over step by step")
  func plan() {
    let plan = StagePlan(count: 3, epochs: 4, mixingEpochs: 2)
    #expect((0..<15).map { plan.stage(ofEpoch: $0) } == [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2])
    #expect((0..<15).filter { plan.isLast(epoch: $0) } == Array(8..<15))
    let shares = (0..<60).map { plan.share(atStep: $0, stepsPerEpoch: 5) }
    #expect(shares[..<20].allSatisfy { $0 == 1 })
    for stage in [20, 40] {
      for step in 0..<10 { #expect(abs(shares[stage + step] - Double(step + 1) / 10) < 1e-12) }
      #expect(shares[(stage + 10)..<(stage + 20)].allSatisfy { $0 == 1 })
    }
    #expect(StagePlan(count: 2, epochs: 1, mixingEpochs: 0).share(atStep: 9, stepsPerEpoch: 5) == 1)
  }

  @Test("left out, there are as many stages as ReLU layers, equally long, three tenths of each mixed")
  func defaults() throws {
    var settings = configuration()
    (settings.stageEpochs, settings.mixingEpochs, settings.epochs) = (nil, nil, 32)
    #expect(settings.stagePlan == StagePlan(count: 3, epochs: 10, mixingEpochs: 3))
    settings.method = .pgd
    #expect(settings.stagePlan == nil)
    for name in TrainingConfiguration.presetNames {
      for method in ["colt", "ibp-r"] {
        // Standard training has no ramp, and its preset is shorter than the usual one.
        _ = try TrainingConfiguration.preset(name).setting(["method=\(method)", "ramp-epochs=4"])
      }
    }
    let file = try TrainingConfiguration(
      yaml: "preset: mnist-cnn3-pgd-0.1\nmethod: colt\nstages: 3\nstage-epochs: 20\nmixing-epochs: 5\n"
        + "stage-radius-factor: 1.1\nstability-weight: 0.02")
    #expect(file.stagePlan == StagePlan(count: 3, epochs: 20, mixingEpochs: 5))
    #expect(file.stageRadiusFactor == 1.1 && file.stabilityWeight == 0.02)
  }

  @Test(
    "stages that make no sense are refused, with the setting and the reason",
    arguments: [
      ("stages=5", "stages 5: must be at most 4"), ("stages=0", "stages 0: must lie in"),
      ("stage-epochs=0", "stage-epochs 0"),
      ("mixing-epochs=3", "mixing-epochs 3: must be at most the epochs of a stage, 2"),
      ("epochs=4", "epochs 4: must be more than 4, the epochs of the 2 stages before the last"),
      ("stage-radius-factor=0.5", "stage-radius-factor 0.5: must lie in 1...10"),
      ("stability-weight=-1", "stability-weight -1.0: must not be negative"),
      ("average-from=3", "average-from 3: must be at least 4, where the last stage begins"),
    ])
  func refused(setting: String, message: String) {
    let error = #expect(throws: ConfigurationError.self) { try configuration().setting([setting]) }
    #expect("\(error.map(\.description) ?? "")".hasPrefix(message))
  }

  @Test("settings that IBP-R and COLT do not read are named, and theirs where others do not")
  func unread() throws {
    func unread(_ method: String) throws -> [String] {
      try TrainingConfiguration().setting([
        "method=\(method)", "epochs=90", "regulariser=0", "attack-steps=5", "attack-radius=2", "stability-weight=1",
        "stages=2", "stage-epochs=40", "mixing-epochs=2", "stage-radius-factor=1.1",
      ]).unreadSettings.sorted()
    }
    let staged = ["mixing-epochs", "stage-epochs", "stage-radius-factor", "stages"]
    #expect(try unread("colt") == ["attack-radius", "regulariser"])
    #expect(try unread("ibp-r") == (staged + ["regulariser"]).sorted())
    #expect(try unread("pgd") == (staged + ["regulariser", "stability-weight"]).sorted())
  }

  @Test("radius and penalty follow the ramp and the stages")
  func objectives() throws {
    var settings = configuration()
    settings.stageRadiusFactor = 2
    let trainer = try Trainer(configuration: settings, training: bars(count: 100, stream: "training"))
    func objective(_ step: Int) -> BatchGradient.Objective { trainer.objective(atStep: step) }
    // Two steps an epoch: the ramp ends at step 2, stages begin at 4 and 8.
    #expect(objective(0).epsilon == 0 && objective(0).robust.combination == .penalised(latentShare: 1, penalty: 0))
    #expect(objective(2).epsilon == 0.2 && objective(4).epsilon == 0.1 && objective(13).epsilon == 0.05)
    #expect(objective(2).robust.combination == .penalised(latentShare: 1, penalty: 0.01))
    #expect(objective(4).robust.combination == .penalised(latentShare: 0.5, penalty: 0.005))
    #expect(objective(5).robust.zonotope?.previous == nil && objective(4).robust.zonotope?.previous == 1)
    #expect([2, 4, 8].map { objective($0).robust.trainedFrom } == [1, 3, 5])
    #expect(objective(4).robust.stability == 3..<5 && objective(9).robust.stability == nil)
  }

  @Test("frozen layers keep their bits through a stage, the others move", arguments: [false, true])
  func frozen(batchNorm: Bool) throws {
    var settings = configuration()
    settings.batchNorm = batchNorm
    settings.naturalWeight = 0.2
    let trainer = try Trainer(configuration: settings, training: bars(count: 120, stream: "training"))
    let run = TrainingRun(trainer, from: trainer.initialState())
    var before = run.parameters.values.values
    for epoch in 0..<settings.epochs {
      _ = try run.epoch(epoch, isCancelled: { false }, onEvent: { _ in })
      let after = run.parameters.values.values
      let stage = min(epoch / 2, 2)
      let affine = batchNorm ? [1, 4, 7] : [1, 3, 5]
      let frozen = trainer.stack.offsets[affine[stage]]
      #expect(bits(Array(before[..<frozen])) == bits(Array(after[..<frozen])))
      #expect(zip(before[frozen...], after[frozen...]).allSatisfy { $0 != $1 || $0 == 0 } || epoch > 0)
      #expect(before[frozen...] != after[frozen...])
      let state = run.state(finishedEpochs: epoch + 1)
      #expect(state.firstMoments[..<frozen].allSatisfy { $0 == 0 })
      before = after
    }
  }

  @Test(
    "any number of threads gives the same bits, and so does a run that was stopped anywhere, between stages too",
    arguments: [TrainingConfiguration.Method.colt, .ibpR])
  func resumes(method: TrainingConfiguration.Method) throws {
    let set = try bars(count: 120, stream: "training")
    var settings = configuration()
    settings.method = method
    settings.selection = .taps
    settings.validation = 1
    var results: [[UInt32]] = []
    for threads in [1, 3] {
      settings.threads = threads
      let trained = try Trainer(configuration: settings, training: set, validation: set).train()
      // No network of an earlier stage is kept.
      if method == .colt { #expect(try #require(trained.keptEpoch) > 4) }
      results.append(bits(trained.parameters))
    }
    #expect(results[0] == results[1])
    let trainer = try Trainer(configuration: settings, training: set, validation: set)
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).checkpoint")
    defer { try? FileManager.default.removeItem(at: file) }
    for stop in [5, 4, 8] {
      var batches = 0
      _ = try? trainer.train(
        checkpoint: file,
        isCancelled: {
          batches += 1
          return batches == stop
        })
    }
    #expect(bits(try trainer.train(checkpoint: file).parameters) == results[0])
  }

  @Test("where stages share out the epochs, a run cannot go on with another number of them")
  func otherEpochs() throws {
    let set = try bars(count: 60, stream: "training")
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).checkpoint")
    defer {
      Checkpoint.release(file)
      try? FileManager.default.removeItem(at: file)
    }
    func trainer(stageEpochs: Int?, epochs: Int) throws -> Trainer {
      var settings = configuration()
      (settings.stageEpochs, settings.mixingEpochs, settings.epochs) = (stageEpochs, nil, epochs)
      return try Trainer(configuration: settings, training: set)
    }
    let equal = try trainer(stageEpochs: nil, epochs: 6)
    try Checkpoint.write(equal.initialState(), of: equal, to: file)
    #expect(throws: TrainingError.otherRun(what: "epochs", checkpoint: "6", run: "9")) {
      try Checkpoint.read(file, for: trainer(stageEpochs: nil, epochs: 9))
    }
    let fixed = try trainer(stageEpochs: 2, epochs: 6)
    try Checkpoint.write(fixed.initialState(), of: fixed, to: file)
    #expect(throws: Never.self) { try Checkpoint.read(file, for: trainer(stageEpochs: 2, epochs: 9)) }
  }
}
