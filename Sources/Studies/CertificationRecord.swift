import Foundation
import GRDB
import Verification

/// One sample's verdict, as it is stored.
public struct CertificationRecord: Hashable, Sendable {
  /// The sample's position in its data set, and its label there.
  public var index, label: Int
  /// The class with the largest output at the sample itself; nil where the outputs overflow.
  public var predicted: Int?
  /// The verdict.
  public var verdict: RobustnessVerdict
  /// The stage that decided it; nil where none had to, or none could.
  public var method: VerificationStage?
  /// A margin that a concrete input attains: the counterexample, or else the sample itself; −∞ where its outputs
  /// overflow.
  public var lower: Double
  /// The class whose margin attains `lower`, if there is one.
  public var adversarialClass: Int?
  /// A margin that no input of the region exceeds; nil where none was computed, or a search showed only that all are
  /// below zero.
  public var upper: Double?
  /// Why the sample was not decided.
  public var reason: UndecidedReason?
  /// The stages that worked on it.
  public var stages: [StageRecord]
  /// Seconds that it took, and that it might have taken.
  public var seconds, timeout: Double
  /// The counterexample; empty without one.
  public var witness: [Double]

  /// The record of a result.
  ///
  /// - Parameter timeout: the seconds that it might have taken.
  public init(index: Int, label: Int, timeout: Double, _ result: CertificationResult) {
    self.index = index
    self.label = label
    predicted = result.predicted
    verdict = result.verdict
    method = result.decidedBy
    lower = result.lower?.margin ?? -.infinity
    adversarialClass = result.lower?.adversarialClass
    upper = result.upper
    reason = result.reason
    stages = result.stages
    seconds = result.seconds
    self.timeout = timeout
    witness = result.verdict == .falsified ? result.lower?.input ?? [] : []
  }

  /// A record of what was stored, or of an example.
  init(
    index: Int, label: Int, predicted: Int?, verdict: RobustnessVerdict, method: VerificationStage?, lower: Double,
    adversarialClass: Int?, upper: Double?, reason: UndecidedReason?, stages: [StageRecord], seconds: Double,
    timeout: Double, witness: [Double]
  ) {
    self.index = index
    self.label = label
    self.predicted = predicted
    self.verdict = verdict
    self.method = method
    self.lower = lower
    self.adversarialClass = adversarialClass
    self.upper = upper
    self.reason = reason
    self.stages = stages
    self.seconds = seconds
    self.timeout = timeout
    self.witness = witness
  }

  /// Parts that searches bounded.
  public var nodes: Int { stages.reduce(0) { $0 + $1.nodes } }
}

/// The store of a certification: a verdict for each sample.
public typealias CertificationStore = ResultStore<CertificationRecord>

