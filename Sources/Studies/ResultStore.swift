import Files
import Foundation
import GRDB

/// The file of a study, or of anything else that runs over a data set: what was asked, and one row for each sample as
/// soon as it is known.
///
/// A sample that ``append(_:)`` has returned from is on the disk: SQLite's rollback journal with `synchronous = EXTRA`
/// loses nothing but the rows in flight, whether the process is killed or the power fails. One process writes at a
/// time; any number may read meanwhile.
public final class ResultStore<Row: StoredRow>: Sendable {
  /// The file.
  public let path: String
  /// What was asked, as stored when it began.
  public let identity: StudyIdentity
  private let database: DatabaseQueue
  /// Present in a store that may write.
  private let lock: FileLock?

  private init(path: String, identity: StudyIdentity, database: DatabaseQueue, lock: FileLock?) {
    self.path = path
    self.identity = identity
    self.database = database
    self.lock = lock
  }

  deinit {
    // The lock goes after the connection, so that the next writer never meets ours.
    try? database.close()
    withExtendedLifetime(lock) {}
  }
}

// MARK: Opening

extension ResultStore {
  /// Begins the store at `path`, or continues it if the file is there.
  ///
  /// - Parameters:
  ///   - path: the file; its folder must exist.
  ///   - identity: what is asked.
  /// - Throws: ``StoreError``, before anything is written, if the file cannot be written, is no such store, is being
  ///   written by somebody else, or answers another question: answers are never mixed.
  public static func open(_ path: String, identity: StudyIdentity) throws(StoreError) -> ResultStore {
    let location = URL(fileURLWithPath: path).resolvingSymlinksInPath()
    let folder = location.deletingLastPathComponent().path
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue else {
      throw .folderMissing(path: path, folder: folder)
    }
    guard !FileManager.default.fileExists(atPath: location.path, isDirectory: &isFolder) || !isFolder.boolValue else {
      throw .notAStore(path: path, reason: "it is a folder")
    }

    let lock = try Self.lock(path)
    // Asked under the lock: what somebody else has made until now is not ours to remove.
    let existed = FileManager.default.fileExists(atPath: location.path)
    do throws(StoreError) {
      let database = try Self.translatingErrors(at: path) { () throws in
        let database = try DatabaseQueue(path: location.path, configuration: Self.configuration(readonly: false))
        try database.write { db in
          try Self.requireOurs(db, path: path, fresh: true)
          // Before anything is changed: a file that answers another question stays in its format too.
          guard try Self.version(db) > 0, let stored = try StudyIdentity.read(db, path: path) else { return }
          let differences = stored.differences(from: identity)
          guard differences.isEmpty else { throw StoreError.differs(path: path, differences) }
        }
        try Row.schema.migrator.migrate(database)
        return database
      }
      let stored = try Self.translatingErrors(at: path) { () throws in
        try database.write { db in
          if let stored = try StudyIdentity.read(db, path: path) { return stored }
          try identity.insert(db)
          return identity
        }
      }
      return ResultStore(path: path, identity: stored, database: database, lock: lock)
    } catch {
      // A file that we made and could not finish (a full disk) would only puzzle its finder.
      if !existed { try? FileManager.default.removeItem(at: location) }
      throw error
    }
  }

  /// Takes the right to write to the store.
  private static func lock(_ path: String) throws(StoreError) -> FileLock {
    do throws(FileLockError) {
      return try FileLock(for: path)
    } catch {
      switch error {
      case .held(_, let process): throw .inUse(path: path, process: process)
      case .unavailable(_, let reason): throw .notWritable(path: path, reason: reason)
      }
    }
  }

  /// Opens the store at `path` to read it; one that is being written may be read.
  ///
  /// - Throws: ``StoreError`` if there is no such file, or it is no such store that this version understands.
  public static func openForReading(_ path: String) throws(StoreError) -> ResultStore {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { throw .missing(path: path) }
    guard !isFolder.boolValue else { throw .notAStore(path: path, reason: "it is a folder") }
    return try translatingErrors(at: path) { () throws in
      let location = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
      try Self.settleJournal(of: location)
      let database = try DatabaseQueue(path: location, configuration: Self.configuration(readonly: true))
      let identity = try database.read { db in
        try Self.requireOurs(db, path: path, fresh: false)
        return try StudyIdentity.read(db, path: path)
      }
      guard let identity else { throw StoreError.notAStore(path: path, reason: "it has been begun but says nothing") }
      return ResultStore(path: path, identity: identity, database: database, lock: nil)
    }
  }

