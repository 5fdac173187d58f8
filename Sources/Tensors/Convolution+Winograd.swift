import CKernels

/// Winograd's algorithm for 3×3 convolutions of stride 1 in single precision: a quarter of the multiplications, for sums
/// that are less accurate than any order of the products is (by a factor of about ten).
///
/// It serves training, where speed counts. Nothing that bounds anything may use it: a result here is *not* the sum of at
/// most ``patchCount`` products, and a tile that holds a number that is not finite spoils all of its results.
/// - Source: Lavin & Gray, *Fast Algorithms for Convolutional Neural Networks*, CVPR 2016.
extension ConvolutionGeometry {
  /// Whether the algorithm is faster than the others: many channels, and tiles of 4×4 that waste little.
  public var suitsWinograd: Bool {
    let isPlain =
      kernelHeight == 3 && kernelWidth == 3 && strideHeight == 1 && strideWidth == 1 && dilationHeight == 1
      && dilationWidth == 1 && groups == 1 && padTop <= 2 && padLeft <= 2
      && padBottom <= 2 && padRight <= 2
    guard isPlain, channels >= 16, outputChannels >= 16 else { return false }
    func padded(_ extent: Int) -> Int { (extent + 3) / 4 * 4 }
    let tiled = max(
      Double(padded(outputHeight) * padded(outputWidth)) / Double(positions),
      Double(padded(height) * padded(width)) / Double(height * width))
    return tiled < 1.8
  }

  /// As ``apply(_:to:batch:into:)`` or, transposed, ``applyTransposed(_:to:batch:into:)``, for the first images of a batch.
  ///
  /// - Returns: how many: all but the last, which are too few for a vector.
  /// - Precondition: ``suitsWinograd``.
  public func applyWinograd(
    _ weights: UnsafePointer<Float>, to source: UnsafePointer<Float>, batch: Int, transposed: Bool,
    into result: UnsafeMutablePointer<Float>
  ) -> Int {
    let lanes = ck_winograd_lanes()
    guard batch >= lanes else { return 0 }
    // Transposed, the filters are turned by half a turn, and what were pads is what they reach beyond.
    let from = transposed ? Side(outputChannels, outputHeight, outputWidth) : Side(channels, height, width)
    let to = transposed ? Side(channels, height, width) : Side(outputChannels, outputHeight, outputWidth)
    let rows = (to.height + 3) / 4
    let block = blockRows(
      rows, channels: max(from.channels, to.channels), columns: (to.width + 3) / 4, lanes: lanes, bytes: 5 << 18)
    let panel = ck_winograd_panel()
    var read = ck_tiles(
      height: from.height, width: from.width, top: transposed ? 2 - padTop : padTop,
      left: transposed ? 2 - padLeft : padLeft, row: 0, rows: block, columns: (to.width + 3) / 4, panel: panel, apart: 0
    )
    let most = (block * read.columns + panel - 1) / panel * panel * lanes
    read.apart = from.channels * most + Self.gap
    var write = read
    (write.height, write.width, write.apart) = (to.height, to.width, to.channels * most + Self.gap)
    let pitch = channels + Self.gap
    let filterGap = outputChannels * pitch
    withFloats(36 * read.apart, 36 * write.apart, 36 * filterGap, planeCount(read, lanes)) {
      tiles, sums, filters, plane in
      ck_winograd_filters(outputChannels, channels, weights, transposed ? 1 : 0, filters, pitch, filterGap)
      for first in stride(from: 0, to: batch / lanes * lanes, by: lanes) {
        for row in stride(from: 0, to: rows, by: block) {
          read.row = row
          read.rows = min(block, rows - row)
          (write.row, write.rows) = (read.row, read.rows)
          ck_winograd_read(&read, 0, from.channels, source + first * from.count, tiles, plane)
          for number in 0..<36 {
            ck_winograd_products(
              to.channels, from.channels, read.rows * read.columns, filters + number * filterGap,
              transposed ? 1 : pitch, transposed ? pitch : 1, tiles + number * read.apart, sums + number * write.apart)
          }
          ck_winograd_write(&write, to.channels, sums, result + first * to.count, plane)
        }
      }
    }
    return batch / lanes * lanes
  }

