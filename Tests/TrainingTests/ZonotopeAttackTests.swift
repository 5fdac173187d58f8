import Foundation
import Tensors
import Testing

@testable import Training

@Suite struct ZonotopeAttackTests {
  private let set: TrainingSet
  private let indices = [3, 1, 40, 77, 8]
  private let epsilon = 0.06

  init() throws { set = try bars(count: 90, stream: "zonotope") }

  private func stacks(batchNorm: Bool = false) throws -> [LayerStack] {
    try [(Architecture.cnn3, [3, 4]), (.fullyConnected, [14, 10, 8])].map { architecture, widths in
      try architecture.stack(
        input: set.shape, classCount: 4, widths: widths, means: [0.3], deviations: [0.4], batchNorm: batchNorm)
    }
  }

  private func settings(_ boundary: Int, steps: Int = 8) -> ZonotopeAttack.Settings {
    ZonotopeAttack.Settings(
      boundary: boundary, attack: PointAttack.Settings(steps: .input(count: steps, first: 0.3), restarts: 2))
  }

  /// A chunk with boxes up to the last layer, and its parameters.
  private func chunk(_ stack: LayerStack, epsilon: Double? = nil) -> (Chunk, Parameters) {
    let parameters = Parameters(Initialisation.kaiming.parameters(of: stack, seed: 5))
    let chunk = Chunk(stack: stack, capacity: indices.count)
    chunk.load(set, indices[...], PixelBoxes(epsilon: epsilon ?? self.epsilon))
    chunk.box.forward(chunk.extractor, batch: indices.count, parameters: parameters)
    return (chunk, parameters)
  }

  private func stream(_ vector: Int, _ number: Int) -> RandomStream {
    RandomStream(seed: UInt64(number), purpose: "zonotope", index: vector)
  }

  /// For each vector and coordinate of a boundary the zonotope's centre and generators, in double precision.
  private func zonotope(_ chunk: Chunk, _ vector: Int, to boundary: Int, _ parameters: Parameters) -> [[Double]] {
    let stack = chunk.stack
    let reference = DoubleReference(stack: stack)
    let numbers = doubles(parameters.values.values)
    func part(_ buffer: FloatBuffer, _ size: Int) -> [Double] {
      (0..<size).map { Double(buffer.pointer[vector * size + $0]) }
    }
    let size = stack.inputShape.count
    let radii = part(chunk.box.radii[0], size)
    // The first row is the centre.
    var rows = [part(chunk.box.centres[0], size)]
    for i in 0..<size { rows.append((0..<size).map { $0 == i ? radii[i] : 0 }) }
    for index in 0..<boundary {
      guard case .relu(let count) = stack.layers[index] else {
        let zero = reference.point(index..<index + 1, [Double](repeating: 0, count: rows[0].count), numbers)
        rows = rows.enumerated().map { number, row in
          let image = reference.point(index..<index + 1, row, numbers)
          return number == 0 ? image : zip(image, zero).map { $0 - $1 }
        }
        continue
      }
      let (c, r) = (part(chunk.box.centres[index], count), part(chunk.box.radii[index], count))
      var added: [[Double]] = []
      for i in 0..<count {
        let (l, u) = (c[i] - r[i], c[i] + r[i])
        let slope = l >= 0 ? 1 : (u <= 0 ? 0 : u / (u - l))
        let half = l < 0 && u > 0 ? -slope * l / 2 : 0
        for row in rows.indices { rows[row][i] *= slope }
        rows[0][i] += half
        if half > 0 { added.append((0..<count).map { $0 == i ? half : 0 }) }
      }
      rows += added
    }
    return rows
  }

  @Test("the zonotope holds what the prefix makes of any input in the ball")
  func contains() throws {
    for stack in try stacks() {
      let (chunk, parameters) = chunk(stack)
      let batch = indices.count
      let size = stack.inputShape.count
      var numbers = TestNumbers("inputs in the ball")
      for relus in 1...stack.reluLayers.count {
        let boundary = stack.boundary(beforeLast: stack.reluLayers.count - relus)
        let attack = ZonotopeAttack(stack: stack, capacity: batch, deepest: boundary)
        let pass = PointPass(stack: stack, capacity: batch)
        for _ in 0..<20 {
          // Corners and inner points; what the true prefix yields says which error terms lead there.
          let errors = numbers.floats(batch * size, -1.5, 1.5).map { max(-1, min(1, $0)) }
          attack.inputErrors.copy(errors)
          for i in 0..<batch * size {
            pass.values[0].pointer[i] = chunk.box.centres[0].pointer[i] + chunk.box.radii[0].pointer[i] * errors[i]
          }
          pass.forward(0..<boundary, batch: batch, parameters: parameters.values.pointer)
          for layer in stack.reluLayers where layer < boundary {
            for i in 0..<batch * stack.size(ofBoundary: layer) {
              let line = ZonotopeAttack.Line(
                chunk.box.centres[layer].pointer[i], chunk.box.radii[layer].pointer[i])
              let x = pass.values[layer].pointer[i]
              let rest = max(x, 0) - line.slope * x - line.half
              #expect(abs(rest) <= line.half + 1e-5)
              attack.unitErrors[layer].pointer[i] = line.half > 0 ? max(-1, min(1, rest / line.half)) : 0
            }
          }
          attack.relax(to: boundary, chunk.box, batch: batch, parameters: parameters)
          for i in 0..<batch * stack.size(ofBoundary: boundary) {
            #expect(abs(attack.pass.values[boundary].pointer[i] - pass.values[boundary].pointer[i]) < 1e-4)
          }
        }
      }
    }
  }

