import Intervals
import Networks

/// Linear bounds of ReLU on the pre-activation ranges of one activation node.
///
/// On `[l, u]` with `l < 0 < u`, ReLU lies below its chord and above `lowerSlope·z` for any lower slope in `[0, 1]`;
/// here 1 where `u > −l` and 0 elsewhere, which has the smaller area.
/// - Soundness: ``ReLUChord`` for the upper line; the lower one goes through the origin.
/// - Source: Zhang et al. 2018 (CROWN), table 2, adaptive lower slope.
struct ReLURelaxation: Sendable {
  /// The units that are never positive.
  let dead: [Int]
  /// The units without a fixed sign; the three arrays below run along with them.
  let unstable: [Int]
  let slope, offset, lowerSlope: [Double]

  /// The relaxation on a box of pre-activations.
  ///
  /// - Precondition: all ends are finite: on an unbounded range no line lies above ReLU and below infinity.
  init(on box: Box) {
    var dead: [Int] = []
    var unstable: [Int] = []
    var slope: [Double] = []
    var offset: [Double] = []
    var lowerSlope: [Double] = []
    for i in 0..<box.count {
      let l = box.lower[i]
      let u = box.upper[i]
      if u <= 0 {
        dead.append(i)
      } else if l < 0 {
        unstable.append(i)
        let chord = ReLUChord(lower: l, upper: u)
        slope.append(chord.slope)
        offset.append(chord.offset)
        lowerSlope.append(u > -l ? 1 : 0)
      }
    }
    self.dead = dead
    self.unstable = unstable
    self.slope = slope
    self.offset = offset
    self.lowerSlope = lowerSlope
  }

  /// Replaces coefficients over ReLU outputs by ones over pre-activations such that no row's value falls.
  ///
  /// - Complexity: O(rows · (dead + unstable units)).
  func relax(_ rows: inout [Double], in pass: inout BackwardPass, preActivations box: Box) {
    let width = box.count
    let gamma = RoundingError.gamma(unstable.count + 16)
    // Coefficients that underflow are wrong by less than the smallest normal number, at the largest value they meet.
    let underflow = RoundingError.underflow * (1 + unstable.reduce(0) { $0 + max(box.upper[$1], -box.lower[$1]) })
    for row in 0..<pass.count {
      let base = row * width
      for i in dead { rows[base + i] = 0 }
      var constant = 0.0
      var rounding = 0.0
      for (k, i) in unstable.enumerated() {
        let a = rows[base + i]
        guard a != 0 else { continue }
        let relaxed: Double
        if a > 0 {
          relaxed = a * slope[k]
          constant += a * offset[k]
        } else {
          relaxed = a * lowerSlope[k]
        }
        rows[base + i] = relaxed
        // One rounding of the coefficient, on the largest value it can meet.
        rounding += relaxed.magnitude * max(box.upper[i], -box.lower[i])
      }
      pass.add(constant, toConstant: row)
      pass.errors[row] += gamma * constant + 4 * RoundingError.unit * rounding + underflow
    }
  }
}
