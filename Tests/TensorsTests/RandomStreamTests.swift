import Synchronization
import Testing
import Tensors

@Suite struct RandomStreamTests {
  @Test func `the numbers are pinned`() {
    var stream = RandomStream(seed: 1, purpose: "pgd", index: 7)
    let first = (0..<3).map { _ in stream.next() }
    var again = RandomStream(seed: 1, purpose: "pgd", index: 7)
    #expect(first == (0..<3).map { _ in again.next() })
    var others = [
      RandomStream(seed: 2, purpose: "pgd", index: 7), RandomStream(seed: 1, purpose: "pge", index: 7),
      RandomStream(seed: 1, purpose: "pgd", index: 8),
    ]
    for i in others.indices { #expect(others[i].next() != first[0]) }
  }

  @Test func `moments are those of the distributions`() {
    var stream = RandomStream(seed: 4, purpose: "moments")
    let count = 100_000
    let uniform = (0..<count).map { _ in stream.uniform() }
    let normal = (0..<count).map { _ in stream.normal() }
    #expect(uniform.allSatisfy { $0 >= 0 && $0 < 1 })
    #expect(abs(uniform.reduce(0, +) / Double(count) - 0.5) < 0.01)
    #expect(abs(normal.reduce(0, +) / Double(count)) < 0.02)
    #expect(abs(normal.reduce(0) { $0 + $1 * $1 } / Double(count) - 1) < 0.03)
    var order = Array(0..<50)
    stream.shuffle(&order)
    #expect(order != Array(0..<50) && order.sorted() == Array(0..<50))
  }
}

@Suite struct WorkersTests {
  @Test(arguments: [1, 2, 5]) func `results come in the order of their indices`(_ count: Int) {
    let results = Workers(count: count).map(3..<200) { $0 * $0 }
    #expect(results == (3..<200).map { $0 * $0 })
    #expect(Workers(count: count).map(5..<5) { $0 }.isEmpty)
  }
}
