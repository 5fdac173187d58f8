import Foundation
import Studies

/// The horizontal axis of an error figure: how values are spaced, and where its marks stand.
public enum FigureAxis: Hashable, Sendable {
  /// Values are spaced as they are.
  case linear
  /// The inverse hyperbolic sine of value / `threshold`: linear within ± the threshold, logarithmic on either side
  /// of it. It shows errors of both signs, zero, and several orders of magnitude at once.
  case symmetricLogarithmic(threshold: Double)

  /// The place of a value along the axis.
  func position(_ value: Double) -> Double {
    switch self {
    case .linear: value
    case .symmetricLogarithmic(let threshold): asinh(value / threshold)
    }
  }

  /// The value at a place along the axis.
  func value(_ position: Double) -> Double {
    switch self {
    case .linear: position
    case .symmetricLogarithmic(let threshold): threshold * sinh(position)
    }
  }

  /// An axis on which each method's errors can be told from zero: linear while the methods' scales lie within a
  /// factor of `readable`, else logarithmic from the power of ten below the smallest scale, four decades at most.
  ///
  /// A method's scale is the 95th percentile of its absolute errors.
  public static func suiting(_ errors: [[Double]], readable: Double = 20) -> FigureAxis {
    let scales = errors.compactMap { values -> Double? in
      let sizes = values.filter(\.isFinite).map(\.magnitude).sorted()
      guard !sizes.isEmpty else { return nil }
      let scale = sizes[(sizes.count - 1) * 95 / 100]
      return scale > 0 ? scale : nil
    }
    guard let smallest = scales.min(), let largest = scales.max(), largest > readable * smallest else { return .linear }
    let exponent = max(floor(log10(smallest)), ceil(log10(largest)) - 4)
    return .symmetricLogarithmic(threshold: pow(10, exponent))
  }
}

/// A mark on an axis; a minor one has no label.
struct Tick: Hashable {
  var value: Double
  var label: String?
}

extension FigureAxis {
  /// The marks between two values, in order, with zero among them.
  func ticks(from low: Double, to high: Double) -> [Tick] {
    switch self {
    case .linear:
      let step = Self.niceStep(atLeast: (high - low) / 8)
      let first = Int((low / step).rounded(.up))
      let last = Int((high / step).rounded(.down))
      guard first <= last else { return [] }
      return (first...last).map { Tick(value: Double($0) * step, label: Self.label(Double($0) * step)) }
    case .symmetricLogarithmic(let threshold):
      var ticks = [Tick(value: 0, label: "0")]
      let first = Int(log10(threshold).rounded())
      let last = max(first, Int(log10(max(-low, high)).rounded(.down)))
      for exponent in first...last {
        let power = pow(10, Double(exponent))
        for digit in 1...9 {
          for value in [-power * Double(digit), power * Double(digit)] {
            ticks.append(Tick(value: value, label: digit == 1 ? Self.label(value) : nil))
          }
        }
      }
      return ticks.filter { low <= $0.value && $0.value <= high }.sorted { $0.value < $1.value }
    }
  }

  /// The smallest of 1, 2, 2.5 and 5 times a power of ten that is not below `width`, which is positive.
  static func niceStep(atLeast width: Double) -> Double {
    let power = pow(10, floor(log10(width)))
    let factor = [1, 2, 2.5, 5].first { $0 * power >= width * (1 - 1e-9) } ?? 10
    return factor * power
  }

  /// A number with a minus sign instead of a hyphen; six digits are what a tick can need.
  static func label(_ value: Double, digits: Int = 6) -> String {
    NumberText.short(value, digits: digits).replacingOccurrences(of: "-", with: "−")
  }
}
