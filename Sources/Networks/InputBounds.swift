import Intervals

/// A box of inputs whose ends are exact numbers, such as decimals from a file.
///
/// 0.1 is no double: a box of doubles is either a little larger or a little smaller. Bounds are computed on the
/// larger one, witnesses come from the smaller one: ``region`` has both. Where an input is fixed to a number that is
/// no double, `x = 0.1`, nothing is left of the smaller one; ``roundedElements`` names these elements, and
/// ``witnessBox(around:)`` says what still makes a proof.
public struct InputBounds: Hashable, Sendable {
  /// The ends, which belong to the box.
  public let lower, upper: [ExactNumber]
  /// The box as doubles: `outer` rounded outward, `inner` rounded inward.
  ///
  /// In ``roundedElements`` alone `inner` is no part of the box: it holds the nearest double, as the checkers of the
  /// verification competition expect it.
  public let region: Region
  /// The elements between whose ends no double lies, in order.
  public let roundedElements: [Int]

  /// The box between two corners.
  ///
  /// - Precondition: the corners have the same size, are in order in every element and within the range of doubles.
  public init(lower: [ExactNumber], upper: [ExactNumber]) {
    precondition(lower.count == upper.count, "Corners of \(lower.count) and \(upper.count) elements")
    self.lower = lower
    self.upper = upper
    var innerLower = lower.map(\.enclosure.upper)
    var innerUpper = upper.map(\.enclosure.lower)
    var rounded: [Int] = []
    for i in innerLower.indices where innerLower[i] > innerUpper[i] {
      // Both ends lie between the same two neighbouring doubles.
      rounded.append(i)
      let middle = lower[i] == upper[i] ? lower[i] : (lower[i] + upper[i]) * ExactNumber(0.5)
      innerLower[i] = middle.nearest
      innerUpper[i] = middle.nearest
    }
    roundedElements = rounded
    region = Region(
      outer: Box(lower: lower.map(\.enclosure.lower), upper: upper.map(\.enclosure.upper)),
      inner: Box(lower: innerLower, upper: innerUpper))
  }

  /// The number of elements.
  public var count: Int { lower.count }

  /// Whether a box of doubles lies within these bounds: certainly true if all of it does, certainly false if no point
  /// of it does. There is no rounding in the answer.
  public func truth(_ box: Box) -> Truth {
    var result = Truth.certainlyTrue
    for i in lower.indices {
      // The first double that is not below the lower end, the last that is not above the upper one.
      let first = lower[i].enclosure.upper
      let last = upper[i].enclosure.lower
      if box.upper[i] < first || box.lower[i] > last { return .certainlyFalse }
      if box.lower[i] < first || box.upper[i] > last { result = .undecided }
    }
    return result
  }

  /// Whether an exact point lies within these bounds.
  public func contains(_ point: [Rational]) -> Bool {
    point.count == count && point.indices.allSatisfy { lower[$0].value <= point[$0] && point[$0] <= upper[$0].value }
  }

  /// A box that holds a point within these bounds that a point of `region.inner` stands for: itself, save that each of
  /// the ``roundedElements`` ranges over the two doubles around its true value.
  ///
  /// What is proved for every point of this box, by an enclosure of the network's outputs on it, is proved for a true
  /// member of the set, though that member cannot be written as doubles.
  ///
  /// - Returns: nil if the point is not in `region.inner`.
  public func witnessBox(around point: [Double]) -> Box? {
    guard region.inner.contains(point) else { return nil }
    var lower = point
    var upper = point
    for i in roundedElements {
      lower[i] = region.outer.lower[i]
      upper[i] = region.outer.upper[i]
    }
    return Box(lower: lower, upper: upper)
  }

  public static func == (a: InputBounds, b: InputBounds) -> Bool { a.lower == b.lower && a.upper == b.upper }

  /// By both ends.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(lower)
    hasher.combine(upper)
  }
}

extension Region {
  /// A region given by the boxes around it and within it.
  init(outer: Box, inner: Box) {
    self.outer = outer
    self.inner = inner
  }
}
