import Networks

/// Bounds by affine functions of the input, carried forwards: boxes for all nodes, and upper bounds of linear rows over
/// the output.
///
/// - Source: Xu et al. 2020, "Automatic Perturbation Analysis for Scalable Certified Robustness and Beyond", forward
///   mode; Weng et al. 2018 (Fast-Lin).
public struct ForwardLinearBounds: Sendable {
  /// Bytes that coefficients may take unless told otherwise: 1 GB.
  public static let defaultMemoryLimit = 1 << 30

  private let analysis: ForwardAnalysis<ForwardLinear>

  /// Affine functions for all nodes of a network.
  ///
  /// - Parameters:
  ///   - known: boxes that already hold; they are intersected with, and activations are relaxed on the intersections.
  ///   - memoryLimit: bytes for the coefficients that are held at the same time. A node whose coefficients would not
  ///     fit starts again from the box of its source: the bounds hold and are looser.
  /// - Complexity: one product of each linear map, and from the first unstable unit on one of its absolute value, with
  ///   as many vectors as there are inputs that vary.
  public init(_ known: RegionBounds, memoryLimit: Int = defaultMemoryLimit) {
    analysis = ForwardAnalysis(known, memoryLimit: memoryLimit)
  }

  /// The boxes of all nodes, none looser than those known before.
  public var bounds: RegionBounds { analysis.bounds }

  /// How many coefficients of input elements were given up to keep the memory limit, over all nodes; 0 unless it was
  /// reached.
  public var mergedInputs: Int { analysis.mergedGenerators }

  /// Upper bounds of linear rows over the network's output, in real arithmetic, over the whole region.
  ///
  /// The layers after the last activations are merged into the rows. Never looser than interval propagation.
  public func upperBounds(of rows: LinearRows) -> [Double] { analysis.upperBounds(of: rows) }
}
