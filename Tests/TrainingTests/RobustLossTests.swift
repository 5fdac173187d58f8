import Foundation
import Tensors
import Testing

@testable import Training

/// The parts of robust losses, one chunk at a time.
@Suite struct RobustLossTests {
  private let set: TrainingSet
  private let stack: LayerStack
  private let parameters: Parameters
  private let indices = [3, 1, 40, 77, 8, 9, 60, 61]
  private let epsilon = 0.05

  init() throws {
    set = try bars(count: 90, stream: "robust loss")
    let configuration = barsConfiguration()
    stack = try configuration.architecture.stack(
      input: set.shape, classCount: 4, widths: [3, 4], means: [0.3], deviations: [0.4])
    parameters = Parameters(Initialisation.kaiming.parameters(of: stack, seed: 5))
  }

  private var attack: PointAttack.Settings { .init(steps: .input(count: 6, first: 0.3), restarts: 2) }

  private func latent(relus: Int, steps: Int = 20, reach: Float = 0.5) -> LatentAttack.Settings {
    LatentAttack.Settings(
      boundary: stack.boundary(beforeLast: relus), steps: .latent(count: steps, factor: 0.1),
      connector: Connector(reach: reach))
  }

  /// A chunk over which a loss has been computed, and the parts' means.
  private func forward(_ loss: RobustLoss, epsilon: Double? = nil) -> (Chunk, RobustLoss.Parts) {
    let chunk = Chunk(stack: stack, capacity: indices.count, loss: loss)
    let pixels = PixelBoxes(epsilon: epsilon ?? self.epsilon)
    chunk.load(set, indices[...], pixels, attacked: pixels)
    let share = 1 / Double(indices.count)
    let sums = chunk.forwardRobust(
      parameters, loss: loss, share: Float(share), random: AttackRandom(seed: 3, step: 4))
    return (
      chunk,
      RobustLoss.Parts(
        adversarial: sums.adversarial.loss * share, box: sums.box.loss * share, latent: sums.latent.loss * share)
    )
  }

  private func gradient(_ chunk: Chunk, _ loss: RobustLoss, weights: RobustLoss.Parts) -> [Float] {
    chunk.backwardRobust(parameters, loss: loss, weights: weights, regulariser: [:])
    let total = FloatBuffer(count: stack.parameterCount)
    ParameterGradient.total([chunk.gradient], at: parameters, into: total)
    return total.values
  }

  private func crossEntropy(_ row: [Double], _ label: Int) -> Double {
    log(row.reduce(0) { $0 + exp($1 - row[label]) })
  }

  /// The mean losses in double precision as functions of the parameters: attacked points stay where they are, except
  /// that latent ones follow the ends of their boxes by the connector's weights.
  private func reference(_ loss: RobustLoss, _ chunk: Chunk) -> ([Double]) -> RobustLoss.Parts {
    let reference = DoubleReference(stack: stack)
    let last = stack.layers.count - 1
    let size = set.shape.count
    let count = indices.count
    func rows(_ buffer: FloatBuffer, _ size: Int) -> [[Double]] {
      (0..<count).map { v in (0..<size).map { Double(buffer.pointer[v * size + $0]) } }
    }
    let c = rows(chunk.box.centres[0], size)
    let r = rows(chunk.box.radii[0], size)
    let x = chunk.attack.map { rows($0.pass.values[0], size) }
    let start = doubles(parameters.values.values)
    let boundary = loss.latent?.boundary ?? 0
    let embedding = stack.size(ofBoundary: boundary)
    let ends = (0..<count).map { v -> (lower: [Double], upper: [Double]) in
      let box = reference.box(0..<boundary, c[v], r[v], start)
      return (zip(box.centre, box.radius).map { $0 - $1 }, zip(box.centre, box.radius).map { $0 + $1 })
    }
    let points = chunk.latent.map { latent in
      (0..<count * 3).map { row in (0..<embedding).map { Double(latent.best.pointer[row * embedding + $0]) } }
    }
    return { w in
      var parts = RobustLoss.Parts()
      for (v, index) in indices.enumerated() {
        let label = Int(set.labels[index])
        let box = reference.box(0..<last, c[v], r[v], w)
        var margins = reference.margins(box.centre, box.radius, label: label, w)
        if let x, loss.needsAdversarialLoss {
          let logits = reference.point(0..<last + 1, x[v], w)
          parts.adversarial += crossEntropy(logits, label) / Double(count)
          if case .margins(let share) = loss.combination {
            margins = zip(margins, logits).map { share * $0 + (1 - share) * ($1 - logits[label]) }
          }
        }
        if loss.needsBox { parts.box += crossEntropy(margins, label) / Double(count) }
        if let points, let settings = loss.latent {
          let now = reference.box(0..<boundary, c[v], r[v], w)
          var row = [Double](repeating: 0, count: 4)
          for k in 0..<3 {
            let z = points[v * 3 + k]
            let moved = z.indices.map { i in
              let share = settings.connector.weights(
                of: Float(z[i]), lower: Float(ends[v].lower[i]), upper: Float(ends[v].upper[i]))
              return z[i] + Double(share.lower) * (now.centre[i] - now.radius[i] - ends[v].lower[i])
                + Double(share.upper) * (now.centre[i] + now.radius[i] - ends[v].upper[i])
            }
            let logits = reference.point(boundary..<last + 1, moved, w)
            let other = k < label ? k : k + 1
            row[other] = logits[other] - logits[label]
          }
          parts.latent += crossEntropy(row, label) / Double(count)
        }
      }
      return parts
    }
  }

