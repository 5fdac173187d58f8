import Networks

/// Bounds by zonotopes (DeepZ): boxes for all nodes, and upper bounds of linear rows over the output.
///
/// - Source: Singh et al. 2018, "Fast and Effective Robustness Certification".
public struct ZonotopeBounds: Sendable {
  /// Bytes that generators may take unless told otherwise: 1 GB.
  public static let defaultMemoryLimit = 1 << 30

  private let analysis: ForwardAnalysis<Zonotope>

  /// Zonotopes for all nodes of a network.
  ///
  /// - Parameters:
  ///   - known: boxes that already hold; they are intersected with, and activations are relaxed on the intersections.
  ///   - memoryLimit: bytes for the generators that are held at the same time. Beyond it the smallest are merged into
  ///     each element's own part: the bounds hold and are looser.
  /// - Complexity: one product of each linear map with as many vectors as there are inputs that vary and unstable units
  ///   before it.
  public init(_ known: RegionBounds, memoryLimit: Int = defaultMemoryLimit) {
    analysis = ForwardAnalysis(known, memoryLimit: memoryLimit)
  }

  /// The boxes of all nodes, none looser than those known before.
  public var bounds: RegionBounds { analysis.bounds }

  /// How many generators were merged to keep the memory limit, over all nodes; 0 unless it was reached.
  public var mergedGenerators: Int { analysis.mergedGenerators }

  /// Upper bounds of linear rows over the network's output, in real arithmetic, over the whole region.
  ///
  /// The layers after the last activations are merged into the rows. Never looser than interval propagation.
  public func upperBounds(of rows: LinearRows) -> [Double] { analysis.upperBounds(of: rows) }
}
