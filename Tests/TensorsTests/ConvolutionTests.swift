import Testing
import Tensors

@Suite struct ConvolutionTests {
  /// Geometries with every option away from its default at least once.
  static let geometries: [ConvolutionGeometry] = {
    var stream = RandomStream(seed: 3, purpose: "geometries")
    var found: [ConvolutionGeometry] = []
    while found.count < 60 {
      func pick(_ range: ClosedRange<Int>) -> Int { range.lowerBound + stream.index(below: range.count) }
      let groups = pick(1...2)
      let geometry = try? ConvolutionGeometry(
        channels: groups * pick(1...2), height: pick(1...7), width: pick(1...7), outputChannels: groups * pick(1...3),
        kernel: (pick(1...4), pick(1...4)), stride: (pick(1...3), pick(1...3)), dilation: (pick(1...2), pick(1...2)),
        pads: (pick(0...3), pick(0...3), pick(0...3), pick(0...3)), groups: groups)
      if let geometry { found.append(geometry) }
    }
    return found
  }()

  /// The definition, one multiplication at a time, calling `body(output, weight, input)` for each.
  func forEachProduct(_ g: ConvolutionGeometry, _ body: (Int, Int, Int) -> Void) {
    let groupInputs = g.channels / g.groups
    let groupOutputs = g.outputChannels / g.groups
    for o in 0..<g.outputChannels {
      for y in 0..<g.outputHeight {
        for x in 0..<g.outputWidth {
          for c in 0..<groupInputs {
            for i in 0..<g.kernelHeight {
              for j in 0..<g.kernelWidth {
                let row = y * g.strideHeight + i * g.dilationHeight - g.padTop
                let column = x * g.strideWidth + j * g.dilationWidth - g.padLeft
                guard (0..<g.height).contains(row), (0..<g.width).contains(column) else { continue }
                let channel = o / groupOutputs * groupInputs + c
                body(
                  (o * g.outputHeight + y) * g.outputWidth + x,
                  ((o * groupInputs + c) * g.kernelHeight + i) * g.kernelWidth + j,
                  (channel * g.height + row) * g.width + column)
              }
            }
          }
        }
      }
    }
  }

  @Test(arguments: geometries) func `all three products follow the definition`(_ g: ConvolutionGeometry) {
    var stream = RandomStream(seed: 5, purpose: "values")
    // Small whole numbers: every sum is exact in any order.
    func values(_ count: Int) -> [Double] { (0..<count).map { _ in Double(stream.index(below: 9)) - 4 } }
    let batch = 2
    let weights = values(g.weightCount)
    let images = values(batch * g.inputCount)
    let gradients = values(batch * g.outputCount)
    var outputs = [Double](repeating: .nan, count: batch * g.outputCount)
    var back = [Double](repeating: .nan, count: batch * g.inputCount)
    var weightGradient = values(g.weightCount)
    let before = weightGradient
    g.apply(weights, to: images, batch: batch, into: &outputs)
    g.applyTransposed(weights, to: gradients, batch: batch, into: &back)
    g.accumulateWeightGradient(images: images, outputGradients: gradients, batch: batch, into: &weightGradient)

    var expectedOutputs = [Double](repeating: 0, count: batch * g.outputCount)
    var expectedBack = [Double](repeating: 0, count: batch * g.inputCount)
    var expectedWeights = before
    for image in 0..<batch {
      forEachProduct(g) { output, weight, input in
        expectedOutputs[image * g.outputCount + output] += weights[weight] * images[image * g.inputCount + input]
        expectedBack[image * g.inputCount + input] += weights[weight] * gradients[image * g.outputCount + output]
        expectedWeights[weight] += gradients[image * g.outputCount + output] * images[image * g.inputCount + input]
      }
    }
    #expect(outputs == expectedOutputs)
    #expect(back == expectedBack)
    #expect(weightGradient == expectedWeights)
  }

  @Test func `impossible geometries are refused`() {
    #expect(throws: ShapeError.self) {
      try ConvolutionGeometry(channels: 1, height: 4, width: 4, outputChannels: 1, kernel: (3, 3), stride: (0, 1))
    }
    #expect(throws: ShapeError.self) {
      try ConvolutionGeometry(channels: 1, height: 4, width: 4, outputChannels: 1, kernel: (5, 5))
    }
    #expect(throws: ShapeError.self) {
      try ConvolutionGeometry(channels: 2, height: 4, width: 4, outputChannels: 3, kernel: (1, 1), groups: 2)
    }
    #expect(throws: ShapeError.self) {
      try ConvolutionGeometry(
        channels: 1, height: 4, width: 4, outputChannels: 1, kernel: (1, 1), pads: (1 << 40, 0, 0, 0))
    }
    #expect(throws: ShapeError.self) { try Shape([1 << 40, 1 << 40]) }
    #expect(throws: ShapeError.self) { try Shape([3, 0]) }
  }
}
