import Intervals
import TestSupport
import Tensors
import Testing

@testable import Networks

/// Images of boxes by their corners, judged in exact arithmetic where floating-point numbers behave badly: the ends of
/// all outputs over the whole box, not values at some points of it.
@Suite struct CornerSoundnessTests {
  /// What a judge found of some images.
  struct Verdict {
    var ends = 0, beaten = 0, infinite = 0
    /// The least distance of an end from the exact one, as a share of it.
    var tightest = Double.infinity

    mutating func judge(_ image: Box, _ ends: [(lower: Interval, upper: Interval)]) {
      for (i, end) in ends.enumerated() {
        judge(image.upper[i], above: end.upper)
        judge(-image.lower[i], above: -end.lower)
      }
    }

    private mutating func judge(_ bound: Double, above value: Interval) {
      ends += 1
      // NaN and −∞ fail here too.
      guard bound >= value.upper else {
        beaten += 1
        return
      }
      guard bound.isFinite else {
        infinite += 1
        return
      }
      let size = max(value.lower.magnitude, value.upper.magnitude)
      if size > 0 { tightest = min(tightest, (bound - value.lower) / max(size, .leastNormalMagnitude)) }
    }
  }

  /// Images as they come out when all is rounded to nearest, and nothing is added for it.
  func nearestImage<Scalar: AnalysisScalar & BinaryFloatingPoint>(
    of box: Box, by layer: LinearLayer, in type: Scalar.Type
  ) throws -> Box {
    let parts: ConvolutionParts<Scalar> = try #require(layer.map.parts(in: type))
    let corner = box.lower.map { Scalar($0) }
    let extent = zip(box.upper, corner).map { max(0, Scalar($0 - Double($1))) }
    var positives = [Scalar](repeating: 0, count: layer.map.outputCount)
    var negatives = positives
    parts.apply(to: extent, batch: 1, positives: &positives, negatives: &negatives)
    let middle = zip(layer.map.apply(corner, batch: 1), layer.bias).map { Double($0) + $1 }
    return Box(
      lower: zip(middle, negatives).map { $0 - Double($1) }, upper: zip(middle, positives).map { $0 + Double($1) })
  }

  func expectSoundness<Scalar: AnalysisScalar & BinaryFloatingPoint>(
    _ hardship: CornerQuestion.Hardship, in type: Scalar.Type
  ) throws {
    var stream = RandomStream(seed: 7, purpose: "corners, \(hardship), \(type.precision)")
    var claimed = Verdict()
    var nearest = Verdict()
    for _ in 0..<8 {
      let question = try CornerQuestion(hardship, for: type.precision, &stream)
      let (layer, boxes) = (question.layer, question.boxes)
      // All boxes go this way.
      #expect(layer.corners(of: boxes).map(\.number) == Array(boxes.indices))
      for (box, image) in zip(boxes, layer.images(of: boxes, in: type)) {
        let ends = question.ends(over: box)
        claimed.judge(image, ends)
        nearest.judge(try nearestImage(of: box, by: layer, in: type), ends)
      }
    }
    #expect(claimed.beaten == 0, "\(hardship) in \(type): \(claimed)")
    #expect(claimed.infinite == 0 && claimed.tightest < (type.precision == .single ? 1e-4 : 1e-12))
    // The judge would notice.
    #expect(nearest.beaten * 20 > nearest.ends, "\(hardship) in \(type): \(nearest)")
  }

  @Test(arguments: CornerQuestion.Hardship.allCases)
  func `no end of an image by corners is beaten`(_ hardship: CornerQuestion.Hardship) throws {
    try expectSoundness(hardship, in: Double.self)
    try expectSoundness(hardship, in: Float.self)
  }

  /// The judge of all bounds on random networks meets this way too.
  @Test func `networks of many channels take boxes by their corners`() throws {
    var random = RandomNetworks(seed: 3)
    var nonzeros = 0
    for _ in 0..<20 {
      let (network, _) = try random.network(.channels)
      let box = random.extremeBox(network.inputCount, for: .channels)
      let node = try #require(network.nodes.first { $0.name == "conv2" })
      guard case .linear(let layer, let source) = node.operation else { continue }
      for boxes in [network.intervals(over: [box], in: Double.self), network.intervals(over: [box], in: Float.self)] {
        let corner = try #require(layer.corners(of: [boxes[0][source.index]]).first)
        nonzeros += corner.nonzeros
      }
      let (double, single) = (layer.map.parts(in: Double.self), layer.map.parts(in: Float.self))
      #expect(double != nil && single != nil)
    }
    #expect(nonzeros > 10)
  }
}
