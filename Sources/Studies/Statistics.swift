/// A sum that carries its own rounding error along (Neumaier 1974), exact to a few units in the last place unless its
/// terms cancel by more than fifteen digits.
struct CompensatedSum {
  private var sum = 0.0
  private var lost = 0.0

  /// Adds one term.
  mutating func add(_ term: Double) {
    let next = sum + term
    if sum.magnitude >= term.magnitude {
      lost += (sum - next) + term
    } else {
      lost += (term - next) + sum
    }
    sum = next
  }

  /// The sum so far. The correction of an infinite sum is not a number, and is left out.
  var value: Double { sum.isFinite ? sum + lost : sum }
}

/// Statistics of a list of doubles that is not empty.
enum Statistics {
  /// The arithmetic mean.
  static func mean(_ values: [Double]) -> Double {
    var sum = CompensatedSum()
    for value in values { sum.add(value) }
    return sum.value / Double(values.count)
  }

  /// The mean squared distance from the mean: the variance of the list itself, which divides by n, not by n − 1.
  ///
  /// In two passes, so that a large mean costs no digits; the second sum corrects for the mean's own rounding.
  static func variance(_ values: [Double]) -> Double {
    let centre = mean(values)
    var squares = CompensatedSum()
    var drift = CompensatedSum()
    for value in values {
      squares.add((value - centre) * (value - centre))
      drift.add(value - centre)
    }
    let n = Double(values.count)
    return max(0, (squares.value - drift.value * drift.value / n) / n)
  }

  /// The middle value, or the mean of the middle two.
  static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    let middle = sorted.count / 2
    guard sorted.count.isMultiple(of: 2), sorted[middle - 1] != sorted[middle] else { return sorted[middle] }
    return sorted[middle - 1] / 2 + sorted[middle] / 2
  }

  /// The value below which a share of the list lies, between neighbours in a straight line: at the place
  /// share·(n − 1) of the sorted list, counted from 0.
  ///
  /// - Parameters:
  ///   - sorted: the list in increasing order.
  ///   - share: between 0 and 1.
  /// - Source: Hyndman & Fan 1996, "Sample Quantiles in Statistical Packages", definition 7 (NumPy's default).
  static func quantile(_ sorted: [Double], _ share: Double) -> Double {
    let place = share * Double(sorted.count - 1)
    let below = min(Int(place), sorted.count - 1)
    let above = min(below + 1, sorted.count - 1)
    let weight = place - Double(below)
    // Infinities among the values must not meet a weight of zero.
    guard weight > 0, sorted[below] != sorted[above] else { return sorted[below] }
    return sorted[below] * (1 - weight) + sorted[above] * weight
  }
}
