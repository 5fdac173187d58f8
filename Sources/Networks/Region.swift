/// The inputs that a question is about: the ℓ∞ ball around a point, clipped to the valid range.
///
/// The ends x − ε and x + ε are seldom doubles. Bounds must hold on all of the true region, witnesses must lie
/// inside it; hence two boxes of doubles, one around it and one within it, a rounding apart.
public struct Region: Sendable {
  /// A box that contains the region: bounds are computed on it.
  public let outer: Box
  /// A box that the region contains: witnesses come from it.
  public let inner: Box

  /// The ball of the given radius around a point, intersected with the valid range.
  ///
  /// - Parameters:
  ///   - centre: the point.
  ///   - radius: ε, in units of the input.
  ///   - validRange: the range every element keeps to, such as `0...1` for pixels.
  /// - Throws: ``RegionError`` if ε is negative or not finite, or the point leaves the valid range or is not finite.
  public init(ballAround centre: [Double], radius: Double, validRange: ClosedRange<Double>) throws(RegionError) {
    guard radius >= 0, radius.isFinite else { throw .radius(radius) }
    for (i, value) in centre.enumerated() where !validRange.contains(value) {
      throw .centreOutside(element: i, value: value)
    }
    let low = validRange.lowerBound
    let high = validRange.upperBound
    func ends(_ step: (Double) -> Double, _ back: (Double) -> Double) -> (lower: [Double], upper: [Double]) {
      guard radius > 0 else { return (centre, centre) }
      return (centre.map { max(low, step($0 - radius)) }, centre.map { min(high, back($0 + radius)) })
    }
    let outside = ends(\.nextDown, \.nextUp)
    let inside = ends(\.nextUp, \.nextDown)
    outer = Box(lower: outside.lower, upper: outside.upper)
    // For a radius of an ulp or two the inward rounding can cross the centre, which always belongs.
    inner = Box(
      lower: zip(inside.lower, centre).map(min), upper: zip(inside.upper, centre).map(max))
  }

  /// A region given by a box of doubles, which is then exact.
  public init(box: Box) {
    outer = box
    inner = box
  }
}

/// Why there is no such region.
public enum RegionError: Error, Equatable, Sendable, CustomStringConvertible {
  case radius(Double)
  case centreOutside(element: Int, value: Double)

  public var description: String {
    switch self {
    case .radius(let radius): "epsilon must be a finite number that is not negative, not \(radius)"
    case .centreOutside(let element, let value):
      "input element \(element) is \(value), outside the valid range"
    }
  }
}
