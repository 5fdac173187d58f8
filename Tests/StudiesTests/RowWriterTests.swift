import Foundation
import Synchronization
import Tensors
import Testing

@testable import Studies

/// Rows that are written behind the back of whoever makes them.
@Suite struct RowWriterTests {
  let folder = try? ScratchFolder()
  var path: String { folder?.path("study.sqlite") ?? "" }

  @Test func `every row is on the disk before its event, and once`() throws {
    let store = try StudyStore.open(path, identity: Examples.identity)
    let seen = Mutex<[Int]>([])
    let writer = RowWriter(to: store) { row, count in
      let isThere = (try? store.completedIndices().contains(row.index)) ?? false
      seen.withLock { $0.append(isThere ? count : -1) }
    }
    Workers(count: 4).forEach(0..<600) { index in
      do throws(StoreError) { try writer.take(Examples.record(index)) } catch { Issue.record("\(error)") }
    }
    try writer.finish()
    #expect(seen.withLock { $0 } == Array(1...600))
    #expect(try store.records().map(\.index) == Array(0..<600))
  }

  @Test func `rows that come while the disk is busy are written together`() throws {
    let store = try StudyStore.open(path, identity: Examples.identity)
    let othersAreTaken = DispatchSemaphore(value: 0)
    let stored = Mutex<[Int]>([])
    let writer = RowWriter<SampleRecord>(to: store) { _, _ in
      let count = (try? store.completedIndices().count) ?? -1
      stored.withLock { $0.append(count) }
      if count == 1 { othersAreTaken.wait() }
    }
    try writer.take(Examples.record(0))
    while stored.withLock({ $0.isEmpty }) { Thread.sleep(forTimeInterval: 0.001) }
    // Nobody waits, though the writer does.
    for index in 1..<10 { try writer.take(Examples.record(index)) }
    othersAreTaken.signal()
    try writer.finish()
    // All nine were on the disk before the first of their events.
    #expect(stored.withLock { $0 } == [1] + Array(repeating: 10, count: 9))
  }

  @Test func `what the store refuses is said, and rows before it stay`() throws {
    let store = try StudyStore.open(path, identity: Examples.identity)
    let writer = RowWriter<SampleRecord>(to: store) { _, _ in }
    try writer.take(Examples.record(1))
    try writer.finish()
    try writer.take(Examples.record(1))
    #expect(throws: StoreError.duplicateSample(path: path, index: 1)) { try writer.finish() }
    #expect(throws: StoreError.duplicateSample(path: path, index: 1)) { try writer.take(Examples.record(2)) }
    #expect(try store.records().map(\.index) == [1])
  }

  @Test func `samples that were finished before one that fails are kept`() throws {
    let store = try StudyStore.open(path, identity: Examples.identity)
    #expect(throws: StudyError.self) {
      try store.complete(Array(0..<9), workers: Workers(count: 1), observe: { _ in }) { index throws(StudyError) in
        if index == 6 { throw .sample(index: index, .overflow) }
        return Examples.record(index)
      }
    }
    #expect(try store.completedIndices() == Set(0..<6))
  }
}
