import Foundation
import Networks
import Tensors
import Testing

@testable import Training

@Suite struct BatchNormalisationTests {
  private let set: TrainingSet
  private let stack: LayerStack
  private let parameters: Parameters
  private let indices =
    [3, 1, 40, 77, 8, 9, 60, 61, 62, 63, 64, 65, 2, 80, 81, 82, 83, 84, 85, 86, 87, 88, 89] + Array(10..<35)

  init() throws {
    set = try bars(count: 90, stream: "batch normalisation")
    stack = try Architecture.cnn4.stack(
      input: set.shape, classCount: 4, widths: [3, 4, 6], means: [0.3], deviations: [0.4], batchNorm: true)
    var numbers = Initialisation.kaiming.parameters(of: stack, seed: 5)
    // γ of both signs, β not zero.
    var random = TestNumbers("scales")
    for (index, layer) in stack.batchNormalisations {
      let offset = stack.offsets[index]
      numbers.replaceSubrange(
        offset..<offset + layer.parameterCount, with: random.floats(layer.parameterCount, -1.5, 1.5))
    }
    parameters = Parameters(numbers)
  }

  private func evaluate(
    _ objective: BatchGradient.Objective, workers: Int = 1
  ) -> (BatchGradient.Result, [Float]) {
    let gradient = BatchGradient(
      stack: stack, batchSize: 90, workers: Workers(count: workers), loss: objective.robust)
    let result = gradient.evaluate(set, indices: indices, parameters: parameters, objective: objective)
    return (result, gradient.total.values)
  }

  @Test(
    "gradients reach the images through the batch's statistics, for points, boxes and back-substitution",
    arguments: [1.0, 0.3, 0.0], [false, true])
  func gradient(naturalShare: Double, substitutes: Bool) {
    var objective = BatchGradient.Objective(
      naturalWeight: naturalShare, robustWeight: 1 - naturalShare, epsilon: 0.03)
    if substitutes { objective.robust.crown = RobustLoss.CROWN(isFused: false, beta: 1) }
    let (result, gradient) = evaluate(objective)
    let images = indices.map { index in set.pixels[64 * index..<64 * (index + 1)].map { Double($0) / 255 } }
    let labels = indices.map { Int(set.labels[$0]) }
    let last = stack.layers.count - 1
    func crossEntropy(_ row: [Double], _ label: Int) -> Double { log(row.reduce(0) { $0 + exp($1 - row[label]) }) }
    func loss(_ w: [Double]) -> Double {
      var reference = DoubleReference(stack: stack)
      reference.normalise(by: images, w)
      var sum = 0.0
      for (x, label) in zip(images, labels) {
        sum += naturalShare * crossEntropy(reference.point(0..<last + 1, x, w), label)
        guard naturalShare < 1 else { continue }
        let lower = x.map { max($0 - 0.03, 0) }
        let upper = x.map { min($0 + 0.03, 1) }
        let boxes = reference.boxes(
          zip(lower, upper).map { ($0 + $1) / 2 }, zip(lower, upper).map { ($1 - $0) / 2 }, w)
        let margins =
          substitutes
          ? reference.crownMargins(boxes, label: label, w, DoubleReference.Mix(beta: 1, everyBox: true))
          : reference.margins(boxes[last].centre, boxes[last].radius, label: label, w)
        sum += (1 - naturalShare) * crossEntropy(margins, label)
      }
      return sum / Double(indices.count)
    }
    let numbers = doubles(parameters.values.values)
    let found = naturalShare * result.natural.loss / Double(indices.count) + (1 - naturalShare) * result.robustLoss
    #expect(abs(found - loss(numbers)) < 1e-4 * found)
    #expect(relativeDistance(gradient, centralDifferences(numbers, loss)) < 1e-3)
  }

