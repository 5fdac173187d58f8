import Dispatch
import Synchronization

/// Writes rows to a store while others are being made: those that come while the disk is busy are written together.
///
/// A row alone waits some 20 ms for the disk, several times as long as many samples take.
final class RowWriter<Row: StoredRow>: Sendable {
  private struct State {
    /// What is to be written next, and whether somebody has been sent to write it.
    var waiting: [Row] = []
    var isBusy = false
    /// How many rows are on the disk, and what the store refused.
    var written = 0
    var refusal: StoreError?
  }

  /// Whoever brings more than the disk takes is made to wait for it.
  private static var capacity: Int { 256 }

  private let store: ResultStore<Row>
  private let didWrite: @Sendable (Row, Int) -> Void
  private let queue = DispatchQueue(label: "rows")
  private let state = Mutex(State())

  /// A writer.
  ///
  /// - Parameter didWrite: called with each row that is on the disk and their number so far, one at a time.
  init(to store: ResultStore<Row>, didWrite: @escaping @Sendable (Row, Int) -> Void) {
    self.store = store
    self.didWrite = didWrite
  }

  /// Takes a row to be written soon.
  ///
  /// - Throws: what the store said of an earlier one, after which nothing more is written.
  func take(_ row: Row) throws(StoreError) {
    let (isFirst, isFull, refusal) = state.withLock { state in
      state.waiting.append(row)
      defer { state.isBusy = true }
      return (!state.isBusy, state.waiting.count >= Self.capacity, state.refusal)
    }
    if let refusal { throw refusal }
    if isFirst { queue.async { self.writeAll() } }
    if isFull { queue.sync {} }
  }

  /// Waits until all rows are on the disk.
  ///
  /// - Throws: what the store said.
  func finish() throws(StoreError) {
    queue.sync {}
    if let refusal = state.withLock({ $0.refusal }) { throw refusal }
  }

  private func writeAll() {
    while let rows = next() {
      do throws(StoreError) {
        try store.append(contentsOf: rows)
      } catch {
        state.withLock { $0.refusal = error }
        return
      }
      for row in rows {
        let count = state.withLock { state in
          state.written += 1
          return state.written
        }
        didWrite(row, count)
      }
    }
  }

  /// The rows that came since; nil if none did, and then whoever brings one sends for us.
  private func next() -> [Row]? {
    state.withLock { state in
      guard !state.waiting.isEmpty else {
        state.isBusy = false
        return nil
      }
      defer { state.waiting = [] }
      return state.waiting
    }
  }
}
