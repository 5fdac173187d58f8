import Foundation
import GRDB
import Studies
import Tensors
import Testing

/// A folder that is removed with everything in it.
final class ScratchFolder {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appendingPathComponent("studies-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  func path(_ name: String) -> String { url.appendingPathComponent(name).path }

  /// The names of the files that are there.
  var contents: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []).sorted() }
}

enum Examples {
  static let identity = StudyIdentity(
    toolVersion: "0.1.0", created: Date(timeIntervalSince1970: 1_700_000_000.4),
    command: ["worstcase", "study", "a b.onnx"],
    settings: #"{"attack": {"steps": 50, "restarts": 3}, "seed": 1}"#,
    model: .init(name: "/models/cnn3 \"x\".onnx", digest: "ab12"), modelBytes: 1234,
    dataset: .init(name: "mnist", digest: "cd34"), epsilon: 0.05,
    machine: Machine(processor: "A processor", cores: 2, kernels: "Haswell"))

  static func record(
    _ index: Int, lower: Double = -1, upper: Double = -1, estimates: [String: Double] = ["IBP": 0.5],
    witness: [Double] = [0.25, 1]
  ) -> SampleRecord {
    SampleRecord(
      index: index, label: 3, predicted: 3, lower: lower, upper: upper, adversarialClass: 5,
      status: lower == upper ? .exact : .bracket, reason: lower == upper ? nil : "time", estimates: estimates,
      estimateSeconds: estimates.mapValues { _ in 0.125 }, unstable: 17, seconds: 1.5, timeout: 10, witness: witness)
  }
}

@Suite struct StudyStoreTests {
  let folder = try? ScratchFolder()
  var path: String { folder?.path("study.sqlite") ?? "" }

  @Test func rowsComeBackAsTheyWere() throws {
    let extremes = [
      0.1, -0.0, .infinity, -.infinity, .nan, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 1 / 3, .pi,
    ]
    let records = [
      Examples.record(7, lower: -.infinity, upper: .infinity, estimates: [:], witness: []),
      Examples.record(2, lower: -1 / 3, upper: .greatestFiniteMagnitude, estimates: ["b": .infinity, "a": 1 / 3]),
      Examples.record(0, estimates: ["IBP": .leastNonzeroMagnitude, "naïve “x”": -0.1], witness: extremes),
    ]
    do {
      let store = try StudyStore.open(path, identity: Examples.identity)
      for record in records { try store.append(record) }
      #expect(try store.completedIndices() == [0, 2, 7])
    }
    let store = try StudyStore.openForReading(path)
    #expect(store.identity == Examples.identity)
    let read = try store.records()
    #expect(read.map(\.index) == [0, 2, 7])
    #expect(read[1] == records[1])
    #expect(read[2] == records[0])
    #expect(read[0].estimates == records[2].estimates)
    #expect(read[0].witness.map(\.bitPattern) == extremes.map(\.bitPattern))
    #expect(try store.records(witnesses: false)[0].witness.isEmpty)
  }

  @Test func notANumberComesBack() throws {
    let store = try StudyStore.open(path, identity: Examples.identity)
    try store.append(Examples.record(1, lower: .nan, upper: .nan, estimates: ["IBP": .nan]))
    let read = try store.records()
    #expect(read[0].lower.isNaN)
    #expect(read[0].upper.isNaN)
    #expect(read[0].estimates["IBP"]?.isNaN == true)
  }

  @Test func continues() throws {
    do {
      let store = try StudyStore.open(path, identity: Examples.identity)
      try store.append(Examples.record(4))
    }
    // Neither the layout of the settings, nor where and when, makes it another study.
    var later = Examples.identity
    later.settings = #"{"seed":1,"attack":{"restarts":3,"steps":50}}"#
    later.created = Date()
    later.command = ["other"]
    later.model.name = "elsewhere.onnx"
    later.machine.cores = 64
    let store = try StudyStore.open(path, identity: later)
    #expect(store.identity == Examples.identity)
    #expect(try store.completedIndices() == [4])
    #expect(throws: StoreError.duplicateSample(path: path, index: 4)) { try store.append(Examples.record(4)) }
    try store.append(Examples.record(5))
    #expect(try store.completedIndices() == [4, 5])
  }

