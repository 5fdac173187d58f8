import ArgumentParser
import Tensors

@testable import Training

/// What a step minimises.
enum StepMethod: String, CaseIterable, ExpressibleByArgument, Sendable {
  /// The loss at the images.
  case standard
  /// The loss at the images and the interval bound's, in equal shares.
  case ibp

  var objective: BatchGradient.Objective {
    switch self {
    case .standard: BatchGradient.Objective()
    case .ibp: BatchGradient.Objective(naturalWeight: 0.5, robustWeight: 0.5, epsilon: 0.1)
    }
  }

  /// Operations of the products for one image. A pass with its gradients makes three products with each matrix, and the
  /// gradient with respect to the images is not wanted; a box needs two such passes.
  func operations(_ stack: LayerStack) -> Double {
    let (all, first) = stack.multiplyAdds
    let pass = 2 * (3 * all - first)
    return switch self {
    case .standard: pass
    case .ibp: 3 * pass
    }
  }
}

/// One whole optimiser step, as a training run makes it, on random images and initial weights.
final class TrainingStep {
  let stack: LayerStack
  let batch: Int
  private let set: TrainingSet
  private let parameters: Parameters
  private let adam: Adam
  private let gradient: BatchGradient
  private let objective: BatchGradient.Objective
  private var number = 0

  init(_ shape: TrainedShape, _ method: StepMethod, batch: Int, threads: Int, seed: UInt64) throws {
    let stack = try shape.stack()
    self.stack = stack
    self.batch = batch
    var random = RandomStream(seed: seed, purpose: "benchmark images")
    set = try TrainingSet(
      name: "random", shape: stack.inputShape, classCount: stack.classCount,
      pixels: (0..<batch * stack.inputShape.count).map { _ in UInt8(random.index(below: 256)) },
      labels: (0..<batch).map { _ in UInt8(random.index(below: stack.classCount)) })
    let initialisation: Initialisation = method == .standard ? .kaiming : .interval
    parameters = Parameters(initialisation.parameters(of: stack, seed: seed))
    let workers = Workers(count: threads)
    adam = Adam(count: parameters.count, workers: workers)
    gradient = BatchGradient(stack: stack, batchSize: batch, workers: workers)
    objective = method.objective
  }

  /// The loss before the step.
  @discardableResult
  func run() -> Double {
    let result = gradient.evaluate(set, indices: Array(0..<batch), parameters: parameters, objective: objective)
    number += 1
    adam.step(parameters, gradient: gradient.total, rate: 5e-4, number: number, largestNorm: 10)
    return result.natural.loss
  }
}