  @Test("points that are found lie in the zonotope, and error terms in -1...1")
  func found() throws {
    for stack in try stacks() {
      let (chunk, parameters) = chunk(stack)
      let boundary = stack.boundary(beforeLast: 0)
      let attack = ZonotopeAttack(stack: stack, capacity: indices.count, deepest: boundary)
      _ = attack.search(
        .current, chunk.box, labels: chunk.labels, batch: indices.count, parameters: parameters,
        settings: settings(boundary), stream: stream)
      let unstable = attack.unitErrors.flatMap(\.values)
      #expect((attack.inputErrors.values + unstable).allSatisfy { abs($0) <= 1 })
      // Its shadow on any direction is an interval, of half width the sum of the generators' shadows.
      let size = stack.size(ofBoundary: boundary)
      var numbers = TestNumbers("directions")
      for vector in indices.indices {
        let rows = zonotope(chunk, vector, to: boundary, parameters)
        let point = (0..<size).map { Double(attack.points[1].pointer[vector * size + $0]) }
        var directions = (0..<size).map { i in (0..<size).map { $0 == i ? 1.0 : 0 } }
        for _ in 0..<100 { directions.append(doubles(numbers.floats(size))) }
        for direction in directions {
          let reach = rows.dropFirst().reduce(0) { $0 + dot($1, direction).magnitude }
          #expect((dot(point, direction) - dot(rows[0], direction)).magnitude <= reach + 1e-4)
        }
      }
    }
  }

  @Test("a point is the affine function of its error terms that the generators say")
  func affine() throws {
    for stack in try stacks() {
      let (chunk, parameters) = chunk(stack)
      let boundary = stack.boundary(beforeLast: 0)
      let attack = ZonotopeAttack(stack: stack, capacity: indices.count, deepest: boundary)
      var numbers = TestNumbers("error terms")
      attack.inputErrors.copy(numbers.floats(attack.inputErrors.count))
      for errors in attack.unitErrors { errors.copy(numbers.floats(errors.count)) }
      attack.relax(to: boundary, chunk.box, batch: indices.count, parameters: parameters)
      let size = stack.size(ofBoundary: boundary)
      for vector in indices.indices {
        let inputs = stack.inputShape.count
        var errors = (0..<inputs).map { Double(attack.inputErrors.pointer[vector * inputs + $0]) }
        for layer in stack.reluLayers {
          let count = stack.size(ofBoundary: layer)
          for i in vector * count..<(vector + 1) * count {
            let line = ZonotopeAttack.Line(chunk.box.centres[layer].pointer[i], chunk.box.radii[layer].pointer[i])
            if line.half > 0 { errors.append(Double(attack.unitErrors[layer].pointer[i])) }
          }
        }
        let rows = zonotope(chunk, vector, to: boundary, parameters)
        #expect(rows.count == errors.count + 1)
        for i in 0..<size {
          let expected = zip(rows.dropFirst(), errors).reduce(rows[0][i]) { $0 + $1.0[i] * $1.1 }
          #expect(abs(Double(attack.pass.values[boundary].pointer[vector * size + i]) - expected) < 1e-4)
        }
      }
    }
  }

  @Test(
    "the search climbs: at radius 0 it stays at the natural loss, beyond that it finds more than an attack in the ball")
  func climbs() throws {
    for stack in try stacks() {
      let (still, parameters) = chunk(stack, epsilon: 0)
      let natural = still.forwardPoints(parameters, weight: 0).loss
      func loss(_ chunk: Chunk, _ relus: Int, steps: Int) -> Double {
        let boundary = stack.boundary(beforeLast: stack.reluLayers.count - relus)
        let attack = ZonotopeAttack(stack: stack, capacity: indices.count, deepest: boundary)
        return attack.search(
          .current, chunk.box, labels: chunk.labels, batch: indices.count, parameters: parameters,
          settings: settings(boundary, steps: steps), stream: stream
        ).loss
      }
      let (moving, _) = chunk(stack)
      let inBall = loss(moving, 0, steps: 20)
      #expect(inBall > natural)
      for relus in 1...stack.reluLayers.count {
        #expect(abs(loss(still, relus, steps: 3) - natural) < 1e-4 * natural)
        #expect(loss(moving, relus, steps: 20) >= inBall * 0.999)
        #expect(loss(moving, relus, steps: 20) > loss(moving, relus, steps: 1))
      }
    }
  }
}
