import CKernels
import Networks

/// One activation node's lines in α-CROWN, with lower slopes of each row's own where they may be chosen.
struct AlphaLayer<Scalar: RowScalar> {
  private var lines: LinearRelaxation
  /// For each unit 1 where its lower slope may be chosen, at unstable ReLUs, else 0.
  let free: [Double]
  /// Whether any slope may be chosen; if none, all rows share the lines.
  let hasChoice: Bool
  /// `[rows, units]`: the bounds' derivatives with respect to the slopes, and Adam's moments.
  private(set) var gradient: [Double]
  private var first, second: [Double]
  /// The coefficients over the outputs, as the last pass met them; zero at units that a row's branch has split.
  private(set) var coefficients: [Scalar]
  /// The units that branches have split.
  var splits: LayerSplits

  /// - Parameter isChosen: whether slopes of units without a fixed sign may be chosen.
  init(rows: Int, lines: LinearRelaxation, box: Box, isChosen: Bool) {
    let count = box.count
    free = (0..<count).map { isChosen && box.lower[$0] < 0 && box.upper[$0] > 0 ? 1 : 0 }
    hasChoice = free.contains(1)
    coefficients = [Scalar](repeating: 0, count: rows * count)
    gradient = [Double](repeating: 0, count: rows * count)
    first = hasChoice ? gradient : []
    second = first
    self.lines = lines
    splits = LayerSplits(width: count)
    guard hasChoice else { return }
    let start = lines.lowerSlope
    self.lines.withLowerSlopes { slopes in
      slopes = []
      slopes.reserveCapacity(rows * count)
      for _ in 0..<rows { slopes.append(contentsOf: start) }
    }
  }

  /// `[rows, units]`: the lower slopes; `[units]` where none may be chosen.
  var slopes: [Double] {
    get { lines.lowerSlope }
    set { lines.withLowerSlopes { $0 = newValue } }
  }

  /// Pulls rows through the lines, and remembers which lines they took.
  mutating func relax(_ rows: inout [Scalar], in pass: inout BackwardPass<Scalar>) {
    splits.takeCoefficients(from: &rows)
    coefficients = rows
    pass.relax(&rows, along: lines)
    splits.putCoefficients(into: &rows)
  }

  /// Replaces the rows' pre-activations by outputs along the lines that the rows took, and keeps the bounds' derivatives
  /// with respect to the slopes: `a·z̃` where the lower line was taken and may be chosen.
  mutating func push(_ values: inout [Scalar]) {
    let width = free.count
    let step = hasChoice ? width : 0
    splits.takeValues(from: values)
    values.withUnsafeMutableBufferPointer { values in
      gradient.withUnsafeMutableBufferPointer { gradient in
        coefficients.withUnsafeBufferPointer { coefficients in
          guard let values = values.baseAddress, let gradient = gradient.baseAddress,
            let coefficients = coefficients.baseAddress
          else { return }
          for (row, start) in stride(from: 0, to: self.coefficients.count, by: width).enumerated() {
            lines.withLines(slopesFrom: row * step) {
              Scalar.push(
                values + start, gradient: gradient + start, coefficients + start, free: free, along: $0, count: width)
            }
          }
        }
      }
    }
    splits.putValues(into: &values)
  }

  /// One step of Adam towards smaller bounds; slopes stay inside `[0, 1]`.
  mutating func descend(by adam: Adam) {
    splits.descend(by: adam)
    guard hasChoice else { return }
    lines.withLowerSlopes {
      ck_adam_slopes(
        &$0, gradient, &first, &second, gradient.count, Adam.beta1, Adam.beta2, adam.scaledStep, adam.scaledEpsilon)
    }
  }

  /// Goes on with some of the rows only.
  mutating func keep(_ kept: [Int]) {
    let width = free.count
    splits.keep(kept)
    coefficients = coefficients.rows(kept, width: width)
    gradient = gradient.rows(kept, width: width)
    guard hasChoice else { return }
    first = first.rows(kept, width: width)
    second = second.rows(kept, width: width)
    slopes = slopes.rows(kept, width: width)
  }
}

/// The step of Adam that slopes are improved by.
///
/// The moments forget fast: slopes live in `[0, 1]` and are near their best after a few steps, when memories of where
/// they came from only make them overshoot.
/// - Source: Kingma & Ba 2015, algorithm 1, with the corrections of both moments moved into step and epsilon.
struct Adam {
  static let beta1 = 0.5
  static let beta2 = 0.9
  private static let epsilon = 1e-8
  /// The step length, before the corrections.
  var step: Double
  private var power1 = 1.0
  private var power2 = 1.0

  /// Before the first step.
  init(step: Double) { self.step = step }

  /// Begins the next step.
  mutating func advance() {
    power1 *= Self.beta1
    power2 *= Self.beta2
  }

  var scaledStep: Double { step * (1 - power2).squareRoot() / (1 - power1) }
  var scaledEpsilon: Double { Self.epsilon * (1 - power2).squareRoot() }
}
