import Foundation
import Tensors
import Testing

@testable import Training

@Suite struct BackSubstitutionPassTests {
  @Test(
    "margins and gradients agree with double precision and central differences",
    arguments: [
      (0, false), (0.3, false), (1, false), (1, true), (0.3, true),
    ] as [(Float, Bool)])
  func margins(beta: Float, everyBox: Bool) throws {
    for (name, stack) in try stacks() {
      let problem = Problem(name, stack)
      let mix = DoubleReference.Mix(beta: Double(beta), everyBox: everyBox)
      let (margins, gradient) = problem.marginsAndGradient(beta: beta, everyBox: everyBox)
      let expected = problem.rows { reference, boxes, label in
        reference.crownMargins(boxes, label: label, problem.weights, mix)
      }
      #expect(relativeDistance(margins, expected.flatMap { $0 }) < singlePrecision, "\(name)")
      let byParameters = centralDifferences(problem.weights) { weights in
        problem.loss(weights) { crossEntropy($0.crownMargins($1, label: $2, weights, mix)) }
      }
      #expect(relativeDistance(gradient, byParameters) < singlePrecision, "\(name)")
    }
  }

  @Test(
    "fused losses and gradients agree with double precision and central differences",
    arguments: [
      (0, false), (0.3, false), (1, false), (1, true), (0.3, true),
    ] as [(Float, Bool)])
  func fused(beta: Float, everyBox: Bool) throws {
    for (name, stack) in try stacks() {
      let problem = Problem(name, stack)
      let mix = DoubleReference.Mix(beta: Double(beta), everyBox: everyBox)
      let (sum, gradient) = problem.fusedLossAndGradient(beta: beta, everyBox: everyBox)
      let expected = problem.loss(problem.weights) { $0.fusedLoss($1, label: $2, problem.weights, mix) }
      #expect(abs(sum.loss - expected) < singlePrecision * expected, "\(name)")
      let byParameters = centralDifferences(problem.weights) { weights in
        problem.loss(weights) { $0.fusedLoss($1, label: $2, weights, mix) }
      }
      #expect(relativeDistance(gradient, byParameters) < 2 * singlePrecision, "\(name)")
    }
  }

  @Test("bounds lie between what points of the box reach and interval propagation, either of which may be close")
  func ordered() throws {
    for (name, stack) in try stacks() {
      let reference = DoubleReference(stack: stack)
      for scale in [0.05, 1, 4] {
        let problem = Problem(name, stack, radiusScale: scale)
        let interval = problem.marginsAndGradient(beta: 0).margins
        let mixed = problem.marginsAndGradient(beta: 0.5).margins
        let crown = problem.marginsAndGradient(beta: 1).margins
        let everyBox = problem.marginsAndGradient(beta: 1, everyBox: true).margins
        let fused = problem.fusedLossAndGradient(beta: 1).sum.loss
        for i in crown.indices {
          #expect(everyBox[i] <= crown[i] && crown[i] <= mixed[i] && mixed[i] <= interval[i], "\(name)")
        }
        let classes = stack.classCount
        func loss(_ margins: [Float]) -> Double {
          (0..<problem.batch).reduce(0) { sum, b in
            sum + crossEntropy(doubles(Array(margins[b * classes..<(b + 1) * classes])))
          }
        }
        #expect(fused <= loss(interval) * (1 + 1e-5), "\(name)")
        var stream = RandomStream(seed: 5, purpose: name)
        var worst = [Double](repeating: 0, count: problem.batch)
        for _ in 0..<200 {
          for b in 0..<problem.batch {
            let box = problem.box(b)
            let x = zip(box.centre, box.radius).map {
              $0 + $1 * [-1, 1, stream.uniform(-1, 1)][stream.index(below: 3)]
            }
            let outputs = reference.point(0..<stack.layers.count, x, problem.weights)
            let label = Int(problem.labels[b])
            let margins = outputs.map { $0 - outputs[label] }
            worst[b] = max(worst[b], crossEntropy(margins))
            for i in 0..<classes {
              #expect(margins[i] <= Double(everyBox[b * classes + i]) + 1e-4 * (1 + margins[i].magnitude), "\(name)")
            }
          }
        }
        #expect(worst.reduce(0, +) <= fused * (1 + 1e-5) + 1e-5, "\(name)")
      }
    }
  }

