import Intervals

extension Property {
  /// That a network gives one class alone the largest output on a ball: the sample at its centre is *robust*.
  ///
  /// The unsafe set has a case for each other class i, on the ℓ∞ ball ∩ valid range: o_i − o_y ≥ 0. Its ends
  /// x − ε and x + ε are exact numbers, not their roundings.
  ///
  /// - Parameters:
  ///   - centre: the sample.
  ///   - radius: ε, in units of the input.
  ///   - validRange: the range every element keeps to, such as `0...1` for pixels.
  ///   - label: y.
  ///   - outputCount: the number of classes.
  /// - Throws: ``RegionError`` if ε is negative or not finite, or the sample leaves the valid range or is not finite.
  /// - Precondition: the label is one of the classes.
  public static func robustness(
    ballAround centre: [Double], radius: Double, validRange: ClosedRange<Double>, label: Int, outputCount: Int
  ) throws(RegionError) -> Property {
    precondition((0..<outputCount).contains(label), "Label \(label) of \(outputCount) classes")
    guard radius >= 0, radius.isFinite else { throw .radius(radius) }
    for (i, value) in centre.enumerated() where !validRange.contains(value) {
      throw .centreOutside(element: i, value: value)
    }
    let reach = ExactNumber(radius)
    let (least, largest) = (ExactNumber(validRange.lowerBound), ExactNumber(validRange.upperBound))
    let exact = centre.map { ExactNumber($0) }
    let inputs = InputBounds(
      lower: exact.map { max(least, $0 - reach) }, upper: exact.map { min(largest, $0 + reach) })
    let cases = (0..<outputCount).filter { $0 != label }.map { other in
      [
        LinearRow(
          terms: [.init(.output(label), ExactNumber(1)), .init(.output(other), ExactNumber(-1))], constant: .zero)
      ]
    }
    return Property(
      inputCount: centre.count, outputCount: outputCount, groups: [Group(inputs: inputs, conjunctions: cases)])
  }
}
