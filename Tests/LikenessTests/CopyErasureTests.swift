import Files
import Foundation
import GRDB
import Likeness
import Testing

@Suite("Forgetting in the copies that the library made unasked")
struct CopyErasureTests {
  /// A gallery that was brought up from version 1, with the copy of before.
  private struct Scene {
    let scratch: Scratch
    let gallery: Gallery
    var path: String { gallery.path }
    var copy: String { path + ".v1-backup" }

    init() throws {
      scratch = try Scratch()
      gallery = try Gallery(path: Fixture.gallery(1, in: scratch), configuration: quiet())
    }

    func vectors(of name: String) throws -> [[Float]] {
      try gallery.embeddings(of: name).map { try gallery.vector(of: $0.id) }
    }

    func names(in copy: String) throws -> [String] {
      try otherHand(copy).read { db in try String.fetchAll(db, sql: "SELECT name FROM identity ORDER BY id") }
    }
  }

  @Test("a forget that is refused takes nothing from a copy, and can be asked again")
  func refused() throws {
    let scene = try Scene()
    let mine = try scene.vectors(of: "Jürgen Müller")
    let before = try traces(of: mine, in: [scene.copy])
    #expect(before > 0)
    try otherHand(scene.path).write { db in
      try db.execute(
        sql: "CREATE TRIGGER stop BEFORE DELETE ON embedding BEGIN SELECT RAISE(ABORT, 'on legal hold'); END")
    }
    #expect(throws: GalleryError.self) { try scene.gallery.forget("Jürgen Müller") }
    #expect(try traces(of: mine, in: [scene.copy]) == before)
    try otherHand(scene.path).write { db in try db.execute(sql: "DROP TRIGGER stop") }
    #expect(try scene.gallery.forget("Jürgen Müller").copies.map(\.state) == [.erased])
    #expect(try traces(of: mine, in: files(in: scene.scratch.folder)) == 0)
  }

  @Test("what was cut off between a copy's rows and their bytes is finished when the gallery is opened")
  func cutOff() throws {
    let scene = try Scene()
    let mine = try scene.vectors(of: "Jürgen Müller")
    try scene.gallery.close()
    // As a process leaves it that was killed after its commit.
    for path in [scene.path, scene.copy] {
      try otherHand(path).inDatabase { db in
        try db.execute(
          sql: """
            PRAGMA secure_delete = OFF; PRAGMA foreign_keys = ON;
            DELETE FROM identity WHERE name = 'Jürgen Müller'; INSERT INTO erasure (id) VALUES (1);
            PRAGMA wal_checkpoint(TRUNCATE);
            """)
      }
    }
    #expect(try traces(of: mine, in: [scene.copy]) > 0)
    try Gallery(path: scene.path, configuration: quiet()).close()
    #expect(try traces(of: mine, in: files(in: scene.scratch.folder)) == 0)
  }

  @Test("a copy that was not noted, as whoever made it was cut off, is known by its name")
  func unnoted() throws {
    let scene = try Scene()
    let mine = try scene.vectors(of: "Jürgen Müller")
    try FileManager.default.copyItem(atPath: scene.copy, toPath: scene.path + ".before-doctor-2")
    try Data("no gallery".utf8).write(to: URL(fileURLWithPath: scene.path + ".v2-backup"))
    try otherHand(scene.path).write { db in try db.execute(sql: "DELETE FROM copy") }
    let copies = try scene.gallery.forget("Jürgen Müller").copies
    #expect(copies.map(\.path) == [scene.path + ".before-doctor-2", scene.copy])
    #expect(copies.map(\.reason) == ["repair", "migration"])
    #expect(copies.map(\.state) == [.erased, .erased])
    #expect(try traces(of: mine, in: files(in: scene.scratch.folder)) == 0)
  }

  @Test("a copy whose bytes cannot be overwritten is never called clean, however often it is asked")
  func notOverwritten() throws {
    let scene = try Scene()
    // A page that nothing leads to.
    try otherHand(scene.copy).inDatabase { db in
      try db.execute(
        sql: "PRAGMA secure_delete = OFF; CREATE TABLE rubbish AS SELECT zeroblob(50000) AS filling; DROP TABLE rubbish"
      )
    }
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: scene.copy))
    try file.seek(toOffset: 32)
    try file.write(contentsOf: Data(repeating: 0, count: 8))
    try file.close()
    for name in ["Jürgen Müller", "Łukasz 😀"] {
      let copies = try scene.gallery.forget(name).copies
      #expect(copies.map(\.state) == [.holds])
      #expect(copies.first?.problem?.contains("could not be overwritten") == true, "\(copies)")
    }
  }

  @Test("whoever has another's former name in a copy stays in it")
  func formerNames() throws {
    let scene = try Scene()
    try scene.gallery.rename("Jürgen Müller", to: "Jürgen Meier")
    let vector = try #require(try scene.vectors(of: "Jürgen Meier").first)
    try scene.gallery.enroll(vector.map { $0 + 1 }, as: "Jürgen Müller")
    let backup = scene.scratch.path("asked.copy")
    try scene.gallery.backup(to: backup)
    #expect(try scene.gallery.forget("Jürgen Müller").copies.map(\.state) == [.holds, .clean])
    #expect(try scene.names(in: scene.copy).contains("Jürgen Müller"))
    // Under that name in the copy, and meant.
    let receipt = try scene.gallery.forget("Jürgen Meier")
    #expect(receipt.copies.map(\.state) == [.holds, .erased])
    #expect(try !scene.names(in: scene.copy).contains("Jürgen Müller"))
  }

  @Test("the saved index that somebody's look left beside a copy goes with the person")
  func savedIndex() throws {
    let scene = try Scene()
    let real = try Gallery(
      path: scene.scratch.path("other.gallery"), configuration: quiet { $0.snapshotThreshold = 100 })
    try real.register(specification(2))
    try real.enroll((0..<300).map { Enrollment(identity: "x", vector: [Float($0), 1]) })
    try real.saveSnapshot()
    try FileManager.default.copyItem(atPath: real.path + "-index", toPath: scene.copy + "-index")
    #expect(try scene.gallery.forget("Jürgen Müller").copies.first { $0.path == scene.copy }?.state == .erased)
    #expect(!FileManager.default.fileExists(atPath: scene.copy + "-index"))
  }

  @Test("a copy that is being made in another's place is not called clean")
  func beingMade() throws {
    let scene = try Scene()
    let backup = scene.scratch.path("asked.copy")
    try scene.gallery.backup(to: backup)
    try scene.gallery.enroll(scene.vectors(of: "Jürgen Müller")[0].map { $0 + 1 }, as: "late")
    let temporary = UnfinishedFiles.begin(backup)
    try Data().write(to: URL(fileURLWithPath: temporary))
    defer { DurableFile.remove(temporary) }
    let copy = try #require(try scene.gallery.forget("late").copies.first { $0.path == backup })
    #expect(copy.state == .unknown)
    #expect(copy.problem?.contains("being made in its place") == true)
  }
}
