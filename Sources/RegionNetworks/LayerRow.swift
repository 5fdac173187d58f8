import Intervals
import Networks

/// An affine expression over what one layer reads: outputs of activations and elements of the input.
///
/// - Soundness: on the region, the real quantity that the row stands for differs from `constant + Σ terms`, evaluated
///   in real arithmetic, by at most `error`.
public struct LayerRow: Sendable {
  /// A coefficient and what it multiplies.
  public struct Term: Sendable {
    /// The activation or the input node, and the element of it.
    public let node: NodeID
    public let element: Int
    /// The element's range on the region.
    public let range: Interval
    /// The coefficient, not zero.
    public let coefficient: Double

    /// The same with another coefficient.
    public func withCoefficient(_ other: Double) -> Term {
      Term(node: node, element: element, range: range, coefficient: other)
    }
  }

  /// The terms, by decreasing node and increasing element.
  public let terms: [Term]
  /// The constant.
  public let constant: Double
  /// How far the real quantity can be from the row, in either direction.
  public let error: Double
}
