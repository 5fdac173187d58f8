import Datasets
import Tensors
import Testing

@Suite("Synthetic digits")
struct SyntheticDigitsTests {
  @Test("The same bytes on every machine")
  func pinned() throws {
    let train = try SyntheticDigits.make(count: 200, seed: 7, split: .train)
    let test = try SyntheticDigits.make(count: 200, seed: 7, split: .test)
    #expect(train.digest == "3a682ed90d0200f4f9867fbd787532219c977e52b1056cedc00360657c591d7c")
    #expect(test.digest == "44ac398765367241f6b5574479d5f607ec199b2798333060ee0b10eafa6046e5")
  }

  @Test("An image does not depend on how many others there are, nor on the workers")
  func prefixesAgree() throws {
    let many = try SyntheticDigits.make(count: 1003, seed: 11, split: .test, workers: Workers(count: 3))
    let few = try SyntheticDigits.make(count: 57, seed: 11, split: .test, workers: Workers(count: 1))
    #expect(many.prefix(57) == few)
  }

  @Test("Seeds and splits give different images")
  func streamsDiffer() throws {
    let sets = try [(1, DatasetSplit.train), (2, .train), (1, .test)].map { seed, split in
      try SyntheticDigits.make(count: 100, seed: seed, split: split)
    }
    for (i, a) in sets.enumerated() {
      for b in sets[..<i] {
        let common = (0..<100).filter { a.image($0) == b.image($0) }
        #expect(common.isEmpty && a.labels != b.labels)
      }
    }
  }

  @Test("Every run of ten has every digit once, in no fixed order")
  func labelsAreBalanced() throws {
    let digits = try SyntheticDigits.make(count: 1000, seed: 3, split: .train)
    let runs = stride(from: 0, to: 1000, by: 10).map { Array(digits.labels[$0..<$0 + 10]) }
    #expect(runs.allSatisfy { $0.sorted() == Array(0..<10) })
    #expect(Set(runs).count > 95)
  }

  @Test("Ink is bright, inside the image, and on a background of exact zeros")
  func ink() throws {
    let digits = try SyntheticDigits.make(count: 500, seed: 5, split: .train)
    let bytes = try #require(digits.pixels.bytes)
    for i in 0..<digits.count {
      let pixels = Array(bytes[i * 784..<(i + 1) * 784])
      let zeros = pixels.count { $0 == 0 }
      #expect(zeros > 400 && zeros < 760, "image \(i) has \(zeros) zeros")
      #expect(pixels.max().map { $0 > 180 } == true, "image \(i) is faint")
      let isFramed = (0..<28).allSatisfy { k in
        let frame: [UInt8] = [pixels[k], pixels[27 * 28 + k], pixels[28 * k], pixels[28 * k + 27]]
        return frame.allSatisfy { $0 < 128 }
      }
      #expect(isFramed, "image \(i) touches the edge")
    }
  }

  /// A guard against classes that cannot be told apart, and against classes that are trivial to tell apart.
  @Test("The nearest of a thousand training images mostly has the same label")
  func nearestNeighbour() throws {
    let train = try SyntheticDigits.make(count: 1000, seed: 1, split: .train)
    let test = try SyntheticDigits.make(count: 200, seed: 1, split: .test)
    let known = (0..<train.count).map { train.images([$0]) }
    let hits = (0..<test.count).filter { index in
      let image = test.images([index])
      let distances = known.map { squaredDistance($0, image) }
      let nearest = distances.indices.min { distances[$0] < distances[$1] }
      return nearest.map { train.label($0) == test.label(index) } == true
    }
    #expect(hits.count >= 150 && hits.count < 200, "\(hits.count) of 200")
  }

  private func squaredDistance(_ a: [Float], _ b: [Float]) -> Float {
    var sum: Float = 0
    for i in a.indices { sum += (a[i] - b[i]) * (a[i] - b[i]) }
    return sum
  }

  @Test("Counts that cannot be made are refused", arguments: [0, -1, SyntheticDigits.largestCount + 1])
  func counts(count: Int) {
    #expect(throws: DatasetError.syntheticCount(count, limit: SyntheticDigits.largestCount)) {
      try SyntheticDigits.make(count: count, seed: 1, split: .test)
    }
  }
}
