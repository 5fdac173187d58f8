import CKernels
import Intervals
import Networks

/// A line `slope·z + offset`.
struct Line: Hashable, Sendable {
  let slope, offset: Double

  /// The line through all points at one height.
  init(constant: Double) { self.init(slope: 0, offset: constant) }

  init(slope: Double, offset: Double) {
    self.slope = slope
    self.offset = offset
  }
}

/// Two lines for each unit of an activation node, between which the activation lies on the unit's range of
/// pre-activations z in `[l, u]`:
///
///     lowerSlope·z + lowerOffset ≤ f(z) ≤ upperSlope·z + upperOffset
///
/// - Soundness: both hold in real arithmetic for the stored doubles: slopes are chosen freely, offsets are rounded to the
///   safe side. No slope is negative. On an unbounded range a line may be missing; its offset is then infinite and its slope 0.
/// - Source: Zhang et al. 2018 (CROWN); Singh et al. 2019 (DeepPoly).
public struct LinearRelaxation: Sendable {
  /// The slope of each unit's lower line; or such slopes for each row that will be relaxed, row after row.
  public private(set) var lowerSlope: [Double]
  /// The offset of each unit's lower line.
  public let lowerOffset: [Double]
  /// The slope of each unit's upper line.
  public let upperSlope: [Double]
  /// The offset of each unit's upper line.
  public let upperOffset: [Double]

  /// The largest magnitude of each unit's pre-activation where a coefficient may be rounded, 0 where it may not:
  /// under slopes 0 and 1.
  let reach: [Double]
  /// The relative error of a row's constant, on the sum of its terms' magnitudes.
  private let gamma: Double
  /// What all underflows in one row can change.
  private let underflow: Double

  /// The number of units.
  public var count: Int { upperSlope.count }

  /// The lines of an activation on a box of pre-activations.
  ///
  /// - Parameter lowerSlope: the lower line of ReLUs without a fixed sign.
  /// - Complexity: a few operations for each ReLU, some twenty or thirty calls of `exp` for each sigmoid or tanh.
  public init(of activation: Activation, on box: Box, lowerSlope: LowerSlope = .adaptive) {
    let lines = (0..<box.count).map { i in
      switch activation {
      case .relu: Self.reluLines(on: box.lower[i], box.upper[i], lowerSlope)
      case .sigmoid, .tanh: activation.sShapedLines(on: box.lower[i], box.upper[i])
      }
    }
    self.init(
      lowerSlope: lines.map(\.lower.slope), lowerOffset: lines.map(\.lower.offset), upper: lines.map(\.upper), on: box)
  }

  /// ReLU's lines on a box of pre-activations, with the given slopes of the lower lines.
  ///
  /// - Parameter lowerSlopes: numbers in `[0, 1]`, one for each unit, or so many for each row that will be relaxed. Those
  ///   of units with a fixed sign are ignored: their lines are exact.
  public init(ofReLUOn box: Box, lowerSlopes: [Double]) {
    precondition(lowerSlopes.allSatisfy { 0 <= $0 && $0 <= 1 }, "A lower slope outside [0, 1]")
    let lines = (0..<box.count).map { Self.reluLines(on: box.lower[$0], box.upper[$0], .zero) }
    let slopes = lowerSlopes.indices.map { at in
      let unit = at % box.count
      return lines[unit].lower == lines[unit].upper ? lines[unit].lower.slope : lowerSlopes[at]
    }
    self.init(
      lowerSlope: slopes, lowerOffset: lines.map(\.lower.offset), upper: lines.map(\.upper), on: box)
  }

  /// Changes the slopes of the lower lines in place, of units and rows that were open to choice from the start.
  ///
  /// - Precondition: the relaxation was made with slopes other than 0 and 1 where they may change now, so that their
  ///   rounding is counted; all slopes stay in `[0, 1]`.
  mutating func withLowerSlopes<Result>(_ body: (inout [Double]) -> Result) -> Result { body(&lowerSlope) }

