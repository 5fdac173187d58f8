import Foundation
import Intervals
import Networks

/// Lines below and above the S-shaped activations, sigmoid and tanh: rising, convex up to 0, concave from there, with a
/// derivative f′ that is the same on both sides of 0 and falls away from it.
///
/// The upper line on `[l, u]` (the lower one is its mirror image, through f(−z) = f(∞) + f(−∞) − f(z)):
/// - u ≤ 0: f is convex, the line is the chord.
/// - else the tangent at some t ≥ 0. It lies above f where f is concave. If l < 0 it must lie above (l, f(l)) too: for all
///   t from that t* on whose tangent goes through that point. Its height at the middle m of the range, which is its area,
///   falls up to t = m and rises from there, as its derivative in t is f″(t)·(m − t). Hence t = max(t*, m). If that lies
///   beyond u the best line is the chord.
///
/// - Soundness: a slope s found in ordinary arithmetic is kept, whatever it is, and the offset is computed for it with
///   intervals; it must be at least h(z) = f(z) − s·z everywhere on the range. On its part below 0, h is convex
///   and largest at an end. On its part above 0, for whatever t ≥ 0, f lies below its tangent at t, which makes
///   h(z) ≤ f(t) − s·t + (f′(t) − s)·(z − t): linear in z and largest at an end. As s is f′(t) but for rounding, or the
///   chord's slope with t = u, nothing is lost but rounding.
/// - Source: Zhang et al. 2018 (CROWN), tables 2 and 3, where t = t*; Singh et al. 2019 (DeepPoly), where the slope is
///   min(f′(l), f′(u)).
extension Activation {
  /// The two lines on a range; constants where it is unbounded or so wide that nothing else can be computed.
  ///
  /// - Precondition: the activation is the sigmoid or tanh.
  func sShapedLines(on lower: Double, _ upper: Double) -> (lower: Line, upper: Line) {
    let range = range(on: lower, upper)
    let constants = (lower: Line(constant: range.lower), upper: Line(constant: range.upper))
    guard lower.isFinite, upper.isFinite else { return constants }
    let below = lineBelow(on: lower, upper)
    let above = lineAbove(on: lower, upper)
    return (below.offset.isFinite ? below : constants.lower, above.offset.isFinite ? above : constants.upper)
  }

  private func lineAbove(on lower: Double, _ upper: Double) -> Line {
    guard upper > 0 else {
      let slope = chordSlope(on: lower, upper)
      return Line(slope: slope, offset: max(gap(slope, at: lower).upper, gap(slope, at: upper).upper))
    }
    let touching = touchingPoint(on: lower, upper)
    let slope = touching == upper ? chordSlope(on: lower, upper) : slope(at: touching)
    let tangent = tangentGap(slope, touching: touching)
    var offset = max(tangent(max(lower, 0)).upper, tangent(upper).upper)
    if lower < 0 { offset = max(offset, gap(slope, at: lower).upper) }
    return Line(slope: slope, offset: offset)
  }

  private func lineBelow(on lower: Double, _ upper: Double) -> Line {
    guard lower < 0 else {
      let slope = chordSlope(on: lower, upper)
      return Line(slope: slope, offset: min(gap(slope, at: lower).lower, gap(slope, at: upper).lower))
    }
    let touching = -touchingPoint(on: -upper, -lower)
    let slope = touching == lower ? chordSlope(on: lower, upper) : slope(at: touching)
    let tangent = tangentGap(slope, touching: touching)
    var offset = min(tangent(min(upper, 0)).lower, tangent(lower).lower)
    if upper > 0 { offset = min(offset, gap(slope, at: upper).lower) }
    return Line(slope: slope, offset: offset)
  }

  // MARK: What the soundness rests on

  /// f(z) − s·z.
  private func gap(_ slope: Double, at z: Double) -> Interval {
    value(at: z) - Interval(slope) * Interval(z)
  }

  /// f(t) + f′(t)·(z − t) − s·z as a function of z, for the tangent at t.
  private func tangentGap(_ slope: Double, touching t: Double) -> (Double) -> Interval {
    let atTouch = gap(slope, at: t)
    let excess = steepness(at: t) - Interval(slope)
    return { z in z == t ? atTouch : atTouch + excess * (Interval(z) - Interval(t)) }
  }

  /// f(z).
  private func value(at z: Double) -> Interval {
    let range = range(on: z, z)
    return Interval(lower: range.lower, upper: range.upper) ?? .entire
  }

  /// f′(z): σ(z)·σ(−z) for the sigmoid σ, and 4σ′(2z) for tanh z = 2σ(2z) − 1, without cancellation.
  private func steepness(at z: Double) -> Interval {
    let sigmoid = Activation.sigmoid
    if self == .tanh { return Interval(4) * (sigmoid.value(at: 2 * z) * sigmoid.value(at: -2 * z)) }
    return sigmoid.value(at: z) * sigmoid.value(at: -z)
  }

  // MARK: What is free

  /// f′(z) to nearest; never negative, for the functions never fall.
  private func slope(at z: Double) -> Double { max(0, steepness(at: z).midpoint) }

  /// The chord's slope, kept between the derivatives on the range: where the range is narrow the difference quotient
  /// is mostly rounding.
  private func chordSlope(on lower: Double, _ upper: Double) -> Double {
    let ends = (slope(at: lower), slope(at: upper))
    let least = min(ends.0, ends.1)
    let most = lower < 0 && upper > 0 ? slope(at: 0) : max(ends.0, ends.1)
    let slope = (self(upper) - self(lower)) / (upper - lower)
    return slope.isNaN ? least : min(max(slope, least), most)
  }

  /// Where the upper line touches f: max(t*, m), at most u.
  ///
  /// The tangent through (l, f(l)) has the largest slope of all lines from there to a point (t, f(t)), t ≥ 0. So each
  /// step t ← (f′)⁻¹(slope from l to t) ends at or beyond t*, and from a point beyond t* before it; as the slope is
  /// stationary at t* the steps converge like Newton's.
  private func touchingPoint(on lower: Double, _ upper: Double) -> Double {
    let middle = min(max(lower / 2 + upper / 2, 0), upper)
    guard lower < 0 else { return middle }
    var touching = upper
    for _ in 0..<8 {
      let next = pointOfSteepness((self(touching) - self(lower)) / (touching - lower))
      guard next < touching else { break }
      touching = next
      if touching <= middle { return middle }
    }
    return touching
  }

  /// The z ≥ 0 with f′(z) = s; 0 where s is larger than all derivatives.
  ///
  /// With q = √(1 − 4s) the sigmoid's value there is (1 + q)/2, so that eᶻ = (1 + q)²/(4s).
  private func pointOfSteepness(_ slope: Double) -> Double {
    let scaled = self == .tanh ? slope : 4 * slope
    let z = 2 * log1p(max(0, 1 - scaled).squareRoot()) - log(scaled)
    return max(0, self == .tanh ? z / 2 : z)
  }
}
