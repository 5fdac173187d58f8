import Tensors
import Testing

@Suite struct WinogradTests {
  /// 3×3 convolutions with all pads, with channels that fill vectors and ones that do not, and with tiles cut off.
  static let geometries: [ConvolutionGeometry] = [
    (16, 28, 28, 20, (1, 1, 1, 1)), (21, 14, 14, 35, (1, 1, 1, 1)), (16, 8, 9, 16, (0, 0, 0, 0)),
    (17, 6, 7, 18, (2, 0, 1, 2)), (16, 40, 12, 16, (0, 2, 2, 0)), (32, 4, 4, 33, (1, 1, 1, 1)),
  ].compactMap { channels, height, width, outputs, pads in
    try? ConvolutionGeometry(
      channels: channels, height: height, width: width, outputChannels: outputs, kernel: (3, 3), pads: pads)
  }

  /// More than two vectors of images, and some left over.
  static let batch = 35

  func numbers(_ count: Int, _ purpose: String) -> [Float] {
    var stream = RandomStream(seed: 1, purpose: purpose)
    return (0..<count).map { _ in Float(stream.normal()) }
  }

  /// The distance of the first elements from what they should be, relative to the norm of these.
  func distance(_ computed: [Float], _ expected: [Float], count: Int) -> Double {
    var (sum, norm) = (0.0, 0.0)
    for (a, b) in zip(computed.prefix(count), expected.prefix(count)) {
      sum += Double(a - b) * Double(a - b)
      norm += Double(b) * Double(b)
    }
    return (sum / norm).squareRoot()
  }

  @Test(arguments: geometries) func `all three products are those of other ways`(_ g: ConvolutionGeometry) {
    #expect(g.suitsWinograd)
    let batch = Self.batch
    let weights = numbers(g.weightCount, "weights")
    let images = numbers(batch * g.inputCount, "images")
    let seeds = numbers(batch * g.outputCount, "seeds")

    var outputs = [Float](repeating: .nan, count: batch * g.outputCount)
    var expectedOutputs = outputs
    let done = g.applyWinograd(weights, to: images, batch: batch, transposed: false, into: &outputs)
    #expect(done >= 32 && done <= batch)
    g.apply(weights, to: images, batch: batch, into: &expectedOutputs)
    #expect(distance(outputs, expectedOutputs, count: done * g.outputCount) < 1e-5)
    #expect(outputs.dropFirst(done * g.outputCount).allSatisfy { $0.isNaN }, "The rest is left alone")

    var back = [Float](repeating: .nan, count: batch * g.inputCount)
    var expectedBack = back
    #expect(g.applyWinograd(weights, to: seeds, batch: batch, transposed: true, into: &back) == done)
    g.applyTransposed(weights, to: seeds, batch: batch, into: &expectedBack)
    #expect(distance(back, expectedBack, count: done * g.inputCount) < 1e-5)

    // Added to what is there.
    var gradient = numbers(g.weightCount, "before")
    var expectedGradient = gradient
    #expect(
      g.accumulateWeightGradientWinograd(images: images, outputGradients: seeds, batch: batch, into: &gradient) == done)
    g.accumulateWeightGradient(images: images, outputGradients: seeds, batch: done, into: &expectedGradient)
    #expect(distance(gradient, expectedGradient, count: g.weightCount) < 1e-5)
  }

  @Test func `an image's product does not depend on its neighbours`() {
    for g in Self.geometries {
      let weights = numbers(g.weightCount, "weights")
      let images = numbers(32 * g.inputCount, "images")
      var together = [Float](repeating: .nan, count: 32 * g.outputCount)
      var half = together
      _ = g.applyWinograd(weights, to: images, batch: 32, transposed: false, into: &together)
      _ = g.applyWinograd(weights, to: images, batch: 16, transposed: false, into: &half)
      #expect(together.prefix(16 * g.outputCount).elementsEqual(half.prefix(16 * g.outputCount)))
    }
  }

  @Test func `other convolutions do not suit`() throws {
    func suits(_ kernel: Int, stride: Int = 1, dilation: Int = 1, groups: Int = 1, size: Int = 12) throws -> Bool {
      try ConvolutionGeometry(
        channels: 32, height: size, width: size, outputChannels: 32, kernel: (kernel, kernel), stride: (stride, stride),
        dilation: (dilation, dilation), pads: (1, 1, 1, 1), groups: groups
      ).suitsWinograd
    }
    let others = try [suits(5), suits(3, stride: 2), suits(3, dilation: 2), suits(3, groups: 2), suits(3, size: 5)]
    let plain = try suits(3)
    #expect(plain)
    #expect(others == [false, false, false, false, false])
  }
}