  @Test(
    "gradients of all losses agree with central differences in double precision",
    arguments: ["pgd", "sabr", "taps 0", "taps 1", "taps 2", "staps", "latent", "mtl", "exp", "cc"])
  func gradients(name: String) {
    let loss: RobustLoss =
      switch name {
      case "pgd": RobustLoss(combination: .adversarial, attack: attack)
      case "sabr": RobustLoss(attack: attack, smallBox: 0.4)
      case "taps 0": RobustLoss(combination: .product(weight: 5, scaling: .paper), latent: latent(relus: 0))
      case "taps 1": RobustLoss(combination: .product(weight: 5, scaling: .code), latent: latent(relus: 1))
      case "taps 2": RobustLoss(combination: .product(weight: 2, scaling: .paper), latent: latent(relus: 2))
      case "staps":
        RobustLoss(
          combination: .product(weight: 5, scaling: .paper), attack: attack, smallBox: 0.6, latent: latent(relus: 1))
      case "latent": RobustLoss(combination: .latent, latent: latent(relus: 1, reach: 1))
      case "mtl": RobustLoss(combination: .sum(boxShare: 0.3), attack: attack)
      case "exp": RobustLoss(combination: .powers(boxShare: 0.3), attack: attack)
      default: RobustLoss(combination: .margins(boxShare: 0.3), attack: attack)
      }
    let (chunk, parts) = forward(loss)
    let (_, weights) = loss.combination.evaluate(parts)
    let parametersBefore = doubles(parameters.values.values)
    let function = reference(loss, chunk)
    let here = function(parametersBefore)
    #expect(abs(here.adversarial - parts.adversarial) < 1e-4 * max(1, here.adversarial))
    #expect(abs(here.box - parts.box) < 1e-4 * max(1, here.box))
    #expect(abs(here.latent - parts.latent) < 1e-4 * max(1, here.latent))
    let found = gradient(chunk, loss, weights: weights)
    let expected = centralDifferences(parametersBefore) { w in
      let parts = function(w)
      return weights.adversarial * parts.adversarial + weights.box * parts.box + weights.latent * parts.latent
    }
    #expect(relativeDistance(found, expected) < 2e-4)
  }

