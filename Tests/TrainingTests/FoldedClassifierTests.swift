import Tensors
import Testing

@testable import Training

@Suite struct FoldedClassifierTests {
  /// What latent attacks found in boxes of all widths, none among them, by folded and by whole classifiers.
  private struct Found {
    var folded: [Float] = []
    var whole: [Float] = []
    /// The whole classifier's margins at the points that the folded one gave, in double precision.
    var replayed: [Double] = []
    var areInside = true
  }

  private func search(_ stack: LayerStack, images: Int = 9) throws -> Found {
    var numbers = TestNumbers("folded")
    let parameters = Parameters(Initialisation.kaiming.parameters(of: stack, seed: 3))
    let boundary = stack.boundary(beforeLast: 1)
    let size = stack.size(ofBoundary: boundary)
    let rows = stack.classCount - 1
    let inputs = stack.inputShape.count
    let box = BoxPass(stack: stack, capacity: images)
    box.centres[0].copy(numbers.floats(images * inputs, 0, 1))
    box.radii[0].copy((0..<images * inputs).map { $0.isMultiple(of: 3) ? 0 : Float(0.02 * Double($0 / inputs)) })
    box.forward(0..<stack.layers.count - 1, batch: images, parameters: parameters)
    let labels = (0..<images).map { Int32($0 % stack.classCount) }
    let settings = LatentAttack.Settings(boundary: boundary, steps: .latent(count: 30, factor: 0.1), restarts: 3)
    let attack = LatentAttack(stack: stack, capacity: images, boundary: boundary)
    func stream(_ vector: Int, _ number: Int) -> RandomStream {
      RandomStream(seed: UInt64(number), purpose: "folded", index: vector)
    }
    _ = attack.search(box, labels: labels, batch: images, parameters: parameters, settings: settings, stream: stream)
    var found = Found(folded: Array(attack.bestValues.values.prefix(images * rows)))
    let reference = DoubleReference(stack: stack)
    for place in 0..<images * rows {
      let (vector, row) = (place / rows, place % rows)
      let point = (0..<size).map { attack.best.pointer[place * size + $0] }
      for i in 0..<size {
        let (c, r) = (
          box.centres[boundary].pointer[vector * size + i], box.radii[boundary].pointer[vector * size + i]
        )
        found.areInside = found.areInside && point[i] >= c - max(r, 0) && point[i] <= c + max(r, 0)
      }
      let logits = reference.point(boundary..<stack.layers.count, doubles(point), doubles(parameters.values.values))
      let label = Int(labels[vector])
      found.replayed.append(logits[row < label ? row : row + 1] - logits[label])
    }
    attack.searchWhole(
      labels: labels, batch: images, rows: rows, parameters: parameters, settings: settings, stream: stream)
    found.whole = Array(attack.bestValues.values.prefix(images * rows))
    return found
  }

  private func stack(_ layers: [Layer], input: Shape) -> LayerStack { LayerStack(inputShape: input, layers: layers) }

  private func dense(_ inputs: Int, _ outputs: Int) -> Layer {
    .affine(AffineLayer(map: .dense(inputs: inputs, outputs: outputs)))
  }

  @Test(
    "what is found in the folded classifier is true of the whole one, and as good as what is found there"
  )
  func agrees() throws {
    let image = try Shape([2, 6, 5])
    let first = try ConvolutionGeometry(
      channels: 2, height: 6, width: 5, outputChannels: 4, kernel: (3, 3), pads: (1, 1, 1, 1))
    let second = try ConvolutionGeometry(
      channels: 4, height: 6, width: 5, outputChannels: 6, kernel: (3, 2), stride: (2, 1), pads: (1, 0, 0, 1),
      groups: 2)
    func convolution(_ g: ConvolutionGeometry) -> Layer { .affine(AffineLayer(map: .convolution(g))) }
    let stacks = [
      stack([dense(8, 20), .relu(count: 20), dense(20, 15), .relu(count: 15), dense(15, 4)], input: Shape(vector: 8)),
      // More classes than there are lanes.
      stack([dense(8, 20), .relu(count: 20), dense(20, 30), .relu(count: 30), dense(30, 21)], input: Shape(vector: 8)),
      stack(
        [
          convolution(first), .relu(count: first.outputCount), convolution(second), .relu(count: second.outputCount),
          dense(second.outputCount, 10),
        ], input: image),
    ]
    for stack in stacks {
      let found = try search(stack)
      let scale = found.whole.map(\.magnitude).max() ?? 1
      #expect(found.areInside)
      for (value, replayed) in zip(found.folded, found.replayed) {
        #expect(abs(Double(value) - replayed) < 1e-5 * Double(scale))
      }
      // With no width there is nothing to search.
      for row in 0..<stack.classCount - 1 { #expect(abs(found.folded[row] - found.whole[row]) < 1e-5 * scale) }
      // Both start at random and end at some local maximum: neither is better than the other on the whole.
      let difference = zip(found.folded, found.whole).reduce(0) { $0 + $1.0 - $1.1 } / Float(found.whole.count)
      #expect(abs(difference) < 0.02 * scale)
    }
  }

  @Test("other classifiers are not folded")
  func others() throws {
    let deep = stack(
      [dense(8, 6), .relu(count: 6), dense(6, 6), .relu(count: 6), dense(6, 3)], input: Shape(vector: 8))
    #expect(FoldedClassifier(stack: deep, boundary: 0) == nil)
    #expect(FoldedClassifier(stack: deep, boundary: 2) != nil)
    #expect(FoldedClassifier(stack: deep, boundary: 4) == nil)
  }
}