  /// The given lines, which hold on a box.
  private init(lowerSlope: [Double], lowerOffset: [Double], upper: [Line], on box: Box) {
    precondition(lowerSlope.count.isMultiple(of: box.count), "Lower slopes for a part of the units")
    self.lowerSlope = lowerSlope
    self.lowerOffset = lowerOffset
    upperSlope = upper.map(\.slope)
    upperOffset = upper.map(\.offset)
    let magnitudes = box.magnitudes
    var reach = [Double](repeating: 0, count: box.count)
    for (i, line) in upper.enumerated() where !line.slope.keepsDoubles { reach[i] = magnitudes[i] }
    for (at, slope) in lowerSlope.enumerated() where !slope.keepsDoubles {
      reach[at % box.count] = magnitudes[at % box.count]
    }
    self.reach = reach
    let terms = upper.indices.reduce(0) { $0 + (lowerOffset[$1] == 0 && upper[$1].offset == 0 ? 0 : 1) }
    gamma = RoundingError.gamma(2 * terms + 16)
    underflow = RoundingError.underflow * (1 + reach.reduce(0, +))
  }

  /// Replaces coefficients over the activation's outputs by ones over its pre-activations such that no row's value
  /// falls: under a positive coefficient the output is replaced by its upper line, under a negative one by its lower.
  ///
  /// - Soundness: for a stored coefficient a and the line s·z + o that its sign selects, a·f(z) ≤ (a·s)·z + a·o in real
  ///   arithmetic. Four things are rounded, with u the unit roundoff and η = 2⁻¹⁰⁷⁵ half the smallest positive number:
  ///   1. The coefficient a′ = fl(a·s) differs from a·s by at most u·|a′| + η, and by nothing where s is 0 or 1. It meets
  ///      pre-activations of at most r = max(|l|, |u|) in magnitude, which makes Σ (u·|a′| + η)·r. The sum of u·|a′|·r is
  ///      itself computed; doubling it covers its rounding, for sums of fewer than 2³¹ terms.
  ///   2. The sum of the n products a·o with offsets that are not 0 is wrong by at most γ_n·Σ|a·o| + n·η, in any order.
  ///      Signs mix, hence the sum S of magnitudes; computed, it is at least (1 − γ_n)·S − n·η. As
  ///      γ_n/(1 − γ_n) ≤ γ_2n, its product with γ_2n+16 covers the error of the sum and its own.
  ///   3. Underflows: the terms with η add up to at most η·Σr + 3n·η, which lies below 2⁻¹⁰²²·(1 + Σr) since no array has
  ///      2⁵⁰ elements.
  ///   4. Adding the sum to the row's constant is the pass's to account for.
  /// - Complexity: one pass over the coefficients.
  func relax(_ rows: inout [Double], in pass: inout BackwardPass) {
    let width = count
    let step = lowerSlope.count == width ? 0 : width
    precondition(rows.count == pass.count * width, "Rows of another width than \(width)")
    precondition(lowerSlope.count == max(width, pass.count * step), "Lower slopes for another number of rows")
    rows.withUnsafeMutableBufferPointer { rows in
      lowerSlope.withUnsafeBufferPointer { slopes in
        guard let row = rows.baseAddress, let slope = slopes.baseAddress else { return }
        for i in 0..<pass.count {
          let sums = ck_relax(
            row + i * width, slope + i * step, lowerOffset, upperSlope, upperOffset, reach, width)
          pass.totals.add(sums.constant, to: i)
          pass.totals.addError(error(of: sums), to: i)
        }
      }
    }
  }

  /// What the rounding of one row's way through the lines can change: points 1 to 3 of ``relax(_:in:)``.
  func error(of sums: ck_relaxed) -> Double {
    gamma * sums.magnitude + 2 * RoundingError.unit * sums.reach + underflow
  }
}

extension Double {
  /// Whether a product with this slope is never rounded.
  fileprivate var keepsDoubles: Bool { self == 0 || self == 1 }
}
