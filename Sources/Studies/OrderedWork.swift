import Synchronization
import Tensors

extension Workers {
  /// Runs `body` once for each index and hands on its results in the order of the indices, each as soon as all before
  /// it are there.
  ///
  /// - Parameters:
  ///   - isStopped: asked before each index; once it says so, no further one is begun, and those that were are handed
  ///     on as far as none before them is missing.
  ///   - body: the work; it must compute the same whoever runs it.
  ///   - deliver: called with one result at a time, on any thread.
  /// - Throws: the first error of `body`, after which nothing more is begun.
  public func inOrder<Result: Sendable, Failure: Error>(
    _ range: Range<Int>, unless isStopped: @Sendable () -> Bool = { false },
    _ body: @Sendable (Int) throws(Failure) -> Result, deliver: @Sendable (Result) -> Void
  ) throws(Failure) {
    let state = Mutex<(next: Int, ready: [Int: Result], failure: Failure?)>((range.lowerBound, [:], nil))
    forEach(range) { index in
      guard !isStopped(), state.withLock({ $0.failure == nil }) else { return }
      do throws(Failure) {
        let result = try body(index)
        state.withLock { state in
          state.ready[index] = result
          while let result = state.ready.removeValue(forKey: state.next) {
            deliver(result)
            state.next += 1
          }
        }
      } catch {
        state.withLock { $0.failure = $0.failure ?? error }
      }
    }
    if let failure = state.withLock({ $0.failure }) { throw failure }
  }
}
