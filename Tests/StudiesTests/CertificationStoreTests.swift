import Foundation
import Testing
import Verification

@testable import Studies

@Suite struct CertificationStoreTests {
  let folder = try? ScratchFolder()
  var path: String { folder?.path("verdicts.sqlite") ?? "" }

  private func record(
    _ index: Int, _ verdict: RobustnessVerdict = .certified, by method: VerificationStage? = .ibp,
    upper: Double? = -0.5, reason: UndecidedReason? = nil, timeout: Double = 10, witness: [Double] = []
  ) -> CertificationRecord {
    var stage = StageRecord(.ibp)
    stage.decided = verdict == .certified ? 9 : 0
    stage.seconds = 0.25
    return CertificationRecord(
      index: index, label: 3, predicted: verdict == .misclassified ? 4 : 3, verdict: verdict, method: method,
      lower: -1 / 3, adversarialClass: 5, upper: upper, reason: reason,
      stages: verdict == .misclassified ? [] : [stage], seconds: 0.5, timeout: timeout, witness: witness)
  }

  @Test func `rows come back as they were, in the order of their samples`() throws {
    let rows = [
      record(7, .falsified, by: .attack, upper: nil, witness: [0.1, -0.0, .leastNonzeroMagnitude]),
      record(2, .misclassified, by: nil, upper: nil), record(3),
      record(0, .undecided, by: nil, upper: .greatestFiniteMagnitude, reason: .numerical),
    ]
    let store = try CertificationStore.open(path, identity: Examples.identity)
    for row in rows { try store.append(row) }
    #expect(try store.records() == rows.sorted { $0.index < $1.index })
    #expect(try store.records(witnesses: false).last?.witness.isEmpty == true)
    #expect(throws: StoreError.duplicateSample(path: path, index: 3)) { try store.append(record(3, timeout: 99)) }
  }

  @Test func `a sample that overflows comes back, and is not tried again`() throws {
    do { try CertificationStore.open(path, identity: Examples.identity).append(record(1)) }
    // In format 1 there is always a class on top, and one that the margin is of.
    try OlderFormat.restore(
      path,
      columns: """
        position INTEGER PRIMARY KEY, label INTEGER NOT NULL, predicted INTEGER NOT NULL, verdict TEXT NOT NULL,
        method TEXT, lower REAL NOT NULL, class INTEGER NOT NULL, upper REAL, reason TEXT, seconds REAL NOT NULL,
        timeout REAL NOT NULL, witness BLOB NOT NULL
        """, forgetting: ["2"], version: 1)
    #expect(try CertificationStore.openForReading(path).records() == [record(1)])
    let store = try CertificationStore.open(path, identity: Examples.identity)
    var overflowed = record(2, .undecided, by: nil, upper: nil, reason: .overflow)
    (overflowed.predicted, overflowed.adversarialClass, overflowed.lower) = (nil, nil, -.infinity)
    try store.append(overflowed)
    #expect(try store.records() == [record(1), overflowed])
    #expect(try store.completedIndices(timeout: 1e9) == [1, 2])
  }

