import CKernels
import Intervals
import Tensors

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
    // Counted without a branch, and looked for only where there is one.
    let wrong = lower.withUnsafeBufferPointer { lower in
      upper.withUnsafeBufferPointer { upper in
        var wrong = 0
        for i in 0..<lower.count { wrong &+= lower[i] <= upper[i] ? 0 : 1 }
        return wrong
      }
    }
    if wrong > 0, let i = lower.indices.first(where: { !(lower[$0] <= upper[$0]) }) {
      preconditionFailure("Element \(i) of a box has ends \(lower[i]) and \(upper[i])")
    }
    self.lower = lower
    self.upper = upper
  }

  /// The box between two corners that are in order by the way they were computed.
  init(ordered lower: [Double], _ upper: [Double]) {
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
    var radius: [Double] = []
    let centre = [Double](unsafeUninitializedCapacity: count) { centre, initialized in
      radius = [Double](unsafeUninitializedCapacity: count) { radius, initialized in
        if let centre = centre.baseAddress, let radius = radius.baseAddress {
          ck_centre_radius(lower, upper, count, centre, radius)
        }
        initialized = count
      }
      initialized = count
    }
    return (centre, radius)
  }

  /// A point of the box in the middle of each range.
  public var centre: [Double] { clamp(zip(lower, upper).map { $0 / 2 + $1 / 2 }) }

  /// Whether all ends are finite.
  public var isBounded: Bool { ck_all_finite(lower, upper, count) != 0 }

  /// The largest magnitude in each element's range.
  public var magnitudes: [Double] {
    [Double](unsafeUninitializedCapacity: count) { magnitudes, initialized in
      if let magnitudes = magnitudes.baseAddress { ck_magnitudes(lower, upper, count, magnitudes) }
      initialized = count
    }
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
    Box(
      lower: elementwise(lower, other.lower) { $0 > $1 ? $0 : $1 },
      upper: elementwise(upper, other.upper) { $0 < $1 ? $0 : $1 })
  }
}
