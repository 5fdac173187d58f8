import Foundation
import Tensors

/// Handwriting-like digits that are computed, not fetched: grey images of 28x28 pixels in ten classes.
///
/// Each image is one of the styles of `DigitGlyph` with its control points jittered, bent, sheared, turned,
/// scaled and moved, drawn with a soft round pen. Ink is bright on a background of exact zeros, as in MNIST.
///
/// The images depend on the seed, the split and the image's index alone: image i is the same whatever the count
/// and the number of workers. All arithmetic is IEEE 754 addition, multiplication, division and square root (no
/// sine, logarithm or power), so every machine computes the same bytes.
public enum SyntheticDigits {
  /// The extents of an image: one channel, 28 rows, 28 columns.
  public static let shape = MNIST.shape
  /// The digits 0 to 9.
  public static let classCount = 10
  /// The most images that can be made at once.
  public static let largestCount = 1_000_000

  /// The first images of a split.
  ///
  /// Each run of ten images from a multiple of ten on has every digit once, in random order.
  ///
  /// - Parameters:
  ///   - count: how many images.
  ///   - seed: which of the many data sets of this kind.
  ///   - split: training and test images come from independent random streams.
  ///   - workers: the threads that share the work; the result does not depend on them.
  /// - Throws: ``DatasetError/syntheticCount(_:limit:)`` unless `count` is in `1...largestCount`.
  /// - Complexity: about 30 µs an image and worker.
  public static func make(
    count: Int, seed: UInt64, split: DatasetSplit,
    workers: Workers = Workers(count: ProcessInfo.processInfo.activeProcessorCount)
  ) throws(DatasetError) -> LabelledImages {
    guard (1...largestCount).contains(count) else { throw .syntheticCount(count, limit: largestCount) }
    let labels = (0..<count).map { label(of: $0, seed: seed, split: split) }
    let chunk = 200
    let chunks = workers.map(0..<(count + chunk - 1) / chunk) { index in
      (index * chunk..<min(count, (index + 1) * chunk)).flatMap { i in
        pixels(of: Int(labels[i]), index: i, seed: seed, split: split)
      }
    }
    return try LabelledImages(
      name: "synthetic-digits-\(split.rawValue)-seed\(seed)", shape: shape, classCount: classCount,
      pixels: Array(chunks.joined()), labels: labels)
  }

  /// The digit at an index: each block of ten indices is shuffled on its own.
  private static func label(of index: Int, seed: UInt64, split: DatasetSplit) -> UInt8 {
    var stream = RandomStream(
      seed: seed, purpose: "synthetic digits, \(split.rawValue) labels", index: index / classCount)
    var block = Array(UInt8(0)..<UInt8(classCount))
    stream.shuffle(&block)
    return block[index % classCount]
  }

  private static func pixels(of digit: Int, index: Int, seed: UInt64, split: DatasetSplit) -> [UInt8] {
    var stream = RandomStream(seed: seed, purpose: "synthetic digits, \(split.rawValue) images", index: index)
    let styles = DigitGlyph.styles[digit]
    let glyph = styles[stream.index(below: styles.count)]
    let hand = Handwriting(&stream)
    let nibs = hand.nibs(for: glyph.points, &stream)

    let size = shape.extents[1]
    var canvas = StrokeCanvas(size: size, reach: hand.softness)
    for stroke in glyph.strokes {
      let isClosed = stroke.first == stroke.last
      canvas.draw((isClosed ? stroke.dropLast() : stroke[...]).map { nibs[$0] }, isClosed: isClosed)
    }
    return canvas.depths.map { depth in
      let ink = hand.ink(depth)
      // Noise is subtracted, so that it never lifts the background off zero.
      return ink > 0 ? UInt8((255 * max(0, ink - hand.noise * stream.uniform())).rounded()) : 0
    }
  }
}

