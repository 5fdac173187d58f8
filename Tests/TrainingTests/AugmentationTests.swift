import Tensors
import Testing

@testable import Training

@Suite struct AugmentationTests {
  /// An image of two channels whose pixels say where they are.
  private let shape: Shape
  private let image: [UInt8]

  init() throws {
    shape = try Shape([2, 5, 6])
    image = (0..<60).map { UInt8($0) }
  }

  private func varied(pad: Int, index: Int, step: Int = 0) -> [UInt8] {
    image.withUnsafeBufferPointer {
      Augmentation(pad: pad, seed: 3, step: step).apply(to: $0, shape: shape, index: index)
    }
  }

  /// The variation with a mirror or without and a window at a place, written out.
  private func expected(mirrored: Bool, down: Int, right: Int) -> [UInt8] {
    var result: [UInt8] = []
    for channel in 0..<2 {
      for y in 0..<5 {
        for x in 0..<6 {
          let row = min(4, max(0, y + down))
          let column = min(5, max(0, x + right))
          result.append(image[(channel * 5 + row) * 6 + (mirrored ? 5 - column : column)])
        }
      }
    }
    return result
  }

  @Test("without pads an image is itself or its mirror image, half of the time")
  func mirror() {
    let images = (0..<400).map { varied(pad: 0, index: $0) }
    let mirrored = images.filter { $0 == expected(mirrored: true, down: 0, right: 0) }.count
    #expect(images.filter { $0 == image }.count + mirrored == 400)
    #expect((150...250).contains(mirrored))
  }

  @Test("every window within the pads occurs, and nothing else")
  func windows() {
    var windows: Set<[UInt8]> = []
    for mirrored in [false, true] {
      for down in -2...2 {
        for right in -2...2 { windows.insert(expected(mirrored: mirrored, down: down, right: right)) }
      }
    }
    let found = Set((0..<2000).map { varied(pad: 2, index: $0) })
    #expect(found == windows)
  }

  @Test("the step and the image decide, and nothing else")
  func determinism() {
    #expect(varied(pad: 2, index: 4, step: 9) == varied(pad: 2, index: 4, step: 9))
    #expect((0..<20).contains { varied(pad: 2, index: $0, step: 1) != varied(pad: 2, index: $0, step: 2) })
  }

  @Test("a run with augmentation and batch normalisation goes on to the same bits, whatever the number of threads")
  func training() throws {
    let set = try bars(count: 130, stream: "training")
    var settings = barsConfiguration()
    settings.augmentationPad = 1
    settings.batchNorm = true
    settings.epochs = 2
    settings.rampEpochs = 1
    settings.learningRateMilestones = []
    var results: [[UInt32]] = []
    for threads in [1, 2] {
      settings.threads = threads
      results.append(try Trainer(configuration: settings, training: set).train().parameters.map(\.bitPattern))
    }
    #expect(results[0] == results[1])
    settings.augmentationPad = nil
    #expect(try Trainer(configuration: settings, training: set).train().parameters.map(\.bitPattern) != results[0])
  }
}