  @Test("neither attacks nor boxes change a batch's statistics or the trained numbers, and threads change nothing")
  func frozen() throws {
    let before = parameters.values.values
    let latent = LatentAttack.Settings(
      boundary: stack.boundary(beforeLast: 1), steps: .latent(count: 4, factor: 0.1))
    let loss = RobustLoss(
      combination: .product(weight: 5, scaling: .paper),
      attack: PointAttack.Settings(steps: .input(count: 3, first: 0.3)), smallBox: 0.5, latent: latent)
    let objective = BatchGradient.Objective(
      naturalWeight: 0.2, robustWeight: 0.8, regulariserWeight: 0.5, epsilon: 0.05, robust: loss)
    let (attacked, gradient) = evaluate(objective)
    let (clean, _) = evaluate(BatchGradient.Objective(naturalWeight: 0.2))
    #expect(attacked.natural.loss == clean.natural.loss)
    #expect(parameters.values.values == before)
    #expect(parameters.magnitudes.values == before.map { abs($0) })
    #expect(evaluate(objective, workers: 3).1.map(\.bitPattern) == gradient.map(\.bitPattern))
  }

  @Test("at radius 0 the interval loss and its gradient are the natural ones, statistics included")
  func radiusZero() {
    let (natural, naturalGradient) = evaluate(.init())
    let (robust, robustGradient) = evaluate(.init(naturalWeight: 0, robustWeight: 1))
    #expect(abs(natural.natural.loss - robust.robust.box.loss) < 1e-4 * natural.natural.loss)
    #expect(relativeDistance(robustGradient, doubles(naturalGradient)) < 1e-3)
  }

  @Test("population statistics are the means over batches, with unbiased variances")
  func population() throws {
    let gradient = BatchGradient(stack: stack, batchSize: 40, workers: Workers(count: 2))
    let batches = [Array(0..<40), Array(40..<75)]
    let found = gradient.populationStatistics(set, batches: batches, parameters: parameters)
    #expect(found.count == stack.statisticCount)
    let (index, layer) = try #require(stack.batchNormalisations.first)
    let reference = DoubleReference(stack: stack)
    var mean = 0.0
    var variance = 0.0
    for batch in batches {
      let values = batch.flatMap { image in
        reference.point(
          0..<index, set.pixels[64 * image..<64 * (image + 1)].map { Double($0) / 255 },
          doubles(parameters.values.values))[..<layer.area]
      }
      let own = values.reduce(0, +) / Double(values.count)
      mean += own / 2
      variance += values.reduce(0) { $0 + ($1 - own) * ($1 - own) } / Double(values.count - 1) / 2
    }
    #expect(abs(Double(found[0]) - mean) < 1e-5 * max(1, abs(mean)))
    #expect(abs(Double(found[layer.channels]) - variance) < 1e-5 * max(1, variance))
  }

  @Test("a network with batch normalisations learns, resumes bit for bit, and is exported as what was evaluated")
  func trains() throws {
    var settings = barsConfiguration()
    settings.architecture = .cnn4
    settings.widths = [3, 4, 8]
    settings.batchNorm = true
    settings.method = .taps
    settings.classifierReLUs = 1
    settings.latentSteps = 3
    settings.epsilon = 0.05
    let training = try bars(count: 600, stream: "training")
    let held = try bars(count: 200, stream: "held out")
    let trainer = try Trainer(configuration: settings, training: training, validation: held)
    let trained = try trainer.train()
    let evaluation = trainer.evaluate(trained.parameters, on: held, epsilon: 0.05)
    #expect(evaluation.naturalAccuracy > 0.97)
    #expect(evaluation.verifiedAccuracy > 0.8)

    let network = try trained.network()
    var right = 0
    for index in 0..<held.count {
      let outputs = network.outputs(held.pixels[64 * index..<64 * (index + 1)].map { Double($0) / 255 })
      let label = Int(held.labels[index])
      right += outputs.indices.allSatisfy { $0 == label || outputs[$0] < outputs[label] } ? 1 : 0
    }
    #expect(Double(right) / Double(held.count) == evaluation.naturalAccuracy)

    let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).checkpoint")
    defer { try? FileManager.default.removeItem(at: file) }
    var batches = 0
    _ = try? trainer.train(
      checkpoint: file,
      isCancelled: {
        batches += 1
        return batches == 50
      })
    #expect(try trainer.train(checkpoint: file).parameters.map(\.bitPattern) == trained.parameters.map(\.bitPattern))
  }
}
