import CKernels
import Networks

extension LinearRelaxation {
  /// ReLU's lines on a box of pre-activations.
  ///
  /// Units with a fixed sign are exact: slope 0 or 1 and no offset. On `[l, u]` with `l < 0 < u` the upper line is the
  /// chord and the lower one goes through the origin.
  /// - Soundness: ``ReLUChord`` for the upper line; ReLU lies above `α·z` for every α in `[0, 1]` and every z. On an
  ///   unbounded range the upper line is the constant u, infinite where there is no upper end.
  /// - Source: Zhang et al. 2018 (CROWN), table 2.
  init(ofReLUOn box: Box, lowerSlope choice: LowerSlope) {
    let count = box.count
    var (upperSlope, upperOffset, reach): ([Double], [Double], [Double]) = ([], [], [])
    var offsets = 0
    func filled(_ body: (UnsafeMutablePointer<Double>) -> Void) -> [Double] {
      [Double](unsafeUninitializedCapacity: count) { values, initialized in
        if let values = values.baseAddress { body(values) }
        initialized = count
      }
    }
    let lowerSlope = filled { lowerSlope in
      upperSlope = filled { upperSlope in
        upperOffset = filled { upperOffset in
          reach = filled { reach in
            offsets = ck_relu_lines(
              box.lower, box.upper, count, choice.mode, lowerSlope, upperSlope, upperOffset, reach)
          }
        }
      }
    }
    self.init(
      lowerSlope: lowerSlope, lowerOffset: [Double](repeating: 0, count: count), upperSlope: upperSlope,
      upperOffset: upperOffset, reach: reach, offsetCount: offsets)
  }

  /// ReLU's lines on a box of pre-activations, with the given slopes of the lower lines.
  ///
  /// - Parameter lowerSlopes: numbers in `[0, 1]`, one for each unit, or so many for each row that will be relaxed. Those
  ///   of units with a fixed sign are ignored: their lines are exact.
  public init(ofReLUOn box: Box, lowerSlopes: [Double]) {
    precondition(lowerSlopes.allSatisfy { 0 <= $0 && $0 <= 1 }, "A lower slope outside [0, 1]")
    precondition(lowerSlopes.count.isMultiple(of: box.count), "Lower slopes for a part of the units")
    self.init(ofReLUOn: box, lowerSlope: .zero)
    withLowerSlopes { slopes in
      slopes = lowerSlopes.indices.map { at in
        let unit = at % box.count
        return box.lower[unit] < 0 && box.upper[unit] > 0 ? lowerSlopes[at] : slopes[unit]
      }
    }
  }
}
