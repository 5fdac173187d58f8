import Foundation
import Tensors
import Testing

@testable import Training

/// Whole training runs by each method.
@Suite struct MethodTests {
  private func configuration(_ method: TrainingConfiguration.Method) -> TrainingConfiguration {
    var configuration = barsConfiguration()
    configuration.method = method
    configuration.naturalWeightStart = 0
    configuration.naturalWeight = 0
    configuration.attackSteps = 4
    configuration.latentSteps = 5
    configuration.latentRestarts = 2
    configuration.boxShare = 0.3
    configuration.epsilon = 0.08
    configuration.l1 = 1e-5
    return configuration
  }

  private func bits(_ network: TrainedNetwork) -> [UInt32] { network.parameters.map(\.bitPattern) }

  @Test(
    "every method learns an easy problem, and robustly where it is meant to",
    arguments: TrainingConfiguration.Method.allCases)
  func learns(method: TrainingConfiguration.Method) throws {
    let held = try bars(count: 200, stream: "held out")
    let trainer = try Trainer(
      configuration: configuration(method), training: bars(count: 800, stream: "training"), validation: held)
    let trained = try trainer.train()
    let last = try #require(trained.history.last)
    let evaluation = try #require(last.evaluation)
    let (attacked, latent) = (try #require(evaluation.attackedAccuracy), try #require(evaluation.latentAccuracy))
    #expect(evaluation.naturalAccuracy > 0.97)
    #expect(attacked <= evaluation.naturalAccuracy && evaluation.verifiedAccuracy <= latent)
    #expect(latent <= attacked + 0.02)
    if method != .standard { #expect(attacked > 0.9) }
    // Each method's parts are recorded, and no others.
    let parts = [last.adversarialLoss, last.boxLoss, last.latentLoss].map { $0 != nil }
    let expected: [Bool] =
      switch method {
      case .standard: [false, false, false]
      case .pgd, .ibpR: [true, false, false]
      case .colt: [false, false, true]
      case .ibp, .crownIBP, .sabr: [false, true, false]
      case .taps, .staps: [false, true, true]
      case .mtlIBP, .expIBP: [true, true, false]
      case .ccIBP: [true, false, false]
      }
    #expect(parts == expected)
    #expect((last.stability != nil) == (method == .ibpR))
  }

  @Test("TAPS and STAPS begin as IBP and SABR, until the radius has grown")
  func ramp() throws {
    let set = try bars(count: 100, stream: "training")
    for (method, start) in [(TrainingConfiguration.Method.taps, TrainingConfiguration.Method.ibp), (.staps, .sabr)] {
      let (whole, first) = (
        try Trainer(configuration: configuration(method), training: set),
        try Trainer(configuration: configuration(start), training: set)
      )
      let end = whole.radiusSchedule.end
      #expect(whole.objective(atStep: end - 1).robust == first.objective(atStep: end - 1).robust)
      #expect(whole.objective(atStep: end).robust.latent != nil)
    }
  }

  @Test(
    "attacks do not depend on the number of threads, and a stopped run goes on to the same bits, average and choice included"
  )
  func resumes() throws {
    let set = try bars(count: 230, stream: "training")
    for method in [TrainingConfiguration.Method.staps, .mtlIBP] {
      var settings = configuration(method)
      settings.averageFrom = method == .mtlIBP ? 3 : nil
      settings.averageEvery = 2
      var results: [[UInt32]] = []
      for threads in [1, 3] {
        settings.threads = threads
        results.append(bits(try Trainer(configuration: settings, training: set, validation: set).train()))
      }
      #expect(results[0] == results[1])
      let trainer = try Trainer(configuration: settings, training: set, validation: set)
      let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).checkpoint")
      defer { try? FileManager.default.removeItem(at: file) }
      for stop in [7, 12, 9] {
        var batches = 0
        _ = try? trainer.train(
          checkpoint: file,
          isCancelled: {
            batches += 1
            return batches == stop
          })
      }
      let resumed = try trainer.train(checkpoint: file)
      #expect(bits(resumed) == results[0])
      #expect((resumed.keptEpoch == nil) == (method == .mtlIBP))
    }
  }

  @Test("the network kept is the one of the best epoch at the full radius, or the last one")
  func selection() throws {
    let set = try bars(count: 300, stream: "training")
    var settings = configuration(.taps)
    settings.selection = .taps
    settings.validation = 100
    let held = try bars(count: 100, stream: "held out")
    let trainer = try Trainer(configuration: settings, training: set, validation: held)
    let trained = try trainer.train()
    let scores = trained.history.map { ($0.epoch, $0.evaluation?.latentAccuracy ?? -1) }.filter { $0.0 >= 3 }
    let best = scores.max { $0.1 < $1.1 || ($0.1 == $1.1 && $0.0 < $1.0) }
    #expect(trained.keptEpoch == best?.0)
    let again = trainer.evaluate(trained.parameters, on: held, epsilon: settings.epsilon)
    #expect(again.latentAccuracy == best?.1)
    #expect(throws: TrainingError.self) { try Trainer(configuration: settings, training: set).train() }
  }

  @Test("a split beyond the network is refused, with how many ReLU layers there are")
  func split() throws {
    var settings = configuration(.taps)
    settings.classifierReLUs = 3
    let set = try bars(count: 20, stream: "training")
    let error = #expect(throws: TrainingError.self) { try Trainer(configuration: settings, training: set) }
    #expect("\(String(describing: error))".contains("2 ReLU layers"))
  }

  @Test("a run that could choose no epoch is refused: none at the full radius, or no place for the latent attack")
  func nothingToChoose() throws {
    let set = try bars(count: 20, stream: "training")
    var settings = configuration(.taps)
    settings.validation = 10
    settings.rampEpochs = settings.epochs
    #expect(throws: ConfigurationError.self) { try Trainer(configuration: settings, training: set, validation: set) }
    settings.selection = .last
    #expect(throws: Never.self) { try Trainer(configuration: settings, training: set, validation: set) }
    settings = configuration(.ibp)
    settings.validation = 10
    settings.architecture = .fullyConnected
    settings.widths = []
    #expect(throws: TrainingError.self) { try Trainer(configuration: settings, training: set, validation: set) }
    settings.gradientClip = .infinity
    #expect(throws: ConfigurationError.self) { try Trainer(configuration: settings, training: set, validation: set) }
  }

  @Test("batches that cannot be normalised or averaged, and vectors that were to be cut like images, are refused")
  func unusableSteps() throws {
    let set = try bars(count: 21, stream: "training")
    func refusal(_ change: (inout TrainingConfiguration) -> Void) -> String {
      var settings = configuration(.ibp)
      settings.batchSize = 20
      change(&settings)
      let error = #expect(throws: ConfigurationError.self) { try Trainer(configuration: settings, training: set) }
      return error.map { "\($0)" } ?? ""
    }
    #expect(refusal { $0.batchNorm = true }.contains("batch-size 20: of 21 images some are taken one at a time"))
    let small = refusal {
      $0.batchNorm = true
      $0.batchSize = 7
      $0.microBatch = 2
    }
    #expect(small.contains("micro-batch 2"))
    let growing = configuration(.ibp).naturalEpochs + configuration(.ibp).rampEpochs
    #expect(refusal { $0.averageFrom = max(0, growing - 1) }.contains("must be \(growing) at least"))
    let late = refusal {
      $0.averageFrom = growing
      $0.averageEvery = 1000
    }
    #expect(late.contains("average-every 1000: no weights are averaged in steps"))
    let chosen = refusal {
      $0.averageFrom = growing
      $0.selection = .natural
      $0.validation = 5
    }
    #expect(chosen.contains("no epoch chosen"))
  }

  @Test("settings that the method does not read are named, those of the default never")
  func unread() throws {
    for name in TrainingConfiguration.presetNames {
      #expect(try TrainingConfiguration.preset(name).unreadSettings.isEmpty, "\(name)")
    }
    let swept = try TrainingConfiguration.preset("mnist-cnn3-staps-0.3").setting(["method=ibp", "attack-steps=7"])
    #expect(swept.unreadSettings == ["lambda", "attack-steps"])
    let plain = try TrainingConfiguration().setting(["method=standard", "ramp-epochs=3"])
    #expect(plain.unreadSettings == ["ramp-epochs"])
  }

  @Test("the regulariser is of the box that the method propagates, also while the robust loss does not count")
  func regulariser() throws {
    let set = try bars(count: 40, stream: "training")
    func penalty(_ method: TrainingConfiguration.Method) throws -> (BatchGradient.Result, [Float]) {
      let trainer = try Trainer(configuration: configuration(method), training: set)
      // Large weights, so that boxes grow as the regulariser dislikes.
      let parameters = Parameters(trainer.initialState().parameters.map { 5 * $0 })
      let loss = try #require(trainer.finalLoss)
      let gradient = BatchGradient(stack: trainer.stack, batchSize: 40, workers: Workers(count: 1), loss: loss)
      let objective = BatchGradient.Objective(
        naturalWeight: 1, robustWeight: 0, regulariserWeight: 0.5, epsilon: 0.1, robust: loss)
      let result = gradient.evaluate(set, indices: Array(0..<40), parameters: parameters, objective: objective)
      return (result, gradient.total.values)
    }
    // An attack alone has no box; a small box is not the whole one.
    #expect(try penalty(.pgd).0.regulariser == 0)
    #expect(try penalty(.ibp).0.regulariser > 0)
    #expect(try penalty(.sabr).1 != penalty(.ibp).1)
  }

  @Test("held-out images are as many as asked for, no others are trained on, and the seed chooses them")
  func heldOut() throws {
    let set = try bars(count: 90, stream: "training")
    let (training, validation) = try set.holdingOut(20, seed: 1)
    #expect(training.count == 70 && validation?.count == 20)
    func images(_ set: TrainingSet) -> Set<[UInt8]> {
      Set((0..<set.count).map { Array(set.pixels[$0 * 64..<($0 + 1) * 64]) })
    }
    let held = try #require(validation)
    #expect(images(training).isDisjoint(with: images(held)))
    #expect(images(training).union(images(held)) == images(set))
    #expect(try set.holdingOut(20, seed: 1).validation == held && set.holdingOut(20, seed: 2).validation != held)
    #expect(try set.holdingOut(0, seed: 1).validation == nil)
    #expect(throws: TrainingError.self) { try set.holdingOut(90, seed: 1) }
  }

  @Test("each published recipe is a valid configuration with a name of its own, and fits its images")
  func recipes() throws {
    let names = TrainingConfiguration.presetNames
    #expect(Set(names).count == names.count && names.contains("mnist-cnn7-staps-0.3"))
    let image = try Shape([1, 28, 28])
    for name in names {
      let configuration = try TrainingConfiguration.preset(name)
      try configuration.validate()
      let stack = try configuration.architecture.stack(
        input: configuration.dataset == "cifar10" ? Shape([3, 32, 32]) : image, classCount: 10,
        widths: configuration.widths ?? configuration.architecture.usualWidths, means: configuration.means,
        deviations: configuration.deviations)
      _ = try configuration.robustLoss(of: stack)
    }
  }
}
