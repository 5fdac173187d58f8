import Networks

/// The incomplete methods that bound linear rows of a network's output from above.
public enum BoundMethod: String, CaseIterable, Codable, Sendable {
  /// Interval propagation up to the last activations, then the merged last layer (last-layer elision).
  case ibp = "IBP"
  /// One backward pass of the rows to the input, with relaxations from interval propagation's boxes.
  case crownIBP = "CROWN-IBP"
  /// The same with relaxations from backward passes for every unstable unit (CROWN, DeepPoly).
  case crown = "CROWN"
  /// The same with lower slopes optimised for each row (α-CROWN).
  case alphaCROWN = "alpha-CROWN"
}

extension RegionBounds {
  /// Upper bounds of linear rows over the network's output, in real arithmetic, over the whole region.
  ///
  /// CROWN and α-CROWN are meant for bounds that were refined by ``refine()`` before; on others it is CROWN-IBP. Both are
  /// intersected with IBP's bound of the same row, and so never looser.
  ///
  /// - Parameters:
  ///   - rows: rows over the output.
  ///   - method: how they are bounded.
  ///   - lowerSlope: the lower line of unstable ReLUs; without effect on IBP.
  /// - Complexity: IBP a product with the last layers for all rows; the others one with every linear map.
  public func upperBounds(of rows: LinearRows, by method: BoundMethod, lowerSlope: LowerSlope = .adaptive) -> [Double] {
    let interval = intervalUpperBounds(of: rows)
    switch method {
    case .ibp:
      return interval
    case .crownIBP, .crown:
      let relaxed = relaxedUpperBounds(
        of: rows, over: network.output, by: relaxations(lowerSlope: lowerSlope))
      return zip(interval, relaxed).map(min)
    case .alphaCROWN:
      var search = AlphaCROWN(
        rows, over: network.output, bounds: self, relaxations: relaxations(lowerSlope: lowerSlope))
      return zip(interval, search.upperBounds(AlphaSettings())).map(min)
    }
  }

  /// IBP's bounds with last-layer elision: the rows are merged into the layers after the last activations before
  /// the box is taken, which is strictly tighter than bounding each output alone.
  ///
  /// - Source: Gowal et al. 2018, section 3; `C·W` merged as in CROWN-IBP (Zhang et al. 2020).
  private func intervalUpperBounds(of rows: LinearRows) -> [Double] {
    var pass = BackwardPass(rows, over: network.output, bounds: self)
    pass.run { _, _, _ in .concretise }
    pass.concretise(pass.inputCoefficients, over: input)
    return pass.upperBounds()
  }
}