  @Test("each combination's weights are its derivatives, the product's at w = 1")
  func combinations() {
    let parts = RobustLoss.Parts(adversarial: 0.7, box: 2.5, latent: 1.4, stability: 0.6)
    let combinations: [RobustLoss.Combination] = [
      .adversarial, .box, .latent, .product(weight: 1, scaling: .paper), .product(weight: 1, scaling: .code),
      .sum(boxShare: 0.2), .powers(boxShare: 0.2), .penalised(latentShare: 0.3, penalty: 2),
    ]
    for combination in combinations {
      let (_, weights) = combination.evaluate(parts)
      let paths: [WritableKeyPath<RobustLoss.Parts, Double>] = [\.adversarial, \.box, \.latent, \.stability]
      for path in paths {
        var up = parts
        var down = parts
        up[keyPath: path] += 1e-6
        down[keyPath: path] -= 1e-6
        let slope = (combination.evaluate(up).value - combination.evaluate(down).value) / 2e-6
        #expect(abs(slope - weights[keyPath: path]) < 1e-6)
      }
    }
    // w = 5 is α = 5/6: 5/3 and 1/3 in the paper, three times that in the code.
    let paper = RobustLoss.Combination.product(weight: 5, scaling: .paper).evaluate(parts).weights
    #expect(abs(paper.latent - 5 / 3.0 * 2.5) < 1e-12 && abs(paper.box - 1.4 / 3) < 1e-12)
    let code = RobustLoss.Combination.product(weight: 5, scaling: .code).evaluate(parts).weights
    #expect(abs(code.latent - 3 * paper.latent) < 1e-12 && abs(code.box - 3 * paper.box) < 1e-12)
  }

  @Test("at radius 0 every part is the natural loss")
  func radiusZero() {
    let natural = forward(.box, epsilon: 0).1.box
    let losses = [
      RobustLoss(combination: .adversarial, attack: attack),
      RobustLoss(attack: attack, smallBox: 0.4),
      RobustLoss(combination: .latent, latent: latent(relus: 1)),
      RobustLoss(combination: .sum(boxShare: 0.3), attack: attack),
      RobustLoss(combination: .powers(boxShare: 0.3), attack: attack),
      RobustLoss(combination: .margins(boxShare: 0.3), attack: attack),
    ]
    for loss in losses {
      #expect(abs(loss.combination.evaluate(forward(loss, epsilon: 0).1).value - natural) < 1e-4 * natural)
    }
  }

  @Test("natural ≤ PGD ≤ IBP, SABR and TAPS lie below IBP, and SABR with λ = 1 is IBP bit for bit")
  func order() {
    let natural = forward(.box, epsilon: 0).1.box
    let ibp = forward(.box).1.box
    let pgd = forward(RobustLoss(combination: .adversarial, attack: attack)).1.adversarial
    #expect(natural <= pgd && pgd <= ibp)
    for lambda in [0.1, 0.4, 0.9] {
      let small = forward(RobustLoss(attack: attack, smallBox: lambda)).1.box
      #expect(natural <= small && small <= ibp)
    }
    #expect(forward(RobustLoss(attack: attack, smallBox: 1)).1.box == ibp)
    for relus in 1...2 {
      let taps = forward(RobustLoss(combination: .latent, latent: latent(relus: relus))).1.latent
      #expect(pgd <= taps * 1.0001 && taps <= ibp)
    }
  }

  @Test("with no ReLU in the classifier the latent attack reaches the interval bound")
  func affineClassifier() {
    let (_, parts) = forward(
      RobustLoss(combination: .product(weight: 5, scaling: .paper), latent: latent(relus: 0)))
    #expect(abs(parts.latent - parts.box) < 1e-5 * parts.box)
  }

  @Test("one point for all classes is never worse than one for each")
  func estimators() {
    var single = latent(relus: 1)
    single.estimator = .single
    let one = forward(RobustLoss(combination: .latent, latent: single)).1.latent
    let many = forward(RobustLoss(combination: .latent, latent: latent(relus: 1))).1.latent
    #expect(one <= many * 1.0001)
  }

  @Test("what lies in the latent box stays in it, and more restarts find no less")
  func latentPoints() {
    let (chunk, parts) = forward(RobustLoss(combination: .latent, latent: latent(relus: 1)))
    let boundary = stack.boundary(beforeLast: 1)
    let size = stack.size(ofBoundary: boundary)
    let best = chunk.latent?.best.values ?? []
    for v in indices.indices {
      for k in 0..<3 {
        for i in 0..<size {
          let c = chunk.box.centres[boundary].pointer[v * size + i]
          let r = chunk.box.radii[boundary].pointer[v * size + i]
          let z = best[(v * 3 + k) * size + i]
          #expect(z >= c - r && z <= c + r)
        }
      }
    }
    var more = latent(relus: 1)
    more.restarts = 4
    #expect(forward(RobustLoss(combination: .latent, latent: more)).1.latent >= parts.latent * 0.9999)
  }
}
