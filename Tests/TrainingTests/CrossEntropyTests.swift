import Foundation
import Testing

@testable import Training

@Suite struct CrossEntropyTests {
  @Test("loss and gradient agree with double precision and central differences")
  func gradient() {
    var numbers = TestNumbers("cross-entropy")
    let logits = numbers.floats(12, -3, 3)
    let labels: [Int32] = [0, 3, 2]
    func loss(_ z: [Double]) -> Double {
      (0..<3).reduce(0) { sum, b in
        let row = z[4 * b..<4 * b + 4]
        return sum + log(row.reduce(0) { $0 + exp($1) }) - z[4 * b + Int(labels[b])]
      }
    }
    let gradient = FloatBuffer(count: 12)
    let sum = CrossEntropy.evaluate(
      logits, labels: labels, batch: 3, classes: 4, weight: 0.5, gradient: gradient.pointer)
    #expect(abs(sum.loss - loss(doubles(logits))) < 1e-5)
    let expected = centralDifferences(doubles(logits)) { 0.5 * loss($0) }
    #expect(relativeDistance(gradient.values, expected) < singlePrecision)
  }

  @Test("margins of thousands neither overflow nor vanish")
  func extremes() {
    let gradient = FloatBuffer(count: 6)
    let sum = CrossEntropy.evaluate(
      [0, 5000, -5000, 0, -5000, -9000], labels: [0, 0], batch: 2, classes: 3, gradient: gradient.pointer)
    #expect(sum.loss == 5000)
    #expect(sum.correct == 1)
    #expect(gradient.values == [-1, 1, 0, 0, 0, 0])
  }

  @Test("a tie is not correct")
  func tie() {
    #expect(CrossEntropy.evaluate([1, 1], labels: [0], batch: 1, classes: 2).correct == 0)
  }
}
