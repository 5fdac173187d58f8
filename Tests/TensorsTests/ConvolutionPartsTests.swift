import Tensors
import Testing

@Suite struct ConvolutionPartsTests {
  /// Those among the geometries of all products that this way is good for, and layers of networks in use.
  static let geometries: [ConvolutionGeometry] = {
    let layers: [ConvolutionGeometry?] = [
      try? ConvolutionGeometry(
        channels: 40, height: 14, width: 14, outputChannels: 9, kernel: (3, 3), pads: (1, 1, 1, 1)),
      try? ConvolutionGeometry(
        channels: 10, height: 28, width: 27, outputChannels: 8, kernel: (3, 3), stride: (2, 2), pads: (1, 1, 1, 1)),
      try? ConvolutionGeometry(
        channels: 24, height: 9, width: 11, outputChannels: 18, kernel: (3, 2), stride: (1, 2), dilation: (2, 3),
        pads: (0, 3, 2, 1), groups: 2),
    ]
    let others = ConvolutionTests.largerGeometries + ConvolutionTests.widerGeometries
    return (layers.compactMap(\.self) + others).filter {
      ConvolutionParts(of: [Double](repeating: 0, count: $0.weightCount), $0) != nil
    }
  }()

  /// More images than lie side by side.
  static let batch = 19

  func apply<Scalar: BLASScalar>(
    _ parts: ConvolutionParts<Scalar>, _ g: ConvolutionGeometry, _ images: [Scalar], batch: Int
  ) -> (positives: [Scalar], negatives: [Scalar]) {
    var positives = [Scalar](repeating: .nan, count: batch * g.outputCount)
    var negatives = positives
    parts.apply(to: images, batch: batch, positives: &positives, negatives: &negatives)
    return (positives, negatives)
  }

  func expectDefinition<Scalar: BLASScalar>(_ g: ConvolutionGeometry, at value: Scalar, in type: Scalar.Type) throws {
    var stream = RandomStream(seed: 12, purpose: "parts")
    // Small whole numbers: every sum is exact in any order.
    func values(_ count: Int) -> [Scalar] { (0..<count).map { _ in Scalar(stream.index(below: 9)) - 4 } }
    let batch = Self.batch
    let weights = values(g.weightCount)
    var images = values(batch * g.inputCount)
    images[stream.index(below: images.count)] = value
    let parts = try #require(ConvolutionParts(of: weights, g))
    let computed = apply(parts, g, images, batch: batch)
    var positives = [Scalar](repeating: 0, count: batch * g.outputCount)
    var negatives = positives
    ConvolutionTests().forEachProduct(g) { output, weight, input in
      for image in 0..<batch {
        let (to, entry) = (image * g.outputCount + output, images[image * g.inputCount + input])
        if weights[weight] > 0 { positives[to] += weights[weight] * entry }
        if weights[weight] < 0 { negatives[to] -= weights[weight] * entry }
      }
    }
    // A weight that is zero is in either list, and makes no number of what is none.
    func agree(_ computed: [Scalar], _ expected: [Scalar]) -> Bool {
      zip(computed, expected).allSatisfy { $0 == $1 || ($0.isNaN && !value.isFinite) }
    }
    #expect(agree(computed.positives, positives))
    #expect(agree(computed.negatives, negatives))
    if !value.isFinite {
      // Who does not read it, does not meet it.
      let met = zip(computed.positives, computed.negatives).count { $0.isNaN || $1.isNaN }
      #expect(met <= g.outputChannels / g.groups * g.kernelHeight * g.kernelWidth)
    }
  }

  @Test(arguments: geometries) func `both products follow the definition`(_ g: ConvolutionGeometry) throws {
    try expectDefinition(g, at: 3, in: Double.self)
    try expectDefinition(g, at: 3, in: Float.self)
    try expectDefinition(g, at: .nan, in: Double.self)
    try expectDefinition(g, at: .nan, in: Float.self)
  }

  @Test(arguments: geometries) func `an image's products do not depend on the batch`(_ g: ConvolutionGeometry) throws {
    var stream = RandomStream(seed: 13, purpose: "parts")
    func numbers(_ count: Int) -> [Float] { (0..<count).map { _ in Float(stream.normal()) } }
    let parts = try #require(ConvolutionParts(of: numbers(g.weightCount), g))
    let images = numbers(Self.batch * g.inputCount)
    let together = apply(parts, g, images, batch: Self.batch)
    for image in 0..<Self.batch {
      let results = image * g.outputCount..<(image + 1) * g.outputCount
      let alone = apply(parts, g, Array(images[image * g.inputCount..<(image + 1) * g.inputCount]), batch: 1)
      #expect(alone.positives[...] == together.positives[results])
      #expect(alone.negatives[...] == together.negatives[results])
    }
  }

  @Test func `enough geometries go this way`() {
    #expect(Self.geometries.count >= 30)
    #expect(Self.geometries.contains { $0.groups > 1 })
    #expect(Self.geometries.contains { $0.dilationWidth > 1 })
    #expect(Self.geometries.contains { $0.strideHeight > 1 && $0.outputChannels / $0.groups % 2 == 1 })
  }
}
