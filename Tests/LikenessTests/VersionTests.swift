import Foundation
import GRDB
import Likeness
import Logging
import Testing

@Suite struct VersionTests {
  static let schemaFolder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("schema")

  @Test("a gallery of version 1 is brought to version 4 with every row, and is beside itself as it was before")
  func migrated() throws {
    let scratch = try Scratch()
    let path = try Fixture.gallery(1, in: scratch)
    let before = try Fixture.content(path)
    let keeper = LogKeeper()
    let gallery = try Gallery(path: path, configuration: quiet { $0.logger = keeper.logger() })
    #expect(try gallery.info().schemaVersion == 4)
    #expect(try Fixture.content(path) == before)
    #expect(
      try gallery.identities().map(\.name) == ["Ada Lovelace", "Jürgen Müller", "O'Brien \"Bob\"", "Zoë", "Łukasz 😀"])
    #expect(try gallery.info().leftOut.map(\.embedding.rawValue) == [5])
    let id = try #require(try gallery.embeddings(of: "Łukasz 😀").first?.id)
    #expect(try gallery.query(.vector(gallery.vector(of: id)), k: 1).candidates.first?.identity == "Łukasz 😀")
    #expect(try gallery.trainingRuns().map(\.epochs.count) == [2])

    let copy = path + ".v1-backup"
    #expect(try Fixture.version(copy) == 1)
    #expect(try Fixture.content(copy) == before)
    #expect(keeper.lines.withLock { $0.contains { $0.contains("from schema version 1 to 4") && $0.contains(copy) } })
    #expect(try !files(in: scratch.folder).contains { $0.contains(".partial-") })
    let noted = try otherHand(path).read { db in try String.fetchAll(db, sql: "SELECT path || ' ' || reason FROM copy")
    }
    #expect(noted == ["\(copy) migration"])
    // And it is a gallery like any other from then on.
    try gallery.enroll([Float](repeating: 1, count: 16), as: "new")
    try gallery.close()
    #expect(try Gallery(path: path, configuration: quiet()).identity(named: "new") != nil)
    #expect(try Fixture.content(copy) == before)
  }

  @Test("a gallery of version 2 is brought to version 4 with every row, its trainings and its imports")
  func fromTwo() throws {
    let scratch = try Scratch()
    let path = try Fixture.gallery(2, in: scratch)
    let before = try Fixture.content(path)
    let reading = try Gallery(path: path, configuration: quiet { $0.readOnly = true })
    #expect(try reading.info().leftOut.map(\.embedding.rawValue) == [5])
    let vector = try reading.vector(of: EmbeddingID(33))
    #expect(try reading.query(.vector(vector), k: 1, by: .embedding).candidates.first?.embedding.rawValue == 33)
    try reading.close()
    #expect(try Fixture.version(path) == 2)

    let gallery = try Gallery(path: path, configuration: quiet())
    #expect(try gallery.info().schemaVersion == 4)
    #expect(try Fixture.content(path) == before)
    #expect(try Fixture.content(path + ".v2-backup") == before)
    #expect(try gallery.trainingRuns().map(\.identities) == [0, 2])
    #expect(try gallery.verify().checks.filter { $0.outcome == .wrong }.map(\.name) == ["embeddings"])
    let id = try gallery.enroll(vector, as: "Zoë", source: "bilder/Zoë/1.jpg", replacing: .sameSource)
    #expect(id.rawValue == 6)
    #expect(try gallery.forget("Zoë").trainingSets == 1)
    #expect(try Fixture.content(path + ".v2-backup").count < before.count)
  }

  @Test(
    "a gallery of version 3 is brought to version 4, and its change log goes on where it was", arguments: [false, true])
  func fromThree(isPruned: Bool) throws {
    let scratch = try Scratch()
    let path = try Fixture.gallery(3, in: scratch)
    try otherHand(path).write { db in
      if isPruned { try db.execute(sql: "DELETE FROM change") }
      // What others have built around it means the table as it is then, and whoever dropped a trigger is no hindrance.
      try db.execute(
        sql: "CREATE VIEW latest AS SELECT max(sequence) AS number FROM change; DROP TRIGGER embedding_deleted")
    }
    let before = try Fixture.content(path)
    let log = try otherHand(path).read { db in try Row.fetchAll(db, sql: "SELECT * FROM change ORDER BY sequence") }
    #expect(log.count == (isPruned ? 0 : 48))

    let gallery = try Gallery(path: path, configuration: quiet())
    #expect(try gallery.info().schemaVersion == 4)
    #expect(try Fixture.content(path) == before)
    #expect(try Fixture.content(path + ".v3-backup") == before)
    #expect(try gallery.verify().checks.filter { $0.outcome == .wrong }.map(\.name) == ["embeddings"])
    let hand = try otherHand(path)
    #expect(
      try hand.read { db in try Row.fetchAll(db, sql: "SELECT * FROM change ORDER BY sequence") } == log)
    let vector = try gallery.vector(of: EmbeddingID(37))
    #expect(try gallery.query(.vector(vector), k: 1, by: .embedding).candidates.first?.embedding.rawValue == 37)
    try hand.write { db in
      try db.execute(sql: "DELETE FROM embedding WHERE id = 37")
      #expect(try Int.fetchOne(db, sql: "SELECT number FROM latest") == 49)
      #expect(throws: DatabaseError.self) {
        try db.execute(sql: "INSERT INTO change (embedding_id, kind) VALUES (1, 'upsert')")
      }
    }
    #expect(try gallery.query(.vector(vector), k: 1, by: .embedding).candidates.first?.embedding.rawValue != 37)
  }

  @Test("the copy before a migration replaces no earlier one")
  func neverOverwritten() throws {
    let scratch = try Scratch()
    let path = try Fixture.gallery(1, in: scratch)
    let earlier = try scratch.write(Data("dear to somebody".utf8), to: "old.gallery.v1-backup")
    try Gallery(path: path, configuration: quiet()).close()
    #expect(try Data(contentsOf: URL(fileURLWithPath: earlier)) == Data("dear to somebody".utf8))
    #expect(try Fixture.version(path + ".v1-backup-2") == 1)
  }

  @Test("opened read-only, an older gallery answers and stays as it is")
  func olderReadOnly() throws {
    let scratch = try Scratch()
    let path = try Fixture.gallery(1, in: scratch)
    let gallery = try Gallery(path: path, configuration: quiet { $0.readOnly = true })
    #expect(gallery.readOnlyReason?.hasPrefix("its schema is version 1, which this library only reads") == true)
    let vector = try gallery.vector(of: EmbeddingID(1))
    #expect(try gallery.query(.vector(vector), k: 1).candidates.first?.identity == "Jürgen Müller")
    #expect(try gallery.trainingRuns().isEmpty)
    #expect(throws: GalleryError.self) { try gallery.enroll(vector, as: "new") }
    #expect(throws: GalleryError.self) { try gallery.forget("Zoë") }
    // Triggers of a later version are not missed.
    #expect(try gallery.query(.vector(vector), k: 1).note?.contains("triggers") != true)
    let verification = try gallery.verify()
    #expect(verification.checks.filter { $0.outcome == .wrong }.map(\.name) == ["embeddings"])
    try gallery.close()
    #expect(try Fixture.version(path) == 1)
    #expect(try !files(in: scratch.folder).contains { $0.hasSuffix("-backup") })
  }

  @Test("a migration that was cut off in the middle leaves the old version, which is brought up at the next opening")
  func cutOff() throws {
    let scratch = try Scratch()
    let path = try Fixture.gallery(1, in: scratch)
    let before = try Fixture.content(path)
    let copy = try Scratch()
    let sql = try String(contentsOf: Self.schemaFolder.appendingPathComponent("v2_upkeep.sql"), encoding: .utf8)
    let hand = try otherHand(path)
    try hand.inDatabase { db in
      // A cache of one page, so that what is not committed is in the files.
      try db.execute(sql: "PRAGMA cache_size = 1; PRAGMA cache_spill = 1; BEGIN IMMEDIATE")
      try db.execute(sql: sql)
      for suffix in ["", "-wal"] {
        try FileManager.default.copyItem(atPath: path + suffix, toPath: copy.path() + suffix)
      }
      try db.execute(sql: "ROLLBACK")
    }
    #expect(try Data(contentsOf: URL(fileURLWithPath: copy.path() + "-wal")).count > 0)
    #expect(try Fixture.version(copy.path()) == 1)
    #expect(try Fixture.content(copy.path()) == before)
    let gallery = try Gallery(path: copy.path(), configuration: quiet())
    #expect(try gallery.info().schemaVersion == 4)
    #expect(try Fixture.content(copy.path()) == before)
  }

  @Test("rows that break a constraint do not keep an older gallery from being opened, and so mended")
  func brokenConstraint() throws {
    let scratch = try Scratch()
    let path = try Fixture.gallery(1, in: scratch)
    try otherHand(path).inDatabase { db in
      try db.execute(sql: "PRAGMA ignore_check_constraints = ON; UPDATE embedding SET attributes = '{' WHERE id = 7")
    }
    let gallery = try Gallery(path: path, configuration: quiet())
    #expect(gallery.readOnlyReason == nil)
    let wrong = try gallery.verify().checks.filter { $0.outcome == .wrong }
    #expect(wrong.map(\.name) == ["pages", "embeddings"])
    #expect(wrong.last?.findings.map(\.row) == [5, 7])
  }

  @Test("where the copy before a migration fails, the gallery stays as it is, open for reading, and says why")
  func noCopy() throws {
    let scratch = try Scratch()
    let path = try Fixture.gallery(1, in: scratch)
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    // A page in the middle of the embeddings, so that the rows cannot all be read.
    let page = try otherHand(path).read { db in
      try Int.fetchOne(db, sql: "SELECT rootpage FROM sqlite_schema WHERE name = 'training_run'") ?? 0
    }
    for index in (page - 1) * 4096..<page * 4096 { bytes[index] = 0xAA }
    let damaged = try scratch.write(bytes, to: "damaged.gallery")
    let gallery = try Gallery(path: damaged, configuration: quiet())
    #expect(gallery.readOnlyReason?.contains("it has to be copied to \(damaged).v1-backup before") == true)
    #expect(try gallery.identities().count == 5)
    #expect(throws: GalleryError.self) { try gallery.rename("Zoë", to: "Zoe") }
    try gallery.close()
    #expect(try Fixture.version(damaged) == 1)
    #expect(try files(in: scratch.folder).filter { $0.contains("backup") }.isEmpty)
  }

  @Test("galleries opened at once bring the file up once, with one copy")
  func atOnce() async throws {
    let scratch = try Scratch()
    let path = try Fixture.gallery(1, in: scratch)
    try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<6 { group.addTask { try Gallery(path: path, configuration: quiet()).info().schemaVersion } }
      for try await version in group { #expect(version == 4) }
    }
    #expect(try files(in: scratch.folder).filter { $0.contains("-backup") } == [path + ".v1-backup"])
  }

  @Test("a gallery made by the library has the schema that sqlite3 makes of the files in schema/")
  func sameSchema() throws {
    let scratch = try Scratch()
    try makeGallery(scratch.path(), 2).close()
    let byHand = try DatabaseQueue()
    try byHand.write { db in
      for name in ["v1_gallery.sql", "v2_upkeep.sql", "v3_sources.sql", "v4_changes.sql"] {
        try db.execute(sql: String(contentsOf: Self.schemaFolder.appendingPathComponent(name), encoding: .utf8))
      }
    }
    let sql = "SELECT group_concat(sql, ';') FROM (SELECT sql FROM sqlite_schema ORDER BY name)"
    let ours = try otherHand(scratch.path()).read { db in try String.fetchOne(db, sql: sql) }
    #expect(try ours == byHand.read { db in try String.fetchOne(db, sql: sql) })
  }

  @Test(
    "what others dropped of an older gallery is put back before it is brought up",
    arguments: [
      (1, "DROP INDEX embedding_identity"), (1, "DROP VIEW training_runs"), (2, "DROP INDEX embedding_identity"),
      (1, "DROP TABLE erasure"), (2, "DROP TABLE copy; DROP TABLE change"), (3, "DROP TABLE import_progress"),
    ])
  func dropped(version: Int, sql: String) throws {
    let scratch = try Scratch()
    let path = try Fixture.gallery(version, in: scratch)
    try otherHand(path).write { try $0.execute(sql: sql) }
    let before = try Fixture.content(path)
    let gallery = try Gallery(path: path, configuration: quiet())
    #expect(!gallery.isReadOnly)
    #expect(try gallery.info().schemaVersion == 4)
    #expect(try Fixture.content(path) == before)
  }

  @Test("training records that lead nowhere do not keep an older gallery from being brought up", arguments: [1, 2, 3])
  func dangling(version: Int) throws {
    let scratch = try Scratch()
    let path = try Fixture.gallery(version, in: scratch)
    try otherHand(path).inDatabase { db in
      try db.execute(
        sql: """
          PRAGMA foreign_keys = OFF;
          INSERT INTO training_epoch (run_id, epoch, loss) VALUES (77, 1, 0.5);
          UPDATE training_run SET embedder_id = 78;
          """)
    }
    let gallery = try Gallery(path: path, configuration: quiet())
    #expect(!gallery.isReadOnly)
    #expect(try gallery.verify().checks.filter { $0.name == "references" }.map(\.outcome) == [.proved])
  }

  @Test("a gallery that is not of the version it says it is stays as it is, and the sentence names what is missing")
  func wronglyNumbered() throws {
    let scratch = try Scratch()
    let path = try Fixture.gallery(1, in: scratch)
    try otherHand(path).write { try $0.execute(sql: "PRAGMA user_version = 3") }
    let gallery = try Gallery(path: path, configuration: quiet())
    #expect(try gallery.identities().count == 5)
    let refusal = #expect(throws: GalleryError.self) { try gallery.forget("Zoë") }
    #expect(refusal?.description.contains("its table embedding has no column crc32") == true)
    #expect(try !files(in: scratch.folder).contains { $0.contains("backup") })
  }

  @Test(
    "an older gallery that cannot be brought up answers, says why, and no copy of it is left, however often it is opened"
  )
  func hindered() throws {
    let scratch = try Scratch()
    let path = try Fixture.gallery(1, in: scratch)
    try otherHand(path).write { try $0.execute(sql: "CREATE TABLE copy (mine)") }
    let before = try Fixture.content(path)
    for _ in 0..<2 {
      let gallery = try Gallery(path: path, configuration: quiet())
      #expect(gallery.isReadOnly)
      #expect(try gallery.identities().count == 5)
      let refused = #expect(throws: GalleryError.self) { try gallery.forget("Zoë") }
      #expect(refused?.description.contains("cannot be brought to version 4") == true, "\(String(describing: refused))")
      try gallery.close()
    }
    #expect(try Fixture.version(path) == 1)
    #expect(try Fixture.content(path) == before)
    #expect(try !files(in: scratch.folder).contains { $0.contains("backup") || $0.contains(".partial-") })
  }
}
