import Foundation
import GRDB
import Likeness
import Seeded
import Testing

/// What people lost, or could not get rid of, in other vector stores, each turned into a promise kept here.
///
/// Kept elsewhere: processes killed at any moment, files cut or torn, several clients on one path, readers that a writer
/// locks out (the crash laboratory); a torn index file that is trusted, or ends the process (SnapshotTests, FuzzTests);
/// rows of a second process (OtherHandsTests); newer and older versions (VersionTests); backups (BackupTests).
@Suite("Complaints about stores") struct ComplaintStoreTests {
  // Beyond a thousand rows the index is unusable after any restart (chroma#7090). The sizes are around each number at
  // which something else begins here: the graph, a piece of a scan, a batch.
  @Test(
    "a gallery of any size answers after a restart as before",
    arguments: [0, 1, 2, 63, 64, 65, 255, 256, 257, 999, 1_000, 1_001, 1_023, 1_024, 1_025, 4_095, 4_096, 4_097])
  func restart(count: Int) throws {
    let scratch = try Scratch()
    var random = Seeded(UInt64(count))
    let rows = (0..<count).map { Enrollment(identity: "p\($0)", vector: random.vector(4)) }
    do {
      let gallery = try makeGallery(scratch.path(), 4)
      try gallery.enroll(rows)
      try gallery.close()
    }
    let gallery = try Gallery(path: scratch.path(), configuration: quiet())
    let probe = random.vector(4)
    let answer = try gallery.query(.vector(probe), k: 10)
    #expect(answer.gallerySize == .init(identities: count, embeddings: count))
    #expect(answer.candidates.count == min(10, count))
    if let last = rows.last {
      #expect(try gallery.query(.vector(last.vector), k: 1).candidates.first?.identity == last.identity)
    }
  }

  // None of 143 rows survive a process that never called flush (flutter_gemma#492).
  @Test("what enroll returned from is on the disk, without flush, close or any other call")
  func noFlush() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 3)
    var random = Seeded(143)
    for count in 1...143 {
      try gallery.enroll(random.vector(3), as: "p\(count)")
      guard count % 20 == 3 else { continue }
      // The files as they are at this moment are what a killed process leaves.
      let copy = try Scratch()
      for suffix in ["", "-wal"] {
        try FileManager.default.copyItem(atPath: scratch.path() + suffix, toPath: copy.path() + suffix)
      }
      #expect(try Gallery(path: copy.path(), configuration: quiet()).identities().count == count)
    }
    _ = gallery
  }

  // Deleted collections leave folders behind (chroma#5520), and VACUUM hardly gives anything back (sqlite-vec#220).
  @Test(
    "what nine of ten took is given back by VACUUM, and a closed gallery is one file and at most its index beside it")
  func givenBack() throws {
    let scratch = try Scratch()
    var random = Seeded(1)
    func makeSized(_ name: String, _ count: Int) throws -> Gallery {
      let gallery = try makeGallery(scratch.path(name), 128) { $0.changeLogLimit = 50 }
      try gallery.enroll((0..<count).map { Enrollment(identity: "p\($0 % 20)", vector: random.vector(128)) })
      return gallery
    }
    func bytes(_ name: String) throws -> Int {
      try Data(contentsOf: URL(fileURLWithPath: scratch.path(name))).count
    }
    try makeSized("small", 200).close()
    let gallery = try makeSized("large", 2_000)
    for person in 0..<18 { try gallery.forget("p\(person)") }
    try gallery.close()
    try otherHand(scratch.path("large")).vacuum()
    let again = try Gallery(path: scratch.path("large"), configuration: quiet())
    #expect(try again.query(.vector(random.vector(128)), k: 5).gallerySize == .init(identities: 2, embeddings: 200))
    try again.close()
    #expect(try Double(bytes("large")) < 1.15 * Double(bytes("small")))
    let left = try FileManager.default.contentsOfDirectory(atPath: scratch.folder.path)
    #expect(Set(left).subtracting(["small", "large", "small-index", "large-index"]).isEmpty, "\(left)")
  }

  // INSERT OR REPLACE and ON CONFLICT fail in virtual tables, so that whoever embeds again can never go on
  // (sqlite-vec#259, #127).
  @Test(
    "a row replaced by any of SQL's ways is found where it is now, and only there",
    arguments: [
      "INSERT OR REPLACE INTO embedding (id, identity_id, embedder_id, vector) VALUES (:id, 1, 1, :vector)",
      "REPLACE INTO embedding (id, identity_id, embedder_id, vector) VALUES (:id, 1, 1, :vector)",
      """
      INSERT INTO embedding (id, identity_id, embedder_id, vector) VALUES (:id, 1, 1, :vector)
      ON CONFLICT (id) DO UPDATE SET vector = excluded.vector
      """,
      "UPDATE OR REPLACE embedding SET vector = :vector WHERE id = :id",
    ])
  func upsertBySQL(sql: String) throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 1)
    let ids = try gallery.enroll((0..<30).map { Enrollment(identity: "Ada", vector: [Float($0)]) })
    try otherHand(scratch.path()).write { db in
      try db.execute(sql: sql, arguments: ["id": ids[7].rawValue, "vector": blob([1_000])])
    }
    let there = try gallery.query(.vector([1_000]), k: 1, by: .embedding).candidates[0]
    #expect(there.embedding == ids[7] && there.distance == 0)
    let all = try gallery.query(.vector([7]), k: 100, by: .embedding).candidates
    #expect(all.count == 30)
    #expect(all[0].distance == 1)
    #expect(try gallery.indexDisagreements().isEmpty)
  }

  // VACUUM, or any change of the schema, empties the table without a word (vectorlite#33).
  @Test(
    "maintenance by SQL leaves every row in the next answer",
    arguments: [
      "VACUUM", "ANALYZE", "REINDEX", "CREATE INDEX by_source ON embedding (source)", "CREATE TABLE notes (text)",
      "ALTER TABLE embedding ADD COLUMN note TEXT", "PRAGMA wal_checkpoint(TRUNCATE)", "PRAGMA auto_vacuum = 1; VACUUM",
      "PRAGMA optimize", "DROP VIEW identities",
    ])
  func maintenance(sql: String) throws {
    let scratch = try Scratch()
    var random = Seeded(5)
    let gallery = try makeGallery(scratch.path(), 4)
    try gallery.enroll((0..<300).map { Enrollment(identity: "p\($0)", vector: random.vector(4)) })
    let probe = Probe.vector(random.vector(4))
    let before = try gallery.query(probe, k: 300)
    let hand = try otherHand(scratch.path())
    try hand.writeWithoutTransaction { db in try db.execute(sql: sql) }
    #expect(try gallery.query(probe, k: 300) == before)
    #expect(try gallery.enroll(random.vector(4), as: "new").rawValue == 301)
    #expect(try Gallery(path: scratch.path(), configuration: quiet()).query(probe, k: 1_000).candidates.count == 301)
  }

  @Test("an identity that another hand replaces loses its old rows, or the answer says whose are left out")
  func replacedIdentity() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 1)
    try gallery.enroll([1], as: "Ada")
    try gallery.enroll([2], as: "Grace")
    // Without foreign keys and without recursive triggers, as in the sqlite3 shell.
    try otherHand(scratch.path()).write { db in
      try db.execute(sql: "INSERT OR REPLACE INTO identity (name) VALUES ('Ada')")
    }
    let answer = try gallery.query(.vector([0]), k: 5)
    #expect(answer.candidates.map(\.identity) == ["Grace"])
    #expect(answer.note?.contains("1 embedding without an identity left out") == true)
  }
}
