import Foundation
import GRDB

/// What a store holds.
public enum StoreKind: String, CaseIterable, Sendable {
  /// Approximation errors (``SampleRecord``).
  case study
  /// Verdicts (``CertificationRecord``).
  case certification

  /// Marks a file as such a store, in SQLite's header: the bytes `WCst` and `WCct`.
  var applicationID: Int {
    switch self {
    case .study: 0x5743_7374
    case .certification: 0x5743_6374
    }
  }

  init?(applicationID: Int) {
    guard let kind = Self.allCases.first(where: { $0.applicationID == applicationID }) else { return nil }
    self = kind
  }

  /// The kind of store that a file is by its mark; nil for any other file, or none.
  public init?(ofFile path: String) {
    // The header's application ID: four bytes from the sixty-eighth on, the great ones first.
    let resolved = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    guard
      // A pipe would have us wait for its writer.
      (try? FileManager.default.attributesOfItem(atPath: resolved))?[.type] as? FileAttributeType == .typeRegular,
      let file = FileHandle(forReadingAtPath: resolved), let header = try? file.read(upToCount: 72), header.count == 72
    else { return nil }
    self.init(applicationID: header.suffix(4).reduce(0) { $0 << 8 | Int($1) })
  }
}

/// A store's tables, and the steps that bring an older file up to date.
public struct StoreSchema {
  /// What the store holds.
  let kind: StoreKind
  /// The version that this code writes, kept as `user_version`, and the oldest that is read.
  let version, oldestVersion: Int
  /// The steps, in order. A step that has been released is never changed; a new one is appended.
  let migrator: DatabaseMigrator

  /// The table of the one ``StudyIdentity``, the same in all stores.
  static let identityTable = """
    CREATE TABLE study (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      tool_version TEXT NOT NULL,
      created TEXT NOT NULL,
      command TEXT NOT NULL,
      settings TEXT NOT NULL,
      model_path TEXT NOT NULL,
      model_sha256 TEXT NOT NULL,
      model_bytes INTEGER NOT NULL,
      dataset TEXT NOT NULL,
      dataset_digest TEXT NOT NULL,
      epsilon REAL NOT NULL,
      processor TEXT NOT NULL,
      cores INTEGER NOT NULL,
      blas_kernels TEXT NOT NULL
    ) STRICT;
    """
}

/// One sample's row in a ``ResultStore``, with what hangs on it in other tables.
///
/// Every store has a table `sample` with the sample's index as `position`. Doubles are stored as `REAL`; infinities are
/// kept by SQLite as they are, and NaN, which SQLite has no value for, is `NULL` in columns that have no other use for
/// it.
public protocol StoredRow: Sendable {
  /// The tables that such rows stand in.
  static var schema: StoreSchema { get }
  /// The sample's position in its data set.
  var index: Int { get }
  /// Seconds that the sample might have taken, in the column of that name.
  var timeout: Double { get }
  /// Whether it has no answer for want of time; and the same of a row of `sample`, in SQL.
  var isUnfinished: Bool { get }
  static var unfinishedRows: String { get }
  /// The tables whose rows hang on those of `sample`, by a column of that name.
  static var attachments: [String] { get }
  /// Whether this and another row of the same sample and question cannot both be right.
  func contradicts(_ other: Self) -> Bool
  /// Writes the row.
  func insert(_ db: Database) throws
  /// Reads every row, in the order of their positions.
  static func readAll(_ db: Database, path: String, witnesses: Bool) throws -> [Self]
}

extension StoredRow {
  /// Whether the row may be written: the sample has none, or had one without an answer, which is gone now because this
  /// one has an answer or had more time.
  func makeRoom(_ db: Database) throws -> Bool {
    let old = "position = ? AND (\(Self.unfinishedRows)) AND (NOT ? OR IFNULL(timeout, 0) < ?)"
    let arguments: StatementArguments = [index, isUnfinished, timeout]
    for table in Self.attachments {
      try db.execute(
        sql: "DELETE FROM \(table) WHERE sample IN (SELECT position FROM sample WHERE \(old))", arguments: arguments)
    }
    try db.execute(sql: "DELETE FROM sample WHERE \(old)", arguments: arguments)
    return try GRDB.Row.fetchOne(db, sql: "SELECT 1 FROM sample WHERE position = ?", arguments: [index]) == nil
  }

  /// The samples whose rows are final if each may take so many seconds.
  static func settledIndices(_ db: Database, timeout: Double) throws -> Set<Int> {
    try Int.fetchSet(
      db, sql: "SELECT position FROM sample WHERE NOT (\(unfinishedRows) AND IFNULL(timeout, 0) < ?)",
      arguments: [timeout])
  }

  /// The bytes of doubles, little end first.
  static func blob(of values: [Double]) -> Data {
    var data = Data(capacity: 8 * values.count)
    for value in values { withUnsafeBytes(of: value.bitPattern.littleEndian) { data.append(contentsOf: $0) } }
    return data
  }

  /// The doubles of bytes; nil if they are no whole number of doubles.
  static func doubles(of data: Data) -> [Double]? {
    guard data.count.isMultiple(of: 8) else { return nil }
    return data.withUnsafeBytes { bytes in
      (0..<bytes.count / 8).map { i in
        Double(bitPattern: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * i, as: UInt64.self)))
      }
    }
  }
}
