import Bounds
import Networks

/// The order in which values and bounds of one question must stand: what points attain ≤ the worst case ≤ each bound,
/// and each bound ≤ IBP's, with which all are intersected. Keeps count, and compares methods with each other.
public struct BoundOrder: Sendable {
  /// How two methods compare, row by row.
  public struct Comparison: Sendable {
    /// How many rows the first bounds more tightly by more than 10⁻⁹, how many the second, and how many there are.
    public var first = 0
    public var second = 0
    public var rows = 0
    /// The sum over rows of the first's bound minus the second's.
    public var difference = 0.0
    /// The mean of the difference.
    public var meanDifference: Double { rows == 0 ? 0 : difference / Double(rows) }
  }

  /// Two methods.
  public struct Pair: Hashable, Sendable {
    public let first, second: BoundMethod

    /// The first and the second.
    public init(_ first: BoundMethod, _ second: BoundMethod) {
      self.first = first
      self.second = second
    }
  }

  /// How many questions and rows were looked at, and how many questions had a known worst case.
  public private(set) var questions = 0
  public private(set) var rows = 0
  public private(set) var known = 0
  /// Each thing out of order, in words.
  public private(set) var violations: [String] = []
  /// Each two methods, the one named earlier in ``BoundMethod`` first.
  public private(set) var comparisons: [Pair: Comparison] = [:]
  /// For each method, the sum of its worst bound minus the known worst case.
  public private(set) var excess: [BoundMethod: Double] = [:]

  /// Nothing seen.
  public init() {}

  /// Looks at the margins of all classes of one question.
  ///
  /// - Parameters:
  ///   - subject: what messages call it.
  ///   - points: inputs inside the region, such as its centre and what an attack found.
  ///   - worst: the worst-case margin and how far from it the truth may be, if known.
  public mutating func add(
    _ subject: String, _ network: Network, over region: Region, label: Int, points: [[Double]],
    worst: (margin: Double, tolerance: Double)? = nil
  ) {
    let classes = (0..<network.outputCount).filter { $0 != label }
    let margins = LinearRows.margins(of: classes, label: label, outputs: network.outputCount)
    let methods = BoundMethod.allCases
    let interval = RegionBounds(of: network, over: region.outer)
    var refined = interval
    refined.refine()
    let bounds = methods.map { ($0.usesRefinedRanges ? refined : interval).upperBounds(of: margins, by: $0) }
    questions += 1
    rows += classes.count

    for point in points {
      // What the margin surely is at the point in real arithmetic.
      let outputs = network.enclosure(at: point)
      for (row, i) in classes.enumerated() {
        let attained = (outputs.lower[i] - outputs.upper[label]).nextDown
        for (method, bounds) in zip(methods, bounds) where attained > bounds[row] {
          violations.append(
            "\(subject): \(method.rawValue) bounds class \(i) by \(bounds[row]), a point has \(attained)")
        }
      }
    }
    for (method, bounds) in zip(methods, bounds) {
      let largest = bounds.max() ?? -.infinity
      if let worst {
        excess[method, default: 0] += largest - worst.margin
        if largest < worst.margin - worst.tolerance {
          violations.append("\(subject): \(method.rawValue) says \(largest), the worst case is \(worst.margin)")
        }
      }
    }
    if worst != nil { known += 1 }
    guard let interval = methods.firstIndex(of: .ibp) else { return }
    for (a, first) in methods.enumerated() {
      for row in classes.indices where bounds[a][row] > bounds[interval][row] {
        violations.append(
          "\(subject): \(first.rawValue) bounds class \(classes[row]) by \(bounds[a][row]), IBP by \(bounds[interval][row])"
        )
      }
      if first == .alphaCROWN, let start = methods.firstIndex(of: .crown) {
        for row in classes.indices where bounds[a][row] > bounds[start][row] {
          violations.append(
            "\(subject): class \(classes[row]), α-CROWN has \(bounds[a][row]), the CROWN it started from \(bounds[start][row])"
          )
        }
      }
      for (b, second) in methods.enumerated() where b > a {
        var comparison = comparisons[Pair(first, second)] ?? Comparison()
        for row in classes.indices {
          let difference = bounds[a][row] - bounds[b][row]
          comparison.rows += 1
          if difference < -1e-9 { comparison.first += 1 }
          if difference > 1e-9 { comparison.second += 1 }
          if difference.isFinite { comparison.difference += difference }
        }
        comparisons[Pair(first, second)] = comparison
      }
    }
  }

  /// Adds what was seen elsewhere.
  public mutating func merge(_ other: BoundOrder) {
    questions += other.questions
    rows += other.rows
    known += other.known
    violations += other.violations
    excess.merge(other.excess) { $0 + $1 }
    comparisons.merge(other.comparisons) { a, b in
      Comparison(
        first: a.first + b.first, second: a.second + b.second, rows: a.rows + b.rows,
        difference: a.difference + b.difference)
    }
  }
}
