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
  /// Does the samples that the store has no final row of, each stored as soon as the disk takes it.
  ///
  /// Nobody waits for the disk: what is finished while earlier rows are being written goes to it together. A process
  /// that is killed loses those few rows and the samples in flight.
  ///
  /// - Parameters:
  ///   - samples: positions in the data set.
  ///   - timeout: seconds that each may take; see ``completedIndices(timeout:)``.
  ///   - workers: how many samples are in flight.
  ///   - observe: called for each event, one at a time, on any thread; a sample's comes when it is on the disk.
  ///   - row: the work on one sample, on any thread.
  /// - Throws: the first ``StudyError``; samples stored before stay stored.
  public func complete(
    _ samples: [Int], timeout: Double = .infinity, workers: Workers,
    observe: @escaping @Sendable (StoreEvent<Row>) -> Void, row: @Sendable (Int) throws(StudyError) -> Row
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

    let failure = Mutex<StudyError?>(nil)
    let writer = RowWriter(to: self) { row, count in
      observe(.sample(row, done: total - missing.count + count, of: total))
    }
    workers.forEach(0..<missing.count) { position in
      guard failure.withLock({ $0 == nil }) else { return }
      do throws(StudyError) {
        let row = try row(missing[position])
        do throws(StoreError) {
          try writer.take(row)
        } catch {
          throw .store(error)
        }
      } catch {
        failure.withLock { $0 = $0 ?? error }
      }
    }
    // What was finished before a failure is worth keeping.
    var refusal: StoreError?
    do throws(StoreError) { try writer.finish() } catch { refusal = error }
    if let failure = failure.withLock({ $0 }) { throw failure }
    if let refusal { throw .store(refusal) }
  }
}
