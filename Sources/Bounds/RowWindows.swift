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
  /// The coefficients of all rows, stored `[rows, windowHeight, windowWidth, channels]`.
  var elementCount: Int { channels * rows * area }

  private init(
    imageOf g: ConvolutionGeometry, windowHeight: Int, windowWidth: Int, tops: [Int], lefts: [Int]
  ) {
    (channels, height, width) = (g.channels, g.height, g.width)
    (self.windowHeight, self.windowWidth) = (windowHeight, windowWidth)
    (self.tops, self.lefts) = (tops, lefts)
  }

  /// The windows of an image that single units of a convolution read.
  init(units: [Int], of g: ConvolutionGeometry) {
    self.init(
      imageOf: g, windowHeight: (g.kernelHeight - 1) * g.dilationHeight + 1,
      windowWidth: (g.kernelWidth - 1) * g.dilationWidth + 1,
      tops: units.map { $0 % g.positions / g.outputWidth * g.strideHeight - g.padTop },
      lefts: units.map { $0 % g.outputWidth * g.strideWidth - g.padLeft })
  }

  /// Whether windows are no larger than some images: where dilations and pads make them so, rows are better kept as
  /// whole images.
  var areSmall: Bool { windowHeight <= 2 * height && windowWidth <= 2 * width }

  /// Whether the image is what a convolution writes. Layers that read a convolution's output as an image of another
  /// height and width see the same elements in other places.
  func areOver(outputOf g: ConvolutionGeometry) -> Bool {
    (channels, height, width) == (g.outputChannels, g.outputHeight, g.outputWidth)
  }

  /// The windows of an image that a convolution reads for these windows of its output.
  func pulled(through g: ConvolutionGeometry) -> RowWindows {
    RowWindows(
      imageOf: g, windowHeight: (windowHeight - 1) * g.strideHeight + (g.kernelHeight - 1) * g.dilationHeight + 1,
      windowWidth: (windowWidth - 1) * g.strideWidth + (g.kernelWidth - 1) * g.dilationWidth + 1,
      tops: tops.map { $0 * g.strideHeight - g.padTop }, lefts: lefts.map { $0 * g.strideWidth - g.padLeft })
  }

  /// An image `[channels, height, width]` as `[height, width, channels]`, as windows keep theirs.
  func channelsLast(_ image: [Double]) -> [Double] {
    [Double](unsafeUninitializedCapacity: image.count) { last, count in
      image.withUnsafeBufferPointer { image in
        for channel in 0..<channels {
          for position in 0..<imageArea {
            last[position * channels + channel] = image[channel * imageArea + position]
          }
        }
      }
      count = image.count
    }
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

extension LinearRelaxation {
  /// The same lines in the order in which windows keep an image.
  func channelsLast(in windows: RowWindows) -> LinearRelaxation {
    LinearRelaxation(
      lowerSlope: windows.channelsLast(lowerSlope), lowerOffset: windows.channelsLast(lowerOffset),
      upperSlope: windows.channelsLast(upperSlope), upperOffset: windows.channelsLast(upperOffset),
      reach: windows.channelsLast(reach), copying: self)
  }
}
