import CKernels

/// The third product of a convolution: its gradient with respect to the weights.
///
/// As many images as a vector has elements are interleaved, copied into zero-padded planes as for the other products, and
/// each weight's sum over all positions is a vector, one element for each image. What is left of a batch, and what is no
/// good that way, is unfolded.
extension ConvolutionGeometry {
  /// Adds to `weights` the gradient of `Σ outputGradients · (W ∗ images)` with respect to the weights.
  ///
  /// Each sum runs over all images, in an order that depends on the processor and on the sizes only.
  ///
  /// - Complexity: as ``apply(_:to:batch:into:)``.
  public func accumulateWeightGradient<Scalar: BLASScalar>(
    images: UnsafePointer<Scalar>, outputGradients: UnsafePointer<Scalar>, batch: Int,
    into weights: UnsafeMutablePointer<Scalar>
  ) {
    let done = accumulateWeightGradientInterleaving(
      images: images, outputGradients: outputGradients, batch: batch, into: weights)
    guard done < batch else { return }
    accumulateWeightGradientUnfolding(
      images: images + done * inputCount, outputGradients: outputGradients + done * outputCount, batch: batch - done,
      into: weights)
  }

  /// The same for the first images of a batch.
  ///
  /// - Returns: how many; none where it is no good.
  func accumulateWeightGradientInterleaving<Scalar: BLASScalar>(
    images: UnsafePointer<Scalar>, outputGradients: UnsafePointer<Scalar>, batch: Int,
    into weights: UnsafeMutablePointer<Scalar>
  ) -> Int {
    var geometry = lowering
    let bytes = ck_convolution_gradient_workspace(
      &geometry, outputChannels, groups, batch, MemoryLayout<Scalar>.stride)
    guard bytes > 0 else { return 0 }
    let workspace = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
    defer { workspace.deallocate() }
    return Scalar.convolutionGradient(
      &geometry, outputChannels: outputChannels, groups: groups, batch: batch, images: images,
      outputGradients: outputGradients, weights, workspace: workspace)
  }
}
