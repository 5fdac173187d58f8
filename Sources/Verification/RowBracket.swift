/// How large one row's largest value over a region is: at least `lower.value`, at most `upper`.
///
/// Both ends hold in real arithmetic, as those of a ``MarginBracket`` do.
public struct RowBracket: Sendable {
  /// The input that attains the lower end.
  public let lower: RowWitness
  /// The upper end.
  public let upper: Double
  /// Why the ends differ by more than the tolerance; nil if they do not.
  public let openReason: OpenReason?
  /// The linear programs that the row's search took; 0 where bounds and attack met without one.
  public let nodes: Int

  /// The distance between the ends.
  public var gap: Double { upper - lower.value }
}

/// The brackets of several rows over one region.
public struct RowBrackets: Sendable {
  /// One for each row, in their order.
  public let rows: [RowBracket]
  /// How many ReLUs before the rows have no fixed sign on the region.
  public let unstable: Int
  /// How many rows were searched, and the linear programs that took for all of them.
  public let solvedRows, nodes: Int
  /// Where the time went.
  public let profile: ExactProfile
  /// Wall-clock seconds.
  public let seconds: Double

  /// How many rows stayed open.
  public var openCount: Int { rows.count { $0.openReason != nil } }
}

/// How far one element of a network's output reaches over a region, at either end as a bracket.
public struct RangeBracket: Sendable {
  /// The bracket of the negative's largest value.
  let negative: RowBracket
  /// The bracket of the largest value.
  let positive: RowBracket

  /// Where the smallest value lies, and where the largest does.
  public var minimum: ClosedRange<Double> { -negative.upper ... -negative.lower.value }
  public var maximum: ClosedRange<Double> { positive.lower.value...positive.upper }
  /// The inputs that attain the upper end of ``minimum`` and the lower end of ``maximum``.
  public var minimumInput: [Double] { negative.lower.input }
  public var maximumInput: [Double] { positive.lower.input }
  /// The distance from the smallest value to the largest: at least what replayed inputs attain, at most what bounds leave.
  public var width: ClosedRange<Double> {
    let least = max(0, (maximum.lowerBound - minimum.upperBound).nextDown)
    return least...max(least, (maximum.upperBound - minimum.lowerBound).nextUp)
  }
  /// Why one of the ends stayed open; nil if neither did.
  public var openReason: OpenReason? { negative.openReason ?? positive.openReason }
  /// The linear programs of both searches.
  public var nodes: Int { negative.nodes + positive.nodes }
}
