import GRDB

/// Makes a store what an earlier version of the tool wrote.
enum OlderFormat {
  /// Gives `sample` other columns and forgets the steps since.
  ///
  /// - Parameters:
  ///   - columns: the columns in the order of the present table, as that version declared them.
  ///   - steps: the steps that it did not know.
  ///   - version: its format.
  static func restore(_ path: String, columns: String, forgetting steps: [String], version: Int) throws {
    var configuration = Configuration()
    configuration.foreignKeysEnabled = false
    let database = try DatabaseQueue(path: path, configuration: configuration)
    try database.write { db in
      try db.execute(
        sql: """
          CREATE TABLE old (\(columns)) STRICT;
          INSERT INTO old SELECT * FROM sample;
          DROP TABLE sample;
          ALTER TABLE old RENAME TO sample;
          DELETE FROM grdb_migrations WHERE identifier IN (\(steps.map { "'\($0)'" }.joined(separator: ", ")));
          PRAGMA user_version = \(version);
          """)
    }
    try database.close()
  }
}