  @Test("narrow boxes are bounded better than by intervals, and the smaller bound is not always the same one's")
  func kept() throws {
    let (name, stack) = try #require(try stacks().last)
    let narrow = Problem(name, stack, radiusScale: 0.05)
    let wide = Problem(name, stack, radiusScale: 40)
    func better(_ problem: Problem) -> Int {
      zip(problem.marginsAndGradient(beta: 1).margins, problem.marginsAndGradient(beta: 0).margins)
        .count { $0 < $1 }
    }
    let rows = narrow.batch * (stack.classCount - 1)
    #expect(better(narrow) == rows)
    #expect(better(wide) < rows)
  }

  @Test("boxes of radius zero yield the margins and the loss of the points")
  func points() throws {
    for (name, stack) in try stacks() {
      let problem = Problem(name, stack, radiusScale: 0)
      let reference = DoubleReference(stack: stack)
      let expected = (0..<problem.batch).map { b in
        let outputs = reference.point(0..<stack.layers.count, problem.box(b).centre, problem.weights)
        return outputs.map { $0 - outputs[Int(problem.labels[b])] }
      }
      let loss = expected.reduce(0) { $0 + crossEntropy($1) }
      for beta: Float in [0, 0.3, 1] {
        let margins = problem.marginsAndGradient(beta: beta, everyBox: true).margins
        #expect(relativeDistance(margins, expected.flatMap { $0 }) < singlePrecision, "\(name)")
        let fused = problem.fusedLossAndGradient(beta: beta).sum
        #expect(abs(fused.loss - loss) < singlePrecision * loss, "\(name)")
      }
    }
  }

  @Test("with non-negative weights, bounding the pre-activations by back-substitution too changes nothing")
  func nonNegative() throws {
    let (name, stack) = try #require(try stacks().last)
    var problem = Problem(name, stack)
    for index in stack.layers.indices {
      guard case .affine(let layer) = stack.layers[index] else { continue }
      for i in stack.offsets[index]..<stack.offsets[index] + layer.weightCount {
        problem.parameters[i] = problem.parameters[i].magnitude
      }
    }
    let margins = problem.marginsAndGradient(beta: 1).margins
    let expected = problem.rows { reference, boxes, label in
      var narrowed = boxes
      for boundary in stack.reluLayers {
        for i in 0..<stack.size(ofBoundary: boundary) {
          var unit = [Double](repeating: 0, count: stack.size(ofBoundary: boundary))
          let interval = narrowed[boundary]
          func upper(_ sign: Double) -> Double {
            unit[i] = sign
            let bound = reference.upperBounds(unit, of: boundary, narrowed, problem.weights)[0]
            return min(bound, sign * interval.centre[i] + interval.radius[i])
          }
          let (top, bottom) = (upper(1), -upper(-1))
          narrowed[boundary].centre[i] = (top + bottom) / 2
          narrowed[boundary].radius[i] = (top - bottom) / 2
        }
      }
      return reference.crownMargins(narrowed, label: label, problem.weights, .init())
    }
    #expect(relativeDistance(margins, expected.flatMap { $0 }) < singlePrecision)
  }

