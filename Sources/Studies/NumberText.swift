import Foundation

/// Numbers as people read them, in terminals, figures and pages.
public enum NumberText {
  /// A number to some significant digits, without needless zeros: `0.04126`, `-3.1e-07`, `12`, `inf`.
  public static func short(_ value: Double, digits: Int = 4) -> String {
    guard value.isFinite else { return value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }
    guard value != 0 else { return "0" }
    return String(format: "%.\(digits)g", value)
  }

  /// An interval: both ends, or one number if they read the same.
  public static func short(_ interval: ClosedRange<Double>, digits: Int = 4) -> String {
    let low = short(interval.lowerBound, digits: digits)
    let high = short(interval.upperBound, digits: digits)
    return low == high ? low : "\(low) … \(high)"
  }

  /// A share in percent with two digits after the point: a hundredth is one sample of ten thousand.
  public static func percent(_ share: Double) -> String { String(format: "%.2f", 100 * share) }

  /// An interval of shares: both ends, or one number if they read the same.
  public static func percent(_ shares: ClosedRange<Double>) -> String {
    let (low, high) = (percent(shares.lowerBound), percent(shares.upperBound))
    return low == high ? low : "\(low) … \(high)"
  }
}
