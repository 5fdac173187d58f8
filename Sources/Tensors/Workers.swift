import Dispatch
import Synchronization

/// A fixed number of threads that share out independent pieces of work.
public struct Workers: Sendable {
  /// How many pieces run at the same time.
  public let count: Int

  /// As many workers as asked for, at least one.
  public init(count: Int) {
    self.count = max(1, count)
  }

  /// Runs `body` once for each index and waits for all of them.
  ///
  /// Indices are handed out in increasing order. Which worker takes which is a matter of timing, so `body`
  /// must compute the same whoever runs it.
  public func forEach(_ range: Range<Int>, _ body: @Sendable (Int) -> Void) {
    guard count > 1, range.count > 1 else {
      for index in range { body(index) }
      return
    }
    let next = Atomic<Int>(range.lowerBound)
    DispatchQueue.concurrentPerform(iterations: min(count, range.count)) { _ in
      while true {
        let index = next.add(1, ordering: .relaxed).oldValue
        guard index < range.upperBound else { return }
        body(index)
      }
    }
  }

  /// The results of `body` for each index, in the order of the indices.
  public func map<Result: Sendable>(_ range: Range<Int>, _ body: @Sendable (Int) -> Result) -> [Result] {
    let results = Mutex<[Result?]>(Array(repeating: nil, count: range.count))
    forEach(range) { index in
      let result = body(index)
      results.withLock { $0[index - range.lowerBound] = result }
    }
    return results.withLock { $0.compactMap { $0 } }
  }
}