  @Test("a box has the same bounds alone, in any company, and in larger memory")
  func company() throws {
    for (name, stack) in try stacks() {
      let problem = Problem(name, stack)
      let classes = stack.classCount
      let together = problem.marginsAndGradient(beta: 1, everyBox: true)
      let larger = problem.marginsAndGradient(beta: 1, everyBox: true, capacity: 9)
      #expect(together.margins == larger.margins && together.gradient == larger.gradient, "\(name)")
      var alone: [Float] = []
      var gradient = [Double](repeating: 0, count: stack.parameterCount)
      for b in (0..<problem.batch).reversed() {
        let (margins, part) = problem.picking([b]).marginsAndGradient(beta: 1, everyBox: true)
        alone = margins + alone
        for i in gradient.indices { gradient[i] += Double(part[i]) }
      }
      #expect(relativeDistance(alone, doubles(together.margins)) < 1e-6, "\(name)")
      #expect(relativeDistance(together.gradient, gradient) < 1e-5, "\(name)")
      let reversed = problem.picking((0..<problem.batch).reversed()).marginsAndGradient(beta: 1, everyBox: true)
      let rows = (0..<problem.batch).reversed().flatMap { reversed.margins[$0 * classes..<($0 + 1) * classes] }
      #expect(relativeDistance(rows, doubles(together.margins)) < 1e-6, "\(name)")
    }
  }

  @Test("fused losses neither overflow nor lose gradients where margins are thousands")
  func large() throws {
    let (name, stack) = try #require(try stacks().last)
    var problem = Problem(name, stack)
    for i in stack.offsets[stack.layers.count - 1]..<stack.parameterCount { problem.parameters[i] *= 1000 }
    let (sum, gradient) = problem.fusedLossAndGradient(beta: 1)
    #expect(sum.loss.isFinite && sum.loss > 1000 && sum.correct < problem.batch)
    #expect(gradient.allSatisfy(\.isFinite) && gradient.contains { $0 != 0 })
  }

  /// The example stacks that end with a dense layer, and two more.
  private func stacks() throws -> [(name: String, stack: LayerStack)] {
    func dense(_ n: Int, _ m: Int) -> Layer { .affine(AffineLayer(map: .dense(inputs: n, outputs: m))) }
    let first = try ConvolutionGeometry(
      channels: 1, height: 5, width: 5, outputChannels: 2, kernel: (3, 3), stride: (1, 1), pads: (1, 1, 1, 1))
    let second = try ConvolutionGeometry(
      channels: 2, height: 5, width: 5, outputChannels: 3, kernel: (3, 3), stride: (2, 2), pads: (0, 0, 0, 0))
    let between = Normalisation(means: [0.1, -0.3], deviations: [1.5, -0.8], area: 25)
    return try exampleStacks().filter { _, stack in
      guard case .affine(let layer) = stack.layers.last, case .dense = layer.map else { return false }
      return true
    } + [
      (
        "convolutions",
        LayerStack(
          inputShape: try Shape([1, 5, 5]),
          layers: [
            .affine(AffineLayer(map: .convolution(first))), .normalisation(between), .relu(count: 50),
            .affine(AffineLayer(map: .convolution(second))), .relu(count: 12), dense(12, 5), dense(5, 3),
          ])
      ),
      (
        "deep",
        LayerStack(
          inputShape: Shape(vector: 6),
          layers: [
            dense(6, 9), .relu(count: 9), dense(9, 8), .relu(count: 8), dense(8, 7), .relu(count: 7), dense(7, 5),
          ])
      ),
    ]
  }
}

/// Random parameters, boxes and labels for a stack.
private struct Problem {
  let stack: LayerStack
  var parameters: [Float]
  var batch = 4
  var centre, radius: [Float]
  var labels: [Int32]

  init(_ name: String, _ stack: LayerStack, radiusScale: Double = 1) {
    var numbers = TestNumbers("back-substitution \(name)")
    self.stack = stack
    parameters = numbers.floats(stack.parameterCount)
    centre = numbers.floats(batch * stack.inputShape.count)
    radius = numbers.floats(batch * stack.inputShape.count, 0, 0.2).map { $0 * Float(radiusScale) }
    labels = (0..<batch).map { Int32(($0 * 2 + 1) % stack.classCount) }
  }

  var weights: [Double] { doubles(parameters) }