extension CertificationRecord: StoredRow {
  public static var schema: StoreSchema {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1") { db in
      try db.execute(
        sql: StoreSchema.identityTable + """
          CREATE TABLE sample (
            position INTEGER PRIMARY KEY,
            label INTEGER NOT NULL,
            predicted INTEGER NOT NULL,
            verdict TEXT NOT NULL,
            method TEXT,
            lower REAL NOT NULL,
            class INTEGER NOT NULL,
            upper REAL,
            reason TEXT,
            seconds REAL NOT NULL,
            timeout REAL NOT NULL,
            witness BLOB NOT NULL
          ) STRICT;
          CREATE TABLE stage (
            sample INTEGER NOT NULL REFERENCES sample (position),
            stage TEXT NOT NULL,
            decided INTEGER NOT NULL,
            nodes INTEGER NOT NULL,
            seconds REAL NOT NULL,
            PRIMARY KEY (sample, stage)
          ) STRICT, WITHOUT ROWID;
          PRAGMA user_version = 1;
          """)
    }
    // Where outputs overflow there is no class on top, and none that a margin is of.
    migrator.registerMigration("2") { db in
      try db.execute(
        sql: """
          CREATE TABLE sample_2 (
            position INTEGER PRIMARY KEY,
            label INTEGER NOT NULL,
            predicted INTEGER,
            verdict TEXT NOT NULL,
            method TEXT,
            lower REAL NOT NULL,
            class INTEGER,
            upper REAL,
            reason TEXT,
            seconds REAL NOT NULL,
            timeout REAL NOT NULL,
            witness BLOB NOT NULL
          ) STRICT;
          INSERT INTO sample_2 SELECT position, label, predicted, verdict, method, lower, class, upper, reason, seconds,
            timeout, witness FROM sample;
          DROP TABLE sample;
          ALTER TABLE sample_2 RENAME TO sample;
          PRAGMA user_version = 2;
          """)
    }
    return StoreSchema(kind: .certification, version: 2, oldestVersion: 1, migrator: migrator)
  }

  public var isUnfinished: Bool { verdict == .undecided && reason == .timeLimit }
  public static let unfinishedRows = "verdict = 'undecided' AND reason = 'timeLimit'"
  public static let attachments = ["stage"]

  public func contradicts(_ other: CertificationRecord) -> Bool {
    verdict != other.verdict && verdict != .undecided && other.verdict != .undecided
  }

  public func insert(_ db: Database) throws {
    try db.cachedStatement(
      sql: """
        INSERT INTO sample (position, label, predicted, verdict, method, lower, class, upper, reason, seconds, timeout,
          witness)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """
    ).execute(arguments: [
      index, label, predicted, verdict.rawValue, method?.rawValue, lower, adversarialClass, upper, reason?.rawValue,
      seconds, timeout, Self.blob(of: witness),
    ])
    let statement = try db.cachedStatement(
      sql: "INSERT INTO stage (sample, stage, decided, nodes, seconds) VALUES (?, ?, ?, ?, ?)")
    for stage in stages {
      try statement.execute(arguments: [index, stage.stage.rawValue, stage.decided, stage.nodes, stage.seconds])
    }
  }

  public static func readAll(_ db: Database, path: String, witnesses: Bool) throws -> [CertificationRecord] {
    /// A word of ours, or the complaint that it is none.
    func word<Word: RawRepresentable<String>>(_ text: String, _: Word.Type, _ index: Int) throws -> Word {
      guard let word = Word(rawValue: text) else {
        throw StoreError.damaged(path: path, reason: "sample \(index) has the word \(text)")
      }
      return word
    }
    var stages: [Int: [StageRecord]] = [:]
    for row in try Row.fetchAll(db, sql: "SELECT * FROM stage") {
      let index: Int = row["sample"]
      var record = StageRecord(try word(row["stage"], VerificationStage.self, index))
      record.decided = row["decided"]
      record.nodes = row["nodes"]
      record.seconds = row["seconds"]
      stages[index, default: []].append(record)
    }
    let columns = "position, label, predicted, verdict, method, lower, class, upper, reason, seconds, timeout"
    let rows = try Row.fetchCursor(
      db, sql: "SELECT \(columns)\(witnesses ? ", witness" : "") FROM sample ORDER BY position")
    var records: [CertificationRecord] = []
    while let row = try rows.next() {
      let index: Int = row["position"]
      guard let witness = witnesses ? doubles(of: row["witness"]) : [] else {
        throw StoreError.damaged(path: path, reason: "the witness of sample \(index) is not a list of doubles")
      }
      let (method, reason): (String?, String?) = (row["method"], row["reason"])
      records.append(
        CertificationRecord(
          index: index, label: row["label"], predicted: row["predicted"],
          verdict: try word(row["verdict"], RobustnessVerdict.self, index),
          method: try method.map { try word($0, VerificationStage.self, index) }, lower: row["lower"],
          adversarialClass: row["class"], upper: row["upper"],
          reason: try reason.map { try word($0, UndecidedReason.self, index) },
          stages: PropertyCascade.boundsFirst.order.compactMap { name in stages[index]?.first { $0.stage == name } },
          seconds: row["seconds"],
          timeout: row["timeout"], witness: witness))
    }
    return records
  }
}
