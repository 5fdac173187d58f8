/// The gradient connector of TAPS: how the gradient with respect to a point that was searched in a box passes on to the
/// ends of the box.
///
/// In each coordinate, with `t = (z − lower)/(upper − lower)`:
/// `∂z/∂lower = max(0, 1 − t/c)` and `∂z/∂upper = max(0, 1 − (1 − t)/c)`. With c = 1 it is linear, with c ≤ 0.5 at most
/// one end is moved, and c = 0 is the binary connector: 1 where the point touches the end, else 0. A coordinate whose
/// ends coincide gives half to each.
/// - Source: Mao et al., *Connecting Certified and Adversarial Training*, NeurIPS 2023, equation 6.
struct Connector: Hashable, Sendable {
  /// The share of the width on which an end is moved, in 0...1.
  let reach: Float

  /// What the two ends get of a coordinate's gradient.
  @inline(__always)
  func weights(of point: Float, lower: Float, upper: Float) -> (lower: Float, upper: Float) {
    let width = upper - lower
    let toLower = point - lower
    let toUpper = upper - point
    // A width that single precision cannot divide by counts as none.
    guard width > 1e-30 else { return (0.5, 0.5) }
    guard reach > 0 else { return (toLower <= 0 ? 1 : 0, toUpper <= 0 ? 1 : 0) }
    let scale = 1 / (reach * width)
    return (max(0, 1 - toLower * scale), max(0, 1 - toUpper * scale))
  }

  /// Adds what points of one box pass on to its ends.
  ///
  /// - Parameters:
  ///   - gradient: with respect to the point.
  ///   - lowerGradient, upperGradient: where to add it.
  func pass(
    _ gradient: UnsafePointer<Float>, at point: UnsafePointer<Float>, lower: UnsafePointer<Float>,
    upper: UnsafePointer<Float>, count: Int, toLower lowerGradient: UnsafeMutablePointer<Float>,
    toUpper upperGradient: UnsafeMutablePointer<Float>
  ) {
    for i in 0..<count {
      let share = weights(of: point[i], lower: lower[i], upper: upper[i])
      lowerGradient[i] += share.lower * gradient[i]
      upperGradient[i] += share.upper * gradient[i]
    }
  }
}
