import CKernels
import Tensors

/// Where the windows of some rows lie in an image.
struct RowWindows {
  /// The image.
  let channels, height, width: Int
  /// The size that all windows have.
  let windowHeight, windowWidth: Int
  /// Where each row's window begins; may lie outside the image.
  let tops, lefts: [Int]

  /// How many rows.
  var rows: Int { tops.count }
  /// The positions in one window, and in one channel of the image.
  var area: Int { windowHeight * windowWidth }
  var imageArea: Int { height * width }
  /// The coefficients of all rows, stored `[channels, rows, windowHeight, windowWidth]`.
  var elementCount: Int { channels * rows * area }

  /// The windows of an image that a convolution reads for these windows of its output.
  func pulled(through g: ConvolutionGeometry) -> RowWindows {
    RowWindows(
      channels: g.channels, height: g.height, width: g.width,
      windowHeight: (windowHeight - 1) * g.strideHeight + (g.kernelHeight - 1) * g.dilationHeight + 1,
      windowWidth: (windowWidth - 1) * g.strideWidth + (g.kernelWidth - 1) * g.dilationWidth + 1,
      tops: tops.map { $0 * g.strideHeight - g.padTop }, lefts: lefts.map { $0 * g.strideWidth - g.padLeft })
  }

  /// Calls C with the windows' description.
  func with<Result>(_ body: (inout ck_windows) -> Result) -> Result {
    tops.withUnsafeBufferPointer { tops in
      lefts.withUnsafeBufferPointer { lefts in
        var windows = ck_windows(
          channels: channels, height: height, width: width, rows: rows, windowHeight: windowHeight,
          windowWidth: windowWidth, tops: tops.baseAddress, lefts: lefts.baseAddress)
        return body(&windows)
      }
    }
  }
}
