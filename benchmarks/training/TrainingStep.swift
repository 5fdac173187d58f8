import ArgumentParser
import Tensors

@testable import Training

/// What a step minimises, with the settings of the published recipe for MNIST at ε = 0.1.
enum StepMethod: String, CaseIterable, ExpressibleByArgument, Sendable {
  case standard
  /// The loss at points that an attack of ten steps found.
  case pgd
  /// The loss at the images and the interval bound's, in equal shares.
  case ibp
  case crownIBP = "crown-ibp"
  case sabr, taps, staps

  /// The same method of the product.
  private var method: TrainingConfiguration.Method {
    switch self {
    case .standard: .standard
    case .pgd: .pgd
    case .ibp: .ibp
    case .crownIBP: .crownIBP
    case .sabr: .sabr
    case .taps: .taps
    case .staps: .staps
    }
  }

  func objective(_ stack: LayerStack) throws -> BatchGradient.Objective {
    var configuration = TrainingConfiguration()
    configuration.method = method
    guard let robust = try configuration.robustLoss(of: stack) else { return BatchGradient.Objective() }
    let natural = self == .ibp ? 0.5 : 0
    return BatchGradient.Objective(
      naturalWeight: natural, robustWeight: 1 - natural, epsilon: configuration.epsilon, robust: robust)
  }

  /// Operations of the products for one image where their number is known beforehand. A pass with its gradients makes
  /// three products with each matrix, and the gradient with respect to the images is not wanted; a box needs two such
  /// passes.
  func operations(_ stack: LayerStack) -> Double? {
    let (all, first) = stack.multiplyAdds
    let pass = 2 * (3 * all - first)
    return switch self {
    case .standard: pass
    case .ibp: 3 * pass
    case .pgd: pass + 2 * (2 * 10 + 1) * all
    case .crownIBP, .sabr, .taps, .staps: nil
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
    let initialisation: Initialisation = method == .standard || method == .pgd ? .kaiming : .interval
    parameters = Parameters(initialisation.parameters(of: stack, seed: seed))
    let workers = Workers(count: threads)
    adam = Adam(count: parameters.count, workers: workers)
    objective = try method.objective(stack)
    gradient = BatchGradient(stack: stack, batchSize: batch, workers: workers, loss: objective.robust)
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