/// How one image is written: everything random about it but the digit and its style.
private struct Handwriting {
  /// How far ink fades outside the pen's edge, in pixels, and as far inside.
  let softness: Double
  /// The brightness of full ink, from 0 to 1.
  let brightness: Double
  /// The largest share of full brightness that noise takes away.
  let noise: Double
  private let halfWidth: Double
  private let jitter: Double
  /// How far the middle of an upright line bows to one side, how far the digit's waist sits low, how far its top
  /// leans to the right: all as factors on quadratic and linear terms in the unit square.
  private let bend, balance, slant: Double
  private let cosine, sine: Double
  private let scale, shift: SIMD2<Double>

  init(_ stream: inout RandomStream) {
    softness = stream.uniform(0.45, 0.85)
    brightness = stream.uniform(0.95, 1.25)
    noise = stream.uniform(0, 0.06)
    halfWidth = stream.uniform(0.8, 1.9)
    jitter = stream.uniform(0.01, 0.05)
    bend = stream.uniform(-0.35, 0.35)
    balance = stream.uniform(-0.3, 0.3)
    // Two draws each: middling values are likelier than extreme ones, as with real hands.
    slant = stream.uniform(-0.18, 0.26) + stream.uniform(-0.14, 0.22)
    // The tangent of half the angle; up to 0.105 makes ±12°, and gives sine and cosine without a library.
    let tangent = stream.uniform(-0.0525, 0.0525) + stream.uniform(-0.0525, 0.0525)
    cosine = (1 - tangent * tangent) / (1 + tangent * tangent)
    sine = 2 * tangent / (1 + tangent * tangent)
    let height = stream.uniform(16, 21)
    scale = SIMD2(height * stream.uniform(0.75, 1.35), height)
    shift = SIMD2(stream.uniform(-2, 2), stream.uniform(-2, 2))
  }

  /// Where the pen passes for each control point of a glyph, in pixels.
  ///
  /// The middle of the written digit lies `shift` from the middle of the image, or nearer where the ink would
  /// come too close to the edge.
  func nibs(for points: [SIMD2<Double>], _ stream: inout RandomStream) -> [StrokeCanvas.Nib] {
    var nibs: [StrokeCanvas.Nib] = []
    var lower = SIMD2(Double.infinity, .infinity)
    var upper = -lower
    for point in points {
      var p = point - SIMD2(0.5, 0.5)
      p += SIMD2(stream.uniform(-jitter, jitter), stream.uniform(-jitter, jitter))
      p.y += balance * (0.25 - p.y * p.y)
      p.x += bend * p.y * p.y - slant * p.y
      p *= scale
      p = SIMD2(cosine * p.x - sine * p.y, sine * p.x + cosine * p.y)
      nibs.append(.init(position: p, halfWidth: halfWidth * stream.uniform(0.85, 1.15)))
      lower = pointwiseMin(lower, p)
      upper = pointwiseMax(upper, p)
    }
    // A digit that is too large for the image is made smaller; the margin also holds the curve where it swings
    // out beyond its control points.
    let middle = SIMD2(repeating: Double(SyntheticDigits.shape.extents[1]) / 2)
    let reach = middle - SIMD2(repeating: halfWidth + 1.5)
    let half = (upper - lower) * 0.5
    let shrinking = min(1, reach.x / max(half.x, half.y))
    let room = reach - half * shrinking
    let offset = middle + pointwiseMin(pointwiseMax(shift, -room), room) - (lower + upper) * (0.5 * shrinking)
    return nibs.map { .init(position: $0.position * shrinking + offset, halfWidth: $0.halfWidth) }
  }

  /// The brightness at a depth inside the ink: 0 outside, a smooth edge, then full ink, clipped at 1.
  func ink(_ depth: Double) -> Double {
    let t = min(max((depth + softness) / (2 * softness), 0), 1)
    return min(1, brightness * t * t * (3 - 2 * t))
  }
}
