import Bounds
import Intervals
import Networks

/// Holds claimed bounds against exact values at points of the box, and keeps count.
///
/// Every bound that is beaten is a violation, by however little: there is no tolerance. What it cannot see is a bound
/// that is wrong at points it was not shown.
public struct BoundJudge: Sendable {
  /// One bound that a point beats.
  public struct Violation: Sendable, CustomStringConvertible {
    /// Which network, who claimed the bound, and of what.
    public let subject, claimant, quantity: String
    /// The bound, and the largest double that does not exceed the value.
    public let bound, value: Double

    public var description: String { "\(subject), \(claimant): \(quantity) is above \(value), its bound is \(bound)" }
  }

  /// How many networks, points and single bounds were judged.
  public private(set) var networks = 0
  public private(set) var points = 0
  public private(set) var comparisons = 0
  /// How many bounds said nothing, being infinite.
  public private(set) var infinite = 0
  /// All violations found.
  public private(set) var violations: [Violation] = []
  /// For each claimant, the least distance of a bound from the value it bounds, as a share of
  /// the value's size; values that are zero left aside.
  public private(set) var tightest: [String: Double] = [:]

  private let subject: String

  /// A judge who has seen nothing.
  ///
  /// - Parameter subject: what violations say they are about.
  public init(subject: String = "network") {
    self.subject = subject
  }

  /// Judges claims about a network at some points of the box.
  ///
  /// - Parameter network: the network whose values count: the file's, where the claims were made for one that differs
  ///   from it by what its layers admit.
  public mutating func judge(_ claims: BoundClaims, about network: Network, at points: [[Double]]) {
    networks += 1
    for point in points {
      self.points += 1
      let values = exactValues(of: network, at: point)
      for node in network.nodes.dropFirst() {
        for (i, value) in values[node.id.index].enumerated() {
          let value = Interval(tightestAround: value)
          for (claimant, boxes) in claims.boxes {
            let range = boxes[node.id.index][i]
            compare(value, below: range.upper, claimant, "\(node.name) element \(i)")
            compare(-value, below: -range.lower, claimant, "minus \(node.name) element \(i)")
          }
        }
      }
      let outputs = values[network.output.index]
      for row in 0..<claims.rows.count {
        var value = Rational.zero
        for i in 0..<claims.rows.width {
          value = value + exact(claims.rows.coefficients[row * claims.rows.width + i]) * outputs[i]
        }
        for (claimant, bounds) in claims.upperBounds {
          compare(Interval(tightestAround: value), below: bounds[row], claimant, "row \(row)")
        }
      }
    }
  }

  /// Adds what another judge saw.
  public mutating func merge(_ other: BoundJudge) {
    networks += other.networks
    points += other.points
    comparisons += other.comparisons
    infinite += other.infinite
    violations += other.violations
    tightest.merge(other.tightest) { min($0, $1) }
  }

  /// - Parameter value: the narrowest interval around the true value. A double is at least the value exactly where
  ///   it is at least the interval's upper end.
  private mutating func compare(
    _ value: Interval, below bound: Double, _ claimant: String, _ quantity: @autoclosure () -> String
  ) {
    comparisons += 1
    // NaN and −∞ fail here too.
    guard bound >= value.upper else {
      violations.append(
        Violation(subject: subject, claimant: claimant, quantity: quantity(), bound: bound, value: value.lower))
      return
    }
    guard bound.isFinite else {
      infinite += 1
      return
    }
    // A ReLU that is zero for certain is bounded by zero: no distance to speak of.
    guard value.lower != 0 || value.upper != 0 else { return }
    let share = (bound - value.lower) / max(value.lower.magnitude, value.upper.magnitude, .leastNormalMagnitude)
    tightest[claimant] = min(tightest[claimant] ?? .infinity, share)
  }
}
