import Networks

/// Ascent of linear rows over a network's outputs by jumps from corner to corner of the region.
///
/// Each step goes to the corner where the row would be largest if its gradient were the same everywhere. For a row that
/// is affine on the region, the first corner is its exact maximum; for others the search goes on while it gains.
/// - Source: Goodfellow et al. 2015 (the fast gradient sign method, with the whole box for its radius), repeated.
public enum CornerAscent {
  /// The best point that was met for each row.
  ///
  /// - Parameters:
  ///   - rows: the rows' coefficients over the outputs, row after row.
  ///   - sufficient: for each row a value that is good enough.
  ///   - rounds: jumps at most.
  /// - Returns: a point of the region's inner box for each row, in ordinary double precision nowhere below its centre.
  /// - Complexity: one evaluation and one gradient for each row and round, open rows in one batch.
  public static func points(
    of rows: [Double], of network: Network, over region: Region, sufficient: [Double], rounds: Int = 4
  ) -> [[Double]] {
    let (count, inputs, outputs) = (sufficient.count, network.inputCount, network.outputCount)
    precondition(rows.count == count * outputs, "\(rows.count) coefficients for \(count) rows of \(outputs)")
    let box = region.inner
    let centre = box.centre
    var best = [(point: [Double], value: Double)](repeating: (centre, -.infinity), count: count)
    var open = Array(0..<count)
    var points = [Double]()
    for _ in open { points += centre }
    for round in 0...rounds where !open.isEmpty {
      let evaluation = network.evaluate(points, batch: open.count)
      let values = evaluation.outputs
      var kept: [Int] = []
      for (position, row) in open.enumerated() {
        let value = rows.withUnsafeBufferPointer { rows in
          values.withUnsafeBufferPointer { values in
            var value = 0.0
            for i in 0..<outputs { value += rows[row * outputs + i] * values[position * outputs + i] }
            return value
          }
        }
        guard value > best[row].value else { continue }
        best[row] = (Array(points[position * inputs..<(position + 1) * inputs]), value)
        if value < sufficient[row] { kept.append(position) }
      }
      guard round < rounds, !kept.isEmpty else { break }
      var seed = [Double](repeating: 0, count: open.count * outputs)
      for position in kept {
        let row = open[position]
        seed.replaceSubrange(
          position * outputs..<(position + 1) * outputs, with: rows[row * outputs..<(row + 1) * outputs])
      }
      let gradient = evaluation.inputGradient(seed: seed)
      var next: [Double] = []
      next.reserveCapacity(kept.count * inputs)
      for position in kept {
        for i in 0..<inputs {
          let slope = gradient[position * inputs + i]
          next.append(slope > 0 ? box.upper[i] : slope < 0 ? box.lower[i] : points[position * inputs + i])
        }
      }
      points = next
      open = kept.map { open[$0] }
    }
    return best.map(\.point)
  }
}
