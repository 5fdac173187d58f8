import Networks

extension RegionBounds {
  /// Upper bounds of linear rows over the outputs, for several regions of one network: as
  /// ``upperBounds(of:by:lowerSlope:optimising:)`` region by region, with the products of interval propagation's rows and of one
  /// backward pass computed for all regions together.
  ///
  /// - Parameters:
  ///   - rows: rows over the output, as many for each region.
  ///   - batch: bounds of one network, all in one precision.
  /// - Returns: the bounds of each region's rows.
  public static func upperBounds(
    of rows: [LinearRows], over batch: [RegionBounds], by method: BoundMethod, lowerSlope: LowerSlope = .adaptive
  ) -> [[Double]] {
    precondition(rows.count == batch.count, "\(rows.count) sets of rows for \(batch.count) regions")
    precondition(rows.allSatisfy { $0.count == rows[0].count }, "Sets of different numbers of rows")
    switch method {
    case .ibp, .crownIBP, .crown:
      guard let precision = batch.first?.precision else { return [] }
      let relaxations = method == .ibp ? [] : batch.map { $0.relaxations(lowerSlope: lowerSlope) }
      guard relaxations.allAgreeOnWhatIsBounded else { break }
      return switch precision {
      case .single: upperBounds(of: rows, over: batch, by: relaxations, in: Float.self)
      case .double: upperBounds(of: rows, over: batch, by: relaxations, in: Double.self)
      }
    case .alphaCROWN, .zonotope, .forward:
      break
    }
    return zip(rows, batch).map { $1.upperBounds(of: $0, by: method, lowerSlope: lowerSlope) }
  }

  private static func upperBounds<Scalar: RowScalar>(
    of rows: [LinearRows], over batch: [RegionBounds], by relaxations: [[LinearRelaxation?]], in type: Scalar.Type
  ) -> [[Double]] {
    let each = rows[0].count
    let together = LinearRows(
      count: each * rows.count, width: rows[0].width, coefficients: rows.flatMap(\.coefficients))
    var pass = BackwardPass<Scalar>(together, over: batch[0].network.output, regions: batch)
    let bounds =
      relaxations.isEmpty ? pass.intervalUpperBounds() : pass.upperBoundsWithinIntervals(by: relaxations)
    return batch.indices.map { Array(bounds[$0 * each..<($0 + 1) * each]) }
  }
}

extension [[LinearRelaxation?]] {
  /// Whether each activation has lines in all regions or in none: with different ones, rows could not go on together.
  fileprivate var allAgreeOnWhatIsBounded: Bool {
    allSatisfy { lines in zip(lines, self[0]).allSatisfy { ($0 == nil) == ($1 == nil) } }
  }
}
