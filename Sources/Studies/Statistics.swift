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
}
