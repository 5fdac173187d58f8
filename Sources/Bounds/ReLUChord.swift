import CKernels

/// The line `slope·z + offset` that bounds ReLU from above on a pre-activation range `[l, u]` with `l < 0 < u`.
///
/// - Soundness: the slope is rounded freely; the offset is then rounded upward far enough that the line, in real
///   arithmetic, lies above `(l, 0)` and `(u, u)`. ReLU is convex, so the line lies above it in between.
/// - Source: Ehlers 2017, "Formal Verification of Piece-Wise Linear Feed-Forward Neural Networks", the triangle.
public struct ReLUChord: Sendable {
  /// In `[0, 1]`.
  public let slope: Double
  /// Not negative.
  public let offset: Double

  /// The chord over a range with `lower < 0 < upper`, both finite.
  public init(lower: Double, upper: Double) {
    var (ignored, slope, offset) = (0.0, 0.0, 0.0)
    var reach = 0.0
    _ = ck_relu_lines([lower], [upper], 1, LowerSlope.zero.mode, &ignored, &slope, &offset, &reach)
    self.slope = slope
    self.offset = offset
  }
}
