import Foundation
import Tensors
import Testing

@testable import Training

@Suite struct GradientAccumulationTests {
  private let set: TrainingSet
  private let stack: LayerStack
  private let parameters: Parameters
  private let indices = Array((0..<90).reversed())

  init() throws {
    set = try bars(count: 90, stream: "accumulation")
    stack = try Architecture.cnn3.stack(
      input: set.shape, classCount: 4, widths: [3, 4], means: [0.3], deviations: [0.4])
    parameters = Parameters(Initialisation.interval.parameters(of: stack, seed: 5))
  }

  private func evaluate(
    _ objective: BatchGradient.Objective, _ indices: [Int], microBatch: Int? = nil, workers: Int = 1
  ) -> (BatchGradient.Result, [Float]) {
    let gradient = BatchGradient(
      stack: stack, batchSize: 90, microBatch: microBatch, workers: Workers(count: workers), loss: objective.robust)
    let result = gradient.evaluate(set, indices: indices, parameters: parameters, objective: objective)
    return (result, gradient.total.values)
  }

  private func objective(_ method: TrainingConfiguration.Method) throws -> BatchGradient.Objective {
    var configuration = barsConfiguration()
    configuration.method = method
    configuration.latentSteps = 3
    configuration.attackSteps = 3
    return BatchGradient.Objective(
      naturalWeight: 0.3, robustWeight: 0.7, l1: 1e-3, epsilon: 0.05,
      robust: try configuration.robustLoss(of: stack) ?? .box)
  }

  @Test(
    "a loss that is a mean over images has the same value and gradient in parts",
    arguments: [TrainingConfiguration.Method.ibp, .pgd, .crownIBP, .sabr, .mtlIBP, .ccIBP])
  func means(method: TrainingConfiguration.Method) throws {
    let objective = try objective(method)
    let (whole, gradient) = evaluate(objective, indices)
    for microBatch in [1, 7, 40, 64, 89] {
      let (parts, sum) = evaluate(objective, indices, microBatch: microBatch)
      #expect(abs(parts.robustLoss - whole.robustLoss) < 1e-5 * whole.robustLoss)
      #expect(abs(parts.natural.loss - whole.natural.loss) < 1e-5 * whole.natural.loss)
      #expect(parts.natural.correct == whole.natural.correct)
      #expect(relativeDistance(sum, doubles(gradient)) < 2e-5)
    }
  }

  @Test("memory for the whole batch changes nothing, nor does the number of workers in parts")
  func bits() throws {
    let objective = try objective(.taps)
    let whole = evaluate(objective, indices).1.map(\.bitPattern)
    #expect(evaluate(objective, indices, microBatch: 90).1.map(\.bitPattern) == whole)
    let parts = evaluate(objective, indices, microBatch: 50).1.map(\.bitPattern)
    #expect(parts != whole)
    #expect(evaluate(objective, indices, microBatch: 50, workers: 3).1.map(\.bitPattern) == parts)
    // A batch that fits is a whole one.
    #expect(
      evaluate(objective, Array(indices.prefix(50)), microBatch: 50).1.map(\.bitPattern)
        == evaluate(objective, Array(indices.prefix(50))).1.map(\.bitPattern))
  }

  @Test("the product of TAPS and the regulariser are each part's own, weighted by its images")
  func products() throws {
    var objective = try objective(.taps)
    objective.regulariserWeight = 0.5
    let (whole, total) = evaluate(objective, indices, microBatch: 40)
    var sum = [Double](repeating: 0, count: total.count)
    var (robust, penalty) = (0.0, 0.0)
    // 90 images in three parts of 30.
    for part in 0..<3 {
      let (result, gradient) = evaluate(objective, Array(indices[30 * part..<30 * (part + 1)]))
      robust += result.robustLoss / 3
      penalty += result.regulariser / 3
      for i in sum.indices { sum[i] += Double(gradient[i]) / 3 }
    }
    #expect(abs(whole.robustLoss - robust) < 1e-6 * robust)
    #expect(abs(whole.regulariser - penalty) < 1e-6)
    #expect(relativeDistance(total, sum) < 1e-5)
  }

  @Test(
    "a run in parts learns, also with batch normalisations, resumes bit for bit, and differs from one in whole batches")
  func trains() throws {
    let held = try bars(count: 100, stream: "held out")
    let training = try bars(count: 330, stream: "training")
    var configuration = barsConfiguration()
    configuration.batchNorm = true
    var results: [[UInt32]] = []
    for (microBatch, threads) in [(nil, 1), (50, 1), (20, 1), (20, 3)] {
      configuration.microBatch = microBatch
      configuration.threads = threads
      let trainer = try Trainer(configuration: configuration, training: training, validation: held)
      let trained = try trainer.train()
      #expect(trainer.evaluate(trained.parameters, on: held, epsilon: 0.1).naturalAccuracy > 0.95)
      results.append(trained.parameters.map(\.bitPattern))
    }
    #expect(results[0] == results[1])
    #expect(results[2] != results[1])
    #expect(results[2] == results[3])
  }

  @Test("sizes that make no sense are refused")
  func refusals() throws {
    for yaml in ["micro-batch: 0", "micro-batch: 300", "micro-batch: a"] {
      #expect(throws: ConfigurationError.self) { try TrainingConfiguration(yaml: yaml) }
    }
    #expect(try TrainingConfiguration(yaml: "micro-batch: 64").microBatch == 64)
  }
}
