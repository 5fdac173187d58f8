import Intervals
import TestSupport
import Tensors
import Testing

@testable import Networks

@Suite struct LinearLayerCornersTests {
  /// A convolution and boxes of its images, which begin at zero but for so many elements.
  func question(
    seed: UInt64, nonzeros: [Int], coefficientError: Double = 0, stride: Int = 1
  ) throws -> (layer: LinearLayer, boxes: [Box]) {
    var stream = RandomStream(seed: seed, purpose: "corners")
    let geometry = try ConvolutionGeometry(
      channels: 8, height: 6, width: 5, outputChannels: 9, kernel: (3, 3), stride: (stride, stride),
      pads: (1, 1, 1, 1))
    // What no number of single precision holds, so that copies of it are rounded.
    let weights = (0..<geometry.weightCount).map { _ in stream.normal() }
    let layer = LinearLayer(
      map: .convolution(ConvolutionMap(geometry: geometry, weights: weights)),
      bias: (0..<geometry.outputCount).map { _ in stream.normal() }, coefficientError: coefficientError)
    let boxes = nonzeros.map { count in
      var lower = [Double](repeating: 0, count: geometry.inputCount)
      for _ in 0..<count { lower[stream.index(below: lower.count)] = stream.uniform(-0.1, 3) }
      return Box(lower: lower, upper: lower.map { stream.index(below: 4) == 0 ? $0 : $0 + stream.uniform(0, 2) })
    }
    return (layer, boxes)
  }

  /// The exact ends of a layer's outputs over a box.
  func ends(of layer: LinearLayer, over box: Box) throws -> [(lower: Rational, upper: Rational)] {
    guard case .convolution(let map) = layer.map else { return [] }
    var ends = layer.bias.map { (lower: exact($0), upper: exact($0)) }
    let g = map.geometry
    for o in 0..<g.outputChannels {
      for y in 0..<g.outputHeight {
        for x in 0..<g.outputWidth {
          for tap in 0..<g.patchCount {
            let (c, i, j) = (tap / 9, tap / 3 % 3, tap % 3)
            let (row, column) = (y * g.strideHeight + i - 1, x * g.strideWidth + j - 1)
            guard (0..<g.height).contains(row), (0..<g.width).contains(column) else { continue }
            let (weight, at) = (map.weights[o * g.patchCount + tap], (c * g.height + row) * g.width + column)
            let to = (o * g.outputHeight + y) * g.outputWidth + x
            let (low, high) = (exact(weight) * exact(box.lower[at]), exact(weight) * exact(box.upper[at]))
            ends[to].lower = ends[to].lower + min(low, high)
            ends[to].upper = ends[to].upper + max(low, high)
          }
        }
      }
    }
    return ends
  }

  func expectContainment<Scalar: AnalysisScalar>(_ layer: LinearLayer, _ boxes: [Box], in type: Scalar.Type) throws {
    #expect(layer.corners(of: boxes).count == boxes.count)
    #expect(layer.map.parts(in: type) != nil)
    for (box, image) in zip(boxes, layer.images(of: boxes, in: type)) {
      for (i, end) in try ends(of: layer, over: box).enumerated() {
        #expect(exact(image.lower[i]) <= end.lower && end.upper <= exact(image.upper[i]))
        // Of magnitudes of some tens.
        let slack = exact(64 * 2 * 80 * type.unitRoundoff)
        #expect(end.lower <= exact(image.lower[i]) + slack && exact(image.upper[i]) <= end.upper + slack)
      }
    }
  }

  @Test(arguments: 1...2) func `images contain exact ends and little more`(_ stride: Int) throws {
    let (layer, boxes) = try question(seed: 1, nonzeros: [0, 3, 0, 10], stride: stride)
    try expectContainment(layer, boxes, in: Double.self)
    try expectContainment(layer, boxes, in: Float.self)
  }

  func expectTightness<Scalar: AnalysisScalar>(_ layer: LinearLayer, _ boxes: [Box], in type: Scalar.Type) {
    let images = layer.images(of: boxes, in: type)
    #expect(layer.corners(of: boxes).count == boxes.count)
    layer.forEachBallImage(of: boxes, Array(boxes.indices), in: type) { number, ball in
      for i in 0..<ball.count {
        #expect(images[number].lower[i] >= ball.lower[i] && images[number].upper[i] <= ball.upper[i])
      }
      let widths = [images[number], ball].map { box in (0..<box.count).reduce(0) { $0 + box.upper[$1] - box.lower[$1] }
      }
      #expect(widths[0] < widths[1])
    }
  }

