/// What a study's samples say together: for each method the distribution of its approximation error, and how far the
/// brackets that they are measured against have closed.
///
/// The error of an estimate is *estimate − exact worst-case margin*: positive where the method over-approximates. On
/// an exact sample the bracket's lower end, which a concrete input attains, stands for the exact value; it is below it
/// by the study's tolerance at most. On an open one the error is only known to lie in
/// [estimate − upper, estimate − lower], and every statistic is an interval that says so.
public struct StudySummary: Codable, Hashable, Sendable {
  /// How many samples are stored.
  public var samples: Int
  /// How many of their brackets are open.
  public var openBrackets: Int
  /// Of these, how many samples have no value: no input that was tried has outputs that double precision can hold. They
  /// are left out of the gap and of all methods' statistics, and count as correct nowhere.
  public var withoutValue: Int
  /// The largest distance between a bracket's ends; zero without samples.
  public var largestGap: Double
  /// How many samples the network classifies as their label at the centre of the region.
  public var correct: Int
  /// How many samples keep their label on the whole region: their upper end is below zero.
  public var robust: Int
  /// How many samples have an input in their region that is not classified as the label: their lower end is above
  /// or at zero.
  public var notRobust: Int
  /// The mean seconds that a bracket took; zero without samples.
  public var meanSeconds: Double
  /// One summary for each method that estimated a sample, in the order of ``MethodOrder``.
  public var methods: [MethodSummary]

  /// Summarises samples, in any order.
  public init(_ records: [SampleRecord]) {
    samples = records.count
    openBrackets = records.count { $0.status == .bracket }
    withoutValue = records.count { !$0.hasValue }
    largestGap = records.filter(\.hasValue).map(\.gap).max() ?? 0
    correct = records.count { $0.predicted == $0.label }
    robust = records.count { $0.upper < 0 }
    notRobust = records.count { $0.lower >= 0 }
    meanSeconds = records.isEmpty ? 0 : Statistics.mean(records.map(\.seconds))
    let names = MethodOrder.sorted(Set(records.flatMap(\.estimates.keys)))
    methods = names.map { MethodSummary(name: $0, records) }
  }
}

/// The distribution of one method's approximation error over a study's samples.
///
/// Where all brackets are exact each interval is one number.
public struct MethodSummary: Codable, Hashable, Sendable {
  /// The method's name.
  public var name: String
  /// How many samples the statistics are over.
  public var samples: Int
  /// How many samples have no estimate by this method, or one that is not finite; they are left out.
  public var without: Int
  /// How many of the samples have an open bracket.
  public var openBrackets: Int
  /// The mean error.
  public var meanError: ClosedRange<Double>
  /// The mean absolute error.
  public var meanAbsoluteError: ClosedRange<Double>
  /// The population variance of the error (the squared deviations divided by n).
  ///
  /// With open brackets it is an enclosure, not always the tightest: the standard deviation is a seminorm, so that
  /// it differs from that of the intervals' midpoints by the root mean square of their radii at most.
  public var variance: ClosedRange<Double>
  /// The smallest, middle and largest error.
  public var minimum, median, maximum: ClosedRange<Double>
  /// The mean seconds that an estimate took.
  public var meanSeconds: Double

  /// Summarises what one method said of samples. Without a finite estimate among them, each statistic is zero.
  init(name: String, _ records: [SampleRecord]) {
    self.name = name
    let measured = records.filter { $0.error(of: name) != nil }
    let errors = measured.compactMap { $0.error(of: name) }
    samples = errors.count
    without = records.count - errors.count
    openBrackets = measured.count { $0.status == .bracket }
    guard !errors.isEmpty else {
      (meanError, meanAbsoluteError, variance) = (0...0, 0...0, 0...0)
      (minimum, median, maximum) = (0...0, 0...0, 0...0)
      meanSeconds = 0
      return
    }
    let low = errors.map(\.lowerBound)
    let high = errors.map(\.upperBound)
    // Each of these grows with every single error, so its ends are its values at the ends.
    func ends(_ statistic: ([Double]) -> Double) -> ClosedRange<Double> {
      ClosedRange(unordered: statistic(low), statistic(high))
    }
    meanError = ends(Statistics.mean)
    median = ends(Statistics.median)
    minimum = ends { $0.reduce(.infinity, min) }
    maximum = ends { $0.reduce(-.infinity, max) }
    meanAbsoluteError = ClosedRange(
      unordered: Statistics.mean(
        errors.map { $0.contains(0) ? 0 : min($0.lowerBound.magnitude, $0.upperBound.magnitude) }),
      Statistics.mean(errors.map { max($0.lowerBound.magnitude, $0.upperBound.magnitude) }))
    variance = Self.variance(of: errors)
    meanSeconds = Statistics.mean(measured.map { $0.estimateSeconds[name] ?? 0 })
  }

  /// Encloses the population variance of values of which each is known to lie in an interval.
  private static func variance(of errors: [ClosedRange<Double>]) -> ClosedRange<Double> {
    guard errors.allSatisfy({ $0.lowerBound.isFinite && $0.upperBound.isFinite }) else { return 0 ... .infinity }
    let ofMidpoints = Statistics.variance(errors.map { $0.lowerBound / 2 + $0.upperBound / 2 })
    let squaredRadius = Statistics.mean(
      errors.map {
        let radius = $0.upperBound / 2 - $0.lowerBound / 2
        return radius * radius
      })
    guard squaredRadius > 0 else { return ofMidpoints...ofMidpoints }
    let deviation = ofMidpoints.squareRoot()
    let radius = squaredRadius.squareRoot()
    let least = max(0, deviation - radius)
    return ClosedRange(unordered: least * least, (deviation + radius) * (deviation + radius))
  }
}

extension SampleRecord {
  /// The distance between the bracket's ends; infinite where an end is not known.
  public var gap: Double {
    let gap = upper - lower
    return gap.isNaN ? .infinity : max(gap, 0)
  }

  /// Where a method's approximation error lies; nil if it gave no finite estimate, or the sample has no value or an upper
  /// end that is not a number.
  public func error(of method: String) -> ClosedRange<Double>? {
    guard let estimate = estimates[method], estimate.isFinite, hasValue, !upper.isNaN else { return nil }
    switch status {
    case .exact: return (estimate - lower)...(estimate - lower)
    case .bracket: return ClosedRange(unordered: estimate - upper, estimate - lower)
    }
  }
}

extension ClosedRange<Double> {
  /// The interval between two numbers in either order; neither is NaN.
  init(unordered a: Double, _ b: Double) { self = Swift.min(a, b)...Swift.max(a, b) }
}

/// The order in which methods are shown, everywhere the same: the established ones from loose to tight, then any
/// others by name.
public enum MethodOrder {
  /// The established methods.
  public static let established = [
    "IBP", "zonotope", "CROWN-IBP", "CROWN", "alpha-CROWN", "SABR", "TAPS", "STAPS", "PGD", "PGD-stopping",
  ]

  /// Sorts names; case does not matter.
  public static func sorted(_ names: some Sequence<String>) -> [String] {
    let ranks = Dictionary(uniqueKeysWithValues: established.enumerated().map { ($1.lowercased(), $0) })
    return names.sorted { a, b in
      let first = ranks[a.lowercased()] ?? established.count
      let second = ranks[b.lowercased()] ?? established.count
      return first == second ? a < b : first < second
    }
  }
}
