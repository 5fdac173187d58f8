import Bounds
import Networks

/// A box of inputs that a search has not closed yet.
struct InputPart: Sendable {
  /// What is known of the network on it.
  var bounds: RegionBounds
  /// The conjunctions that may hold somewhere in it.
  var open: [Int]
  /// How many splits deep it lies.
  var depth: Int
  /// The largest smallest violation that it may contain.
  var upper: Double

  /// What bounding a box came to.
  struct Answer: Sendable {
    /// Halves that stay open.
    var halves: [InputPart] = []
    /// An input that seems to violate.
    var candidate: [Double]?
    /// Whether the box is too small to be halved.
    var isStuck = false
  }

  /// Bounds the box; halves what that leaves open.
  func bounded(_ question: ViolationQuestion) -> Answer {
    var bounds = bounds
    bounds.refine()
    let rows = Array(Set(self.open.flatMap { question.conjunctions[$0] })).sorted()
    let planes = bounds.upperPlanes(of: .elements(rows, width: question.network.outputCount))
    var position = [Int](repeating: -1, count: question.network.outputCount)
    for (k, row) in rows.enumerated() { position[row] = k }

    var open: [Int] = []
    var upper = -Double.infinity
    var kept: (lower: [Double], upper: [Double])?
    for conjunction in self.open {
      let own = question.conjunctions[conjunction].map { position[$0] }
      let reach = own.reduce(Double.infinity) { min($0, planes.bounds[$1]) }
      guard reach >= 0, let clipped = planes.clip(bounds.input, whereAllOf: own, reach: 0) else { continue }
      open.append(conjunction)
      upper = max(upper, reach)
      if let known = kept {
        kept = (zip(known.lower, clipped.lower).map(min), zip(known.upper, clipped.upper).map(max))
      } else {
        kept = (clipped.lower, clipped.upper)
      }
    }
    guard let kept else { return Answer() }
    let box = Box(lower: kept.lower, upper: kept.upper)

    let planesLeft = Set(open.flatMap { question.conjunctions[$0] }).map { position[$0] }.sorted()
    if let candidate = Self.candidate(question, open, planes, position, box) { return Answer(candidate: candidate) }
    guard let halves = Self.halves(of: box, by: planes, planesLeft) else { return Answer(isStuck: true) }
    return Answer(
      halves: halves.map {
        InputPart(bounds: bounds.narrowed(to: $0), open: open, depth: depth + 1, upper: min(self.upper, upper))
      })
  }

  /// The box's centre, or the corner where the lowest plane of a conjunction is largest, if it seems to violate.
  private static func candidate(
    _ question: ViolationQuestion, _ open: [Int], _ planes: UpperPlanes, _ position: [Int], _ box: Box
  ) -> [Double]? {
    var points = [box.centre]
    for conjunction in open {
      guard let lowest = question.conjunctions[conjunction].map({ position[$0] })
        .min(by: { planes.bounds[$0] < planes.bounds[$1] })
      else { return box.centre }
      let base = lowest * planes.width
      points.append(
        (0..<planes.width).map { planes.coefficients[base + $0] > 0 ? box.upper[$0] : box.lower[$0] })
    }
    let outputs = question.network.outputs(points.flatMap(\.self), batch: points.count)
    let width = question.network.outputCount
    return points.indices.first { point in
      let values = outputs[point * width..<(point + 1) * width]
      return open.contains { question.reach($0, at: values) >= 0 }
    }.map { points[$0] }
  }

  /// The halves of a box across the input that moves the planes most; nil if no input can be halved.
  private static func halves(of box: Box, by planes: UpperPlanes, _ rows: [Int]) -> [Box]? {
    var best: (input: Int, score: Double)?
    for k in 0..<box.count {
      let middle = box.lower[k] / 2 + box.upper[k] / 2
      guard middle > box.lower[k], middle < box.upper[k] else { continue }
      let effect = rows.reduce(0) { $0 + planes.coefficients[$1 * planes.width + k].magnitude }
      let score = max(effect, 1e-12) * (box.upper[k] - box.lower[k])
      if score > best?.score ?? -1 { best = (k, score) }
    }
    guard let input = best?.input else { return nil }
    let middle = box.lower[input] / 2 + box.upper[input] / 2
    var (lower, upper) = (box.lower, box.upper)
    (lower[input], upper[input]) = (middle, middle)
    return [Box(lower: box.lower, upper: upper), Box(lower: lower, upper: box.upper)]
  }
}
