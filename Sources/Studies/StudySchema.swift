import GRDB

/// The tables of a study's file, and the steps that bring an older file up to date.
///
/// The file is plain SQLite, for anybody to query. Doubles are stored as `REAL`; infinities are kept by SQLite as
/// they are, and NaN, which SQLite has no value for, is `NULL` in columns that have no other use for it.
enum StudySchema {
  /// Marks a file as ours: the bytes `WCst`, in SQLite's header.
  static let applicationID = 0x5743_7374
  /// The version that this code writes, kept as `user_version`.
  static let version = 2

  /// The oldest version that is read. In version 1 an upper end could rest on a solver's word, and tolerances had another
  /// meaning: such rows are never mixed with ours.
  static let oldestVersion = 2

  /// The steps, in order. A step that has been released is never changed; a new one is appended.
  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("2") { db in
      try db.execute(
        sql: """
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
          CREATE TABLE sample (
            position INTEGER PRIMARY KEY,
            label INTEGER NOT NULL,
            predicted INTEGER NOT NULL,
            lower REAL,
            upper REAL,
            class INTEGER NOT NULL,
            status TEXT NOT NULL,
            reason TEXT,
            unstable INTEGER NOT NULL,
            seconds REAL,
            witness BLOB NOT NULL
          ) STRICT;
          CREATE TABLE estimate (
            sample INTEGER NOT NULL REFERENCES sample (position),
            method TEXT NOT NULL,
            value REAL,
            seconds REAL,
            PRIMARY KEY (sample, method)
          ) STRICT, WITHOUT ROWID;
          PRAGMA user_version = 2;
          """)
    }
    return migrator
  }
}
