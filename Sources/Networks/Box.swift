import Intervals

/// A product of intervals: one range for each element of a vector.
///
/// - Invariant: `lower[i] <= upper[i]` and neither is NaN; infinite ends mean "nothing is known".
public struct Box: Hashable, Sendable {
  /// The smallest values.
  public let lower: [Double]
  /// The largest values.
  public let upper: [Double]

  /// The box between two corners.
  ///
  /// - Precondition: the corners have the same size and are in order in every element.
  public init(lower: [Double], upper: [Double]) {
    precondition(lower.count == upper.count, "Corners of \(lower.count) and \(upper.count) elements")
    for i in lower.indices {
      precondition(lower[i] <= upper[i], "Element \(i) of a box has ends \(lower[i]) and \(upper[i])")
    }
    self.lower = lower
    self.upper = upper
  }

  /// The number of elements.
  public var count: Int { lower.count }

  /// The range of one element.
  public subscript(_ index: Int) -> Interval {
    Interval(lower: lower[index], upper: upper[index]) ?? .entire
  }

  /// Centres and radii such that `[centre − radius, centre + radius]` contains each range.
  ///
  /// An unbounded element gets centre 0 and an infinite radius.
  public var centreAndRadius: (centre: [Double], radius: [Double]) {
    var centre = [Double](repeating: 0, count: count)
    var radius = [Double](repeating: 0, count: count)
    for i in 0..<count {
      let middle = lower[i] / 2 + upper[i] / 2
      guard middle.isFinite else {
        radius[i] = .infinity
        continue
      }
      centre[i] = middle
      radius[i] = lower[i] == upper[i] ? 0 : max(upper[i] - middle, middle - lower[i]).nextUp
      // Halving a subnormal may round: an element that looks like a point must be one.
      if lower[i] == upper[i], middle != lower[i] { centre[i] = lower[i] }
    }
    return (centre, radius)
  }

  /// The largest magnitude in each element's range.
  public var magnitudes: [Double] {
    zip(lower, upper).map { max($0.magnitude, $1.magnitude) }
  }

  /// Whether every element of the point lies in its range.
  public func contains(_ point: [Double]) -> Bool {
    point.count == count && point.indices.allSatisfy { lower[$0] <= point[$0] && point[$0] <= upper[$0] }
  }

  /// The nearest point of the box, element by element.
  public func clamp(_ point: [Double]) -> [Double] {
    point.indices.map { min(max(point[$0], lower[$0]), upper[$0]) }
  }

  /// The points that lie in both boxes, each of which is known to contain the same true values.
  ///
  /// - Precondition: the boxes intersect: two sound analyses cannot exclude each other.
  public func intersection(_ other: Box) -> Box {
    Box(lower: zip(lower, other.lower).map(max), upper: zip(upper, other.upper).map(min))
  }
}