  @Test func triesAgainWhatHadTooLittleTime() throws {
    func open(_ index: Int, reason: String, timeout: Double) -> SampleRecord {
      var record = Examples.record(index, lower: -2, upper: -1)
      (record.reason, record.timeout) = (reason, timeout)
      return record
    }
    let store = try StudyStore.open(path, identity: Examples.identity)
    for record in [
      Examples.record(1), open(2, reason: "timeLimit", timeout: 10), open(3, reason: "tolerance", timeout: 10),
    ] { try store.append(record) }
    #expect(try store.completedIndices(timeout: 10) == [1, 2, 3])
    #expect(try store.completedIndices(timeout: 20) == [1, 3])
    #expect(throws: StoreError.duplicateSample(path: path, index: 2)) {
      try store.append(open(2, reason: "timeLimit", timeout: 10))
    }
    #expect(throws: StoreError.duplicateSample(path: path, index: 3)) {
      try store.append(open(3, reason: "tolerance", timeout: 20))
    }
    var longer = Examples.record(2, estimates: ["PGD": 1])
    longer.timeout = 20
    try store.append(longer)
    #expect(try store.records()[1] == longer)
  }

  @Test func takesOverAnOlderFile() throws {
    // What format 2 looks like: the time limit stands in the settings.
    var old = Examples.identity
    old.settings = #"{"exact":{"seed":1,"timeout":7.5},"epsilon":0.05}"#
    do {
      let store = try StudyStore.open(path, identity: old)
      try store.append(Examples.record(4))
    }
    let database = try DatabaseQueue(path: path)
    try database.write { db in
      try db.execute(
        sql: "ALTER TABLE sample DROP COLUMN timeout; DELETE FROM grdb_migrations WHERE identifier IN ('3', '4', '5'); "
          + "DROP TABLE image; PRAGMA user_version = 2")
    }
    try database.close()
    #expect(try StudyStore.openForReading(path).records().map(\.timeout) == [7.5])
    var now = Examples.identity
    now.settings = #"{"epsilon":0.05,"exact":{"seed":1}}"#
    let store = try StudyStore.open(path, identity: now)
    #expect(try store.records().map(\.timeout) == [7.5])
    #expect(store.identity.differences(from: now).isEmpty)
    var pictured = Examples.record(5)
    pictured.image = StoredImage([0.2, 0.7], shape: try Shape([1, 1, 2]), range: 0...1)
    try store.append(pictured)
    #expect(try store.records().map(\.image?.bytes) == [nil, [51, 179]])
  }

  @Test func takesSamplesWithoutAValueIntoAnOlderFile() throws {
    do { try StudyStore.open(path, identity: Examples.identity).append(Examples.record(4)) }
    // In format 4 there is always a class on top, one that the margin is of, and a count of ReLUs.
    try OlderFormat.restore(
      path,
      columns: """
        position INTEGER PRIMARY KEY, label INTEGER NOT NULL, predicted INTEGER NOT NULL, lower REAL, upper REAL,
        class INTEGER NOT NULL, status TEXT NOT NULL, reason TEXT, unstable INTEGER NOT NULL, seconds REAL, timeout REAL,
        witness BLOB NOT NULL
        """, forgetting: ["5"], version: 4)
    #expect(try StudyStore.openForReading(path).records() == [Examples.record(4)])
    let store = try StudyStore.open(path, identity: Examples.identity)
    let overflowed = SampleRecord(withoutValue: 5, label: 3, seconds: 0.5, timeout: 10)
    try store.append(overflowed)
    #expect(try store.records() == [Examples.record(4), overflowed])
    #expect(!overflowed.hasValue && overflowed.predicted == nil)
    // More time gives it no value.
    #expect(try store.completedIndices(timeout: 1e9) == [4, 5])
  }

  @Test func keepsImages() throws {
    let shape = try Shape([3, 1, 2])
    var record = Examples.record(3)
    record.image = StoredImage([-1, 0, 1, 0.5, 7, -7], shape: shape, range: -1...1)
    #expect(record.image?.bytes == [0, 128, 255, 191, 255, 0])
    #expect(StoredImage([0, 1], shape: Shape(vector: 2), range: 0...1) == nil)
    #expect(StoredImage([0, .nan], shape: try Shape([1, 1, 2]), range: 0...1) == nil)
    #expect(record.image?.drawnAlike([0]) == nil)
    let store = try StudyStore.open(path, identity: Examples.identity)
    try store.append(record)
    #expect(try store.records() == [record])
    #expect(try store.records(witnesses: false) == [record.withoutWitness])
    let database = try DatabaseQueue(path: path)
    try database.write { db in try db.execute(sql: "UPDATE image SET height = 4611686018427387904") }
    try database.close()
    #expect(throws: StoreError.self) { try store.records() }
  }

  @Test func refusesToMix() throws {
    _ = try StudyStore.open(path, identity: Examples.identity)
    func differences(_ change: (inout StudyIdentity) -> Void) -> [StudyIdentity.Difference] {
      var other = Examples.identity
      change(&other)
      do {
        _ = try StudyStore.open(path, identity: other)
        return []
      } catch {
        guard case .differs(_, let differences) = error else { return [] }
        return differences
      }
    }
    #expect(
      differences { $0.settings = #"{"attack": {"steps": 100, "restarts": 3}, "seed": 1, "new": []}"# } == [
        .init(field: "settings.attack.steps", stored: "50", requested: "100"),
        .init(field: "settings.new", stored: "nothing", requested: "[]"),
      ])
    #expect(differences { $0.epsilon = 0.1 } == [.init(field: "epsilon", stored: "0.05", requested: "0.1")])
    #expect(differences { $0.model.digest = "ff" }.map(\.field) == ["model digest"])
    #expect(differences { $0.dataset.digest = "ff" }.map(\.field) == ["data set digest"])
    #expect(differences { $0.dataset.name = "x" }.map(\.field) == ["data set"])
    #expect(differences { $0.toolVersion = "9" }.map(\.field) == ["tool version"])
    #expect(differences { $0.settings = "not JSON" }.isEmpty == false)
    let sentence = StoreError.differs(path: "s", differences { $0.epsilon = 0.1 }).description
    #expect(sentence.contains("epsilon is 0.05 there and 0.1 here"))
  }

  @Test func oneWriterAtATime() throws {
    let first = try StudyStore.open(path, identity: Examples.identity)
    #expect(throws: StoreError.inUse(path: path, process: "\(getpid())")) {
      _ = try StudyStore.open(path, identity: Examples.identity)
    }
    // The same file under another name is the same file.
    let alias = try #require(folder).path("alias.sqlite")
    try FileManager.default.createSymbolicLink(atPath: alias, withDestinationPath: path)
    #expect(throws: StoreError.inUse(path: alias, process: "\(getpid())")) {
      _ = try StudyStore.open(alias, identity: Examples.identity)
    }
    try first.append(Examples.record(1))
    #expect(try StudyStore.openForReading(path).records().count == 1)
  }

  @Test func leavesNothingButTheFile() throws {
    do {
      let store = try StudyStore.open(path, identity: Examples.identity)
      try store.append(Examples.record(1))
    }
    #expect(folder?.contents == ["study.sqlite"])
  }

  @Test func aLockLeftBehindIsNoHindrance() throws {
    try "99999\n".write(toFile: path + ".lock", atomically: true, encoding: .utf8)
    let store = try StudyStore.open(path, identity: Examples.identity)
    #expect(try store.records().isEmpty)
  }

  @Test func refusesWhatIsNoStudy() throws {
    let folder = try #require(folder)
    #expect(throws: StoreError.missing(path: path)) { _ = try StudyStore.openForReading(path) }
    let lost = folder.path("no/such/study.sqlite")
    #expect(throws: StoreError.folderMissing(path: lost, folder: folder.path("no/such"))) {
      _ = try StudyStore.open(lost, identity: Examples.identity)
    }
    #expect(throws: StoreError.notAStore(path: folder.url.path, reason: "it is a folder")) {
      _ = try StudyStore.open(folder.url.path, identity: Examples.identity)
    }

    let text = String(repeating: "some notes of mine\n", count: 100)
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    for open in [{ try StudyStore.open(path, identity: Examples.identity) }, { try StudyStore.openForReading(path) }] {
      #expect(throws: StoreError.notAStore(path: path, reason: "SQLite does not know its format")) { _ = try open() }
    }
    #expect(try String(contentsOfFile: path, encoding: .utf8) == text)

    let other = folder.path("other.sqlite")
    try DatabaseQueue(path: other).write { db in try db.execute(sql: "CREATE TABLE mine (x)") }
    let before = try Data(contentsOf: URL(fileURLWithPath: other))
    for open in [{ try StudyStore.open(other, identity: Examples.identity) }, { try StudyStore.openForReading(other) }]
    {
      #expect(throws: StoreError.notAStore(path: other, reason: "it is an SQLite database of another program")) {
        _ = try open()
      }
    }
    #expect(try Data(contentsOf: URL(fileURLWithPath: other)) == before)
    #expect(folder.contents == ["other.sqlite", "study.sqlite"])
  }

  @Test func refusesALaterFormat() throws {
    _ = try StudyStore.open(path, identity: Examples.identity)
    try DatabaseQueue(path: path).write { db in try db.execute(sql: "PRAGMA user_version = 12") }
    for open in [{ try StudyStore.open(path, identity: Examples.identity) }, { try StudyStore.openForReading(path) }] {
      #expect(throws: StoreError.newerFormat(path: path, found: 12, known: 5)) { _ = try open() }
    }
  }

  @Test func refusesAnEarlierFormat() throws {
    _ = try StudyStore.open(path, identity: Examples.identity)
    try DatabaseQueue(path: path).write { db in
      try db.execute(sql: "ALTER TABLE sample ADD COLUMN evidence TEXT; PRAGMA user_version = 1")
    }
    let before = try Data(contentsOf: URL(fileURLWithPath: path))
    for open in [{ try StudyStore.open(path, identity: Examples.identity) }, { try StudyStore.openForReading(path) }] {
      #expect(throws: StoreError.olderFormat(path: path, found: 1, oldest: 2)) { _ = try open() }
    }
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
  }

  @Test func refusesWhereItCannotWrite() throws {
    // No user may create files there, so that this also holds for the superuser.
    do {
      _ = try StudyStore.open("/proc/study.sqlite", identity: Examples.identity)
      Issue.record("A study in /proc")
    } catch {
      guard case .notWritable(let path, _) = error else {
        Issue.record("\(error)")
        return
      }
      #expect(path == "/proc/study.sqlite")
    }
  }

  @Test(.enabled(if: getuid() != 0, "the superuser may write to a read-only file"))
  func refusesAReadOnlyFile() throws {
    _ = try StudyStore.open(path, identity: Examples.identity)
    try FileManager.default.setAttributes([.posixPermissions: 0o444], ofItemAtPath: path)
    #expect {
      _ = try StudyStore.open(path, identity: Examples.identity)
    } throws: { error in
      if case StoreError.notWritable = error { true } else { false }
    }
    #expect(try StudyStore.openForReading(path).records().isEmpty)
  }

  /// What a process that was killed in the middle of a row leaves: pages written, and the journal to undo them.
  @Test func aHalfWrittenRowIsUndone() throws {
    let folder = try #require(folder)
    do {
      let store = try StudyStore.open(path, identity: Examples.identity)
      for i in 0..<20 { try store.append(Examples.record(i, witness: Array(repeating: 0.5, count: 1000))) }
    }
    var configuration = Configuration()
    configuration.prepareDatabase { db in try db.execute(sql: "PRAGMA cache_size = 1; PRAGMA cache_spill = 1") }
    let database = try DatabaseQueue(path: path, configuration: configuration)
    let copies = ["written.sqlite", "read.sqlite"]
    try database.writeWithoutTransaction { db in
      try db.execute(sql: "BEGIN IMMEDIATE; UPDATE sample SET lower = 99; UPDATE sample SET witness = zeroblob(8000)")
      for copy in copies {
        try FileManager.default.copyItem(atPath: path, toPath: folder.path(copy))
        try FileManager.default.copyItem(atPath: path + "-journal", toPath: folder.path(copy + "-journal"))
      }
      try db.execute(sql: "ROLLBACK")
    }
    let resumed = try StudyStore.open(folder.path(copies[0]), identity: Examples.identity)
    let read = try StudyStore.openForReading(folder.path(copies[1]))
    for store in [resumed, read] {
      let records = try store.records()
      #expect(records.count == 20)
      #expect(records.allSatisfy { $0.lower == -1 && $0.witness[999] == 0.5 })
    }
  }

  @Test func damageIsNamed() throws {
    _ = try StudyStore.open(path, identity: Examples.identity)
    let database = try DatabaseQueue(path: path)
    try database.write { db in
      try db.execute(
        sql: "INSERT INTO sample VALUES (3, 0, 0, 0, 0, 0, 'odd', NULL, 0, 0, 10, x'00')")
    }
    let store = try StudyStore.openForReading(path)
    #expect(throws: StoreError.damaged(path: path, reason: "sample 3 has the status odd")) { _ = try store.records() }
    try database.write { db in try db.execute(sql: "UPDATE sample SET status = 'exact'") }
    #expect(throws: StoreError.self) { _ = try store.records() }
    #expect(try store.records(witnesses: false).count == 1)
  }
}
