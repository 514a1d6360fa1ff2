import Files
import Foundation
import GRDB
import Likeness
import Seeded
import Testing

@Suite struct DoctorTests {
  private func diagnose(_ path: String, fixing: Bool = false) throws -> Diagnosis {
    let diagnosis = try Gallery.diagnose(path: path, configuration: quiet { $0.busyTimeout = 0.05 }, fixing: fixing)
    #expect(diagnosis.isHealthy == diagnosis.complaints.isEmpty)
    for complaint in diagnosis.complaints { #expect(!complaint.what.isEmpty && !complaint.mend.isEmpty) }
    return diagnosis
  }

  /// A gallery of 200 vectors that was closed, and the vectors.
  private func sample(_ scratch: Scratch) throws -> [[Float]] {
    let gallery = try makeGallery(scratch.path(), 16)
    var random = Seeded(61)
    let vectors = (0..<200).map { _ in random.vector(16) }
    try gallery.enroll(vectors.enumerated().map { Enrollment(identity: "p\($0 / 4)", vector: $1, source: "\($0).jpg") })
    try gallery.close()
    return vectors
  }

  @Test("of a sound gallery it says nothing but that")
  func healthy() throws {
    let scratch = try Scratch()
    _ = try sample(scratch)
    let diagnosis = try diagnose(scratch.path())
    #expect(diagnosis.isHealthy)
    #expect(diagnosis.opens)
    #expect(diagnosis.remarks.isEmpty)
  }

  @Test("of a file that does not open it says what it is, and leaves it byte for byte as it is")
  func otherFiles() throws {
    let scratch = try Scratch()
    _ = try sample(scratch)
    let gallery = try Data(contentsOf: URL(fileURLWithPath: scratch.path()))
    var random = Seeded(62)
    let noise = Data((0..<5_000).map { _ in UInt8.random(in: 128...255, using: &random) })
    let files: [(String, Data, String)] = [
      (
        "text", Data("Dear diary, today I met Ada.\n".utf8),
        "is not a gallery: it is not an SQLite database (it is text)"
      ),
      ("noise", noise, "is not a gallery: it is not an SQLite database"),
      ("zip", Data("PK\u{3}\u{4}".utf8) + noise, "(it is a zip archive: unpack it)"),
      ("zeros", Data(count: 8_192), "(it begins with zeros)"),
      ("empty", Data(), "is empty"),
      ("cut", gallery.prefix(gallery.count / 2), "it was cut off"),
    ]
    for (name, bytes, what) in files {
      let path = try scratch.write(bytes, to: name)
      for fixing in [false, true] {
        let diagnosis = try diagnose(path, fixing: fixing)
        #expect(!diagnosis.isHealthy, "\(name)")
        #expect(diagnosis.complaints.contains { $0.what.contains(what) }, "\(name): \(diagnosis.complaints)")
        #expect(diagnosis.mended.isEmpty)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == bytes)
      }
    }
    #expect(try diagnose(scratch.folder.path).complaints.first?.what.hasSuffix("is a directory") == true)
    #expect(try diagnose(scratch.path("nowhere")).complaints.first?.what.hasPrefix("there is no file") == true)
    #expect(try diagnose("").complaints.first?.what == "this is no path")
  }

  @Test("another program's database is no gallery")
  func otherDatabase() throws {
    let scratch = try Scratch()
    try otherHand(scratch.path("bookmarks")).write { db in
      try db.execute(sql: "CREATE TABLE bookmark (url); PRAGMA application_id = 77")
    }
    let complaint = try #require(try diagnose(scratch.path("bookmarks"), fixing: true).complaints.first)
    #expect(complaint.what.contains("another program's SQLite database, with the tables bookmark"))
  }

  @Test("a newer gallery, a log without its file, and a leftover of a copy are named")
  func named() throws {
    let scratch = try Scratch()
    _ = try sample(scratch)
    try otherHand(scratch.path()).write { db in try db.execute(sql: "PRAGMA user_version = 99") }
    let newer = try diagnose(scratch.path(), fixing: true)
    #expect(newer.complaints.first?.what.contains("has the schema version 99, and this library knows 4") == true)
    #expect(newer.complaints.first?.mend == "update likeness")

    _ = try scratch.write(Data("x".utf8), to: "gone.gallery-wal")
    #expect(
      try diagnose(scratch.path("gone.gallery")).complaints.first?.what.contains("it holds the last commits") == true)

    _ = try scratch.write(Data("x".utf8), to: "people.gallery.v1-backup.partial-01234567")
    let leftover = try diagnose(scratch.path()).complaints.last
    #expect(leftover?.what.contains("is what is left of a copy") == true)
    #expect(leftover?.isFixable == false)
  }

