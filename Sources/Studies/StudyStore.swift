import Foundation
import GRDB

/// One study's file: what was asked, and one row for each sample as soon as it is known.
///
/// A sample that ``append(_:)`` has returned from is on the disk: SQLite's rollback journal with `synchronous = EXTRA`
/// loses nothing but the row in flight, whether the process is killed or the power fails. One process writes at a
/// time; any number may read meanwhile.
public final class StudyStore: Sendable {
  /// The file.
  public let path: String
  /// What the study is about, as stored when it began.
  public let identity: StudyIdentity
  private let database: DatabaseQueue
  /// Present in a store that may write.
  private let lock: StudyLock?

  private init(path: String, identity: StudyIdentity, database: DatabaseQueue, lock: StudyLock?) {
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

extension StudyStore {
  /// Begins the study at `path`, or continues it if the file is there.
  ///
  /// - Parameters:
  ///   - path: the file; its folder must exist.
  ///   - identity: what the study is about.
  /// - Throws: ``StoreError``, before anything is written, if the file cannot be written, is no study, is being
  ///   written by somebody else, or holds a study of something else: a study is never mixed.
  public static func open(_ path: String, identity: StudyIdentity) throws(StoreError) -> StudyStore {
    let location = URL(fileURLWithPath: path).resolvingSymlinksInPath()
    let folder = location.deletingLastPathComponent().path
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue else {
      throw .folderMissing(path: path, folder: folder)
    }
    let existed = FileManager.default.fileExists(atPath: location.path, isDirectory: &isFolder)
    guard !existed || !isFolder.boolValue else { throw .notAStudy(path: path, reason: "it is a folder") }

    let lock = try StudyLock(forStudyAt: location.path, shownAs: path)
    do throws(StoreError) {
      let database = try Self.translatingErrors(at: path) { () throws in
        let database = try DatabaseQueue(path: location.path, configuration: Self.configuration(readonly: false))
        try database.write { db in try Self.requireOurs(db, path: path, fresh: true) }
        try StudySchema.migrator.migrate(database)
        return database
      }
      let stored = try Self.translatingErrors(at: path) { () throws in
        try database.write { db in
          if let stored = try StudyIdentity.read(db, path: path) { return stored }
          try identity.insert(db)
          return identity
        }
      }
      let differences = stored.differences(from: identity)
      guard differences.isEmpty else { throw StoreError.differs(path: path, differences) }
      return StudyStore(path: path, identity: stored, database: database, lock: lock)
    } catch {
      // A file that we made and could not finish (a full disk) would only puzzle its finder.
      if !existed { try? FileManager.default.removeItem(at: location) }
      throw error
    }
  }

  /// Opens the study at `path` to read it; a study that is being written may be read.
  ///
  /// - Throws: ``StoreError`` if there is no such file, or it is no study that this version understands.
  public static func openForReading(_ path: String) throws(StoreError) -> StudyStore {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { throw .missing(path: path) }
    guard !isFolder.boolValue else { throw .notAStudy(path: path, reason: "it is a folder") }
    return try translatingErrors(at: path) { () throws in
      let location = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
      try Self.settleJournal(of: location)
      let database = try DatabaseQueue(path: location, configuration: Self.configuration(readonly: true))
      let identity = try database.read { db in
        try Self.requireOurs(db, path: path, fresh: false)
        return try StudyIdentity.read(db, path: path)
      }
      guard let identity else { throw StoreError.notAStudy(path: path, reason: "it has been begun but says nothing") }
      return StudyStore(path: path, identity: identity, database: database, lock: nil)
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
    configuration.label = "study"
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
    if mark != StudySchema.applicationID {
      let tables = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master") ?? 0
      guard tables == 0, mark == 0 else {
        throw StoreError.notAStudy(path: path, reason: "it is an SQLite database of another program")
      }
      guard fresh else { throw StoreError.notAStudy(path: path, reason: "it is empty") }
      try db.execute(sql: "PRAGMA application_id = \(StudySchema.applicationID)")
    }
    let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
    guard version <= StudySchema.version else {
      throw StoreError.newerFormat(path: path, found: version, known: StudySchema.version)
    }
    // 0 is a file that was begun and got no tables.
    guard version == 0 || version >= StudySchema.oldestVersion else {
      throw StoreError.olderFormat(path: path, found: version, oldest: StudySchema.oldestVersion)
    }
  }

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
      case .SQLITE_NOTADB: throw .notAStudy(path: path, reason: "SQLite does not know its format")
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

// MARK: Samples

extension StudyStore {
  /// Stores one sample, with its estimates, at once or not at all.
  ///
  /// When it returns, the sample is on the disk.
  ///
  /// - Precondition: the store was opened to write, and every estimate has its seconds.
  /// - Throws: ``StoreError/duplicateSample(path:index:)`` if the sample is there already, or what SQLite refuses, a
  ///   full disk for one; the samples stored before are safe.
  public func append(_ record: SampleRecord) throws(StoreError) {
    precondition(lock != nil, "The study \(path) was opened to be read")
    precondition(
      Set(record.estimates.keys) == Set(record.estimateSeconds.keys),
      "Sample \(record.index) has estimates by \(record.estimates.keys.sorted()) and times of "
        + "\(record.estimateSeconds.keys.sorted())")
    try Self.translatingErrors(at: path) { () throws in
      try database.write { db in
        guard try !SampleRecord.isStored(record.index, db) else {
          throw StoreError.duplicateSample(path: path, index: record.index)
        }
        try record.insert(db)
      }
    }
  }

  /// The samples that are stored; a continued study leaves them out.
  public func completedIndices() throws(StoreError) -> Set<Int> {
    try Self.translatingErrors(at: path) { () throws in
      try database.read { db in try Int.fetchSet(db, sql: "SELECT position FROM sample") }
    }
  }

  /// All samples in the order of their indices.
  ///
  /// - Parameter witnesses: whether to read the witnesses, which are nearly all of the file; where not, they are empty.
  public func records(witnesses: Bool = true) throws(StoreError) -> [SampleRecord] {
    try Self.translatingErrors(at: path) { () throws in
      try database.read { db in try SampleRecord.readAll(db, path: path, witnesses: witnesses) }
    }
  }
}
