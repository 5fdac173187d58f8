import Intervals
import Networks

/// Two parallel lines around an activation on a range of pre-activations: `f(z) ∈ slope·z + centre ± radius`.
///
/// - Soundness: the slope is any double in `[0, 1]` that the argument of its function allows; centre and radius are
///   then rounded such that the lines hold in real arithmetic for the stored slope.
/// - Source: Singh et al. 2018, "Fast and Effective Robustness Certification" (DeepZ), theorems 3.1 and 3.2.
struct ParallelLines: Sendable {
  /// The common slope, not negative.
  let slope: Double
  /// The constant of the middle line.
  let centre: Double
  /// The distance of both lines from the middle one, not negative.
  let radius: Double

  /// f(z) = z.
  static let identity = ParallelLines(slope: 1, centre: 0, radius: 0)
  /// f(z) = 0.
  static let zero = ParallelLines(slope: 0, centre: 0, radius: 0)

  private init(slope: Double, centre: Double, radius: Double) {
    self.slope = slope
    self.centre = centre
    self.radius = radius
  }

  /// Lines around `slope·z + offset` for every offset between two numbers.
  private init(slope: Double, offsets low: Double, _ high: Double) {
    let middle = low / 2 + high / 2
    self.init(slope: slope, centre: middle, radius: max((high - middle).nextUp, (middle - low).nextUp, 0))
  }

  /// The lines around an activation on `[lower, upper]`, both finite.
  init(_ activation: Activation, on lower: Double, _ upper: Double) {
    switch activation {
    case .relu:
      if lower >= 0 {
        self = .identity
      } else if upper <= 0 {
        self = .zero
      } else {
        // The chord above; below, the parallel through the origin: its slope lies in [0, 1].
        let chord = ReLUChord(lower: lower, upper: upper)
        self.init(slope: chord.slope, offsets: 0, chord.offset)
      }
    case .sigmoid, .tanh:
      // f' has one maximum and falls away from it, so that it is smallest at an end. With a slope not above f' the
      // difference f(z) − slope·z never falls, and its values at the ends bound all others.
      let slope = min(activation.leastDerivative(at: lower), activation.leastDerivative(at: upper))
      let low = Interval(activation.range(on: lower, lower).lower) - Interval(slope) * Interval(lower)
      let high = Interval(activation.range(on: upper, upper).upper) - Interval(slope) * Interval(upper)
      self.init(slope: slope, offsets: low.lower, high.upper)
    }
  }
}

extension Activation {
  /// A lower bound, not negative, of the real derivative of a smooth activation; of a ReLU, 0 or 1.
  fileprivate func leastDerivative(at z: Double) -> Double {
    switch self {
    case .relu:
      return z > 0 ? 1 : 0
    case .sigmoid:
      // f' = f(z)·f(−z).
      return max(0, (range(on: z, z).lower * range(on: -z, -z).lower).nextDown)
    case .tanh:
      // f' = (1 − |f|)(1 + |f|).
      let value = range(on: z.magnitude, z.magnitude)
      return max(0, ((1 - value.upper).nextDown * (1 + value.lower).nextDown).nextDown)
    }
  }
}