  @Test("a copy beside a file that does not open is named")
  func copyBeside() throws {
    let scratch = try Scratch()
    let path = try Fixture.gallery(1, in: scratch)
    #expect(
      try diagnose(path).remarks.first?.hasPrefix("its schema is version 1; the first command that writes") == true)
    try Gallery(path: path, configuration: quiet()).close()
    _ = try scratch.write(Data("rubbish, rubbish, rubbish".utf8), to: "old.gallery")
    #expect(try diagnose(path).complaints.first?.mend.contains("copies beside it: \(path).v1-backup") == true)
  }

  @Test("a gallery that another program keeps locked is named as that, with the program")
  func locked() throws {
    let scratch = try Scratch()
    _ = try sample(scratch)
    try otherHand(scratch.path()).inDatabase { db in
      try db.execute(sql: "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; DELETE FROM change")
      #expect(try diagnose(scratch.path()).complaints.first?.what.contains("is locked by another program") == true)
      try db.execute(sql: "ROLLBACK")
    }
  }

  @Test("triggers, views and indexes are put back, and nothing else is touched")
  func putBack() throws {
    let scratch = try Scratch()
    _ = try sample(scratch)
    let before = try Fixture.content(scratch.path())
    try otherHand(scratch.path()).write { db in
      try db.execute(
        sql: """
          DROP TRIGGER embedding_deleted; DROP VIEW identities; DROP INDEX embedding_source; DROP VIEW embedders;
          CREATE VIEW embedders AS SELECT 1;
          """)
    }
    let ill = try diagnose(scratch.path())
    #expect(ill.complaints.count == 4)
    #expect(ill.complaints.allSatisfy { $0.isFixable })
    let mended = try diagnose(scratch.path(), fixing: true)
    #expect(mended.isHealthy, "\(mended.complaints)")
    #expect(mended.mended.count == 4)
    #expect(try Fixture.content(scratch.path()) == before)
    #expect(try !files(in: scratch.folder).contains { $0.contains("before-doctor") })
  }

  @Test(
    "tables that a gallery can do without are put back, empty, when it is opened, and writing and following go on",
    arguments: [
      "change", "erasure", "copy", "import_progress", "training_run", "training_epoch", "training_member",
      "change; DROP TABLE erasure; DROP TABLE copy; DROP TABLE training_member; DROP INDEX embedding_source",
    ])
  func tables(dropped: String) throws {
    let scratch = try Scratch()
    _ = try sample(scratch)
    let before = try Fixture.content(scratch.path())
    let reader = try Gallery(path: scratch.path(), configuration: quiet())
    let probe = try reader.vector(of: EmbeddingID(5))
    _ = try reader.query(.vector(probe), k: 1)
    try otherHand(scratch.path()).write { try $0.execute(sql: "DROP TABLE \(dropped)") }
    let ill = try diagnose(scratch.path())
    #expect(!ill.isHealthy && ill.opens)
    #expect(ill.complaints.allSatisfy { $0.isFixable && !$0.what.contains("cannot be read") }, "\(ill.complaints)")
    let mended = try diagnose(scratch.path(), fixing: true)
    #expect(mended.isHealthy, "\(mended.complaints)")
    #expect(mended.mended.contains { $0.contains("is there again, empty: ") }, "\(mended.mended)")
    #expect(try Fixture.content(scratch.path()) == before)
    // One who had it open all the time sees what is written now.
    let gallery = try Gallery(path: scratch.path(), configuration: quiet())
    let id = try gallery.enroll(probe, as: "somebody new")
    #expect(try reader.query(.vector(probe), k: 2, by: .embedding).candidates.contains { $0.embedding == id })
    try gallery.forget("somebody new")
    #expect(try reader.query(.vector(probe), k: 2, by: .embedding).candidates.allSatisfy { $0.embedding != id })
    #expect(try gallery.verify().isSound)
  }

  @Test("a gallery without a table or a column that cannot be made up is open for reading, and the sentence names it")
  func lacking() throws {
    let scratch = try Scratch()
    _ = try sample(scratch)
    try otherHand(scratch.path()).write { db in try db.execute(sql: "DROP TABLE copy; CREATE TABLE copy (mine)") }
    let gallery = try Gallery(path: scratch.path(), configuration: quiet())
    let refusal = #expect(throws: GalleryError.self) { try gallery.forget("p1") }
    #expect(
      refusal?.description.contains("its table copy has no column path") == true, "\(String(describing: refusal))")
    #expect(try !diagnose(scratch.path()).complaints.contains { $0.isFixable })
  }

  @Test("a table of a module that is not loaded here is let alone: all else goes on, and copies hold it")
  func unknownModule() throws {
    let scratch = try Scratch()
    let vectors = try sample(scratch)
    try otherHand(scratch.path()).inDatabase { db in
      try db.execute(
        sql: """
          PRAGMA writable_schema = ON;
          INSERT INTO sqlite_schema VALUES ('table', 'others', 'others', 0, 'CREATE VIRTUAL TABLE others USING vec0(x)');
          PRAGMA writable_schema = OFF;
          """)
    }
    let gallery = try Gallery(path: scratch.path(), configuration: quiet())
    try gallery.enroll(vectors[0], as: "new")
    #expect(try gallery.query(.vector(vectors[1]), k: 1).candidates.first?.distance == 0)
    #expect(try gallery.verify().contentSHA256 != nil)
    try gallery.backup(to: scratch.path("copy.gallery"))
    #expect(try diagnose(scratch.path()).isHealthy)
    #expect(try gallery.forget("new").erasure == .complete)
  }

  @Test("of damaged pages every check says what it can, and nothing that --fix does not mend is called mendable")
  func damagedPages() throws {
    let scratch = try Scratch()
    _ = try sample(scratch)
    let size = try #require(DurableFile.size(scratch.path()))
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: scratch.path()))
    try file.seek(toOffset: UInt64(size / 4_096 / 2 * 4_096))
    try file.write(contentsOf: Data(repeating: 0xA5, count: 4_096))
    try file.close()
    let ill = try diagnose(scratch.path())
    #expect(!ill.isHealthy)
    #expect(ill.complaints.allSatisfy { !$0.isFixable || !$0.mend.contains("recovered.gallery") }, "\(ill.complaints)")
    let gallery = try Gallery(path: scratch.path(), configuration: quiet { $0.readOnly = true })
    let verification = try gallery.verify(sample: 5)
    #expect(verification.checks.first { $0.name == "pages" }?.outcome == .wrong)
    #expect(verification.checks.count > 5)
  }

  @Test("rows that no answer can use are taken out after a copy, and listed")
  func removed() throws {
    let scratch = try Scratch()
    let vectors = try sample(scratch)
    try otherHand(scratch.path()).inDatabase { db in
      try db.execute(
        sql: """
          UPDATE embedding SET vector = CAST(x'0000c07f' || substr(vector, 5) AS BLOB) WHERE id = 8;
          DROP TRIGGER embedding_checked_on_update;
          UPDATE embedding SET vector = x'00' WHERE id = 9;
          DROP TRIGGER identity_deleted; DELETE FROM identity WHERE id = 50;
          """)
    }
    let ill = try Fixture.content(scratch.path())
    #expect(try !diagnose(scratch.path()).isHealthy)
    #expect(try Fixture.content(scratch.path()) == ill)

    let mended = try diagnose(scratch.path(), fixing: true)
    #expect(mended.isHealthy, "\(mended.complaints)")
    #expect(mended.mended.contains { $0.hasPrefix("6 rows that no answer could use removed") })
    let gallery = try Gallery(path: scratch.path(), configuration: quiet())
    #expect(try gallery.info().embeddings == 194)
    #expect(try gallery.query(.vector(vectors[0]), k: 1).candidates.first?.distance == 0)
    #expect(try Fixture.content(scratch.path() + ".before-doctor") == ill)
    let list = try String(contentsOfFile: scratch.path() + ".removed-rows.jsonl", encoding: .utf8)
    let lines = list.split(separator: "\n")
    #expect(lines.count == 6)
    let line =
      #"{"id":8,"identity":"p1","identity_id":2,"reason":"has the value nan at 0","source":"7.jpg","table":"embedding"}"#
    #expect(lines.first == line[...])
    // Who is forgotten later is in neither.
    let receipt = try gallery.forget("p1")
    #expect(receipt.copies.map(\.path) == [scratch.path() + ".before-doctor"])
    #expect(receipt.copies.map(\.state) == [.erased])
    #expect(try traces(of: Array(vectors[4..<8]), in: files(in: scratch.folder)) == 0)
    #expect(try !String(contentsOfFile: scratch.path() + ".removed-rows.jsonl", encoding: .utf8).contains("\"p1\""))
  }

  @Test("an erasure that was left pending is finished")
  func erasure() throws {
    let scratch = try Scratch()
    let vectors = try sample(scratch)
    try otherHand(scratch.path()).inDatabase { db in
      try db.execute(sql: "DELETE FROM embedding WHERE id = 1; INSERT INTO erasure (id) VALUES (1)")
    }
    #expect(try diagnose(scratch.path()).complaints.map(\.isFixable) == [true])
    let mended = try diagnose(scratch.path(), fixing: true)
    #expect(mended.isHealthy)
    #expect(!mended.mended.isEmpty)
    #expect(try traces(of: [vectors[0]], in: files(in: scratch.folder)) == 0)
  }

  @Test("what only a person can decide is left alone, also with fixing")
  func leftAlone() throws {
    let scratch = try Scratch()
    _ = try sample(scratch)
    try otherHand(scratch.path()).inDatabase { db in
      try db.execute(
        sql: "PRAGMA ignore_check_constraints = ON; UPDATE embedding SET crc32 = 1, created_at = 'never' WHERE id = 3")
    }
    let before = try Fixture.content(scratch.path())
    let diagnosis = try diagnose(scratch.path(), fixing: true)
    #expect(diagnosis.complaints.count == 2)
    #expect(diagnosis.complaints.allSatisfy { !$0.isFixable })
    #expect(try Fixture.content(scratch.path()) == before)
  }

  @Test("much room that is not used is remarked upon")
  func room() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 512)
    var random = Seeded(63)
    try gallery.enroll((0..<1_000).map { Enrollment(identity: "p\($0 % 2)", vector: random.vector(512)) })
    try gallery.forget("p1")
    try gallery.close()
    #expect(try diagnose(scratch.path()).remarks.contains { $0.contains("likeness compact") })
  }

  @Test("a row that is mended while the copy is made stays")
  func mendedMeanwhile() async throws {
    let scratch = try Scratch()
    let path = scratch.path()
    let gallery = try makeGallery(path, 64) { $0.indexing = .onFirstQuery }
    var random = Seeded(64)
    let vectors = (0..<20_000).map { _ in random.vector(64) }
    try gallery.enroll(vectors.enumerated().map { Enrollment(identity: "p\($0 % 50)", vector: $1) })
    try gallery.close()
    let hand = try otherHand(path)
    func mend(_ vector: [Float]) throws -> Bool {
      try hand.write { db in
        try db.execute(sql: "UPDATE embedding SET vector = ? WHERE id = 8", arguments: [blob(vector)])
        return db.changesCount == 1
      }
    }
    #expect(try mend([.nan] + vectors[7].dropFirst()))
    let doctor = Task.detached {
      try Gallery.diagnose(path: path, configuration: quiet { $0.indexing = .onFirstQuery }, fixing: true)
    }
    // The rows at fault are known when the copy is begun.
    while try !files(in: scratch.folder).contains(where: { $0.contains(".before-doctor") }) { await Task.yield() }
    let isMended = try mend(vectors[7])
    let mended = try await doctor.value.mended
    let count = try await hand.read { db in try Int.fetchOne(db, sql: "SELECT count(*) FROM embedding WHERE id = 8") }
    // Whoever is slow finds it gone; whoever is not, keeps it.
    #expect(count == (isMended ? 1 : 0), "\(mended)")
    #expect(mended.contains { $0.contains("removed") } == !isMended, "\(mended)")
  }

  @Test("whoever is forgotten while the copy is made is not in it afterwards: there is none, and doctor says so")
  func forgottenMeanwhile() async throws {
    let scratch = try Scratch()
    let path = scratch.path()
    let gallery = try makeGallery(path, 64) { $0.indexing = .onFirstQuery }
    var random = Seeded(65)
    let vectors = (0..<20_000).map { _ in random.vector(64) }
    try gallery.enroll(vectors.enumerated().map { Enrollment(identity: "p\($0 % 50)", vector: $1) })
    let mine = stride(from: 3, to: 20_000, by: 50).map { vectors[$0] }
    try await otherHand(path).write { db in
      try db.execute(
        sql: "UPDATE embedding SET vector = ? WHERE id = 8", arguments: [blob([.nan] + vectors[7].dropFirst())])
    }
    let doctor = Task.detached {
      try Gallery.diagnose(path: path, configuration: quiet { $0.indexing = .onFirstQuery }, fixing: true)
    }
    while try !files(in: scratch.folder).contains(where: { $0.contains(".before-doctor") }) { await Task.yield() }
    try gallery.forget("p3")
    // Whoever is slow finds the copy there, and is erased from it.
    do {
      #expect(try await doctor.value.mended.contains { $0.contains("verified copy") })
    } catch let error as GalleryError {
      #expect(error.description.contains("rows were deleted while it was made"), "\(error)")
      #expect(try !files(in: scratch.folder).contains { $0.contains(".before-doctor") })
    }
    let copies = try files(in: scratch.folder).filter { $0.contains(".before-doctor") }
    #expect(try traces(of: Array(mine.prefix(20)), in: copies) == 0)
    #expect(try gallery.verify(sample: 5).checks.first { $0.name == "references" }?.outcome == .proved)
  }

  @Test("what was deleted from a copy, and not overwritten yet, is overwritten by the next who is forgotten")
  func copyInTheMiddle() throws {
    let scratch = try Scratch()
    let vectors = try sample(scratch)
    try otherHand(scratch.path()).inDatabase { db in
      try db.execute(sql: "UPDATE embedding SET vector = CAST(x'0000c07f' || substr(vector, 5) AS BLOB) WHERE id = 8")
    }
    #expect(try diagnose(scratch.path(), fixing: true).isHealthy)
    let copy = scratch.path() + ".before-doctor"
    // As a forgetting that was killed between its two steps leaves it.
    try otherHand(copy).inDatabase { db in
      try db.execute(
        sql: """
          PRAGMA secure_delete = OFF; DELETE FROM embedding WHERE identity_id = 3; DELETE FROM identity WHERE id = 3;
          INSERT INTO erasure (id) VALUES (1);
          """)
    }
    let gone = Array(vectors[8..<12])
    #expect(try traces(of: gone, in: [copy]) > 0)
    let gallery = try Gallery(path: scratch.path(), configuration: quiet())
    try gallery.enroll(vectors[0].map { $0 + 1 }, as: "late")
    #expect(try gallery.forget("late").copies.map(\.state) == [.clean])
    #expect(try traces(of: gone, in: [copy]) == 0)
    #expect(try Gallery(path: copy, configuration: quiet()).info().erasurePending == false)
  }

  @Test("who was renamed since a copy was made is in none of its training sets either, once forgotten")
  func formerName() throws {
    let scratch = try Scratch()
    let path = scratch.path()
    let gallery = try makeGallery(path, 2)
    // Before anybody of the name is enrolled: by the hash alone.
    try gallery.recordTraining(TrainingStart(recipe: "faces", identities: ["Ada", "Grace"]))
    try gallery.enroll([1, 2], as: "Ada")
    try gallery.enroll([3, 4], as: "Eve")
    try gallery.close()
    try otherHand(path).write { db in
      try db.execute(sql: "UPDATE embedding SET vector = ? WHERE id = 2", arguments: [blob([.nan, 4])])
    }
    #expect(try diagnose(path, fixing: true).isHealthy)
    let again = try Gallery(path: path, configuration: quiet())
    try again.rename("Ada", to: "Ada Lovelace")
    #expect(try again.forget("Ada Lovelace").copies.map(\.state) == [.erased])
    let members = try otherHand(path + ".before-doctor").read { db in
      try String.fetchAll(db, sql: "SELECT name_sha256 FROM training_member")
    }
    #expect(members == [TrainingStart.hash(ofName: "Grace")])
  }

  @Test("training records that lead to rows which are gone are mended, and nothing is complained of after that")
  func danglingRecords() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 2)
    try gallery.enroll([1, 2], as: "Ada")
    try gallery.recordTraining(TrainingStart(recipe: "faces", configuration: [:], seed: 1, identities: ["Ada"]))
    try gallery.close()
    try otherHand(scratch.path()).write { db in
      try db.execute(sql: "UPDATE training_run SET embedder_id = 77; UPDATE training_member SET identity_id = 99")
    }
    #expect(try !diagnose(scratch.path()).isHealthy)
    let fixed = try diagnose(scratch.path(), fixing: true)
    #expect(fixed.mended.contains { $0.contains("2 references of training records") }, "\(fixed.mended)")
    #expect(try diagnose(scratch.path()).isHealthy)
  }
}
