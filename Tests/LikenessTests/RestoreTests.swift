import Foundation
import GRDB
import Likeness
import Seeded
import Testing

@Suite struct RestoreTests {
  private struct Scene {
    let scratch: Scratch
    let gallery: Gallery
    let copy: String
    let early: [[Float]]
    let late: [[Float]]
    let sha256: String
  }

  /// A gallery of early and late people, and a copy that has the early ones alone.
  private func makeScene(_ dimension: Int = 24, early: Int = 300, late: Int = 400) throws -> Scene {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), dimension) { $0.snapshotThreshold = 100 }
    var random = Seeded(31)
    let (first, second) = (
      (0..<early).map { _ in random.vector(dimension) }, (0..<late).map { _ in random.vector(dimension) }
    )
    try gallery.enroll(first.enumerated().map { Enrollment(identity: "early \($0)", vector: $1) })
    let copy = scratch.path("people.copy")
    let receipt = try gallery.backup(to: copy)
    try gallery.enroll(second.enumerated().map { Enrollment(identity: "late \($0)", vector: $1) })
    try gallery.forget("early 0")
    return Scene(
      scratch: scratch, gallery: gallery, copy: copy, early: first, late: second, sha256: receipt.contentSHA256)
  }

  @Test("a gallery becomes what the copy is, while it is open: its next answers are the copy's")
  func whileOpen() throws {
    let scene = try makeScene()
    let path = scene.scratch.path()
    try scene.gallery.saveSnapshot()
    #expect(throws: GalleryError.self) { try Gallery.restore(from: scene.copy, to: path, configuration: quiet()) }
    #expect(try scene.gallery.query(.vector(scene.late[7]), k: 1).candidates[0].identity == "late 7")
    let receipt = try Gallery.restore(from: scene.copy, to: path, replacing: true, configuration: quiet())
    #expect(receipt.contentSHA256 == scene.sha256)
    #expect(receipt.embeddings == 300 && receipt.identities == 300 && receipt.damagedFile == nil && receipt.isCompared)
    #expect(try scene.gallery.query(.vector(scene.early[0]), k: 1).candidates[0].identity == "early 0")
    let answer = try scene.gallery.query(.vector(scene.late[7]), k: 300)
    #expect(answer.candidates.allSatisfy { $0.identity.hasPrefix("early") })
    #expect(answer.gallerySize.embeddings == 300)
    #expect(try scene.gallery.indexDisagreements().isEmpty)
    // It goes on as a gallery, and a numbering that begins anew confuses nobody.
    try scene.gallery.enroll(scene.late[9], as: "later")
    #expect(try scene.gallery.query(.vector(scene.late[9]), k: 1).candidates[0].identity == "later")
    try scene.gallery.close()
    let again = try Gallery(path: path, configuration: quiet())
    #expect(try again.verify(sample: 20).isSound)
    #expect(try again.query(.vector(scene.late[9]), k: 1).candidates[0].identity == "later")
    // Who is forgotten from now on is in the copy still, and the receipt says so.
    #expect(try again.forget("early 5").copies.map(\.state) == [.holds])
  }

  @Test("copies that were made after the copy are still known, and so is a file that was put aside")
  func register() throws {
    let scene = try makeScene()
    let later = scene.scratch.path("later.copy")
    try scene.gallery.backup(to: later)
    try Gallery.restore(from: scene.copy, to: scene.scratch.path(), replacing: true, configuration: quiet())
    let receipt = try scene.gallery.forget("early 5")
    #expect(receipt.copies.map(\.path) == [later, scene.copy])
    #expect(receipt.copies.map(\.state) == [.holds, .holds])
    try scene.gallery.close()
    try Data("no gallery any more".utf8).write(to: URL(fileURLWithPath: scene.scratch.path()))
    let restored = try Gallery.restore(
      from: scene.copy, to: scene.scratch.path(), replacing: true, configuration: quiet())
    let again = try Gallery(path: scene.scratch.path(), configuration: quiet())
    let copies = try again.forget("early 6").copies
    #expect(copies.contains { $0.path == restored.damagedFile && $0.state == .unknown })
  }

  @Test("a copy with pages of another size is refused with a way out")
  func pageSize() throws {
    let scene = try makeScene()
    let other = scene.scratch.path("other.copy")
    try FileManager.default.copyItem(atPath: scene.copy, toPath: other)
    try DatabaseQueue(path: other).writeWithoutTransaction { db in
      try db.execute(sql: "PRAGMA page_size = 1024; VACUUM")
    }
    do {
      try Gallery.restore(from: other, to: scene.scratch.path(), replacing: true, configuration: quiet())
      Issue.record("was restored")
    } catch {
      #expect("\(error)".contains("its pages have 4096 bytes, and those of \(other) 1024"), "\(error)")
    }
    #expect(try scene.gallery.query(.vector(scene.late[7]), k: 1).candidates[0].identity == "late 7")
  }

  @Test("a copy with rows at fault is refused by name, and taken where that is accepted")
  func faults() throws {
    let scene = try makeScene()
    let path = scene.scratch.path()
    try otherHand(scene.copy).write { db in
      try db.execute(sql: "UPDATE embedding SET crc32 = crc32 + 1 WHERE id = 17")
    }
    do {
      try Gallery.restore(from: scene.copy, to: path, replacing: true, configuration: quiet())
      Issue.record("was restored")
    } catch {
      #expect("\(error)".contains("embedding 17 (early 16) has other bytes than were enrolled"), "\(error)")
      #expect("\(error)".contains("--accept-faults"))
    }
    #expect(try scene.gallery.query(.vector(scene.late[7]), k: 1).candidates[0].identity == "late 7")
    try Gallery.restore(from: scene.copy, to: path, replacing: true, acceptingFaults: true, configuration: quiet())
    #expect(try scene.gallery.query(.vector(scene.late[7]), k: 300).candidates.count == 300)
  }

  @Test("a copy of an older version becomes one of this version, and no copy is forgotten over that")
  func olderVersion() throws {
    let scene = try makeScene()
    let (path, later) = (scene.scratch.path(), scene.scratch.path("later.copy"))
    try scene.gallery.backup(to: later)
    let old = try Fixture.gallery(1, in: scene.scratch)
    let before = try Fixture.content(old)
    try Gallery.restore(from: old, to: path, replacing: true, acceptingFaults: true, configuration: quiet())
    #expect(try Fixture.version(path) == Fixture.version(scene.copy))
    #expect(try Fixture.version(old) == 1)
    #expect(try Fixture.content(path).count == before.count)
    let receipt = try Gallery(path: path, configuration: quiet()).forget("Zoë")
    #expect(receipt.copies.map(\.path) == [later, old, scene.copy].sorted())
    #expect(receipt.copies.first { $0.path == old }?.state == .holds)
  }

  @Test("a copy that cannot be brought to this version is refused before anything of the gallery gives way")
  func unusable() throws {
    let scene = try makeScene()
    let path = scene.scratch.path()
    let old = try Fixture.gallery(1, in: scene.scratch)
    try otherHand(old).write { db in try db.execute(sql: "ALTER TABLE embedding ADD COLUMN crc32 INTEGER") }
    let before = try Fixture.content(path)
    for place in [path, scene.scratch.path("new.gallery")] {
      let refusal = #expect(throws: GalleryError.self) {
        try Gallery.restore(from: old, to: place, replacing: true, acceptingFaults: true, configuration: quiet())
      }
      #expect(refusal?.description.contains("\(old) is of no use: it cannot be brought to version 4") == true)
    }
    #expect(try Fixture.content(path) == before)
    #expect(try scene.gallery.verify().isSound)
    #expect(try !files(in: scene.scratch.folder).contains { $0.contains(".partial-") || $0.contains("new.gallery") })
  }

  @Test("a copy of a newer version is refused, and so is what is no place for a gallery")
  func places() throws {
    let scene = try makeScene()
    let newer = scene.scratch.path("newer.copy")
    try FileManager.default.copyItem(atPath: scene.copy, toPath: newer)
    try otherHand(newer).write { db in try db.execute(sql: "PRAGMA user_version = 99") }
    let (folder, empty) = (scene.scratch.path("folder"), try scene.scratch.write(Data(), to: "empty"))
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let cases = [
      (newer, scene.scratch.path(), "is of schema version 99"),
      (scene.copy, folder, "it is a folder: name a file in it"),
      (scene.copy, scene.copy + "-index", "it belongs to \(scene.copy)"),
      (empty, scene.scratch.path(), "it is empty"),
    ]
    for (copy, path, sentence) in cases {
      do {
        try Gallery.restore(from: copy, to: path, replacing: true, configuration: quiet())
        Issue.record("\(copy) was restored to \(path)")
      } catch {
        #expect("\(error)".contains(sentence), "\(error)")
      }
    }
    #expect(try scene.gallery.query(.vector(scene.late[7]), k: 1).candidates[0].identity == "late 7")
  }

  @Test("rows that are being stored while a copy takes the gallery's place are never said to be there")
  func whileStoring() throws {
    let scene = try makeScene(8)
    let path = scene.scratch.path()
    var random = Seeded(33)
    let rows = (0..<40).map { Enrollment(identity: "new \($0)", vector: random.vector(8), source: "s\($0)") }
    do {
      try scene.gallery.enroll(contentsOf: rows, batch: 10) { stored in
        if stored == 20 {
          _ = try? Gallery.restore(from: scene.copy, to: path, replacing: true, configuration: quiet())
        }
      }
      Issue.record("was stored")
    } catch let error as BulkError {
      #expect(error.enrolled == 0)
      #expect("\(error)".contains("another program put a copy in its place"), "\(error)")
    }
    #expect(try scene.gallery.info().embeddings == 300)
    #expect(try scene.gallery.enroll(contentsOf: rows, batch: 10) == 40)
    #expect(try scene.gallery.info().embeddings == 340)
  }

  @Test("nothing that the copy does not have is left in any file")
  func nothingIsLeft() throws {
    let scene = try makeScene(128)
    try scene.gallery.close()
    try Gallery.restore(from: scene.copy, to: scene.scratch.path(), replacing: true, configuration: quiet())
    #expect(try traces(of: scene.late, in: files(in: scene.scratch.folder)) == 0)
    #expect(try traces(of: scene.early, in: [scene.scratch.path()]) > 0)
  }

  @Test("where no gallery is, one comes to be; a log that is left of one is put aside")
  func fromNothing() throws {
    let scene = try makeScene()
    let new = scene.scratch.path("new.gallery")
    #expect(try Gallery.restore(from: scene.copy, to: new, configuration: quiet()).contentSHA256 == scene.sha256)
    #expect(try Gallery(path: new, configuration: quiet()).verify(sample: 20).isSound)

    let left = scene.scratch.path("left.gallery")
    _ = try scene.scratch.write(
      Data(contentsOf: URL(fileURLWithPath: scene.scratch.path() + "-wal")), to: "left.gallery-wal")
    #expect(throws: GalleryError.self) { try Gallery.restore(from: scene.copy, to: left, configuration: quiet()) }
    let receipt = try Gallery.restore(from: scene.copy, to: left, replacing: true, configuration: quiet())
    #expect(receipt.damagedFile == left + ".damaged")
    #expect(FileManager.default.fileExists(atPath: left + ".damaged-wal"))
    #expect(
      try Gallery(path: left, configuration: quiet()).query(.vector(scene.early[3]), k: 1).candidates[0].identity
        == "early 3")
  }

  @Test("what cannot be opened any more is put aside, byte for byte", arguments: [0, 40])
  func damaged(offset: UInt64) throws {
    let scene = try makeScene()
    let path = scene.scratch.path()
    try scene.gallery.close()
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    try file.seek(toOffset: offset)
    try file.write(contentsOf: Data(repeating: 0xEE, count: 4_000))
    try file.close()
    let before = try Data(contentsOf: URL(fileURLWithPath: path))
    let receipt = try Gallery.restore(from: scene.copy, to: path, replacing: true, configuration: quiet())
    let damaged = try #require(receipt.damagedFile)
    #expect(try Data(contentsOf: URL(fileURLWithPath: damaged)) == before)
    #expect(try Gallery(path: path, configuration: quiet()).verify(sample: 20).isSound)
  }

  @Test("the log beside a file that cannot be opened stays with it, whoever looks at it, and is put aside")
  func log() throws {
    let scene = try makeScene()
    let kept = scene.scratch.path("kept.gallery")
    try scene.gallery.enroll([Float](repeating: 9, count: 24), as: "the last one")
    for suffix in ["", "-wal"] {
      try FileManager.default.copyItem(atPath: scene.gallery.path + suffix, toPath: kept + suffix)
    }
    let whole = try Data(contentsOf: URL(fileURLWithPath: kept))
    let log = try Data(contentsOf: URL(fileURLWithPath: kept + "-wal"))
    #expect(log.count > 0)
    try Data(
      "a text that somebody saved here, longer than a header of a hundred bytes would be, to be sure of it, yes".utf8
    )
    .write(to: URL(fileURLWithPath: kept))
    let text = try Data(contentsOf: URL(fileURLWithPath: kept))
    func isAsItWas(_ path: String) throws -> Bool {
      try Data(contentsOf: URL(fileURLWithPath: path)) == text
        && Data(contentsOf: URL(fileURLWithPath: path + "-wal")) == log
    }
    _ = try Gallery.diagnose(path: kept, configuration: quiet())
    #expect(try isAsItWas(kept))
    #expect(throws: GalleryError.self) { try Gallery(path: kept, configuration: quiet()) }
    #expect(try isAsItWas(kept))
    #expect(throws: GalleryError.self) {
      try Gallery.restore(from: kept, to: scene.scratch.path("x.gallery"), configuration: quiet())
    }
    #expect(try isAsItWas(kept))
    let aside = try #require(
      try Gallery.restore(from: scene.copy, to: kept, replacing: true, configuration: quiet()).damagedFile)
    #expect(try isAsItWas(aside))
    // With the file that it belongs to, it holds the last commit.
    try whole.write(to: URL(fileURLWithPath: aside))
    #expect(try Gallery(path: aside, configuration: quiet()).identities().contains { $0.name == "the last one" })
  }

  @Test("a gallery of a newer version is put aside with all that is in it, and what it knew of copies is kept")
  func newer() throws {
    let scene = try makeScene()
    let path = scene.scratch.path()
    try scene.gallery.close()
    try otherHand(path).write { db in
      try db.execute(sql: "CREATE TABLE five (a); INSERT INTO five VALUES (7); PRAGMA user_version = 5")
    }
    #expect(throws: GalleryError.self) { try Gallery.restore(from: scene.copy, to: path, configuration: quiet()) }
    let receipt = try Gallery.restore(from: scene.copy, to: path, replacing: true, configuration: quiet())
    let aside = try #require(receipt.damagedFile)
    #expect(aside == path + ".v5" && receipt.asideReason?.contains("schema version 5") == true)
    #expect(receipt.contentSHA256 == scene.sha256)
    let kept = try otherHand(aside).read { db in
      (try Int.fetchOne(db, sql: "SELECT a FROM five"), try Int.fetchOne(db, sql: "SELECT count(*) FROM embedding"))
    }
    #expect(kept.0 == 7 && kept.1 == 699)
    let restored = try Gallery(path: path, configuration: quiet())
    #expect(try restored.verify(sample: 20).isSound)
    // Somebody who is forgotten is still in what was put aside.
    #expect(try restored.forget("early 5").copies.map(\.path).sorted() == [scene.copy, aside].sorted())
  }

  @Test("a copy that is damaged, no gallery or the gallery itself changes nothing; nor what is no gallery gives way")
  func refused() throws {
    let scene = try makeScene()
    let path = scene.scratch.path()
    func isRefused(_ copy: String, _ target: String) -> Bool {
      do {
        try Gallery.restore(from: copy, to: target, replacing: true, configuration: quiet())
        return false
      } catch {
        return error is GalleryError
      }
    }
    var bytes = try Data(contentsOf: URL(fileURLWithPath: scene.copy))
    for i in stride(from: 9_000, to: 20_000, by: 7) { bytes[i] ^= 0x55 }
    let damaged = try scene.scratch.write(bytes, to: "damaged.copy")
    let text = try scene.scratch.write(Data("no gallery".utf8), to: "text")
    for copy in [damaged, text, scene.scratch.path("nowhere"), path] { #expect(isRefused(copy, path), "\(copy)") }
    #expect(try scene.gallery.query(.vector(scene.late[7]), k: 1).candidates[0].identity == "late 7")
    let other = scene.scratch.path("other.db")
    try DatabaseQueue(path: other).write { db in
      try db.execute(sql: "CREATE TABLE mine (x); INSERT INTO mine VALUES (1)")
    }
    #expect(isRefused(scene.copy, other))
    #expect(try DatabaseQueue(path: other).read { db in try Int.fetchOne(db, sql: "SELECT x FROM mine") } == 1)
    // While another program writes, it waits for a bounded time and changes nothing.
    let hand = try otherHand(path)
    try hand.writeWithoutTransaction { db in try db.execute(sql: "BEGIN IMMEDIATE") }
    #expect(throws: GalleryError.self) {
      try Gallery.restore(
        from: scene.copy, to: path, replacing: true, configuration: quiet { $0.busyTimeout = 0.2 })
    }
    try hand.writeWithoutTransaction { db in try db.execute(sql: "ROLLBACK") }
    #expect(try scene.gallery.query(.vector(scene.late[7]), k: 1).candidates[0].identity == "late 7")
  }

  @Test("a saved index that was left alone is no gallery, and is not in the way")
  func staleIndex() throws {
    let scratch = try Scratch()
    let scene = try makeScene()
    let path = scratch.path()
    try Data("nothing of use".utf8).write(to: URL(fileURLWithPath: path + "-index"))
    // Not one of ours: it stays, and nobody minds.
    #expect(try Gallery.restore(from: scene.copy, to: path, configuration: quiet()).damagedFile == nil)
    try scene.gallery.saveSnapshot()
    try FileManager.default.removeItem(atPath: path)
    try FileManager.default.removeItem(atPath: path + "-index")
    for suffix in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
    try FileManager.default.copyItem(atPath: scene.scratch.path() + "-index", toPath: path + "-index")
    let receipt = try Gallery.restore(from: scene.copy, to: path, configuration: quiet())
    #expect(receipt.damagedFile == nil)
    let gallery = try Gallery(path: path, configuration: quiet())
    #expect(try gallery.query(.vector(scene.early[0]), k: 1).candidates[0].identity == "early 0")
    #expect(try !files(in: scratch.folder).contains { $0.contains("damaged") })
  }
}
