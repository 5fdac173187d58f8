import Foundation
import Tensors
import Testing

@testable import Training

@Suite struct BatchGradientTests {
  private let set: TrainingSet
  private let stack: LayerStack
  private let parameters: Parameters

  init() throws {
    set = try bars(count: 90, stream: "batch gradient")
    let configuration = barsConfiguration()
    stack = try configuration.architecture.stack(
      input: set.shape, classCount: 4, widths: [3, 4], means: [0.3], deviations: [0.4])
    parameters = Parameters(Initialisation.interval.parameters(of: stack, seed: 5))
  }

  private func evaluate(
    _ objective: BatchGradient.Objective, indices: [Int], workers: Int = 1
  ) -> (BatchGradient.Result, [Float]) {
    let gradient = BatchGradient(stack: stack, batchSize: 90, workers: Workers(count: workers))
    let result = gradient.evaluate(set, indices: indices, parameters: parameters, objective: objective)
    return (result, gradient.total.values)
  }

  @Test("at radius 0 the interval loss and its gradient are the natural ones; beyond it the loss is larger")
  func natural() {
    let all = Array(0..<90)
    let (natural, naturalGradient) = evaluate(.init(), indices: all)
    let (robust, robustGradient) = evaluate(.init(naturalWeight: 0, robustWeight: 1), indices: all)
    #expect(abs(natural.natural.loss - robust.robust.box.loss) < 1e-4 * natural.natural.loss)
    #expect(natural.natural.correct == robust.robust.box.correct)
    #expect(relativeDistance(robustGradient, doubles(naturalGradient)) < 1e-4)
    var last = natural.natural.loss
    for epsilon in [0.01, 0.05, 0.1, 0.3] {
      let (result, _) = evaluate(.init(naturalWeight: 0, robustWeight: 1, epsilon: epsilon), indices: all)
      #expect(result.robust.box.loss > last)
      last = result.robust.box.loss
    }
  }

  @Test("any number of workers gives the same gradient, bit for bit")
  func workers() {
    let objective = BatchGradient.Objective(
      naturalWeight: 0.3, robustWeight: 0.7, regulariserWeight: 0.5, epsilon: 0.1)
    let indices = Array((5..<88).reversed())
    let one = evaluate(objective, indices: indices).1
    for workers in 2...4 {
      let several = evaluate(objective, indices: indices, workers: workers).1
      #expect(one.map(\.bitPattern) == several.map(\.bitPattern))
    }
  }

  @Test("the gradient of the whole objective agrees with central differences of one written in double precision")
  func wholeObjective() {
    let objective = BatchGradient.Objective(
      naturalWeight: 0.3, robustWeight: 0.7, regulariserWeight: 0.5, epsilon: 0.05)
    let indices = [
      3, 1, 40, 77, 8, 9, 60, 61, 62, 63, 64, 65, 2, 80, 81, 82, 83, 84, 85, 86, 87, 88, 89, 10, 11, 12, 13, 14, 15, 16,
      17, 18, 19, 20,
    ]
    let (_, gradient) = evaluate(objective, indices: indices)
    let reference = DoubleReference(stack: stack)
    let last = stack.layers.count - 1

    func crossEntropy(_ row: [Double], _ label: Int) -> Double {
      log(row.reduce(0) { $0 + exp($1 - row[label]) })
    }
    func loss(_ w: [Double]) -> Double {
      var sum = 0.0
      var boxes = [(centre: [Double], radius: [Double])](repeating: ([], []), count: stack.reluLayers.count)
      var inputRadius = 0.0
      for index in indices {
        let x = set.pixels[64 * index..<64 * (index + 1)].map { Double($0) / 255 }
        let label = Int(set.labels[index])
        sum += 0.3 * crossEntropy(reference.point(0..<last + 1, x, w), label) / Double(indices.count)
        let lower = x.map { max($0 - 0.05, 0) }
        let upper = x.map { min($0 + 0.05, 1) }
        let c = zip(lower, upper).map { ($0 + $1) / 2 }
        let r = zip(lower, upper).map { ($1 - $0) / 2 }
        inputRadius += reference.box(0..<1, c, r, w).radius.reduce(0, +) / 64 / Double(indices.count)
        for (i, layer) in stack.reluLayers.enumerated() {
          let box = reference.box(0..<layer, c, r, w)
          boxes[i].centre += box.centre
          boxes[i].radius += box.radius
        }
        let embedding = reference.box(0..<last, c, r, w)
        let margins = reference.margins(embedding.centre, embedding.radius, label: label, w)
        sum += 0.7 * crossEntropy(margins, label) / Double(indices.count)
      }
      let statistics = boxes.map { box in
        // The statistics are sums in double precision of numbers that single precision only approximates, so the
        // reference makes its own.
        layerPenalty(box.centre, box.radius, inputRadius: inputRadius)
      }
      return sum + 0.5 * statistics.reduce(0, +) / Double(statistics.count)
    }
    let expected = centralDifferences(doubles(parameters.values.values), loss)
    #expect(relativeDistance(gradient, expected) < 2e-4)
  }
}

/// The regulariser of one layer, written out from the paper; nothing where a ratio has no value.
func layerPenalty(_ c: [Double], _ r: [Double], inputRadius: Double) -> Double {
  let n = Double(c.count)
  let growth = inputRadius / (r.reduce(0, +) / n)
  let mean = c.reduce(0, +) / n
  let active = c.indices.filter { c[$0] - r[$0] > 0 }
  let inactive = c.indices.filter { c[$0] + r[$0] < 0 }
  func square(_ indices: [Int]) -> Double { indices.reduce(0) { $0 + (c[$1] - mean) * (c[$1] - mean) } }
  let means = active.reduce(0) { $0 + c[$1] } / -inactive.reduce(0) { $0 + c[$1] }
  let spreads = square(active) / square(inactive)
  let tight = max(0, 0.5 - growth) / 0.5
  guard means.isFinite, spreads.isFinite else { return tight }
  return tight + [min(means, 1 / means), min(spreads, 1 / spreads)].reduce(0) { $0 + max(0, 0.5 - $1) / 0.5 }
}
