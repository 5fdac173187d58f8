import Tensors
import Testing

@testable import Training

@Suite struct FoldedClassifierTests {
  /// The best margins of latent attacks in whole and in folded classifiers: both climb the same function.
  private func margins(_ stack: LayerStack, relus: Int = 1, images: Int = 9) -> (folded: [Float], whole: [Float]) {
    var numbers = TestNumbers("folded")
    let parameters = Parameters(Initialisation.kaiming.parameters(of: stack, seed: 3))
    let boundary = stack.boundary(beforeLast: relus)
    let rows = stack.classCount - 1
    let box = BoxPass(stack: stack, capacity: images)
    box.centres[0].copy(numbers.floats(images * stack.inputShape.count, 0, 1))
    // Of all widths, also none: of the images, and of some coordinates.
    box.radii[0].copy(
      (0..<images * stack.inputShape.count).map { i in
        let radius = 0.02 * Double(i / stack.inputShape.count)
        return i.isMultiple(of: 3) ? 0 : Float(radius)
      })
    box.forward(0..<stack.layers.count - 1, batch: images, parameters: parameters)
    let labels = (0..<images).map { Int32($0 % stack.classCount) }
    let settings = LatentAttack.Settings(
      boundary: boundary, steps: .latent(count: 30, factor: 0.1), restarts: 3)
    let attack = LatentAttack(stack: stack, capacity: images, boundary: boundary)
    func stream(_ vector: Int, _ number: Int) -> RandomStream {
      RandomStream(seed: UInt64(number), purpose: "folded", index: vector)
    }
    _ = attack.search(
      box, labels: labels, batch: images, parameters: parameters, settings: settings, stream: stream)
    let folded = Array(attack.bestValues.values.prefix(images * rows))
    attack.searchWhole(
      labels: labels, batch: images, rows: rows, parameters: parameters, settings: settings, stream: stream)
    return (folded, Array(attack.bestValues.values.prefix(images * rows)))
  }

  private func stack(_ layers: [Layer], input: Shape) -> LayerStack { LayerStack(inputShape: input, layers: layers) }

  private func dense(_ inputs: Int, _ outputs: Int) -> Layer {
    .affine(AffineLayer(map: .dense(inputs: inputs, outputs: outputs)))
  }

  @Test(
    "searches in the folded classifier reach what searches in the whole one reach, behind convolutions and dense layers"
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
      let (folded, whole) = margins(stack)
      // Sign gradients start from different random points; nearly all searches of so small a problem reach the top.
      let scale = whole.map(\.magnitude).max() ?? 1
      let apart = zip(folded, whole).filter { abs($0 - $1) > 1e-4 * scale }.count
      #expect(Double(apart) <= 0.1 * Double(whole.count), "\(apart) of \(whole.count)")
      // With no width there is nothing to search.
      for row in 0..<stack.classCount - 1 { #expect(abs(folded[row] - whole[row]) < 1e-5 * scale) }
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
