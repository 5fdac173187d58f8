import Bounds
import Networks

/// What all methods claim about one network over one box: ranges of its nodes, upper bounds of rows of its outputs.
public struct BoundClaims {
  /// Boxes that should hold the values of all nodes, by the name of whoever claims them.
  public var boxes: [(claimant: String, boxes: [Box])]
  /// Rows over the outputs, and bounds that none of them should exceed.
  public let rows: LinearRows
  public var upperBounds: [(claimant: String, bounds: [Double])]

  /// The claims of every method.
  ///
  /// - Parameters:
  ///   - precision: in what products are computed; in single precision claimants say so.
  ///   - accountsForRounding: false for claims that ignore what backward passes round, which a judge of any
  ///     use finds to be wrong; their ranges are not refined, for wrong ranges may cross.
  public init(
    about network: Network, over box: Box, rows: LinearRows, precision: Precision = .double,
    accountsForRounding: Bool = true
  ) {
    let interval = RegionBounds(
      of: network, over: box, precision: precision, accountsForRounding: accountsForRounding)
    var refined = interval
    if accountsForRounding { refined.refine() }
    self.rows = rows
    let suffix = precision == .single ? ", single" : ""
    boxes = [("intervals" + suffix, interval.boxes), ("refined ranges" + suffix, refined.boxes)]
    upperBounds = BoundMethod.allCases.map { method in
      (method.rawValue + suffix, (method.usesRefinedRanges ? refined : interval).upperBounds(of: rows, by: method))
    }
  }
}

extension BoundMethod {
  /// Whether the method is meant for bounds that were refined before.
  public var usesRefinedRanges: Bool {
    switch self {
    case .ibp, .crownIBP, .zonotope, .forward: false
    case .crown, .alphaCROWN: true
    }
  }

  /// Upper bounds of rows of a network's outputs over some boxes, from nothing; a set of rows for each box.
  public func upperBounds(
    of rows: [LinearRows], of network: Network, over boxes: [Box], precision: Precision = .double,
    accountsForRounding: Bool = true
  ) -> [[Double]] {
    var batch = RegionBounds.batch(
      of: network, over: boxes, precision: precision, accountsForRounding: accountsForRounding)
    if usesRefinedRanges { for i in batch.indices { batch[i].refine() } }
    return RegionBounds.upperBounds(of: rows, over: batch, by: self)
  }
}
