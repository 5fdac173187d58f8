import CKernels

/// A convolution's positive and negative weights, W⁺ = max(W, 0) and W⁻ = max(−W, 0), as products with both at once read
/// them: each weight is in one of the two, so that both together take the multiply-adds of one product with W.
///
/// A list for each two channels of results has the taps at which both weights are positive, then those at which the
/// signs differ, and so on; vectors of positions are summed over each list (`ck_convolve_parts`).
public struct ConvolutionParts<Scalar: BLASScalar>: Sendable {
  private let geometry: ConvolutionGeometry
  /// Whole words, which are aligned as the lists want it.
  private let list: [UInt64]

  /// The lists of weights.
  ///
  /// - Returns: nil where products with W and with |W| are the faster way: few channels, few taps, large images, and
  ///   where products unfold images.
  public init?(of weights: [Scalar], _ geometry: ConvolutionGeometry) {
    precondition(
      weights.count == geometry.weightCount, "\(weights.count) weights are not \(geometry.weightCount)")
    guard !geometry.prefersUnfolding(transposed: false) else { return nil }
    var lowering = geometry.lowering
    let bytes = ck_parts_list_bytes(
      &lowering, geometry.outputChannels, geometry.groups, MemoryLayout<Scalar>.stride)
    guard bytes > 0 else { return nil }
    self.geometry = geometry
    list = [UInt64](unsafeUninitializedCapacity: (bytes + 7) / 8) { list, count in
      count = (bytes + 7) / 8
      list.initialize(repeating: 0)
      if let start = list.baseAddress {
        Scalar.listParts(
          &lowering, outputChannels: geometry.outputChannels, groups: geometry.groups, weights,
          into: UnsafeMutableRawPointer(start))
      }
    }
  }

  /// `W⁺ ∗ images` and `W⁻ ∗ images`, without a bias.
  ///
  /// Each output is a sum of at most ``ConvolutionGeometry/patchCount`` products, in an order that depends on the processor
  /// and on the weights' signs but not on the batch, and of zeros. It reads the elements of its own patch and no others,
  /// also where they are not finite.
  ///
  /// - Complexity: `batch · weightCount · positions` multiply-adds for both.
  public func apply(
    to images: UnsafePointer<Scalar>, batch: Int, positives: UnsafeMutablePointer<Scalar>,
    negatives: UnsafeMutablePointer<Scalar>
  ) {
    var lowering = geometry.lowering
    let bytes = ck_parts_workspace(
      &lowering, geometry.outputChannels, geometry.groups, MemoryLayout<Scalar>.stride)
    let workspace = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
    defer { workspace.deallocate() }
    Scalar.convolveParts(
      &lowering, outputChannels: geometry.outputChannels, groups: geometry.groups, batch: batch, list, images,
      positives: positives, negatives: negatives, workspace: workspace)
  }
}
