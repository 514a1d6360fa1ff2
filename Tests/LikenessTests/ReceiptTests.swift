import Foundation
import GRDB
import Likeness
import Seeded
import Testing

@Suite struct ReceiptTests {
  @Test("the receipt says what was removed, and which files are not the gallery's")
  func removed() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 8)
    var random = Seeded(71)
    let ids = try gallery.enroll(
      (0..<5).map {
        Enrollment(identity: $0 < 3 ? "Jürgen" : "Zoë", vector: random.vector(8), source: "bilder/\($0 / 2).jpg")
      })
    let id = try #require(try gallery.identity(named: "Jürgen")?.id)
    let receipt = try gallery.forget("Ju\u{308}rgen")
    #expect(receipt.identity == "Jürgen")
    #expect(receipt.identityID == id)
    #expect(receipt.embeddings == 3)
    #expect(receipt.embeddingIDs == Array(ids.prefix(3)))
    #expect(receipt.vectorBytes == 96)
    #expect(receipt.sources == ["bilder/0.jpg", "bilder/1.jpg"])
    #expect(receipt.erasure == .complete)
    #expect(receipt.models.isEmpty && receipt.copies.isEmpty && receipt.trainingSets == 0)
    #expect(
      receipt.note
        == "3 embeddings deleted (96 bytes of vectors); no byte of their rows is left in \(scratch.path()), its write-ahead log or "
        + "its index; not the gallery's own, and not touched: 2 sources, bilder/0.jpg, bilder/1.jpg")
  }

  @Test("the receipt names the models that were trained on the person, by training sets and by model cards")
  func models() throws {
    let scratch = try Scratch()
    let gallery = try Gallery(path: scratch.path(), configuration: quiet())
    let model = Data("the weights".utf8)
    let run = try gallery.recordTraining(
      TrainingStart(recipe: "faces", seed: 3, identities: ["Ada", "Grace", "Łukasz"]))
    try gallery.recordTrainingResult([:], modelName: "faces-3", model: model, of: run)
    try gallery.register(
      EmbedderSpecification(
        name: "faces", kind: "vector", dimension: 2, metric: .dot, model: model,
        card:
          "{\"identity_sha256\":[\"\(TrainingStart.hash(ofName: "Ada"))\",\"\(TrainingStart.hash(ofName: "Edsger"))\"]}"
      ))
    for name in ["Ada", "Grace", "Edsger", "Kurt"] { try gallery.enroll([1, 2], as: name) }

    let ada = try gallery.forget("Ada")
    #expect(ada.models.map(\.name) == ["faces"])
    #expect(
      ada.models.first?.sha256
        == EmbedderSpecification(name: "", kind: "", dimension: 1, metric: .dot, model: model).sha256)
    #expect(ada.models.first?.evidence == "training 1 in this gallery")
    #expect(ada.trainingSets == 1)
    #expect(ada.note.contains("trained on this identity, and not changed: \"faces\" (SHA-256 "))
    #expect(try gallery.trainingRuns().map(\.identities) == [2])
    #expect(try gallery.forget("Edsger").models.map(\.evidence) == ["its model card, in this gallery"])
    #expect(try gallery.forget("Kurt").models.isEmpty)
    // Also under a new name, and after two became one.
    try gallery.rename("Grace", to: "Admiral Hopper")
    try gallery.enroll([3, 4], as: "Somebody")
    try gallery.merge("Admiral Hopper", into: "Somebody")
    #expect(try gallery.forget("Somebody").models.map(\.name) == ["faces"])
    #expect(try gallery.trainingRuns().map(\.identities) == [1])
  }

  @Test("cards of many identities, which list the beginnings of hashes, name their models too")
  func manyIdentities() throws {
    let scratch = try Scratch()
    let gallery = try Gallery(path: scratch.path(), configuration: quiet())
    func prefixes(_ names: [String]) -> String {
      let hashes = names.map { TrainingStart.hash(ofName: $0) }.sorted()
      let bytes = hashes.flatMap { hash in
        (0..<6).compactMap { UInt8(hash.dropFirst(2 * $0).prefix(2), radix: 16) }
      }
      return Data(bytes).base64EncodedString()
    }
    let (own, parents) = (prefixes(["Ada", "Edsger", "Zoë"]), prefixes(["Grace"]))
    try gallery.register(
      EmbedderSpecification(
        name: "faces", kind: "vector", dimension: 2, metric: .dot, model: Data("the weights".utf8),
        card: "{\"identitiesSHA256Prefixes\":\"\(own)\",\"parent\":{\"identitiesSHA256Prefixes\":\"\(parents)\"}}"))
    for name in ["Ada", "Grace", "Zoë", "Kurt"] { try gallery.enroll([1, 2], as: name) }
    for name in ["Ada", "Grace", "Zoë"] {
      #expect(try gallery.forget(name).models.map(\.evidence) == ["its model card, in this gallery"], "\(name)")
    }
    #expect(try gallery.forget("Kurt").models.isEmpty)
  }

  @Test("one who is deleted by hand leaves the training sets too", arguments: [true, false])
  func byHand(foreignKeys: Bool) throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 1)
    try gallery.enroll([1], as: "Ada")
    try gallery.recordTraining(TrainingStart(recipe: "pca", identities: ["Ada", "Grace"]))
    try otherHand(scratch.path()).inDatabase { db in
      try db.execute(
        sql: "PRAGMA foreign_keys = \(foreignKeys ? "ON" : "OFF"); DELETE FROM identity WHERE name = 'Ada'")
    }
    #expect(try gallery.trainingRuns().map(\.identities) == [1])
  }

  @Test(
    "after forgetting, no run of the person's vectors is in any file beside the gallery, the copy of a migration included"
  )
  func migrationCopy() throws {
    let scratch = try Scratch()
    let path = try Fixture.gallery(1, in: scratch)
    let gallery = try Gallery(path: path, configuration: quiet())
    let mine = try gallery.embeddings(of: "Łukasz 😀").map { try gallery.vector(of: $0.id) }
    let others = try gallery.embeddings(of: "O'Brien \"Bob\"").map { try gallery.vector(of: $0.id) }
    let copy = path + ".v1-backup"
    #expect(try traces(of: mine, in: [copy]) > 0)
    // Whatever the name is by now.
    try gallery.rename("Łukasz 😀", to: "Łukasz Müller")
    let receipt = try gallery.forget("Łukasz Müller")
    #expect(receipt.copies.map(\.path) == [copy])
    #expect(receipt.copies.first?.reason == "migration")
    #expect(receipt.copies.first?.state == .erased)
    #expect(receipt.copies.first?.problem == nil)
    #expect(receipt.note.contains("erased from \(copy) as well"))
    #expect(try traces(of: mine, in: files(in: scratch.folder)) == 0)
    // The copy is a gallery still, with everybody else in it.
    #expect(try traces(of: others, in: [copy]) > 0)
    let old = try Gallery(path: copy, configuration: quiet { $0.readOnly = true })
    #expect(try old.identities().map(\.name) == ["Ada Lovelace", "Jürgen Müller", "O'Brien \"Bob\"", "Zoë"])
    #expect(try old.verify().checks.filter { $0.outcome == .wrong }.map(\.name) == ["embeddings"])
    // One embedding goes from it as well.
    let one = try #require(try gallery.embeddings(of: "O'Brien \"Bob\"").first)
    #expect(try gallery.remove(embedding: one.id).copies.map(\.state) == [.erased])
    #expect(try traces(of: [others[0]], in: files(in: scratch.folder)) == 0)
    #expect(try traces(of: [others[1]], in: [copy]) > 0)
  }

  @Test("a backup that somebody asked for is named, and left to them")
  func backups() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 8)
    var random = Seeded(72)
    let vector = random.vector(8)
    try gallery.enroll(random.vector(8), as: "Grace")
    let early = scratch.path("early.gallery")
    try gallery.backup(to: early)
    try gallery.enroll(vector, as: "Ada")
    let late = scratch.path("late.gallery")
    try gallery.backup(to: late)
    let gone = scratch.path("gone.gallery")
    try gallery.backup(to: gone)
    try FileManager.default.removeItem(atPath: gone)
    let rubbish = scratch.path("rubbish.gallery")
    try gallery.backup(to: rubbish)
    _ = try scratch.write(Data("rubbish, rubbish".utf8), to: "rubbish.gallery")

    let receipt = try gallery.forget("Ada")
    #expect(receipt.copies.map(\.path) == [early, gone, late, rubbish])
    #expect(receipt.copies.map(\.state) == [.clean, .unknown, .holds, .unknown])
    #expect(receipt.note.contains("\(gone) cannot be read (it was deleted, moved or renamed, or is being made)"))
    #expect(receipt.note.contains("still in \(late): forget there too, or delete it"))
    #expect(try traces(of: [vector], in: [late]) > 0)
    // As the receipt says.
    let copy = try Gallery(path: late, configuration: quiet())
    #expect(try copy.forget("Ada").erasure == .complete)
    try copy.close()
    #expect(try traces(of: [vector], in: files(in: scratch.folder)) == 0)
    #expect(try gallery.forget("Grace").copies.map(\.path) == [early, late, rubbish])
  }

  @Test("forgetting in a copied gallery erases from the copy beside it, never from that of the other gallery")
  func besideAnother() throws {
    let scratch = try Scratch()
    let (one, two) = (scratch.folder.appendingPathComponent("one"), scratch.folder.appendingPathComponent("two"))
    try FileManager.default.createDirectory(at: one, withIntermediateDirectories: true)
    let old = try Fixture.gallery(1, in: scratch)
    try FileManager.default.moveItem(atPath: old, toPath: one.appendingPathComponent("p.gallery").path)
    try Gallery(path: one.appendingPathComponent("p.gallery").path, configuration: quiet()).close()
    try FileManager.default.copyItem(at: one, to: two)
    let copied = try Gallery(path: two.appendingPathComponent("p.gallery").path, configuration: quiet())
    let mine = try copied.embeddings(of: "Łukasz 😀").map { try copied.vector(of: $0.id) }
    let (theirs, ours) = (
      one.appendingPathComponent("p.gallery.v1-backup"), two.appendingPathComponent("p.gallery.v1-backup")
    )
    let before = try Data(contentsOf: theirs)
    let receipt = try copied.forget("Łukasz 😀")
    // The other one has the person still, and is named.
    #expect(receipt.copies.map(\.path) == [ours.path, theirs.path, one.appendingPathComponent("p.gallery").path])
    #expect(receipt.copies.map(\.state) == [.erased, .holds, .holds])
    #expect(try traces(of: mine, in: [ours.path]) == 0)
    #expect(try Data(contentsOf: theirs) == before)
    try copied.close()
    // One of the same folder under another name: its gallery's, and only looked at.
    try FileManager.default.copyItem(
      at: one.appendingPathComponent("p.gallery"), to: one.appendingPathComponent("q.gallery"))
    let other = try Gallery(path: one.appendingPathComponent("q.gallery").path, configuration: quiet())
    let seen = try other.forget("Łukasz 😀").copies
    #expect(seen.map(\.path) == [theirs.path, one.appendingPathComponent("p.gallery").path])
    #expect(seen.map(\.state) == [.holds, .holds])
    #expect(try Data(contentsOf: theirs) == before)
  }

  @Test(
    "copies that were renamed, made with cp, or never finished are found in the folders of the gallery and its copies")
  func strays() throws {
    let scratch = try Scratch()
    let folder = scratch.folder.appendingPathComponent("backups")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let gallery = try makeGallery(scratch.path(), 8)
    var random = Seeded(73)
    try gallery.enroll(random.vector(8), as: "Grace")
    try gallery.enroll(random.vector(8), as: "Ada")
    let (backup, renamed) = (folder.appendingPathComponent("copy").path, folder.appendingPathComponent("older").path)
    try gallery.backup(to: backup)
    // A folder that is reached by a link, from which `..` leads to where the link leads.
    let (link, elsewhere) = (scratch.path("link"), scratch.path("elsewhere/deep"))
    try FileManager.default.createDirectory(atPath: elsewhere, withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: elsewhere)
    try gallery.backup(to: link + "/../linked")
    try FileManager.default.moveItem(atPath: backup, toPath: renamed)
    try FileManager.default.copyItem(atPath: renamed, toPath: scratch.path("byhand"))
    // No process has so high a number.
    let partial = scratch.path("x.partial-99999999-ABCDEF01")
    try FileManager.default.copyItem(atPath: renamed, toPath: partial)
    let torn = scratch.path("y.partial-99999999-ABCDEF01")
    try Data(repeating: 7, count: 8_192).write(to: URL(fileURLWithPath: torn))
    // What is no copy: another gallery with the same name in it, another program's database, pictures.
    let stranger = try makeGallery(scratch.path("stranger"), 8)
    try stranger.enroll(random.vector(8), as: "Nobody")
    try stranger.enroll(random.vector(8), as: "Another")
    try stranger.enroll(random.vector(8), as: "Ada")
    try stranger.close()
    try DatabaseQueue(path: scratch.path("other")).write { db in try db.execute(sql: "CREATE TABLE t (x)") }
    try Data(repeating: 9, count: 4_096).write(to: URL(fileURLWithPath: scratch.path("picture")))
    let before = try files(in: scratch.folder).count

    let receipt = try gallery.forget("Ada")
    let found = Dictionary(uniqueKeysWithValues: receipt.copies.map { ($0.path, $0) })
    #expect(
      Set(found.keys) == [backup, renamed, scratch.path("elsewhere/linked"), scratch.path("byhand"), partial, torn])
    #expect(found[backup]?.state == .unknown)
    #expect(found[renamed]?.state == .holds && found[renamed]?.reason == "unregistered")
    #expect(found[scratch.path("elsewhere/linked")]?.state == .holds)
    #expect(found[scratch.path("byhand")]?.state == .holds)
    #expect(found[partial]?.state == .holds && found[partial]?.problem == "a copy that was not finished")
    #expect(found[torn]?.state == .unknown)
    // Looking leaves no trace.
    #expect(try files(in: scratch.folder).count == before)
    // Who was never in them is not in them.
    try gallery.enroll(random.vector(8), as: "Alan")
    #expect(try gallery.forget("Alan").copies.allSatisfy { $0.state != .holds })
  }

  @Test("a model of series is found by a stream's subject, and one of words by the vectors in it")
  func streamsAndWords() throws {
    let scratch = try Scratch()
    let gallery = try Gallery(path: scratch.path(), configuration: quiet())
    try gallery.register(
      EmbedderSpecification(
        name: "moments", kind: "series", dimension: 2, metric: .dot,
        model: Data("weights ".utf8) + blob([7, 8]) + Data(" more".utf8),
        card: "{\"identitiesSHA256\":[\"\(TrainingStart.hash(ofName: "s03"))\"]}"))
    for name in ["s03_01_watch", "left/s03", "s04_01", "s03b"] { try gallery.enroll([1, 2], as: name) }
    try gallery.enroll([7, 8], as: "s05")
    func evidence(_ name: String) throws -> [String] { try gallery.forget(name).models.map(\.evidence) }
    #expect(try evidence("s03_01_watch") == ["its model card, in this gallery"])
    #expect(try evidence("left/s03") == ["its model card, in this gallery"])
    #expect(try evidence("s04_01").isEmpty && evidence("s03b").isEmpty)
    #expect(try evidence("s05") == ["its file, which this gallery keeps, has a vector of it"])
  }

  @Test("a backup of before somebody was enrolled anew and merged with another holds that person still")
  func enrolledAnew() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 2)
    try gallery.enroll([Enrollment(identity: "Ada", vector: [1, 2], source: "s")])
    try gallery.backup(to: scratch.path("backup"))
    try gallery.enroll(
      [
        Enrollment(identity: "Ada", vector: [3, 4], source: "s"),
        Enrollment(identity: "Ada Lovelace", vector: [5, 6], source: "t"),
      ], replacing: .sameSource)
    try otherHand(scratch.path()).write { db in
      try db.execute(sql: "UPDATE embedding SET created_at = '2031-01-01T00:00:00.000Z' WHERE id = 1")
      try db.execute(sql: "CREATE TABLE mine AS SELECT * FROM embedding")
    }
    try gallery.merge("Ada", into: "Ada Lovelace")
    let receipt = try gallery.forget("Ada Lovelace")
    #expect(receipt.copies.map(\.state) == [.holds])
    #expect(receipt.otherTables == ["mine"])
    #expect(receipt.note.contains("not looked at: 1 table in it that is not this library's, mine"))
  }

  @Test("a copy whose rows are in its log alone, one cut short and one behind a link are found")
  func strangeStrays() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 8)
    var random = Seeded(74)
    for number in 0..<40 { try gallery.enroll(random.vector(8), as: "p\(number % 4)") }
    let whole = scratch.path()
    for suffix in ["", "-wal"] {
      try FileManager.default.copyItem(atPath: whole + suffix, toPath: scratch.path("young") + suffix)
    }
    let log = try Data(contentsOf: URL(fileURLWithPath: scratch.path("young")))
    #expect(log.count <= 8_192)
    try gallery.backup(to: scratch.path("backup"))
    let bytes = try Data(contentsOf: URL(fileURLWithPath: scratch.path("backup")))
    _ = try scratch.write(bytes + Data("x".utf8), to: "longer")
    _ = try scratch.write(bytes, to: "other-index")
    _ = try scratch.write(bytes.prefix(20_000), to: "cut")
    let receipt = try gallery.forget("p1")
    let found = Dictionary(uniqueKeysWithValues: receipt.copies.map { ($0.path, $0.state) })
    #expect(
      found == [
        scratch.path("backup"): .holds, scratch.path("young"): .holds, scratch.path("longer"): .holds,
        scratch.path("other-index"): .holds, scratch.path("cut"): .unknown,
      ])
  }

  @Test(
    "a copy that is out of sight is named, and looked at when it is back; one that went with the gallery is erased from"
  )
  func outOfSight() throws {
    let scratch = try Scratch()
    let disk = scratch.folder.appendingPathComponent("disk")
    try FileManager.default.createDirectory(at: disk, withIntermediateDirectories: true)
    let gallery = try makeGallery(scratch.path(), 8)
    try gallery.enroll([Float](repeating: 1, count: 8), as: "Ada")
    try gallery.enroll([Float](repeating: 2, count: 8), as: "Grace")
    let backup = disk.appendingPathComponent("copy.gallery").path
    try gallery.backup(to: backup)
    let elsewhere = scratch.folder.appendingPathComponent("elsewhere")
    try FileManager.default.moveItem(at: disk, to: elsewhere)
    let unplugged = try gallery.forget("Ada")
    #expect(unplugged.copies.map(\.path) == [backup])
    #expect(unplugged.copies.map(\.state) == [.unknown])
    #expect(unplugged.note.contains("may hold this identity"))
    // As a mount point without its disk.
    try FileManager.default.createDirectory(at: disk, withIntermediateDirectories: true)
    try gallery.enroll([Float](repeating: 3, count: 8), as: "Alan")
    #expect(try gallery.forget("Alan").copies.map(\.state) == [.unknown])
    try FileManager.default.removeItem(at: disk)
    try FileManager.default.moveItem(at: elsewhere, to: disk)
    #expect(try gallery.forget("Grace").copies.map(\.state) == [.holds])

    let (before, after) = (scratch.folder.appendingPathComponent("one"), scratch.folder.appendingPathComponent("two"))
    try FileManager.default.createDirectory(at: before, withIntermediateDirectories: true)
    let old = try Fixture.gallery(1, in: scratch)
    try FileManager.default.moveItem(atPath: old, toPath: before.appendingPathComponent("old.gallery").path)
    try Gallery(path: before.appendingPathComponent("old.gallery").path, configuration: quiet()).close()
    try FileManager.default.moveItem(at: before, to: after)
    let moved = try Gallery(path: after.appendingPathComponent("old.gallery").path, configuration: quiet())
    let mine = try moved.embeddings(of: "Łukasz 😀").map { try moved.vector(of: $0.id) }
    let copy = after.appendingPathComponent("old.gallery.v1-backup").path
    #expect(try traces(of: mine, in: [copy]) > 0)
    let receipt = try moved.forget("Łukasz 😀")
    #expect(receipt.copies.map(\.path) == [copy])
    #expect(receipt.copies.map(\.state) == [.erased])
    #expect(try traces(of: mine, in: files(in: after)) == 0)
  }

  @Test("with a reader in the way the receipt says pending, and who; when it is done nothing is left in any file")
  func pending() throws {
    let scratch = try Scratch()
    let path = try Fixture.gallery(1, in: scratch)
    let gallery = try Gallery(path: path, configuration: quiet { $0.busyTimeout = 0.01 })
    let mine = try gallery.embeddings(of: "Łukasz 😀").map { try gallery.vector(of: $0.id) }
    try otherHand(path).inDatabase { db in
      try db.execute(sql: "BEGIN")
      _ = try Int.fetchOne(db, sql: "SELECT count(*) FROM embedding")
      let receipt = try gallery.forget("Łukasz 😀")
      #expect(receipt.erasure == .pending)
      #if os(Linux)
        #expect(receipt.note.contains("erasure is pending: their bytes are still in use by this process"))
      #endif
      #expect(receipt.copies.map(\.state) == [.erased])
      #expect(try traces(of: mine, in: files(in: scratch.folder)) > 0)
      try db.execute(sql: "COMMIT")
    }
    try gallery.rename("Ada Lovelace", to: "Ada")
    #expect(try traces(of: mine, in: files(in: scratch.folder)) == 0)
    #expect(try gallery.verify().checks.first { $0.name == "erasure" }?.outcome == .proved)
  }
}
