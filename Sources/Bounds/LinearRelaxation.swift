import CKernels
import Intervals
import Networks

/// A line `slope·z + offset`.
struct Line: Hashable, Sendable {
  let slope, offset: Double

  /// Whether a product with the slope is never rounded.
  var keepsDoubles: Bool { slope == 0 || slope == 1 }

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

  /// The largest magnitude of each unit's pre-activation where a coefficient may be rounded, 0 where it may not: under
  /// slopes 0 and 1. Unstable ReLUs count always, so that their lower slopes may be replaced.
  let reach: [Double]
  /// The relative error of a row's constant, on the sum of its terms' magnitudes.
  private let gamma: Double
  /// How many underflows of the smallest kind can change one row: more than one and the sum of `reach`.
  private let underflows: Double

  /// The number of units.
  public var count: Int { upperSlope.count }

  /// The lines of an activation on a box of pre-activations.
  ///
  /// - Parameter lowerSlope: the lower line of ReLUs without a fixed sign.
  /// - Complexity: a few operations for each ReLU, some twenty or thirty calls of `exp` for each sigmoid or tanh.
  public init(of activation: Activation, on box: Box, lowerSlope: LowerSlope = .adaptive) {
    switch activation {
    case .relu:
      self.init(ofReLUOn: box, lowerSlope: lowerSlope)
    case .sigmoid, .tanh:
      let lines = (0..<box.count).map { activation.sShapedLines(on: box.lower[$0], box.upper[$0]) }
      let magnitudes = box.magnitudes
      self.init(
        lowerSlope: lines.map(\.lower.slope), lowerOffset: lines.map(\.lower.offset),
        upperSlope: lines.map(\.upper.slope), upperOffset: lines.map(\.upper.offset),
        reach: lines.indices.map { lines[$0].lower.keepsDoubles && lines[$0].upper.keepsDoubles ? 0 : magnitudes[$0] },
        offsetCount: lines.count)
    }
  }

  /// The given lines.
  ///
  /// - Parameters:
  ///   - reach: as ``reach``.
  ///   - offsetCount: how many units have an offset other than 0, at most.
  init(
    lowerSlope: [Double], lowerOffset: [Double], upperSlope: [Double], upperOffset: [Double], reach: [Double],
    offsetCount: Int
  ) {
    self.lowerSlope = lowerSlope
    self.lowerOffset = lowerOffset
    self.upperSlope = upperSlope
    self.upperOffset = upperOffset
    self.reach = reach
    gamma = RoundingError.gamma(2 * offsetCount + 16)
    underflows = 1 + ck_total(reach, reach.count)
  }

  /// The lines of another relaxation in another order.
  init(
    lowerSlope: [Double], lowerOffset: [Double], upperSlope: [Double], upperOffset: [Double], reach: [Double],
    copying other: LinearRelaxation
  ) {
    self.lowerSlope = lowerSlope
    self.lowerOffset = lowerOffset
    self.upperSlope = upperSlope
    self.upperOffset = upperOffset
    self.reach = reach
    gamma = other.gamma
    underflows = other.underflows
  }

  /// Changes the slopes of the lower lines in place, those of unstable ReLUs in `[0, 1]`: one for each unit, or so many
  /// for each row that will be relaxed.
  mutating func withLowerSlopes<Result>(_ body: (inout [Double]) -> Result) -> Result { body(&lowerSlope) }

  /// Replaces coefficients over the activation's outputs by ones over its pre-activations such that no row's value
  /// falls: under a positive coefficient the output is replaced by its upper line, under a negative one by its lower.
  ///
  /// - Parameters:
  ///   - rows: all rows of a pass.
  ///   - range: those that are relaxed along these lines.
  ///   - gathered: called with each of them and what it left over.
  /// - Soundness: for a stored coefficient a and the line s·z + o that its sign selects, a·f(z) ≤ (a·s)·z + a·o in real
  ///   arithmetic. Four things are rounded, with u the unit roundoff of the rows' type, η half its smallest positive
  ///   number, and γ of double precision:
  ///   1. The coefficient p = fl(a·s), computed in double precision, and what becomes of it where the type is single and
  ///      it is rounded once more, differ from a·s by at most 2u·|p| + 2η, and by nothing where s is 0 or 1. It meets
  ///      pre-activations of at most r = max(|l|, |u|) in magnitude, which makes Σ (2u·|p| + 2η)·r; a little more than u
  ///      counts already, and the rest of 2u covers the rounding of the sum, for sums of fewer than 2³¹ terms.
  ///   2. The sum of the n products a·o with offsets that are not 0 is wrong by at most γ_n·Σ|a·o| + n·η, in any order.
  ///      Signs mix, hence the sum S of magnitudes; computed, it is at least (1 − γ_n)·S − n·η. As
  ///      γ_n/(1 − γ_n) ≤ γ_2n, its product with γ_2n+16 covers the error of the sum and its own.
  ///   3. Underflows: the terms with η add up to at most 2η·Σr, and 3n·2⁻¹⁰⁷⁵ in the sums, which together lie below the
  ///      type's smallest normal number times 1 + Σr since no array has 2⁵⁰ elements.
  ///   4. Adding the sum to the row's constant is the pass's to account for.
  /// - Complexity: one pass over the coefficients.
  func relax<Scalar: RowScalar>(
    _ rows: inout [Scalar], _ range: Range<Int>, gathered: (_ row: Int, ck_relaxed) -> Void
  ) {
    let width = count
    let step = lowerSlope.count == width ? 0 : width
    precondition(rows.count >= range.upperBound * width, "Rows of another width than \(width)")
    precondition(lowerSlope.count == max(width, range.count * step), "Lower slopes for another number of rows")
    rows.withUnsafeMutableBufferPointer { rows in
      guard let first = rows.baseAddress.map({ $0 + range.lowerBound * width }) else { return }
      var sums = [ck_relaxed](repeating: ck_relaxed(), count: range.count)
      sums.withUnsafeMutableBufferPointer { sums in
        guard let sums = sums.baseAddress else { return }
        // Rows with lines of their own one by one.
        let together = step == 0 ? range.count : 1
        for row in stride(from: 0, to: range.count, by: together) {
          withLines(slopesFrom: row * step) {
            Scalar.relax(first + row * width, rows: together, along: $0, width: width, sums + row)
          }
        }
      }
      for (row, sums) in zip(range, sums) { gathered(row, sums) }
    }
  }

  /// What the rounding of one row's way through the lines can change: points 1 to 3 of the soundness of relaxing.
  func error<Scalar: RowScalar>(of sums: ck_relaxed, in type: Scalar.Type) -> Double {
    gamma * sums.magnitude + 2 * Scalar.unitRoundoff * sums.reach + Scalar.underflow * underflows
  }

  /// Lends the lines to C.
  ///
  /// - Parameter slopesFrom: where the lower slopes begin: with one row's.
  func withLines<Result>(slopesFrom start: Int = 0, _ body: (RelaxationLines) -> Result) -> Result {
    func lend(
      _ ls: UnsafePointer<Double>, _ lo: UnsafePointer<Double>, _ us: UnsafePointer<Double>,
      _ uo: UnsafePointer<Double>, _ reach: UnsafePointer<Double>
    ) -> Result {
      body(RelaxationLines(lowerSlope: ls + start, lowerOffset: lo, upperSlope: us, upperOffset: uo, reach: reach))
    }
    return lend(lowerSlope, lowerOffset, upperSlope, upperOffset, reach)
  }
}
