import CKernels

/// Products of a convolution with a batch of images, or of outputs, stored one after the other.
///
/// Two ways lead to a product:
/// - *Shifting*: images are copied into zero-padded planes, in which each kernel tap is one offset for all positions, and
///   vectors of positions are summed over channels and taps. One kernel does it all (`ck_convolve`). Images of many
///   channels that are zero in many places go another way there: each element that is not zero adds to the results.
/// - *Unfolding*: the patches that outputs read become the columns of a matrix, and BLAS does the rest.
///
/// Shifting reads what unfolding copies many times over; it wins wherever patches overlap, by up to a factor of two on
/// small networks (`benchmarks/convolution/run`). The way depends on the geometry and on the image alone, and so does the
/// order of the sums: what a product gives for an image does not depend on the batch.
extension ConvolutionGeometry {
  /// `outputs = W ∗ images`, without a bias.
  ///
  /// Each output is a sum of at most ``patchCount`` products, in an order that depends on the processor, and of zeros. It
  /// reads the elements of its own patch and no others, also where they are not finite.
  ///
  /// - Complexity: `batch · weightCount · positions` multiply-adds.
  public func apply<Scalar: BLASScalar>(
    _ weights: UnsafePointer<Scalar>, to images: UnsafePointer<Scalar>, batch: Int,
    into outputs: UnsafeMutablePointer<Scalar>
  ) {
    if !prefersUnfolding(transposed: false), shift(weights, images, batch: batch, transposed: false, into: outputs) {
      return
    }
    applyUnfolding(weights, to: images, batch: batch, into: outputs)
  }

  /// `images = Wᵀ ∗ outputs`: gradients with respect to the images, or rows pulled back to the input.
  ///
  /// Each element is a sum of at most `outputChannels / groups · kernelHeight · kernelWidth` products, as
  /// ``apply(_:to:batch:into:)`` has it.
  ///
  /// - Complexity: as ``apply(_:to:batch:into:)``.
  public func applyTransposed<Scalar: BLASScalar>(
    _ weights: UnsafePointer<Scalar>, to outputs: UnsafePointer<Scalar>, batch: Int,
    into images: UnsafeMutablePointer<Scalar>
  ) {
    if !prefersUnfolding(transposed: true), shift(weights, outputs, batch: batch, transposed: true, into: images) {
      return
    }
    applyTransposedUnfolding(weights, to: outputs, batch: batch, into: images)
  }

  /// Whether unfolding is the faster way.
  ///
  /// - Where patches do not overlap, it copies no element twice, and BLAS blocks the product in all three directions;
  ///   with few weights that gains nothing.
  /// - Pulled back to one to three channels from many, each element is multiplied so rarely that copying it counts.
  func prefersUnfolding(transposed: Bool) -> Bool {
    let overlaps =
      (kernelHeight - 1) * dilationHeight >= strideHeight || (kernelWidth - 1) * dilationWidth >= strideWidth
    if !overlaps && groupOutputs * patchCount >= 8192 { return true }
    return transposed && channels / groups < 4 && groupOutputs >= 32
  }

  /// The product by shifting, unless pads, strides or dilations are so large that padded planes would be far larger than
  /// the images, or each of many phases of a stride has few taps.
  ///
  /// - Returns: whether it was done.
  func shift<Scalar: BLASScalar>(
    _ weights: UnsafePointer<Scalar>, _ source: UnsafePointer<Scalar>, batch: Int, transposed: Bool,
    into result: UnsafeMutablePointer<Scalar>
  ) -> Bool {
    var geometry = lowering
    let bytes = ck_convolve_workspace(
      &geometry, outputChannels, groups, batch, transposed ? 1 : 0, MemoryLayout<Scalar>.stride)
    guard bytes > 0 else { return false }
    let workspace = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
    defer { workspace.deallocate() }
    Scalar.convolve(
      &geometry, outputChannels: outputChannels, groups: groups, batch: batch, transposed: transposed, weights, source,
      result, workspace: workspace)
    return true
  }

  /// The number of output channels of one group.
  var groupOutputs: Int { outputChannels / groups }
}
