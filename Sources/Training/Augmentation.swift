import Tensors

/// How training images are varied from epoch to epoch.
///
/// An image is turned into its mirror image half of the time, then a window of its own size is cut at random from it
/// after `pad` pixels were added on each side, each a copy of the nearest pixel of the edge.
struct Augmentation: Hashable, Sendable {
  /// The pixels added on each side.
  let pad: Int
  private let seed: UInt64

  /// The variations of a step of a run.
  init(pad: Int, seed: UInt64, step: Int) {
    self.pad = pad
    var stream = RandomStream(seed: seed, purpose: "augmentation", index: step)
    self.seed = stream.next()
  }

  /// The variation of an image of the data set.
  ///
  /// - Parameter shape: `[channels, height, width]`; anything else stays as it is.
  func apply(to image: UnsafeBufferPointer<UInt8>, shape: Shape, index: Int) -> [UInt8] {
    guard shape.rank == 3 else { return Array(image) }
    var stream = RandomStream(seed: seed, purpose: "augmented image", index: index)
    let isMirrored = stream.next() & 1 == 1
    let down = stream.index(below: 2 * pad + 1) - pad
    let right = stream.index(below: 2 * pad + 1) - pad
    let (channels, height, width) = (shape.extents[0], shape.extents[1], shape.extents[2])
    return [UInt8](unsafeUninitializedCapacity: image.count) { result, count in
      for channel in 0..<channels {
        for y in 0..<height {
          let row = (channel * height + max(0, min(height - 1, y + down))) * width
          for x in 0..<width {
            let column = max(0, min(width - 1, x + right))
            result[(channel * height + y) * width + x] = image[row + (isMirrored ? width - 1 - column : column)]
          }
        }
      }
      count = image.count
    }
  }
}
