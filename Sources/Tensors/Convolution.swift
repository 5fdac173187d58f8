import CKernels

/// The three matrix products of a convolution. All take a batch of images stored one after the other.
///
/// Two ways lead to a product:
/// - *Shifting*: images are copied into zero-padded planes, in which each kernel tap is one offset for all positions, and
///   vectors of positions are summed over channels and taps. One kernel does it all (`ck_convolve`).
/// - *Unfolding*: the patches that outputs read become the columns of a matrix, and BLAS does the rest, per image and
///   group: one image at a time keeps the columns in cache, which beats one product over the batch by a fifth.
///
/// Shifting reads what unfolding copies many times over; it wins wherever patches overlap, by up to a factor of two on
/// small networks. The way depends on the geometry alone, and so do the sums: what a product gives for an image does not
/// depend on the batch.
extension ConvolutionGeometry {
  /// `outputs = W ∗ images`, without a bias.
  ///
  /// - Complexity: `batch · weightCount · positions` multiply-adds.
  public func apply<Scalar: BLASScalar>(
    _ weights: UnsafePointer<Scalar>, to images: UnsafePointer<Scalar>, batch: Int,
    into outputs: UnsafeMutablePointer<Scalar>
  ) {
    if shift(weights, images, batch: batch, transposed: false, into: outputs) { return }
    withColumns(of: Scalar.self) { columns in
      for image in 0..<batch {
        for group in 0..<groups {
          var lowering = lowering
          Scalar.unfold(&lowering, images + image * inputCount + group * groupInputCount, columns)
          Scalar.gemm(
            .asStored, .asStored, m: groupOutputs, n: positions, k: patchCount, alpha: 1,
            weights + group * groupOutputs * patchCount, lda: patchCount, columns, ldb: positions, beta: 0,
            outputs + image * outputCount + group * groupOutputs * positions, ldc: positions)
        }
      }
    }
  }

  /// `images = Wᵀ ∗ outputs`: gradients with respect to the images, or rows pulled back to the input.
  ///
  /// - Complexity: as ``apply(_:to:batch:into:)``.
  public func applyTransposed<Scalar: BLASScalar>(
    _ weights: UnsafePointer<Scalar>, to outputs: UnsafePointer<Scalar>, batch: Int,
    into images: UnsafeMutablePointer<Scalar>
  ) {
    if shift(weights, outputs, batch: batch, transposed: true, into: images) { return }
    images.update(repeating: 0, count: batch * inputCount)
    withColumns(of: Scalar.self) { columns in
      for image in 0..<batch {
        for group in 0..<groups {
          var lowering = lowering
          Scalar.gemm(
            .transposed, .asStored, m: patchCount, n: positions, k: groupOutputs, alpha: 1,
            weights + group * groupOutputs * patchCount, lda: patchCount,
            outputs + image * outputCount + group * groupOutputs * positions, ldb: positions, beta: 0,
            columns, ldc: positions)
          Scalar.fold(&lowering, columns, images + image * inputCount + group * groupInputCount)
        }
      }
    }
  }

  /// Adds to `weights` the gradient of `Σ outputGradients · (W ∗ images)` with respect to the weights.
  ///
  /// - Complexity: as ``apply(_:to:batch:into:)``.
  public func accumulateWeightGradient<Scalar: BLASScalar>(
    images: UnsafePointer<Scalar>, outputGradients: UnsafePointer<Scalar>, batch: Int,
    into weights: UnsafeMutablePointer<Scalar>
  ) {
    withColumns(of: Scalar.self) { columns in
      for image in 0..<batch {
        for group in 0..<groups {
          var lowering = lowering
          Scalar.unfold(&lowering, images + image * inputCount + group * groupInputCount, columns)
          Scalar.gemm(
            .asStored, .transposed, m: groupOutputs, n: patchCount, k: positions, alpha: 1,
            outputGradients + image * outputCount + group * groupOutputs * positions, lda: positions,
            columns, ldb: positions, beta: 1, weights + group * groupOutputs * patchCount, ldc: patchCount)
        }
      }
    }
  }

  /// Whether unfolding is the faster way.
  ///
  /// - Where patches do not overlap, it copies no element twice, and BLAS blocks the product in all three directions;
  ///   with few weights that gains nothing.
  /// - Pulled back to one to three channels from many, each element is multiplied so rarely that copying it counts.
  private func prefersUnfolding(transposed: Bool) -> Bool {
    let groupChannels = channels / groups
    let overlaps =
      (kernelHeight - 1) * dilationHeight >= strideHeight || (kernelWidth - 1) * dilationWidth >= strideWidth
    if !overlaps && groupOutputs * patchCount >= 8192 { return true }
    return transposed && groupChannels < 4 && groupOutputs >= 32
  }

  /// The product by shifting, unless unfolding is faster or the padded planes would be far larger than the images.
  ///
  /// - Returns: whether it was done.
  private func shift<Scalar: BLASScalar>(
    _ weights: UnsafePointer<Scalar>, _ source: UnsafePointer<Scalar>, batch: Int, transposed: Bool,
    into result: UnsafeMutablePointer<Scalar>
  ) -> Bool {
    guard !prefersUnfolding(transposed: transposed) else { return false }
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

  private var groupOutputs: Int { outputChannels / groups }
  private var groupInputCount: Int { channels / groups * height * width }

  private func withColumns<Scalar: BLASScalar>(
    of type: Scalar.Type, _ body: (UnsafeMutablePointer<Scalar>) -> Void
  ) {
    let columns = UnsafeMutablePointer<Scalar>.allocate(capacity: patchCount * positions)
    defer { columns.deallocate() }
    body(columns)
  }
}