  /// As ``accumulateWeightGradient(images:outputGradients:batch:into:)``, for the first images of a batch.
  ///
  /// - Returns: how many, as ``applyWinograd(_:to:batch:transposed:into:)``.
  /// - Precondition: ``suitsWinograd``.
  public func accumulateWeightGradientWinograd(
    images: UnsafePointer<Float>, outputGradients: UnsafePointer<Float>, batch: Int,
    into weights: UnsafeMutablePointer<Float>
  ) -> Int {
    let lanes = ck_winograd_lanes()
    guard batch >= lanes else { return 0 }
    let rows = (outputHeight + 3) / 4
    // Larger blocks: BLAS adds each block's products to what it has.
    let block = blockRows(
      rows, channels: max(channels, outputChannels), columns: (outputWidth + 3) / 4, lanes: lanes, bytes: 4 << 20)
    var read = ck_tiles(
      height: height, width: width, top: padTop, left: padLeft, row: 0, rows: block, columns: (outputWidth + 3) / 4,
      panel: 0, apart: 0)
    let most = block * read.columns * lanes
    read.apart = channels * most + Self.gap
    var seeds = read
    (seeds.height, seeds.width, seeds.apart) = (outputHeight, outputWidth, outputChannels * most + Self.gap)
    let filterGap = weightCount / 9 + Self.gap
    withFloats(36 * read.apart, 36 * seeds.apart, 36 * filterGap, planeCount(read, lanes)) {
      tiles, widened, filters, plane in
      var isFirst = true
      for first in stride(from: 0, to: batch / lanes * lanes, by: lanes) {
        for row in stride(from: 0, to: rows, by: block) {
          read.row = row
          read.rows = min(block, rows - row)
          // One panel: BLAS has its own.
          read.panel = read.rows * read.columns
          (seeds.row, seeds.rows, seeds.panel) = (read.row, read.rows, read.panel)
          let columns = read.panel * lanes
          ck_winograd_read(&read, 0, channels, images + first * inputCount, tiles, plane)
          ck_winograd_read(&seeds, 1, outputChannels, outputGradients + first * outputCount, widened, plane)
          for number in 0..<36 {
            Float.gemm(
              .asStored, .transposed, m: outputChannels, n: channels, k: columns, alpha: 1,
              widened + number * seeds.apart, lda: columns, tiles + number * read.apart, ldb: columns,
              beta: isFirst ? 0 : 1, filters + number * filterGap, ldc: channels)
          }
          isFirst = false
        }
      }
      ck_winograd_filter_gradients(weightCount / 9, filters, filterGap, weights)
    }
    return batch / lanes * lanes
  }

  /// Elements between matrices: without it, their addresses might all fall on the same lines of a cache.
  private static var gap: Int { 16 }

  /// Rows of tiles that are transformed together: what they become takes about as many bytes at most, to stay in a cache.
  private func blockRows(_ rows: Int, channels: Int, columns: Int, lanes: Int, bytes: Int) -> Int {
    let row = 36 * channels * columns * lanes * MemoryLayout<Float>.stride
    let most = min(rows, max(1, bytes / row))
    // Blocks of equal size.
    let blocks = (rows + most - 1) / most
    return (rows + blocks - 1) / blocks
  }

  private func planeCount(_ tiles: ck_tiles, _ lanes: Int) -> Int {
    (4 * tiles.rows + 2) * (4 * tiles.columns + 2) * lanes
  }

  private func withFloats(
    _ a: Int, _ b: Int, _ c: Int, _ d: Int,
    _ body: (
      UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>
    ) -> Void
  ) {
    func lines(_ count: Int) -> Int { (count + 15) / 16 * 16 }
    let bytes = (lines(a) + lines(b) + lines(c) + lines(d)) * MemoryLayout<Float>.stride
    let raw = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
    defer { raw.deallocate() }
    let floats = raw.bindMemory(to: Float.self, capacity: bytes / MemoryLayout<Float>.stride)
    body(floats, floats + lines(a), floats + lines(a) + lines(b), floats + lines(a) + lines(b) + lines(c))
  }

  /// The channels and extents of what a product reads or writes.
  private struct Side {
    let channels, height, width: Int
    var count: Int { channels * height * width }

    init(_ channels: Int, _ height: Int, _ width: Int) {
      (self.channels, self.height, self.width) = (channels, height, width)
    }
  }
}
