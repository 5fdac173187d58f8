import Foundation
import GRDB
import Verification

// How identities and samples become rows of the tables of a study's schema, and rows become values again.

extension StudyIdentity {
  /// Writes the one row of `study`.
  func insert(_ db: Database) throws {
    let words = try String(decoding: JSONEncoder().encode(command), as: UTF8.self)
    try db.execute(
      sql: """
        INSERT INTO study (id, tool_version, created, command, settings, model_path, model_sha256, model_bytes,
          dataset, dataset_digest, epsilon, processor, cores, blas_kernels)
        VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        toolVersion, created.formatted(.iso8601), words, settings, model.name, model.digest, modelBytes, dataset.name,
        dataset.digest, epsilon, machine.processor, machine.cores, machine.kernels,
      ])
  }

  /// Reads the row, if it has been written.
  static func read(_ db: Database, path: String) throws -> StudyIdentity? {
    guard let row = try Row.fetchOne(db, sql: "SELECT * FROM study WHERE id = 1") else { return nil }
    let date: String = row["created"]
    let words: String = row["command"]
    guard let created = try? Date(date, strategy: .iso8601) else {
      throw StoreError.damaged(path: path, reason: "its date is \(date)")
    }
    guard let command = try? JSONDecoder().decode([String].self, from: Data(words.utf8)) else {
      throw StoreError.damaged(path: path, reason: "its command line is \(words)")
    }
    return StudyIdentity(
      toolVersion: row["tool_version"], created: created, command: command, settings: row["settings"],
      model: Source(name: row["model_path"], digest: row["model_sha256"]), modelBytes: row["model_bytes"],
      dataset: Source(name: row["dataset"], digest: row["dataset_digest"]), epsilon: row["epsilon"],
      machine: Machine(processor: row["processor"], cores: row["cores"], kernels: row["blas_kernels"]))
  }
}

extension SampleRecord: StoredRow {
  public var isUnfinished: Bool { status == .bracket && reason == OpenReason.timeLimit.rawValue }
  public static let unfinishedRows = "status = 'bracket' AND reason = '\(OpenReason.timeLimit.rawValue)'"
  public static let attachments = ["estimate", "image"]

  public func contradicts(_ other: SampleRecord) -> Bool { lower > other.upper || other.lower > upper }

  /// Writes the row of `sample` and those of `estimate` and `image`.
  ///
  /// - Precondition: every estimate has its seconds.
  public func insert(_ db: Database) throws {
    precondition(
      Set(estimates.keys) == Set(estimateSeconds.keys),
      "Sample \(index) has estimates by \(estimates.keys.sorted()) and times of \(estimateSeconds.keys.sorted())")
    try db.cachedStatement(
      sql: """
        INSERT INTO sample (position, label, predicted, lower, upper, class, status, reason, unstable,
          seconds, timeout, witness)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """
    ).execute(arguments: [
      index, label, predicted, lower, upper, adversarialClass, status.rawValue, reason, unstable, seconds,
      timeout, Self.blob(of: witness),
    ])
    let statement = try db.cachedStatement(
      sql: "INSERT INTO estimate (sample, method, value, seconds) VALUES (?, ?, ?, ?)")
    for (method, value) in estimates.sorted(by: { $0.key < $1.key }) {
      try statement.execute(arguments: [index, method, value, estimateSeconds[method]])
    }
    try image?.insert(db, sample: index)
  }

  public static func readAll(_ db: Database, path: String, witnesses: Bool) throws -> [SampleRecord] {
    var records: [SampleRecord] = []
    let images = witnesses ? try StoredImage.readAll(db, path: path) : [:]
    let estimates = try Row.fetchCursor(db, sql: "SELECT * FROM estimate ORDER BY sample, method")
    var estimate = try estimates.next()
    // Format 2, which a reader leaves as it is, has one time limit for all, with the settings.
    let limit =
      try db.columns(in: "sample").contains { $0.name == "timeout" }
      ? "timeout" : "(SELECT json_extract(settings, '$.exact.timeout') FROM study) AS timeout"
    let columns = "position, label, predicted, lower, upper, class, status, reason, unstable, seconds, \(limit)"
    let rows = try Row.fetchCursor(
      db, sql: "SELECT \(columns)\(witnesses ? ", witness" : "") FROM sample ORDER BY position")
    while let row = try rows.next() {
      let index: Int = row["position"]
      let word: String = row["status"]
      guard let status = Status(rawValue: word) else {
        throw StoreError.damaged(path: path, reason: "sample \(index) has the status \(word)")
      }
      var witness: [Double] = []
      if witnesses {
        guard let values = doubles(of: row["witness"]) else {
          throw StoreError.damaged(path: path, reason: "the witness of sample \(index) is not a list of doubles")
        }
        witness = values
      }
      var record = SampleRecord(
        index: index, label: row["label"], predicted: row["predicted"], lower: row["lower"] ?? .nan,
        upper: row["upper"] ?? .nan, adversarialClass: row["class"], status: status,
        reason: row["reason"], estimates: [:], estimateSeconds: [:], unstable: row["unstable"],
        seconds: row["seconds"] ?? .nan, timeout: row["timeout"] ?? .infinity, witness: witness, image: images[index])
      while let current = estimate, current["sample"] == index {
        let method: String = current["method"]
        record.estimates[method] = current["value"] ?? .nan
        record.estimateSeconds[method] = current["seconds"] ?? .nan
        estimate = try estimates.next()
      }
      records.append(record)
    }
    return records
  }
}
