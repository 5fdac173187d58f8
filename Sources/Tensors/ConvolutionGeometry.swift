import CKernels

/// The sizes of a two-dimensional convolution without its weights.
///
/// Images are `[channels, height, width]`, weights `[outputChannels, channels/groups, kernelHeight,
/// kernelWidth]`. One-dimensional convolutions are two-dimensional ones of height 1.
public struct ConvolutionGeometry: Hashable, Sendable {
  /// The numbers of channels that go in and come out, and of independent groups of them.
  public let channels, outputChannels, groups: Int
  /// The size of an input image.
  public let height, width: Int
  /// The size of the kernel.
  public let kernelHeight, kernelWidth: Int
  /// The distance between neighbouring kernel positions.
  public let strideHeight, strideWidth: Int
  /// The distance between neighbouring kernel taps.
  public let dilationHeight, dilationWidth: Int
  /// Zeros added on each side.
  public let padTop, padLeft, padBottom, padRight: Int
  /// The size of an output image.
  public let outputHeight, outputWidth: Int

  /// The geometry with the given sizes; pads in ONNX's order top, left, bottom, right.
  ///
  /// - Throws: ``ShapeError`` if a size is not positive, a pad negative, the channels do not divide into the
  ///   groups, the kernel is larger than the padded image, or anything has too many elements.
  public init(
    channels: Int, height: Int, width: Int, outputChannels: Int, kernel: (Int, Int),
    stride: (Int, Int) = (1, 1), dilation: (Int, Int) = (1, 1), pads: (Int, Int, Int, Int) = (0, 0, 0, 0),
    groups: Int = 1
  ) throws(ShapeError) {
    guard groups > 0 else { throw .convolution("group \(groups)") }
    guard stride.0 > 0, stride.1 > 0 else { throw .convolution("stride \(stride.0)x\(stride.1)") }
    guard dilation.0 > 0, dilation.1 > 0 else { throw .convolution("dilation \(dilation.0)x\(dilation.1)") }
    _ = try Shape([channels, height, width])
    _ = try Shape([outputChannels, channels, kernel.0, kernel.1])
    guard channels.isMultiple(of: groups), outputChannels.isMultiple(of: groups) else {
      throw .convolution("\(channels) input and \(outputChannels) output channels do not divide into \(groups) groups")
    }
    let limit = Shape.largestCount
    for pad in [pads.0, pads.1, pads.2, pads.3] where pad < 0 || pad > limit {
      throw .convolution(pad < 0 ? "negative pad \(pad)" : "pad \(pad) makes the output too large")
    }
    guard dilation.0 <= limit, dilation.1 <= limit, stride.0 <= limit, stride.1 <= limit else {
      throw .convolution("stride or dilation above \(limit)")
    }
    let spanHeight = (kernel.0 - 1) * dilation.0 + 1
    let spanWidth = (kernel.1 - 1) * dilation.1 + 1
    guard spanHeight <= height + pads.0 + pads.2, spanWidth <= width + pads.1 + pads.3 else {
      throw .convolution(
        "kernel of \(spanHeight)x\(spanWidth) exceeds the padded input, the output would be empty")
    }
    self.channels = channels
    self.outputChannels = outputChannels
    self.groups = groups
    self.height = height
    self.width = width
    (kernelHeight, kernelWidth) = kernel
    (strideHeight, strideWidth) = stride
    (dilationHeight, dilationWidth) = dilation
    (padTop, padLeft, padBottom, padRight) = pads
    outputHeight = (height + pads.0 + pads.2 - spanHeight) / stride.0 + 1
    outputWidth = (width + pads.1 + pads.3 - spanWidth) / stride.1 + 1
    _ = try Shape([outputChannels, outputHeight, outputWidth])
    _ = try Shape([channels / groups * kernel.0, kernel.1, outputHeight, outputWidth])
  }

  /// The number of elements of one input image.
  public var inputCount: Int { channels * height * width }
  /// The number of elements of one output image.
  public var outputCount: Int { outputChannels * positions }
  /// The number of output positions of one channel.
  public var positions: Int { outputHeight * outputWidth }
  /// The number of weights that one output element sums over.
  public var patchCount: Int { channels / groups * kernelHeight * kernelWidth }
  /// The number of weights.
  public var weightCount: Int { outputChannels * patchCount }

  var lowering: ck_convolution {
    ck_convolution(
      channels: channels / groups, height: height, width: width, kernelHeight: kernelHeight,
      kernelWidth: kernelWidth, strideHeight: strideHeight, strideWidth: strideWidth,
      dilationHeight: dilationHeight, dilationWidth: dilationWidth, padTop: padTop, padLeft: padLeft,
      outputHeight: outputHeight, outputWidth: outputWidth)
  }
}