  /// The same with some of the boxes.
  func picking(_ chosen: [Int]) -> Problem {
    let n = stack.inputShape.count
    var problem = self
    problem.batch = chosen.count
    problem.centre = chosen.flatMap { centre[$0 * n..<($0 + 1) * n] }
    problem.radius = chosen.flatMap { radius[$0 * n..<($0 + 1) * n] }
    problem.labels = chosen.map { labels[$0] }
    return problem
  }

  func box(_ b: Int) -> DoubleReference.Box {
    let n = stack.inputShape.count
    return (doubles(Array(centre[b * n..<(b + 1) * n])), doubles(Array(radius[b * n..<(b + 1) * n])))
  }

  func rows(_ body: (DoubleReference, [DoubleReference.Box], Int) -> [Double]) -> [[Double]] {
    let reference = DoubleReference(stack: stack)
    return (0..<batch).map { b in
      body(reference, reference.boxes(box(b).centre, box(b).radius, weights), Int(labels[b]))
    }
  }

  /// The sum of the boxes' losses with some weights.
  func loss(_ weights: [Double], _ body: (DoubleReference, [DoubleReference.Box], Int) -> Double) -> Double {
    let reference = DoubleReference(stack: stack)
    return (0..<batch).reduce(0) { sum, b in
      sum + body(reference, reference.boxes(box(b).centre, box(b).radius, weights), Int(labels[b]))
    }
  }

  func marginsAndGradient(
    beta: Float, everyBox: Bool = false, capacity: Int? = nil
  ) -> (margins: [Float], gradient: [Float]) {
    let classes = stack.classCount
    let margins = CROWNMargins(stack: stack, capacity: capacity ?? batch, meetsEveryBox: everyBox)
    let upper = FloatBuffer(count: batch * classes)
    let seed = FloatBuffer(count: batch * classes)
    let gradient = differentiate { box, weights, gradient in
      margins.forward(box, labels: labels, batch: batch, parameters: weights, beta: beta, into: upper.pointer)
      _ = CrossEntropy.evaluate(
        upper.pointer, labels: labels, batch: batch, classes: classes, gradient: seed.pointer)
      margins.backward(
        seed: seed.pointer, box, labels: labels, batch: batch, parameters: weights, into: gradient,
        boxGradient: box.seed)
      return margins.boxGradients
    }
    return (upper.values, gradient)
  }

  func fusedLossAndGradient(
    beta: Float, everyBox: Bool = false
  ) -> (sum: CrossEntropy.Sum, gradient: [Float]) {
    let fused = FusedLoss(stack: stack, capacity: batch, meetsEveryBox: everyBox)
    var sum = CrossEntropy.Sum()
    let gradient = differentiate { box, weights, gradient in
      sum = fused.forward(box, labels: labels, batch: batch, parameters: weights, beta: beta, weight: 1)
      fused.backward(
        box, labels: labels, batch: batch, parameters: weights, into: gradient, boxGradient: box.seed)
      return fused.boxGradients
    }
    return (sum, gradient)
  }

  /// The total gradient with respect to the parameters of what `body` differentiates between the boxes' two sweeps.
  private func differentiate(
    _ body: (BoxPass, Parameters, ParameterGradient) -> [Int: BoxPass.Gradient]
  ) -> [Float] {
    let extractor = 0..<stack.layers.count - 1
    let weights = Parameters(parameters)
    let box = BoxPass(stack: stack, capacity: batch)
    let gradient = ParameterGradient(count: parameters.count)
    box.centres[0].copy(centre)
    box.radii[0].copy(radius)
    box.forward(extractor, batch: batch, parameters: weights)
    let boxGradients = body(box, weights, gradient)
    box.backward(
      extractor, batch: batch, parameters: weights, into: gradient, needsInput: false, boundaryGradients: boxGradients)
    let total = FloatBuffer(count: parameters.count)
    ParameterGradient.total([gradient], at: weights, into: total)
    return total.values
  }
}
