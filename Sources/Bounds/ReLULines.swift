import Intervals
import Networks

/// The lines of ``ReLURelaxation`` for every unit of a node, laid out for whole images.
struct ReLULines {
  /// Zero for dead units, one for active ones.
  let lowerSlope, upperSlope, upperOffset: [Double]
  /// The largest magnitude of an unstable pre-activation: what a rounded coefficient on it can meet; 0 for others.
  let reach: [Double]
  /// What coefficients that underflow can change in a row, over all units.
  let underflow: Double

  /// - Precondition: all ends are finite.
  init(on box: Box) {
    var lowerSlope = [Double](repeating: 0, count: box.count)
    var upperSlope = lowerSlope
    var upperOffset = lowerSlope
    var reach = lowerSlope
    for i in 0..<box.count where box.upper[i] > 0 {
      guard box.lower[i] < 0 else {
        lowerSlope[i] = 1
        upperSlope[i] = 1
        continue
      }
      let chord = ReLUChord(lower: box.lower[i], upper: box.upper[i])
      upperSlope[i] = chord.slope
      upperOffset[i] = chord.offset
      lowerSlope[i] = box.upper[i] > -box.lower[i] ? 1 : 0
      reach[i] = max(box.upper[i], -box.lower[i])
    }
    self.lowerSlope = lowerSlope
    self.upperSlope = upperSlope
    self.upperOffset = upperOffset
    self.reach = reach
    underflow = RoundingError.underflow * (1 + reach.reduce(0, +))
  }
}
