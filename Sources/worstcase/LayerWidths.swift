import Bounds
import Foundation
import Networks
import Studies
import Verification

/// How wide the ranges of a layer's units are, exactly and by bounds: mean widths over units, or over units and samples.
struct LayerWidths: Encodable {
  /// The methods that are compared, from the loosest.
  private static let compared: [BoundMethod] = [.ibp, .crownIBP, .crown, .alphaCROWN]

  /// What one method comes to.
  struct Method: Encodable {
    let method: String
    var meanWidth: Double
    /// The exact mean width divided by the method's: 1 where the method is exact. Both ends, as those of the former.
    var tightness: [Double]
  }

  /// How many ranges the means are over.
  private(set) var units: Int
  /// The mean of the exact widths: at least what replayed inputs attain, at most what the searches leave.
  private(set) var exact: [Double]
  private(set) var methods: [Method]

  /// The widths of one sample.
  ///
  /// - Parameter box: a box that contains the region.
  init(_ ranges: [RangeBracket], of prefix: Network, over box: Box) {
    units = ranges.count
    let widths = ranges.map(\.width)
    let exact = [Self.mean(widths.map(\.lowerBound)), Self.mean(widths.map(\.upperBound))]
    self.exact = exact
    methods = Self.compared.map { method in
      let box = method.ranges(of: prefix, over: box)
      return Method(
        method.rawValue, meanWidth: Self.mean(zip(box.lower, box.upper).map { $1 - $0 }), exact: exact)
    }
  }

  /// The means over several samples of one layer; nil if there are none.
  init?(_ samples: [LayerWidths]) {
    guard let first = samples.first else { return nil }
    units = samples.reduce(0) { $0 + $1.units }
    let exact = (0..<2).map { end in Self.mean(samples.map { $0.exact[end] }) }
    self.exact = exact
    methods = first.methods.indices.map { index in
      Method(
        first.methods[index].method, meanWidth: Self.mean(samples.map { $0.methods[index].meanWidth }), exact: exact)
    }
  }

  /// A table for people.
  var lines: [String] {
    func padded(_ text: String) -> String { text + String(repeating: " ", count: max(0, 12 - text.count)) }
    func ends(_ values: [Double]) -> String { NumberText.short(values[0]...values[1], digits: 6) }
    return ["\(padded("method"))  mean width    exact / method"]
      + ["\(padded("exact"))  \(ends(exact))"]
      + methods.map { method in
        let width = NumberText.short(method.meanWidth, digits: 6)
        return "\(padded(method.method))  \(padded(width))  \(ends(method.tightness))"
      }
  }

  private static func mean(_ values: [Double]) -> Double {
    values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
  }
}

extension LayerWidths.Method {
  fileprivate init(_ method: String, meanWidth: Double, exact: [Double]) {
    self.method = method
    self.meanWidth = meanWidth
    // A layer of points is bounded exactly by anything; rounding must not make it look otherwise.
    tightness = exact.map { meanWidth > 0 ? min(1, $0 / meanWidth) : 1 }
  }
}