  /// Lets SQLite undo a row that a killed writer left half written, which a connection that only reads may not do.
  private static func settleJournal(of location: String) throws {
    guard FileManager.default.fileExists(atPath: location + "-journal") else { return }
    let database = try DatabaseQueue(path: location, configuration: configuration(readonly: false))
    _ = try database.read { db in try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master") }
    try database.close()
  }

  private static func configuration(readonly: Bool) -> Configuration {
    var configuration = Configuration()
    configuration.readonly = readonly
    configuration.label = Row.schema.kind.rawValue
    // Readers and the writer wait for each other; one row takes milliseconds.
    configuration.busyMode = .timeout(20)
    if !readonly {
      configuration.prepareDatabase { db in try db.execute(sql: "PRAGMA synchronous = EXTRA") }
    }
    return configuration
  }

  /// Refuses a database of another program or of a version that is not read; marks an empty one as ours if `fresh` allows.
  private static func requireOurs(_ db: Database, path: String, fresh: Bool) throws {
    let mark = try Int.fetchOne(db, sql: "PRAGMA application_id") ?? 0
    if mark != Row.schema.kind.applicationID {
      let tables = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master") ?? 0
      guard tables == 0, mark == 0 else {
        let reason = StoreKind(applicationID: mark).map {
          "it holds a \($0.rawValue), not a \(Row.schema.kind.rawValue)"
        }
        throw StoreError.notAStore(path: path, reason: reason ?? "it is an SQLite database of another program")
      }
      guard fresh else { throw StoreError.notAStore(path: path, reason: "it is empty") }
      try db.execute(sql: "PRAGMA application_id = \(Row.schema.kind.applicationID)")
    }
    let version = try version(db)
    guard version <= Row.schema.version else {
      throw StoreError.newerFormat(path: path, found: version, known: Row.schema.version)
    }
    // 0 is a file that was begun and got no tables.
    guard version > 0 || fresh else {
      throw StoreError.notAStore(path: path, reason: "it has been begun but says nothing")
    }
    guard version == 0 || version >= Row.schema.oldestVersion else {
      throw StoreError.olderFormat(path: path, found: version, oldest: Row.schema.oldestVersion)
    }
  }

  /// The file's format; 0 before it has any table.
  private static func version(_ db: Database) throws -> Int { try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0 }

  /// Gives SQLite's errors our names.
  fileprivate static func translatingErrors<Value>(
    at path: String, _ body: () throws -> Value
  ) throws(StoreError) -> Value {
    do {
      return try body()
    } catch let error as StoreError {
      throw error
    } catch let error as DatabaseError {
      let reason = error.message ?? "\(error.resultCode)"
      switch error.resultCode {
      case .SQLITE_NOTADB: throw .notAStore(path: path, reason: "SQLite does not know its format")
      case .SQLITE_CORRUPT: throw .damaged(path: path, reason: reason)
      case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_AUTH:
        throw .notWritable(path: path, reason: reason)
      case .SQLITE_BUSY, .SQLITE_LOCKED: throw .inUse(path: path, process: nil)
      default: throw .failed(path: path, reason: reason)
      }
    } catch {
      throw .failed(path: path, reason: "\(error)")
    }
  }
}

// MARK: Rows

extension ResultStore {
  /// Stores one sample's row, at once or not at all.
  ///
  /// When it returns, the row is on the disk.
  ///
  /// - Precondition: the store was opened to write.
  /// - Throws: as ``append(contentsOf:)``.
  public func append(_ row: Row) throws(StoreError) { try append(contentsOf: [row]) }

  /// Stores the rows of some samples, all of them at once or none.
  ///
  /// When it returns, they are on the disk, for which it waited once.
  ///
  /// - Precondition: the store was opened to write.
  /// - Throws: ``StoreError/duplicateSample(path:index:)`` if a sample has a row already that this one may not replace,
  ///   or what SQLite refuses, a full disk for one; the rows stored before are safe.
  public func append(contentsOf rows: [Row]) throws(StoreError) {
    precondition(lock != nil, "The store \(path) was opened to be read")
    try Self.translatingErrors(at: path) { () throws in
      try database.write { db in
        for row in rows {
          guard try row.makeRoom(db) else { throw StoreError.duplicateSample(path: path, index: row.index) }
          try row.insert(db)
        }
      }
    }
  }

  /// The samples that need no more work; whoever continues leaves them out.
  ///
  /// - Parameter timeout: seconds that each sample may take now.
  public func completedIndices(timeout: Double = .infinity) throws(StoreError) -> Set<Int> {
    try Self.translatingErrors(at: path) { () throws in
      try database.read { db in try Row.settledIndices(db, timeout: timeout) }
    }
  }

  /// All rows in the order of their samples' indices.
  ///
  /// - Parameter witnesses: whether to read witnesses and images, which are nearly all of the file; where not, there are
  ///   none.
  public func records(witnesses: Bool = true) throws(StoreError) -> [Row] {
    try Self.translatingErrors(at: path) { () throws in
      try database.read { db in try Row.readAll(db, path: path, witnesses: witnesses) }
    }
  }

  /// Takes over the rows of other stores of the same question that this one lacks, such as its shards'.
  ///
  /// - Returns: how many rows there were to take.
  /// - Throws: ``StoreError/otherQuestion(path:_:)`` or ``StoreError/contradiction(path:index:)``, before anything is
  ///   taken.
  public func absorb(_ other: ResultStore) throws(StoreError) -> Int {
    try identity.requireSame(as: other.identity, of: other.path)
    let rows = try other.records()
    let own = Dictionary(uniqueKeysWithValues: try records(witnesses: false).map { ($0.index, $0) })
    for row in rows where own[row.index].map(row.contradicts) == true {
      throw .contradiction(path: other.path, index: row.index)
    }
    return try Self.translatingErrors(at: path) { () throws in
      try database.write { db in
        try rows.reduce(0) { count, row in
          guard try row.makeRoom(db) else { return count }
          try row.insert(db)
          return count + 1
        }
      }
    }
  }
}
