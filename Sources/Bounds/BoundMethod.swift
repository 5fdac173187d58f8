import Networks

/// The incomplete methods that bound linear rows of a network's output from above.
public enum BoundMethod: String, CaseIterable, Codable, Sendable {
  /// Interval propagation up to the last activations, then the merged last layer (last-layer elision).
  case ibp = "IBP"
  /// One backward pass of the rows to the input, with relaxations from interval propagation's boxes.
  case crownIBP = "CROWN-IBP"
  /// The same with relaxations from backward passes for every unstable unit (CROWN, DeepPoly).
  case crown = "CROWN"
  /// The same with lower slopes optimised for each row, and for the ranges of units that matter (α-CROWN).
  case alphaCROWN = "alpha-CROWN"
  /// Affine forms with a noise symbol for each unstable unit (DeepZ).
  case zonotope = "zonotope"
  /// Affine functions of the input, carried forwards.
  case forward = "forward"
}

extension RegionBounds {
  /// Upper bounds of linear rows over the network's output, in real arithmetic, over the whole region.
  ///
  /// CROWN and α-CROWN are meant for bounds that were refined by `RegionBounds.refine` before; on others the
  /// former is CROWN-IBP. All are intersected with IBP's bound of the same row, and so never looser. For several sets of
  /// rows, keep a ``ZonotopeBounds`` or ``ForwardLinearBounds``: here they are made anew at each call.
  ///
  /// - Parameters:
  ///   - rows: rows over the output.
  ///   - method: how they are bounded.
  ///   - lowerSlope: the lower line of unstable ReLUs; without effect on IBP, zonotopes and forward bounds.
  ///   - slopes: how lower slopes are optimised; without effect on other methods than α-CROWN.
  /// - Complexity: IBP a product with the last layers for all rows; CROWN-IBP and CROWN one with every linear map; the
  ///   others as their types say.
  public func upperBounds(
    of rows: LinearRows, by method: BoundMethod, lowerSlope: LowerSlope = .adaptive,
    optimising slopes: AlphaSettings = AlphaSettings()
  ) -> [Double] {
    guard rows.count > 0 else { return [] }
    switch method {
    case .ibp, .crownIBP, .crown:
      return Self.upperBounds(of: [rows], over: [self], by: method, lowerSlope: lowerSlope)[0]
    case .alphaCROWN:
      let interval = intervalUpperBounds(of: rows)
      var tightened = self
      // Ranges that are better may have worse lines: CROWN's bounds on these here count too.
      let crown = tightened.refine(for: rows, lowerSlope: lowerSlope, optimising: slopes)
      let optimised = tightened.optimisedUpperBounds(
        of: rows, over: network.output, by: tightened.relaxations(lowerSlope: lowerSlope), slopes)
      return zip(zip(interval, crown).map(min), optimised).map(min)
    case .zonotope:
      return zip(intervalUpperBounds(of: rows), ZonotopeBounds(self).upperBounds(of: rows)).map(min)
    case .forward:
      return zip(intervalUpperBounds(of: rows), ForwardLinearBounds(self).upperBounds(of: rows)).map(min)
    }
  }

  /// IBP's bounds with last-layer elision: the rows are merged into the layers after the last activations before
  /// the box is taken, which is strictly tighter than bounding each output alone.
  ///
  /// - Source: Gowal et al. 2018, section 3; `C·W` merged as in CROWN-IBP (Zhang et al. 2020).
  private func intervalUpperBounds(of rows: LinearRows) -> [Double] {
    func bounds<Scalar: RowScalar>(in type: Scalar.Type) -> [Double] {
      var pass = BackwardPass<Scalar>(rows, over: network.output, bounds: self)
      return pass.intervalUpperBounds()
    }
    return switch precision {
    case .single: bounds(in: Float.self)
    case .double: bounds(in: Double.self)
    }
  }
}

extension BackwardPass {
  /// Takes the rows' largest values at the last activations before them, or at the input.
  mutating func intervalUpperBounds() -> [Double] {
    run { _, _, _ in .concretise }
    concretiseInput()
    return upperBounds()
  }
}
