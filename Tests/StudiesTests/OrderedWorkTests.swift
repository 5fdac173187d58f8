import Foundation
import Synchronization
import Tensors
import Testing

@testable import Studies

@Suite struct OrderedWorkTests {
  private struct Refusal: Error, Equatable { let index: Int }

  @Test(arguments: [1, 2, 8]) func resultsComeInOrder(threads: Int) {
    let seen = Mutex<[Int]>([])
    Workers(count: threads).inOrder(3..<40) { index in
      // The first ones take longest.
      usleep(UInt32(40 - index) * 50)
      return index * index
    } deliver: { result in
      seen.withLock { $0.append(result) }
    }
    #expect(seen.withLock { $0 } == (3..<40).map { $0 * $0 })
  }

  @Test(arguments: [1, 4]) func theFirstErrorEndsIt(threads: Int) {
    let seen = Mutex<[Int]>([])
    #expect(throws: Refusal(index: 5)) {
      try Workers(count: threads).inOrder(0..<10_000) { (index) throws(Refusal) in
        if index == 5 { throw Refusal(index: index) }
        return index
      } deliver: { result in
        seen.withLock { $0.append(result) }
      }
    }
    #expect(seen.withLock { $0 } == [0, 1, 2, 3, 4])
  }

  @Test(arguments: [1, 4]) func whatWasBegunIsHandedOn(threads: Int) {
    let seen = Mutex<[Int]>([])
    let isStopped = Atomic(false)
    Workers(count: threads).inOrder(0..<10_000, unless: { isStopped.load(ordering: .relaxed) }) { index in
      if index == 7 { isStopped.store(true, ordering: .relaxed) }
      usleep(200)
      return index
    } deliver: { result in
      seen.withLock { $0.append(result) }
    }
    let results = seen.withLock { $0 }
    #expect(results.count >= 8 && results.count < 1000)
    #expect(results == Array(0..<results.count))
  }
}
