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

  /// Larger ones, with whatever else decides which way a product takes and how it is divided.
  static let largerGeometries: [ConvolutionGeometry] = {
    var stream = RandomStream(seed: 4, purpose: "larger geometries")
    func make(
      _ channels: Int, _ height: Int, _ width: Int, _ outputs: Int, _ kernel: (Int, Int), stride: Int = 1,
      dilation: Int = 1, pad: Int = 0, groups: Int = 1
    ) -> ConvolutionGeometry? {
      try? ConvolutionGeometry(
        channels: channels, height: height, width: width, outputChannels: outputs, kernel: kernel,
        stride: (stride, stride), dilation: (dilation, dilation), pads: (kernel.0 > 1 ? pad : 0, pad, pad, pad),
        groups: groups)
    }
    var found = [
      // Layers of networks in use.
      make(1, 28, 28, 16, (5, 5), stride: 2, pad: 2), make(16, 14, 14, 32, (4, 4), stride: 2, pad: 1),
      make(3, 32, 32, 13, (3, 3), pad: 1), make(24, 14, 14, 10, (3, 3), pad: 1),
      make(70, 30, 30, 2, (3, 3), stride: 2, pad: 1),
      // Pulled back to one channel, all strides' phases together, and to an odd number of rows, which cannot be.
      make(1, 28, 28, 16, (4, 4), stride: 2, pad: 1), make(1, 10, 12, 5, (4, 4), stride: 2),
      make(1, 18, 20, 9, (4, 4), stride: 2, pad: 2), make(4, 12, 40, 8, (4, 4), stride: 2, pad: 1, groups: 4),
      make(1, 15, 16, 6, (4, 4), stride: 2, pad: 1),
      // One channel to a group, taps apart, one dimension.
      make(12, 15, 17, 12, (3, 3), pad: 1, groups: 12), make(8, 16, 16, 8, (2, 2), stride: 2, groups: 8),
      make(5, 20, 20, 7, (3, 3), dilation: 3, pad: 2), make(9, 1, 70, 6, (1, 7), pad: 3),
      // Few channels from many, and patches that do not overlap.
      make(1, 9, 9, 40, (3, 3), pad: 1), make(64, 5, 5, 128, (1, 1)), make(32, 8, 8, 64, (2, 2), stride: 2),
      // More zeros than image.
      make(2, 1, 1, 3, (2, 2), dilation: 300, pad: 300), make(2, 3, 3, 3, (5, 5), pad: 4),
      make(2, 5, 40, 3, (3, 3), stride: 7, pad: 30),
    ].compactMap(\.self)
    while found.count < 45 {
      func pick(_ range: ClosedRange<Int>) -> Int { range.lowerBound + stream.index(below: range.count) }
      let groups = pick(1...3)
      let flat = stream.index(below: 4) == 0
      let geometry = try? ConvolutionGeometry(
        channels: groups * pick(1...10), height: flat ? 1 : pick(1...24), width: pick(1...24),
        outputChannels: groups * pick(1...9), kernel: (flat ? 1 : pick(1...5), pick(1...5)),
        stride: (pick(1...4), pick(1...4)), dilation: (pick(1...3), pick(1...3)),
        pads: (flat ? 0 : pick(0...5), pick(0...5), flat ? 0 : pick(0...5), pick(0...5)), groups: groups)
      if let geometry { found.append(geometry) }
    }
    return found
  }()

  /// With channels enough for elements that are zero to be passed over, and whatever decides how windows are divided.
  static let widerGeometries: [ConvolutionGeometry] = {
    var stream = RandomStream(seed: 11, purpose: "wider geometries")
    // Strides that no image has room for, and whose products are beyond integers.
    var found = [(1, 1 << 62), (1 << 40, 1 << 40), (1 << 62, 1)].compactMap { stride in
      try? ConvolutionGeometry(
        channels: 8, height: 4, width: 8, outputChannels: 16, kernel: (3, 3), stride: stride, pads: (1, 1, 1, 1))
    }
    while found.count < 40 {
      func pick(_ range: ClosedRange<Int>) -> Int { range.lowerBound + stream.index(below: range.count) }
      let groups = pick(1...8) == 1 ? 2 : 1
      // Seldom more than stay in a first-level cache.
      let inputs = pick(1...8) == 1 ? pick(33...70) : pick(8...20)
      let kernel = pick(1...4)
      let geometry = try? ConvolutionGeometry(
        channels: groups * inputs, height: pick(3...7), width: pick(3...7), outputChannels: groups * pick(12...34),
        kernel: (kernel, pick(1...4)), stride: (pick(1...3), pick(1...3)), dilation: (1, 1),
        pads: (pick(0...3), pick(0...3), pick(0...3), pick(0...3)), groups: groups)
      if let geometry { found.append(geometry) }
    }
    return found
  }()

  /// More images than the widest vectors have elements: most are interleaved where they are small, and some are not.
  static let batch = 19

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

  /// A product and, for each of its elements, the exact sum's value and that of magnitudes in double precision.
  func product<Scalar: BLASScalar>(
    _ g: ConvolutionGeometry, _ weights: [Scalar], _ source: [Scalar], batch: Int, transposed: Bool
  ) -> (computed: [Scalar], expected: [Double], magnitudes: [Double]) {
    let (from, to) = transposed ? (g.outputCount, g.inputCount) : (g.inputCount, g.outputCount)
    var computed = [Scalar](repeating: .nan, count: batch * to)
    if transposed {
      g.applyTransposed(weights, to: source, batch: batch, into: &computed)
    } else {
      g.apply(weights, to: source, batch: batch, into: &computed)
    }
    var expected = [Double](repeating: 0, count: batch * to)
    var magnitudes = expected
    let factors = weights.map { Double($0) }
    let values = source.map { Double($0) }
    forEachProduct(g) { output, weight, input in
      for image in 0..<batch {
        let term = factors[weight] * values[image * from + (transposed ? output : input)]
        expected[image * to + (transposed ? input : output)] += term
        magnitudes[image * to + (transposed ? input : output)] += term.magnitude
      }
    }
    return (computed, expected, magnitudes)
  }

  func expectAccuracy<Scalar: BLASScalar>(_ g: ConvolutionGeometry, zeros: Double = 0, in type: Scalar.Type) {
    var stream = RandomStream(seed: 6, purpose: "numbers")
    func numbers(_ count: Int) -> [Scalar] { (0..<count).map { _ in Scalar(stream.normal()) } }
    let batch = Self.batch
    let weights = numbers(g.weightCount)
    for transposed in [false, true] {
      var source = numbers(batch * (transposed ? g.outputCount : g.inputCount))
      for i in source.indices where stream.uniform(0, 1) < zeros { source[i] = i % 2 == 0 ? 0 : -0.0 }
      let result = product(g, weights, source, batch: batch, transposed: transposed)
      let terms = (transposed ? g.outputChannels : g.channels) / g.groups * g.kernelHeight * g.kernelWidth
      // What the order of a sum can make of it, and as much for the reference in double precision.
      let error = Double(terms + 1) * (Double(Scalar.ulpOfOne) / 2 + Double.ulpOfOne / 2) * 1.01
      let wrong = result.computed.indices.filter {
        !((Double(result.computed[$0]) - result.expected[$0]).magnitude <= error * result.magnitudes[$0])
      }
      #expect(wrong.isEmpty, "\(wrong.count) elements, transposed: \(transposed)")
    }
  }

  @Test(arguments: geometries + largerGeometries)
  func `gradients of weights follow the definition, however many images there are`(_ g: ConvolutionGeometry) {
    expectWeightGradient(g, in: Double.self)
    expectWeightGradient(g, in: Float.self)
  }

  func expectWeightGradient<Scalar: BLASScalar>(_ g: ConvolutionGeometry, in type: Scalar.Type) {
    var stream = RandomStream(seed: 10, purpose: "weight gradient")
    // Small whole numbers, whose sums are exact in single precision, too.
    func values(_ count: Int) -> [Scalar] { (0..<count).map { _ in Scalar(stream.index(below: 5)) - 2 } }
    let batch = Self.batch
    let images = values(batch * g.inputCount)
    let seeds = values(batch * g.outputCount)
    var computed = values(g.weightCount)
    var expected = computed
    g.accumulateWeightGradient(images: images, outputGradients: seeds, batch: batch, into: &computed)
    forEachProduct(g) { output, weight, input in
      for image in 0..<batch {
        expected[weight] += seeds[image * g.outputCount + output] * images[image * g.inputCount + input]
      }
    }
    #expect(computed == expected)
  }

  @Test(arguments: geometries + largerGeometries)
  func `sums are as accurate as any order of theirs`(_ g: ConvolutionGeometry) {
    expectAccuracy(g, in: Double.self)
    expectAccuracy(g, in: Float.self)
  }

  @Test(arguments: largerGeometries + widerGeometries)
  func `so they are where most elements are zero`(_ g: ConvolutionGeometry) {
    for zeros in [0.3, 0.9, 1] {
      expectAccuracy(g, zeros: zeros, in: Double.self)
      expectAccuracy(g, zeros: zeros, in: Float.self)
    }
  }

  func expectContainment<Scalar: BLASScalar>(_ g: ConvolutionGeometry, zeros: Double = 0, of value: Scalar) {
    var stream = RandomStream(seed: 7, purpose: "where")
    let batch = Self.batch
    let weights = (0..<g.weightCount).map { _ in Scalar(stream.index(below: 4) + 1) }
    for transposed in [false, true] {
      var source = (0..<batch * (transposed ? g.outputCount : g.inputCount)).map { _ in
        stream.uniform(0, 1) < zeros ? 0 : Scalar(stream.index(below: 9)) - 4
      }
      for _ in 0..<2 { source[stream.index(below: source.count)] = value }
      let result = product(g, weights, source, batch: batch, transposed: transposed)
      let wrong = result.computed.indices.filter {
        let (computed, expected) = (Double(result.computed[$0]), result.expected[$0])
        return computed != expected && !(computed.isNaN && expected.isNaN)
      }
      #expect(wrong.isEmpty, "\(wrong.count) elements, transposed: \(transposed)")
    }
  }

  @Test(arguments: geometries + largerGeometries)
  func `what is not finite reaches only who reads it`(_ g: ConvolutionGeometry) {
    expectContainment(g, of: Double.nan)
    expectContainment(g, of: -Double.infinity)
    expectContainment(g, of: Float.nan)
    expectContainment(g, of: Float.infinity)
  }

  @Test(arguments: largerGeometries + widerGeometries)
  func `nor does it among zeros`(_ g: ConvolutionGeometry) {
    expectContainment(g, zeros: 0.7, of: -Double.infinity)
    expectContainment(g, zeros: 0.7, of: Float.nan)
  }

  @Test(arguments: geometries + largerGeometries)
  func `transposed products are adjoint`(_ g: ConvolutionGeometry) {
    var stream = RandomStream(seed: 8, purpose: "pairs")
    // Whole numbers again: both sides are the same exact sum.
    func values(_ count: Int) -> [Double] { (0..<count).map { _ in Double(stream.index(below: 9)) - 4 } }
    let batch = 2
    let weights = values(g.weightCount)
    let x = values(batch * g.inputCount)
    let y = values(batch * g.outputCount)
    var outputs = [Double](repeating: .nan, count: y.count)
    var back = [Double](repeating: .nan, count: x.count)
    g.apply(weights, to: x, batch: batch, into: &outputs)
    g.applyTransposed(weights, to: y, batch: batch, into: &back)
    #expect(zip(outputs, y).reduce(0) { $0 + $1.0 * $1.1 } == zip(x, back).reduce(0) { $0 + $1.0 * $1.1 })
  }

  @Test(arguments: largerGeometries + widerGeometries)
  func `an image's product does not depend on the batch`(_ g: ConvolutionGeometry) {
    var stream = RandomStream(seed: 9, purpose: "batches")
    func numbers(_ count: Int) -> [Float] { (0..<count).map { _ in Float(stream.normal()) } }
    let batch = Self.batch
    let weights = numbers(g.weightCount)
    // Some images have many zeros, some few, some none.
    func mixed(_ count: Int) -> [Float] {
      (0..<batch).flatMap { _ in
        let zeros = [0, 0.05, 0.12, 0.6][stream.index(below: 4)]
        return numbers(count).map { stream.uniform(0, 1) < zeros ? 0 : $0 }
      }
    }
    let images = mixed(g.inputCount)
    let gradients = mixed(g.outputCount)
    var outputs = [Float](repeating: .nan, count: gradients.count)
    var back = [Float](repeating: .nan, count: images.count)
    g.apply(weights, to: images, batch: batch, into: &outputs)
    g.applyTransposed(weights, to: gradients, batch: batch, into: &back)
    for image in 0..<batch {
      let inputs = image * g.inputCount..<(image + 1) * g.inputCount
      let results = image * g.outputCount..<(image + 1) * g.outputCount
      var output = [Float](repeating: .nan, count: g.outputCount)
      var pulled = [Float](repeating: .nan, count: g.inputCount)
      g.apply(weights, to: Array(images[inputs]), batch: 1, into: &output)
      g.applyTransposed(weights, to: Array(gradients[results]), batch: 1, into: &pulled)
      #expect(output[...] == outputs[results])
      #expect(pulled[...] == back[inputs])
    }
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
