import Foundation
import Tensors
import Testing

@testable import Training

/// The losses of IBP-R and of COLT's stages, one chunk at a time.
@Suite struct PrefixLossTests {
  private let set: TrainingSet
  private let stack: LayerStack
  private let parameters: Parameters
  private let indices = [3, 1, 40, 77, 8, 9]
  private let epsilon = 0.05

  init() throws {
    set = try bars(count: 90, stream: "prefix loss")
    stack = try Architecture.cnn4.stack(
      input: set.shape, classCount: 4, widths: [3, 4, 6], means: [0.3], deviations: [0.4])
    parameters = Parameters(Initialisation.kaiming.parameters(of: stack, seed: 5))
  }

  private var attack: PointAttack.Settings { .init(steps: .input(count: 6, first: 0.3)) }

  private func loss(_ name: String) throws -> RobustLoss {
    var configuration = barsConfiguration()
    configuration.architecture = .cnn4
    configuration.widths = [3, 4, 6]
    configuration.stabilityWeight = 0.3
    if name == "ibp-r" {
      configuration.method = .ibpR
      configuration.attackRadius = 2
      return try #require(try configuration.robustLoss(of: stack))
    }
    configuration.method = .colt
    configuration.stages = 4
    let parts = name.split(separator: " ").compactMap { Double($0) }
    let plan = try #require(configuration.stagePlan)
    return configuration.loss(ofStage: Int(parts[0]), share: parts[1], plan: plan, stack: stack, attack: attack)
  }

  @Test(
    "gradients agree with central differences in double precision, and frozen layers have none",
    arguments: ["ibp-r", "0 1", "1 1", "1 0.3", "2 0.6", "3 0.5", "3 1"])
  func gradients(name: String) throws {
    let loss = try loss(name)
    let count = indices.count
    let chunk = Chunk(stack: stack, capacity: count, loss: loss)
    chunk.load(
      set, indices[...], PixelBoxes(epsilon: epsilon),
      attacked: loss.attack.map { PixelBoxes(epsilon: epsilon * $0.radiusScale) })
    let share = 1 / Double(count)
    let sums = chunk.forwardRobust(
      parameters, loss: loss, share: Float(share), random: AttackRandom(seed: 3, step: 4))
    let parts = RobustLoss.Parts(
      adversarial: sums.adversarial.loss * share, latent: sums.latent.loss * share, stability: sums.stability * share)
    let (value, weights) = loss.combination.evaluate(parts)
    chunk.backwardRobust(parameters, loss: loss, weights: weights, regulariser: [:])
    let total = FloatBuffer(count: stack.parameterCount)
    ParameterGradient.total([chunk.gradient], at: parameters, into: total)

    let reference = DoubleReference(stack: stack)
    let all = stack.layers.count
    func rows(_ buffer: FloatBuffer, _ boundary: Int) -> [[Double]] {
      let size = stack.size(ofBoundary: boundary)
      return (0..<count).map { v in (0..<size).map { Double(buffer.pointer[v * size + $0]) } }
    }
    let (c, r) = (rows(chunk.box.centres[0], 0), rows(chunk.box.radii[0], 0))
    // What attacks found stays where it is: at the input or at a boundary.
    var found: [(weight: Double, boundary: Int, points: [[Double]])] = []
    if let attack = chunk.attack { found.append((weights.adversarial, 0, rows(attack.pass.values[0], 0))) }
    if let zonotope = chunk.zonotope, let settings = loss.zonotope {
      found.append((weights.latent, settings.boundary, rows(zonotope.points[1], settings.boundary)))
      if let previous = settings.previous {
        found.append((weights.adversarial, previous, rows(zonotope.points[0], previous)))
      }
    }
    func whole(_ w: [Double]) -> Double {
      var sum = 0.0
      for (v, index) in indices.enumerated() {
        let label = Int(set.labels[index])
        for (weight, boundary, points) in found {
          let logits = reference.point(boundary..<all, points[v], w)
          sum += share * weight * log(logits.reduce(0) { $0 + exp($1 - logits[label]) })
        }
        for layer in stack.reluLayers where loss.stability?.contains(layer) ?? false {
          let box = reference.box(0..<layer, c[v], r[v], w)
          for (c, r) in zip(box.centre, box.radius) {
            sum += share * weights.stability * 0.5 * max(r - c, 0) * max(c + r, 0)
          }
        }
      }
      return sum
    }
    let start = doubles(parameters.values.values)
    #expect(abs(whole(start) - value) < 1e-4 * value)
    let frozen = stack.offsets[loss.trainedFrom]
    #expect((frozen > 0) == (name.first == "1" || name.first == "2" || name.first == "3"))
    #expect(total.values[..<frozen].allSatisfy { $0 == 0 })
    let expected = centralDifferences(start, whole)
    #expect(relativeDistance(Array(total.values[frozen...]), Array(expected[frozen...])) < 2e-4)
    // The penalty is there, except where no later stage freezes a block.
    #expect((parts.stability > 0) == (name.first != "3"))
  }

