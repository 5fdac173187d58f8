import GRDB

/// The store of a study: an exact bracket and estimates for each sample.
public typealias StudyStore = ResultStore<SampleRecord>

extension SampleRecord {
  public static var schema: StoreSchema {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("2") { db in
      try db.execute(
        sql: StoreSchema.identityTable + """
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
    // The time limit belongs to the samples, which may have had different ones; it stood in the settings.
    migrator.registerMigration("3") { db in
      try db.execute(
        sql: """
          ALTER TABLE sample ADD COLUMN timeout REAL;
          UPDATE sample SET timeout = (SELECT json_extract(settings, '$.exact.timeout') FROM study);
          PRAGMA user_version = 3;
          """)
    }
    migrator.registerMigration("4") { db in
      try db.execute(sql: StoredImage.table + "PRAGMA user_version = 4;")
    }
    // Where outputs overflow there is no class on top, none that a margin is of, and no count of ReLUs.
    migrator.registerMigration("5") { db in
      try db.execute(
        sql: """
          CREATE TABLE sample_5 (
            position INTEGER PRIMARY KEY,
            label INTEGER NOT NULL,
            predicted INTEGER,
            lower REAL,
            upper REAL,
            class INTEGER,
            status TEXT NOT NULL,
            reason TEXT,
            unstable INTEGER,
            seconds REAL,
            timeout REAL,
            witness BLOB NOT NULL
          ) STRICT;
          INSERT INTO sample_5 SELECT position, label, predicted, lower, upper, class, status, reason, unstable, seconds,
            timeout, witness FROM sample;
          DROP TABLE sample;
          ALTER TABLE sample_5 RENAME TO sample;
          PRAGMA user_version = 5;
          """)
    }
    // In version 1 an upper end could rest on a solver's word, and tolerances had another meaning: such rows are never
    // mixed with ours.
    return StoreSchema(kind: .study, version: 5, oldestVersion: 2, migrator: migrator)
  }
}
