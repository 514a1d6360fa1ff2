import Foundation
import GRDB
import GRDBSQLite
import Likeness
import Seeded
import Testing

@Suite struct ForgetTests {
  /// How many 8-byte runs of these vectors are in the gallery's files.
  private func traces(of vectors: [[Float]], _ path: String) throws -> Int {
    var runs: Set<Data> = []
    for vector in vectors {
      let bytes = blob(vector)
      for start in stride(from: 0, to: bytes.count - 7, by: 8) { runs.insert(bytes[start..<start + 8]) }
    }
    var found = 0
    for file in [path, path + "-wal"] {
      guard let bytes = try? Data(contentsOf: URL(fileURLWithPath: file)), bytes.count >= 8 else { continue }
      bytes.withUnsafeBytes { buffer in
        var firsts = [Bool](repeating: false, count: 65_536)
        for run in runs {
          let head = run.prefix(2)
          firsts[Int(head.first ?? 0) | Int(head.last ?? 0) << 8] = true
        }
        for start in 0...(buffer.count - 8) where firsts[Int(buffer[start]) | Int(buffer[start + 1]) << 8] {
          if runs.contains(Data(buffer[start..<start + 8])) { found += 1 }
        }
      }
    }
    return found
  }

  @Test("after forget, no run of the person's vectors is left in the file or its log", arguments: [16, 128, 1_500])
  func nothingIsLeft(dimension: Int) throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), dimension)
    var random = Seeded(UInt64(dimension))
    var vectors: [String: [[Float]]] = [:]
    // People enrolled in turns, so that their rows share pages, and forgotten one by one, so that pages are merged.
    let total = dimension == 1_500 ? 200 : 2_000
    for _ in 0..<5 {
      let rows = (0..<total / 5).map { row in
        let name = "person \(row % 20)"
        let vector = random.vector(dimension)
        vectors[name, default: []].append(vector)
        return Enrollment(identity: name, vector: vector)
      }
      try gallery.enroll(rows)
    }
    var forgotten: [[Float]] = []
    #expect(try traces(of: vectors["person 3"] ?? [], scratch.path()) > 0)
    for person in [3, 4, 0, 19, 11, 12, 13, 7] {
      let mine = vectors["person \(person)"] ?? []
      forgotten += mine
      let receipt = try gallery.forget("person \(person)")
      #expect(receipt.erasure == .complete)
      #expect(receipt.embeddings == mine.count)
      #expect(receipt.identity == "person \(person)")
      #expect(try traces(of: forgotten, scratch.path()) == 0)
    }
    #expect(try gallery.query(.vector(forgotten[0]), k: 20).candidates.count == 12)
  }

  @Test(
    "what a program without secure_delete left in free pages, free blocks and ends of pages goes, too",
    arguments: [16, 100, 700], ["grow", "shrink", "vacuum", "delete"])
  func withoutSecureDelete(dimension: Int, deed: String) throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), dimension)
    var random = Seeded(UInt64(dimension))
    var mine: [[Float]] = []
    try gallery.enroll(
      (0..<600).map { row in
        let vector = random.vector(dimension)
        if row % 7 == 3 { mine.append(vector) }
        return Enrollment(identity: row % 7 == 3 ? "Ada" : "p\(row % 50)", vector: vector, source: "picture \(row).jpg")
      })
    let hand = try otherHand(scratch.path())
    try hand.inDatabase { db in
      try db.execute(sql: "PRAGMA secure_delete = OFF")
      let long = "UPDATE embedding SET attributes = json_object('note', hex(randomblob(1 + id % 3000)))"
      switch deed {
      case "grow": try db.execute(sql: long)
      case "shrink": try db.execute(sql: "\(long); UPDATE embedding SET attributes = '{}'")
      case "vacuum": try db.execute(sql: "DELETE FROM embedding WHERE id % 3 = 1; VACUUM")
      default: try db.execute(sql: "\(long) WHERE id % 2; DELETE FROM embedding WHERE id % 5 = 0")
      }
      // All of it into the file.
      try db.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)")
    }
    try hand.close()
    let left = try gallery.embeddings(of: "Ada").count
    #expect(left > 0)
    let receipt = try gallery.forget("Ada")
    #expect(receipt.erasure == .complete)
    #expect(try traces(of: mine, scratch.path()) == 0)
    #expect(try gallery.verify(sample: 10).isSound)
  }

  @Test("where pages are lost to every tree and list, forgetting says that bytes may be left, and compacting ends it")
  func lostPages() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 100)
    var random = Seeded(12)
    let mine = (0..<200).map { _ in random.vector(100) }
    try gallery.enroll(mine.map { Enrollment(identity: "Ada", vector: $0) })
    try gallery.enroll(random.vector(100), as: "Grace")
    try gallery.close()
    let hand = try otherHand(scratch.path())
    try hand.inDatabase { db in
      try db.execute(
        sql:
          "PRAGMA secure_delete = OFF; DELETE FROM embedding WHERE id BETWEEN 5 AND 190; PRAGMA wal_checkpoint(TRUNCATE)"
      )
    }
    try hand.close()
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: scratch.path()))
    try file.seek(toOffset: 32)
    try file.write(contentsOf: Data(repeating: 0, count: 8))
    try file.close()
    let damaged = try Gallery(path: scratch.path(), configuration: quiet())
    let receipt = try damaged.forget("Ada")
    #expect(receipt.erasure == .pending)
    #expect(receipt.note.contains("'likeness compact \(scratch.path())' writes it anew"))
    _ = try damaged.compact()
    try damaged.close()
    #expect(try traces(of: mine, scratch.path()) == 0)
  }

  @Test(
    "a gallery with maps of pointers, in pages of any size, is erased from to the end",
    arguments: [512, 4_096, 65_536], [1, 2])
  func pointerMaps(pageSize: Int, vacuum: Int) throws {
    let scratch = try Scratch()
    let made = try makeGallery(scratch.path(), 60)
    var random = Seeded(14)
    let mine = (0..<300).map { _ in random.vector(60) }
    try made.enroll(mine.map { Enrollment(identity: "Ada", vector: $0) })
    try made.enroll((0..<300).map { Enrollment(identity: "p\($0)", vector: random.vector(60)) })
    try made.close()
    try otherHand(scratch.path()).writeWithoutTransaction { db in
      try db.execute(
        sql: "PRAGMA journal_mode = DELETE; PRAGMA page_size = \(pageSize); PRAGMA auto_vacuum = \(vacuum); VACUUM")
    }
    let gallery = try Gallery(path: scratch.path(), configuration: quiet())
    #expect(try gallery.forget("Ada").erasure == .complete)
    #expect(try traces(of: mine, scratch.path()) == 0)
    #expect(try gallery.verify(sample: 5).isSound)
  }

  @Test("bytes that are reserved at the end of pages stay as they are, and all before them is erased")
  func reservedBytes() throws {
    let scratch = try Scratch()
    let made = try makeGallery(scratch.path(), 1_500)
    var random = Seeded(15)
    // Each on three pages.
    let mine = (0..<40).map { _ in random.vector(1_500) }
    try made.enroll(mine.map { Enrollment(identity: "Ada", vector: $0) })
    try made.enroll((0..<40).map { Enrollment(identity: "p\($0)", vector: random.vector(1_500)) })
    try made.close()
    let hand = try otherHand(scratch.path())
    try hand.writeWithoutTransaction { db in
      var reserved: Int32 = 32
      sqlite3_file_control(db.sqliteConnection, "main", SQLITE_FCNTL_RESERVE_BYTES, &reserved)
      try db.execute(sql: "PRAGMA journal_mode = DELETE; VACUUM")
    }
    #expect(try Data(contentsOf: URL(fileURLWithPath: scratch.path()))[20] == 32)
    let gallery = try Gallery(path: scratch.path(), configuration: quiet())
    let first = try gallery.embeddings(of: "Ada")[0].id
    // Rows without a trace, on pages of which less is used.
    try hand.writeWithoutTransaction { db in
      try db.execute(sql: "PRAGMA secure_delete = OFF; DROP TRIGGER embedding_deleted")
      try db.execute(sql: "DELETE FROM embedding WHERE id = ?", arguments: [first.rawValue])
    }
    #expect(try gallery.query(.vector(mine[0]), k: 80).candidates.allSatisfy { $0.embedding != first })
    #expect(try gallery.forget("Ada").erasure == .complete)
    #expect(try traces(of: mine, scratch.path()) == 0)
    try gallery.close()
    // The trigger is put back at opening.
    #expect(try Gallery(path: scratch.path(), configuration: quiet()).verify(sample: 5).isSound)
  }

  @Test("what is removed one by one, or after rows moved about, leaves nothing either")
  func moved() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 96)
    var random = Seeded(77)
    var vectors: [EmbeddingID: [Float]] = [:]
    for round in 0..<6 {
      let rows = (0..<150).map {
        Enrollment(identity: "p\($0 % 9)", vector: random.vector(96), source: String(repeating: "s", count: $0))
      }
      for (id, row) in zip(try gallery.enroll(rows), rows) { vectors[id] = row.vector }
      let leaving = vectors.keys.sorted().filter { _ in Int.random(in: 0..<3, using: &random) == 0 }
      for id in leaving.dropLast() {
        try otherHand(scratch.path()).write { db in
          try db.execute(sql: "PRAGMA secure_delete = ON")
          try db.execute(sql: "DELETE FROM embedding WHERE id = ?", arguments: [id.rawValue])
        }
      }
      if let last = leaving.last { try gallery.remove(embedding: last) }
      #expect(try traces(of: leaving.compactMap { vectors[$0] }, scratch.path()) == 0, "round \(round)")
      #expect(
        try otherHand(scratch.path()).read { db in try String.fetchOne(db, sql: "PRAGMA integrity_check") } == "ok")
      for id in leaving { vectors[id] = nil }
    }
  }

  @Test("while a reader holds older pages the receipt says so, and the bytes go with the next write")
  func pending() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 32) { $0.busyTimeout = 0.01 }
    var random = Seeded(5)
    let vector = random.vector(32)
    try gallery.enroll(vector, as: "Ada")
    let reader = try otherHand(scratch.path())
    try reader.inDatabase { db in
      try db.execute(sql: "BEGIN")
      _ = try Int.fetchOne(db, sql: "SELECT count(*) FROM embedding")
      let receipt = try gallery.forget("Ada")
      #expect(receipt.erasure == .pending)
      #expect(try gallery.info().erasurePending)
      #expect(try gallery.query(.vector(vector)).candidates.isEmpty)
      #expect(try traces(of: [vector], scratch.path()) > 0)
      try db.execute(sql: "COMMIT")
    }
    try gallery.enroll(random.vector(32), as: "Grace")
    #expect(try !gallery.info().erasurePending)
    #expect(try traces(of: [vector], scratch.path()) == 0)
  }

  @Test("an erasure still pending when the gallery is closed is finished then")
  func pendingAtClose() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 32) { $0.busyTimeout = 0.01 }
    var random = Seeded(6)
    let vector = random.vector(32)
    try gallery.enroll(vector, as: "Ada")
    let reader = try otherHand(scratch.path())
    try reader.inDatabase { db in
      try db.execute(sql: "BEGIN")
      _ = try Int.fetchOne(db, sql: "SELECT count(*) FROM embedding")
      #expect(try gallery.forget("Ada").erasure == .pending)
      try db.execute(sql: "COMMIT")
    }
    try gallery.close()
    #expect(try traces(of: [vector], scratch.path()) == 0)
  }

  @Test("an erasure that a crash left unfinished is finished when the gallery is opened")
  func pendingAfterCrash() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 32)
    var random = Seeded(7)
    let vector = random.vector(32)
    try gallery.enroll(vector, as: "Ada")
    // The files of a process that died between the deletion and the checkpoint.
    let hand = try otherHand(scratch.path())
    try hand.write { db in
      try db.execute(sql: "PRAGMA secure_delete = ON; DELETE FROM identity; INSERT INTO erasure (id) VALUES (1)")
    }
    let copy = try Scratch()
    for suffix in ["", "-wal"] {
      try FileManager.default.copyItem(atPath: scratch.path() + suffix, toPath: copy.path() + suffix)
    }
    #expect(try traces(of: [vector], copy.path()) > 0)
    let reopened = try Gallery(path: copy.path())
    #expect(try traces(of: [vector], copy.path()) == 0)
    #expect(try reopened.query(.vector(vector)).candidates.isEmpty)
  }

  @Test("in a file with a page that nothing leads to, writing after a forget does not go through all of it again")
  func unknownLayout() throws {
    let scratch = try Scratch()
    let path = scratch.path()
    var random = Seeded(9)
    do {
      let gallery = try makeGallery(path, 8)
      try gallery.enroll((0..<100).map { Enrollment(identity: "p\($0)", vector: random.vector(8)) })
      try gallery.close()
    }
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    bytes += Data(count: 4_096)
    let pages = UInt32(bytes.count / 4_096)
    for place in 0..<4 { bytes[28 + place] = UInt8(truncatingIfNeeded: pages >> (24 - 8 * UInt32(place))) }
    try bytes.write(to: URL(fileURLWithPath: path))

    let gallery = try Gallery(path: path, configuration: quiet())
    #expect(try gallery.forget("p3").erasure == .pending)
    try gallery.enroll(random.vector(8), as: "new")
    // An attempt begins with emptying the log.
    let log = try FileManager.default.attributesOfItem(atPath: path + "-wal")[.size] as? Int
    #expect(try #require(log) > 0)
    // It is known still, and mended as the receipt says.
    #expect(try gallery.info().erasurePending)
    #expect(try !gallery.compact().erasurePending)
    #expect(try gallery.forget("p4").erasure == .complete)
  }
}