  @Test(arguments: 5...12) func `images are tighter than those of balls`(_ seed: UInt64) throws {
    let (layer, boxes) = try question(seed: seed, nonzeros: [0, 1, 5, 9])
    expectTightness(layer, boxes, in: Double.self)
    expectTightness(layer, boxes, in: Float.self)
  }

  @Test func `outputs that read nothing of a corner take nothing from it`() throws {
    let (layer, _) = try question(seed: 6, nonzeros: [])
    // All is zero but for one number in the last row.
    var lower = [Double](repeating: 0, count: layer.map.inputCount)
    lower[28] = 1e6
    let box = Box(lower: lower, upper: lower)
    expectTightness(layer, [box], in: Double.self)
    expectTightness(layer, [box], in: Float.self)
    let image = layer.images(of: [box], in: Float.self)[0]
    for i in 0..<image.count {
      let width = image.upper[i] - image.lower[i]
      #expect(i % 30 < 20 ? width < 1e-14 : width < 100)
    }
  }

  @Test func `of weights that single precision does not hold nothing is known`() throws {
    let (layer, boxes) = try question(seed: 8, nonzeros: [0, 7])
    guard case .convolution(let map) = layer.map else { return }
    let tiny = LinearLayer(
      map: .convolution(ConvolutionMap(geometry: map.geometry, weights: map.weights.map { $0 * 1e-60 })),
      bias: layer.bias, biasError: layer.bias.map { _ in 0 })
    for image in tiny.images(of: boxes, in: Float.self) { #expect(image == .entire(count: image.count)) }
    var (lower, upper) = ([-Double.infinity], [Double.infinity])
    #expect(
      LinearLayer(map: .gather(GatherMap(inputCount: 1, sources: [0])), biasError: [0]).widened(&lower, &upper)
        == .entire(count: 1))
  }

  @Test func `coefficients that may be wrong widen images`() throws {
    let (layer, boxes) = try question(seed: 2, nonzeros: [0, 9])
    let (wrong, _) = try question(seed: 2, nonzeros: [0, 9], coefficientError: 0x1p-10)
    guard case .convolution(let map) = layer.map else { return }
    // As wrong as they may be, to either side.
    for factor in [1 + 0x1p-10, 1 - 0x1p-10] {
      let moved = LinearLayer(
        map: .convolution(ConvolutionMap(geometry: map.geometry, weights: map.weights.map { $0 * factor })),
        bias: layer.bias)
      for (box, image) in zip(boxes, wrong.images(of: boxes, in: Float.self)) {
        for (i, end) in try ends(of: moved, over: box).enumerated() {
          #expect(exact(image.lower[i]) <= end.lower && end.upper <= exact(image.upper[i]))
        }
      }
    }
  }

  @Test func `a box's image does not depend on those beside it`() throws {
    // Some go this way, some do not, some reach to infinity.
    var (layer, boxes) = try question(seed: 3, nonzeros: [0, 200, 5, 0, 9, 150])
    boxes.append(Box(lower: boxes[0].lower, upper: boxes[0].upper.map { _ in .infinity }))
    for (box, image) in zip(boxes, layer.images(of: boxes, in: Float.self)) {
      #expect(layer.images(of: [box], in: Float.self) == [image])
    }
    #expect(layer.images(of: boxes, in: Double.self).last == .entire(count: layer.map.outputCount))
  }

  @Test func `numbers that single precision does not hold`() throws {
    let (layer, _) = try question(seed: 4, nonzeros: [])
    var lower = [Double](repeating: 0, count: layer.map.inputCount)
    var upper = lower.map { _ in 1.0 }
    // Too small, too large, and rounded up where it must be rounded down.
    (lower[3], upper[3]) = (-1e-60, 1e-60)
    (lower[40], upper[40]) = (1e-60, 2e-60)
    (lower[77], upper[77]) = (1.0.nextDown, 1)
    (lower[101], upper[101]) = (-1.0.nextUp, 1)
    let box = Box(lower: lower, upper: upper)
    try expectContainment(layer, [box], in: Float.self)
    upper[5] = 1e60
    #expect(layer.images(of: [Box(lower: lower, upper: upper)], in: Float.self)[0].upper.contains(.infinity))
    lower[5] = 1e59
    #expect(
      layer.images(of: [Box(lower: lower, upper: upper)], in: Float.self) == [.entire(count: layer.map.outputCount)])
  }
}