  @Test func `what was left undecided for want of time is tried again with more of it, nothing else`() throws {
    let store = try CertificationStore.open(path, identity: Examples.identity)
    try store.append(record(1))
    try store.append(record(2, .undecided, by: nil, reason: .timeLimit, timeout: 10))
    try store.append(record(3, .undecided, by: nil, reason: .numerical, timeout: 10))
    #expect(try store.completedIndices(timeout: 10) == [1, 2, 3])
    #expect(try store.completedIndices(timeout: 11) == [1, 3])
    #expect(throws: StoreError.duplicateSample(path: path, index: 2)) {
      try store.append(record(2, .undecided, by: nil, reason: .timeLimit, timeout: 10))
    }
    try store.append(record(2, .undecided, by: nil, reason: .timeLimit, timeout: 11))
    #expect(try store.records()[1].timeout == 11)
    // An answer is welcome, however fast.
    try store.append(record(2, timeout: 5))
    #expect(try store.records().map(\.verdict) == [.certified, .certified, .undecided])
    #expect(try store.records()[1].stages.count == 1)
  }

  @Test func `a study's store and a certification's are not taken for each other`() throws {
    do {
      let store = try StudyStore.open(path, identity: Examples.identity)
      try store.append(Examples.record(1))
    }
    #expect(StoreKind(ofFile: path) == .study)
    let wrong = StoreError.notAStore(path: path, reason: "it holds a study, not a certification")
    #expect(throws: wrong) { _ = try CertificationStore.open(path, identity: Examples.identity) }
    #expect(throws: wrong) { _ = try CertificationStore.openForReading(path) }
    let other = try #require(folder).path("other.sqlite")
    _ = try CertificationStore.open(other, identity: Examples.identity)
    #expect(StoreKind(ofFile: other) == .certification)
    #expect(StoreKind(ofFile: "/dev/null") == nil && StoreKind(ofFile: path + "x") == nil)
  }

  @Test func `parts join into one store, and only parts of the same question`() throws {
    let folder = try #require(folder)
    func part(_ name: String, _ indices: [Int], epsilon: Double = 0.05) throws -> CertificationStore {
      var identity = Examples.identity
      identity.epsilon = epsilon
      let store = try CertificationStore.open(folder.path(name), identity: identity)
      for index in indices { try store.append(record(index)) }
      return store
    }
    let whole = try part("all.sqlite", [])
    #expect(try whole.absorb(try part("a.sqlite", [0, 2])) == 2)
    #expect(try whole.absorb(try part("b.sqlite", [1, 2, 3])) == 2)
    #expect(try whole.records().map(\.index) == [0, 1, 2, 3])
    #expect(throws: StoreError.self) { _ = try whole.absorb(try part("c.sqlite", [4], epsilon: 0.06)) }
    let wrong = try part("d.sqlite", [4])
    try wrong.append(record(3, .falsified, by: .attack))
    #expect(throws: StoreError.contradiction(path: folder.path("d.sqlite"), index: 3)) { _ = try whole.absorb(wrong) }
    #expect(try whole.records().count == 4)
  }

  @Test func `accuracies and stages are counted`() {
    let summary = CertificationSummary([
      record(0), record(1, .misclassified, by: nil), record(2, .falsified, by: .attack),
      record(3, .falsified, by: .activationSplitting), record(4, .undecided, by: nil, reason: .timeLimit),
    ])
    #expect(summary.samples == 5 && summary.correct == 4 && summary.withstoodAttack == 3)
    #expect(summary.certified == 1 && summary.falsified == 2 && summary.undecided == 1)
    var overflowed = record(5, .undecided, by: nil, reason: .overflow)
    overflowed.predicted = nil
    let more = CertificationSummary([record(0), overflowed])
    #expect(more.correct == 1 && more.withstoodAttack == 1 && more.undecided == 1 && more.overflowed == 1)
    #expect(summary.stages.map(\.name) == [.ibp, .attack, .activationSplitting])
    #expect(summary.stages.map(\.certified) == [1, 0, 0] && summary.stages.map(\.falsified) == [0, 1, 1])
    #expect(summary.stages[0].reached == 4 && summary.stages[0].seconds == 1)
    let nothing = CertificationTable.text(CertificationSummary([]))
    #expect(nothing.hasPrefix("0 samples"))
  }

  @Test func `shards are disjoint and together everything`() throws {
    for text in ["0/3", "4/3", "1", "a/2", "1/0", "-1/2", "1/2/3", "1/", ""] { #expect(Shard(parsing: text) == nil) }
    let shards = try (1...3).map { try #require(Shard(parsing: "\($0)/3")) }
    #expect(shards.map { $0.select(Array(0..<8)) } == [[0, 3, 6], [1, 4, 7], [2, 5]])
  }
}