  @Test("the penalty is the area between chord and ReLU, and its gradient the derivative")
  func penalty() {
    var numbers = TestNumbers("penalty")
    let (c, r) = (numbers.floats(40), numbers.floats(40, 0, 1))
    let expected = zip(doubles(c), doubles(r)).reduce(0) { $0 + 0.5 * max($1.1 - $1.0, 0) * max($1.0 + $1.1, 0) }
    #expect(abs(StabilityPenalty.sum(centres: c, radii: r, count: 40) - expected) < 1e-5)
    var (gc, gr) = ([Float](repeating: 0, count: 40), [Float](repeating: 0, count: 40))
    StabilityPenalty.gradients([7], weight: 2)[7]?.add(centres: c, radii: r, count: 40, toCentres: &gc, radii: &gr)
    for i in 0..<40 {
      let unstable: Float = abs(c[i]) < r[i] ? 2 : 0
      #expect(gc[i] == -unstable * c[i] && gr[i] == unstable * r[i])
    }
  }

  @Test("the first stage is PGD's loss in the ball: nothing is frozen")
  func firstStage() throws {
    let first = try loss("0 1")
    #expect(first.trainedFrom <= 1 && stack.offsets[first.trainedFrom] == 0 && first.zonotope?.previous == nil)
    #expect(first.combination == .penalised(latentShare: 1, penalty: 0.3))
  }

  @Test("the penalty's gradient goes through batch statistics to the images, like all others")
  func normalised() throws {
    let stack = try Architecture.cnn4.stack(
      input: set.shape, classCount: 4, widths: [3, 4, 6], means: [0.3], deviations: [0.4], batchNorm: true)
    let parameters = Parameters(Initialisation.kaiming.parameters(of: stack, seed: 5))
    let relus = stack.reluLayers
    for (from, through) in [(0, relus[2]), (relus[0] + 1, relus[1])] {
      let loss = RobustLoss(
        combination: .penalised(latentShare: 0, penalty: 1), trainedFrom: from, stability: from..<through + 1)
      let gradient = BatchGradient(stack: stack, batchSize: 40, workers: Workers(count: 2), loss: loss)
      let images = Array(20..<60)
      let objective = BatchGradient.Objective(naturalWeight: 0, robustWeight: 1, epsilon: 0.02, robust: loss)
      let result = gradient.evaluate(set, indices: images, parameters: parameters, objective: objective)
      let pixels = images.map { index in set.pixels[64 * index..<64 * (index + 1)].map { Double($0) / 255 } }
      func whole(_ w: [Double]) -> Double {
        var reference = DoubleReference(stack: stack)
        reference.normalise(by: pixels, w)
        var sum = 0.0
        for x in pixels {
          let lower = x.map { max($0 - 0.02, 0) }
          let upper = x.map { min($0 + 0.02, 1) }
          let (c, r) = (zip(lower, upper).map { ($0 + $1) / 2 }, zip(lower, upper).map { ($1 - $0) / 2 })
          for layer in relus where (from...through).contains(layer) {
            let box = reference.box(0..<layer, c, r, w)
            sum += zip(box.centre, box.radius).reduce(0) { $0 + 0.5 * max($1.1 - $1.0, 0) * max($1.0 + $1.1, 0) }
          }
        }
        return sum / Double(images.count)
      }
      let start = doubles(parameters.values.values)
      #expect(abs(result.robustLoss - whole(start)) < 1e-4 * result.robustLoss)
      let trained = stack.offsets[from]
      let expected = centralDifferences(start, whole)
      #expect(relativeDistance(Array(gradient.total.values[trained...]), Array(expected[trained...])) < 1e-3)
    }
  }
}
