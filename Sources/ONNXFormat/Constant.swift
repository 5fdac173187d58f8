import Foundation
import Intervals

/// A tensor whose values are known at import: an initialiser, a `Constant` node, or computed from such.
///
/// Integers are held as doubles too: shapes and indices are far below 2⁵³. Beyond it they are rounded, good enough to
/// say "to the end" in a slice; arithmetic and conversions refuse them.
struct Constant {
  /// The extents; none for a scalar. Their product is the number of values, at least 1.
  var extents: [Int]
  /// Whether the file's element type is an integer or a boolean.
  var isInteger: Bool
  /// The values in row-major order, all finite.
  var values: [Double]
  /// How far each real value may be from the stored one; empty where all are exact.
  var errors: [Double] = []

  var count: Int { values.count }

  /// Everything that the real value of an element may be.
  subscript(index: Int) -> Interval {
    Interval(centre: values[index], radius: errors.isEmpty ? 0 : errors[index])
  }

  /// A floating-point tensor of enclosed values.
  ///
  /// - Throws: if one of them is unbounded: an overflow.
  init(extents: [Int], enclosures: [Interval], place: String) throws(Fault) {
    self.extents = extents
    isInteger = false
    let split = Centres(enclosures)
    guard split.radii.allSatisfy(\.isFinite) else {
      throw .malformed(place: place, reason: "a value computed from the constants overflows")
    }
    values = split.centres
    errors = split.radii
  }

  init(extents: [Int], isInteger: Bool, values: [Double], errors: [Double] = []) {
    self.extents = extents
    self.isInteger = isInteger
    self.values = values
    self.errors = errors
  }
}

/// Enclosed values as doubles with error bounds.
struct Centres {
  /// A double of each interval.
  let centres: [Double]
  /// How far the real value may be from it; empty where every interval is a point.
  let radii: [Double]

  init(_ enclosures: [Interval]) {
    var centres: [Double] = []
    var radii: [Double] = []
    centres.reserveCapacity(enclosures.count)
    radii.reserveCapacity(enclosures.count)
    for enclosure in enclosures {
      let (centre, radius) = enclosure.centreAndRadius
      centres.append(centre)
      radii.append(radius)
    }
    self.centres = centres
    self.radii = radii.allSatisfy { $0 == 0 } ? [] : radii
  }

  /// A constant's values as they are.
  init(_ constant: Constant) {
    centres = constant.values
    radii = constant.errors
  }

  /// The largest error as a fraction of the stored value: a layer's `coefficientError`.
  var relativeError: Double {
    var largest = 0.0
    for (centre, radius) in zip(centres, radii) where radius > 0 {
      largest = max(largest, (radius / centre.magnitude).nextUp)
    }
    return largest
  }
}

extension Array<Int> {
  /// The extents joined by `x`; `scalar` if there are none.
  var joined: String { isEmpty ? "scalar" : map(String.init).joined(separator: "x") }

  /// The number of elements, or nil if it overflows.
  var elementCount: Int? {
    var product = 1
    for extent in self {
      let (next, overflow) = product.multipliedReportingOverflow(by: extent)
      if overflow { return nil }
      product = next
    }
    return product
  }

  /// The position of a flat index, for messages: `[2,1]`; empty for a scalar.
  func position(of index: Int) -> String {
    var rest = index
    var position: [Int] = []
    for extent in reversed() {
      position.append(rest % extent)
      rest /= extent
    }
    return isEmpty ? "" : "[" + position.reversed().map(String.init).joined(separator: ",") + "]"
  }
}
