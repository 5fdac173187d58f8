/// How a quantity is distributed over the samples of a data set.
public struct Distribution: Codable, Hashable, Sendable {
  /// The arithmetic mean; infinite where a value is.
  public var mean: Double
  /// The values below which 5, 25, 50, 75 and 95 % of the samples lie.
  public var p5, p25, p50, p75, p95: Double

  /// The distribution of some values; nil of none.
  ///
  /// - Parameter values: in any order, none of them NaN.
  public init?(_ values: [Double]) {
    guard !values.isEmpty else { return nil }
    let sorted = values.sorted()
    mean = Statistics.mean(values)
    p5 = Statistics.quantile(sorted, 0.05)
    p25 = Statistics.quantile(sorted, 0.25)
    p50 = Statistics.quantile(sorted, 0.5)
    p75 = Statistics.quantile(sorted, 0.75)
    p95 = Statistics.quantile(sorted, 0.95)
  }

  /// The mean and the quantiles, in the order in which tables show them.
  var columns: [Double] { [mean, p5, p25, p50, p75, p95] }

  /// What those columns are called.
  static let columnNames = ["mean", "5 %", "25 %", "50 %", "75 %", "95 %"]
}
