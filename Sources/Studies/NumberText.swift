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
}
