import Foundation

/// How many values of each of several lists fall into each of a row of bins that they share.
///
/// One bin is centred on zero, so that values equal to zero up to rounding are neither on its left nor on its right.
/// No value is dropped in silence: what lies outside the bins is counted.
public struct Histogram: Hashable, Sendable {
  /// The counts of one list.
  public struct Series: Hashable, Sendable {
    /// Whose values they are.
    public var name: String
    /// Values in each bin.
    public var counts: [Int]
    /// Values below the first edge, and at or above the last.
    public var below, above: Int
    /// Values that have no place on any axis: infinite, not a number, or beyond ±10¹⁰⁰.
    public var unplaced: Int
  }

  /// The axis along which the bins are equally wide.
  public let axis: FigureAxis
  /// The bins' ends, ascending: one more than there are bins. A bin holds its lower end, not its upper one.
  public let edges: [Double]
  /// The counts of each list, in the order given.
  public let series: [Series]

  /// Counts values in bins that suit all of the lists.
  ///
  /// On a linear axis the width is that of Freedman & Diaconis (1981), the median over the lists, rounded to a step
  /// that is easy to read; on a logarithmic one a fixed part of a decade. A linear axis ends where 99 % of each
  /// list has been shown, if it would otherwise be more than half empty.
  ///
  /// - Parameters:
  ///   - values: the lists by name.
  ///   - axis: the axis; nil chooses one by ``FigureAxis/suiting(_:readable:)``.
  public init(_ values: [(name: String, values: [Double])], axis: FigureAxis? = nil) {
    let placed = values.map { $0.values.compactMap(Self.placed) }
    let lists = placed.map { $0.sorted() }
    let axis = axis ?? .suiting(lists)
    self.axis = axis
    let width: Double
    let range: ClosedRange<Double>
    switch axis {
    case .linear:
      range = Self.shownRange(lists)
      width = Self.linearWidth(lists, over: range)
    case .symmetricLogarithmic:
      range = Self.fullRange(lists)
      width = log(10) / Self.binsPerDecade(lists.map(\.count).max() ?? 0)
    }
    // Bin k is [(k − ½)·width, (k + ½)·width) along the axis. One empty bin on either side lets the outline close.
    let first = Self.bin(axis.position(range.lowerBound), width) - 1
    let last = Self.bin(axis.position(range.upperBound), width) + 1
    edges = (first...last + 1).map { axis.value((Double($0) - 0.5) * width) }
    series = zip(values, placed).map { list, placed in
      var series = Series(
        name: list.name, counts: Array(repeating: 0, count: last - first + 1), below: 0, above: 0,
        unplaced: list.values.count - placed.count)
      for value in placed {
        let position = axis.position(value) / width + 0.5
        if position < Double(first) {
          series.below += 1
        } else if position >= Double(last + 1) {
          series.above += 1
        } else {
          series.counts[Int(position.rounded(.down)) - first] += 1
        }
      }
      return series
    }
  }

  /// The value as the axis takes it: zero for what is closer to zero than 10⁻¹⁰⁰, nothing beyond ±10¹⁰⁰, so that no
  /// step or position overflows.
  private static func placed(_ value: Double) -> Double? {
    guard value.magnitude <= 1e100 else { return nil }
    return value.magnitude < 1e-100 ? 0 : value
  }

  private static func bin(_ position: Double, _ width: Double) -> Int { Int((position / width + 0.5).rounded(.down)) }

  /// From the smallest value to the largest, with zero between.
  private static func fullRange(_ lists: [[Double]]) -> ClosedRange<Double> {
    (lists.compactMap(\.first).min().map { min($0, 0) } ?? 0)...(lists.compactMap(\.last).max().map { max($0, 0) } ?? 0)
  }

  /// The full range, unless its tails are so long that they would crowd the rest into less than half of it.
  private static func shownRange(_ lists: [[Double]]) -> ClosedRange<Double> {
    let full = fullRange(lists)
    func quantile(_ list: [Double], _ share: Double) -> Double { list[Int(Double(list.count - 1) * share)] }
    let filled = lists.filter { !$0.isEmpty }
    let low = min(0, filled.map { quantile($0, 0.005) }.min() ?? 0)
    let high = max(0, filled.map { quantile($0, 0.995) }.max() ?? 0)
    guard high > low, full.upperBound / 2 - full.lowerBound / 2 > high - low else { return full }
    return low...high
  }

  /// A width that gives 16 to 90 bins, easy to read.
  private static func linearWidth(_ lists: [[Double]], over range: ClosedRange<Double>) -> Double {
    let extent = range.upperBound - range.lowerBound
    guard extent > 0, extent.isFinite else { return 0.1 }
    let widths = lists.compactMap { list -> Double? in
      guard list.count > 3 else { return nil }
      let spread = list[list.count * 3 / 4] - list[list.count / 4]
      return spread > 0 ? 2 * spread / cbrt(Double(list.count)) : nil
    }
    let middle = widths.isEmpty ? extent / 20 : widths.sorted()[(widths.count - 1) / 2]
    // A nice step is up to twice what is asked for; asking for less lands about the width on average.
    return FigureAxis.niceStep(atLeast: min(max(middle, extent / 60), extent / 20) / 1.5)
  }

  /// Finer bins where there are more samples to fill them.
  private static func binsPerDecade(_ count: Int) -> Double {
    switch count {
    case ..<100: 5
    case ..<1000: 7
    default: 10
    }
  }
}

extension Histogram {
  /// One block of data for gnuplot: a closed step line (value, count) for each run of bins that hold something.
  func outline(of series: Series) -> String {
    var text = ""
    var open = false
    for (bin, count) in series.counts.enumerated() {
      if count == 0, open { text += "\(edges[bin]) 0\n\n" }
      if count > 0 {
        if !open { text += "\(edges[bin]) 0\n" }
        text += "\(edges[bin]) \(count)\n\(edges[bin + 1]) \(count)\n"
      }
      open = count > 0
    }
    // A block without a line would shift the numbers of those that follow.
    if series.counts.allSatisfy({ $0 == 0 }) { text += "0 0\n" }
    if open { text += "\(edges[edges.count - 1]) 0\n" }
    return text + "\n\n"
  }
}
