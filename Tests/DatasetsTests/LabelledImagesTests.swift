import Datasets
import Tensors
import Testing

@Suite("Labelled images")
struct LabelledImagesTests {
  let images: LabelledImages

  init() throws {
    images = try LabelledImages(
      name: "tiny", shape: Shape([1, 1, 2]), classCount: 3, pixels: [0, 255, 51, 102, 1, 2], labels: [2, 0, 1])
  }

  @Test func pixelsAreScaled() {
    #expect(images.count == 3)
    #expect(images.image(0) == [0, 1])
    #expect(images.image(1) == [51.0 / 255, 102.0 / 255])
    #expect(images.label(0) == 2)
  }

  @Test func batchesFollowTheIndices() {
    func scaled(_ bytes: [UInt8]) -> [Float] { bytes.map { Float($0) / 255 } }
    #expect(images.images([2, 0]) == scaled([1, 2, 0, 255]))
    #expect(images.images(1..<3) == scaled([51, 102, 1, 2]))
    #expect(images.images([]) == [])
    #expect(images.labels([2, 0]) == [1, 2])
  }

  @Test func prefixes() throws {
    let first = images.prefix(2)
    #expect(first.count == 2 && first.pixels == .bytes([0, 255, 51, 102]) && first.labels == [2, 0])
    #expect(images.prefix(9) == images)
    #expect(images.prefix(-1).count == 0)
  }

  @Test("The digest knows the content and not the name")
  func digests() throws {
    func digest(_ name: String, _ extents: [Int], _ pixels: [UInt8], _ labels: [UInt8]) throws -> String {
      try LabelledImages(name: name, shape: Shape(extents), classCount: 3, pixels: pixels, labels: labels).digest
    }
    let pixels: [UInt8] = [0, 255, 51, 102, 1, 2]
    #expect(try digest("other", [1, 1, 2], pixels, [2, 0, 1]) == images.digest)
    #expect(try digest("tiny", [1, 2, 1], pixels, [2, 0, 1]) != images.digest)
    #expect(try digest("tiny", [1, 1, 2], pixels.reversed(), [2, 0, 1]) != images.digest)
    #expect(try digest("tiny", [1, 1, 2], pixels, [2, 0, 2]) != images.digest)
  }

  @Test("Parts that do not fit together are refused")
  func misfits() throws {
    let shape = try Shape([1, 1, 2])
    #expect(throws: DatasetError.pixelCount(name: "odd", expected: 4, found: 3)) {
      try LabelledImages(name: "odd", shape: shape, classCount: 3, pixels: [0, 0, 0], labels: [0, 0])
    }
    #expect(throws: DatasetError.labelOutOfRange(file: "odd", index: 1, label: 3, classCount: 3)) {
      try LabelledImages(name: "odd", shape: shape, classCount: 3, pixels: [0, 0, 0, 0], labels: [0, 3])
    }
  }

  @Test("Numbers go into the network as they are; their digest knows the range")
  func numbers() throws {
    func numbers(_ values: [Double], _ range: ClosedRange<Double> = -1...1) throws -> LabelledImages {
      try LabelledImages(
        name: "n", shape: Shape([1, 1, 2]), classes: .atLeast(2), pixels: .numbers(values, validRange: range),
        labels: [0, 1])
    }
    let images = try numbers([-1, 0.1, 1, -0.5])
    #expect(images.image(1) == [1, -0.5] && images.validRange == -1...1 && images.prefix(1).pixels.count == 2)
    #expect(images.images([1, 0]) == [1, -0.5, -1, 0.1])
    #expect(try numbers([-1, 0.1, 1, -0.5], -1...2).digest != images.digest)
    #expect(try numbers([-1, 0.1, 1, -0.25]).digest != images.digest)
    #expect(images.classes.fits(outputs: 2) && images.classes.fits(outputs: 9) && !images.classes.fits(outputs: 1))
    for (value, position) in [(1.5, 2), (Double.nan, 1), (-Double.infinity, 3)] {
      var values = [0.0, 0, 0, 0]
      values[position] = value
      let error = #expect(throws: DatasetError.self) { try numbers(values) }
      guard case .valueOutOfRange("n", position / 2, position % 2, _, -1...1) = error else {
        Issue.record("\(value) passed")
        continue
      }
      #expect(error?.description.contains(value.isFinite ? "--range" : "finite") == true)
    }
  }
}
