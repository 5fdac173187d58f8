import Networks
import Tensors

/// A convolution's kernels with the channels of a tap side by side, as `[outputChannels, kernelHeight, kernelWidth,
/// channels]`. Channels of other groups have zeros.
struct ChannelsLastKernels<Scalar: RowScalar> {
  /// The kernels.
  let lines: [Scalar]
  /// The length of what lies side by side in a window: the channels of all taps in a line, or of one tap where taps are
  /// dilated.
  let run: Int
  /// The length of one output channel's kernel.
  let width: Int
  private let geometry: ConvolutionGeometry

  init(of map: ConvolutionMap, as type: Scalar.Type) {
    let weights = LinearMap.convolution(map).coefficients(in: type)
    let g = map.geometry
    let area = g.kernelHeight * g.kernelWidth
    let width = area * g.channels
    let groupChannels = g.channels / g.groups
    var lines = [Scalar](repeating: 0, count: g.outputChannels * width)
    lines.withUnsafeMutableBufferPointer { lines in
      weights.withUnsafeBufferPointer { weights in
        for output in 0..<g.outputChannels {
          let firstChannel = output / (g.outputChannels / g.groups) * groupChannels
          for tap in 0..<area {
            let to = output * width + tap * g.channels + firstChannel
            for channel in 0..<groupChannels {
              lines[to + channel] = weights[(output * groupChannels + channel) * area + tap]
            }
          }
        }
      }
    }
    self.lines = lines
    self.width = width
    run = (g.dilationWidth == 1 ? g.kernelWidth : 1) * g.channels
    geometry = g
  }

  /// Where each run of a kernel lies in a window that it fills.
  func places(in windows: RowWindows) -> [Int] {
    let g = geometry
    let runsInLine = g.kernelWidth * g.channels / run
    return (0..<g.kernelHeight * runsInLine).map { i in
      (i / runsInLine * g.dilationHeight * windows.windowWidth + i % runsInLine * g.dilationWidth) * g.channels
    }
  }
}
