import Synchronization
import Tensors

/// Something worth telling whoever watches a store being filled.
public enum StoreEvent<Row: StoredRow>: Sendable {
  /// The work starts, or continues with some of its samples done before.
  case started(done: Int, of: Int)
  /// A sample is stored.
  case sample(Row, done: Int, of: Int)
}

extension ResultStore {
  /// Does the samples that the store has no final row of, each stored as soon as it is known.
  ///
  /// - Parameters:
  ///   - samples: positions in the data set.
  ///   - timeout: seconds that each may take; see ``completedIndices(timeout:)``.
  ///   - workers: how many samples are in flight.
  ///   - observe: called for each event, one at a time, on any thread.
  ///   - row: the work on one sample, on any thread.
  /// - Throws: the first ``StudyError``; samples stored before stay stored.
  public func complete(
    _ samples: [Int], timeout: Double = .infinity, workers: Workers, observe: @Sendable (StoreEvent<Row>) -> Void,
    row: @Sendable (Int) throws(StudyError) -> Row
  ) throws(StudyError) {
    let stored: Set<Int>
    do {
      stored = try completedIndices(timeout: timeout)
    } catch {
      throw .store(error)
    }
    let missing = samples.filter { !stored.contains($0) }
    let total = samples.count
    observe(.started(done: total - missing.count, of: total))

    let state = Mutex<(done: Int, failure: StudyError?)>((total - missing.count, nil))
    workers.forEach(0..<missing.count) { position in
      guard state.withLock({ $0.failure == nil }) else { return }
      do throws(StudyError) {
        let row = try row(missing[position])
        try state.withLock { state throws(StudyError) in
          do throws(StoreError) {
            try append(row)
          } catch {
            throw .store(error)
          }
          state.done += 1
          observe(.sample(row, done: state.done, of: total))
        }
      } catch {
        state.withLock { $0.failure = $0.failure ?? error }
      }
    }
    if let failure = state.withLock({ $0.failure }) { throw failure }
  }
}
