import Foundation
import GRDB
import Likeness
import Seeded
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

@Suite struct OpeningTests {
  private func refusal(_ path: String, _ configuration: GalleryConfiguration = quiet()) throws -> GalleryError {
    try #require(throws: GalleryError.self) { try Gallery(path: path, configuration: configuration) }
  }

  @Test("any other file is refused with a sentence, and left byte for byte as it is")
  func notAGallery() throws {
    let scratch = try Scratch()
    var random = Seeded(1)
    let files: [String: Data] = [
      "one byte": Data("y".utf8),
      "text": Data("Dear diary, today I met Ada.\n".utf8),
      "long text": Data(String(repeating: "All work and no play. ", count: 1_000).utf8),
      "noise": Data((0..<10_000).map { _ in UInt8.random(in: 0...255, using: &random) }),
      "only a header": Data("SQLite format 3\0".utf8),
    ]
    for (name, bytes) in files {
      let path = try scratch.write(bytes, to: name)
      let error = try refusal(path)
      #expect(error.description.contains("is not a gallery: "), "\(name): \(error)")
      #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == bytes)
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.folder.path).count == files.count)
    #expect(try refusal(scratch.folder.path) == .notAGallery(path: scratch.folder.path, reason: "it is a directory"))
  }

  @Test("a pipe or a device is no gallery, which is said without waiting for anybody at its other end")
  func pipe() throws {
    let scratch = try Scratch()
    #expect(mkfifo(scratch.path("pipe"), 0o600) == 0)
    for path in [scratch.path("pipe"), "/dev/null"] {
      let reason = "it is no file, but a pipe or a device"
      #expect(try refusal(path) == .notAGallery(path: path, reason: reason))
      let diagnosis = try Gallery.diagnose(path: path, configuration: quiet())
      #expect(!diagnosis.opens && diagnosis.complaints.map(\.what) == ["\(path) is no file, but a pipe or a device"])
    }
  }

  @Test("a name that leaves no room for those of the files beside a gallery is refused before there is a file")
  func longName() throws {
    let scratch = try Scratch()
    for count in [214, 247, 251, 252, 255, 256] {
      let path = scratch.path(String(repeating: "n", count: count))
      #expect(try refusal(path).description.contains("its name has \(count) bytes"))
    }
    let gallery = try makeGallery(scratch.path(String(repeating: "n", count: 213)), 1)
    try gallery.enroll((0..<100).map { Enrollment(identity: "Ada", vector: [Float($0)]) })
    #expect(try gallery.saveSnapshot())
    let long = scratch.path(String(repeating: "c", count: 230))
    let error = try #require(throws: GalleryError.self) { try gallery.backup(to: long) }
    #expect(error.description.contains("its name has 230 bytes"))
    try gallery.close()
    // One that somebody called so can be read.
    try FileManager.default.moveItem(atPath: gallery.path, toPath: scratch.path(String(repeating: "m", count: 253)))
    let moved = try Gallery(path: scratch.path(String(repeating: "m", count: 253)), configuration: quiet())
    #expect(try moved.identities().count == 1)
    #expect(moved.readOnlyReason?.contains("its name has 253 bytes") == true)
    let names = try FileManager.default.contentsOfDirectory(atPath: scratch.folder.path).map(\.count).sorted()
    #expect(names == [219, 253])
  }

  @Test("another program's database is refused, and left as it is")
  func otherDatabase() throws {
    let scratch = try Scratch()
    let path = scratch.path("bookmarks.db")
    let other = try DatabaseQueue(path: path)
    try other.write { db in
      try db.execute(sql: "CREATE TABLE bookmark (url); CREATE TABLE folder (name); PRAGMA user_version = 3")
    }
    try other.close()
    let before = try Data(contentsOf: URL(fileURLWithPath: path))
    #expect(
      try refusal(path).description
        == "\(path) is not a gallery: it is another program's SQLite database, with the tables bookmark, folder. "
        + "Name another path; nothing was changed")
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
    #expect(!FileManager.default.fileExists(atPath: path + "-wal"))
  }

  @Test("an empty file becomes a gallery")
  func emptyFile() throws {
    let scratch = try Scratch()
    let path = try scratch.write(Data(), to: "empty")
    try makeGallery(path, 1).enroll([1], as: "Ada")
    #expect(try Gallery(path: path).query(.vector([1])).candidates.count == 1)
  }

  @Test("a path where no file can be is refused with a sentence")
  func noFolder() throws {
    let scratch = try Scratch()
    let path = scratch.path("nowhere/people.gallery")
    #expect(try refusal(path).description.contains("there is no folder "))
    #expect(try refusal("").description.contains("this is no path"))
    #expect(try refusal("a\0b").description.contains("this is no path"))
    #expect(try refusal(scratch.path(), quiet { $0.readOnly = true }).description.contains("there is no such file"))
    #expect(!FileManager.default.fileExists(atPath: scratch.path()))
  }

  @Test(
    "a gallery can be made with nothing but the schema and sqlite3",
    .enabled(if: Tool.sqlite3 != nil, "sqlite3 is not installed"))
  func bySchema() throws {
    let sqlite3 = try #require(Tool.sqlite3)
    let scratch = try Scratch()
    let schema = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("schema/v1_gallery.sql")
    try sqlite3.run([scratch.path()], input: String(contentsOf: schema, encoding: .utf8))
    let gallery = try makeGallery(scratch.path(), 1)
    try gallery.enroll([1], as: "Ada")
    #expect(try gallery.query(.vector([1])).candidates.count == 1)
  }

  @Test("a gallery of a newer version opens for reading, says so, and refuses to be written")
  func newerVersion() throws {
    let scratch = try Scratch()
    try makeGallery(scratch.path(), 1).enroll([1], as: "Ada")
    try otherHand(scratch.path()).write { db in
      try db.execute(sql: "PRAGMA user_version = 99; ALTER TABLE identity ADD COLUMN birthday TEXT")
    }
    let gallery = try Gallery(path: scratch.path())
    #expect(gallery.isReadOnly)
    #expect(gallery.readOnlyReason?.contains("its schema is version 99, and this library knows 4") == true)
    #expect(try gallery.query(.vector([1])).candidates.map(\.identity) == ["Ada"])
    let error = try #require(throws: GalleryError.self) { try gallery.enroll([2], as: "Grace") }
    #expect(error.description.contains("cannot be written: its schema is version 99"))
    #expect(throws: GalleryError.self) { try gallery.forget("Ada") }
    #expect(throws: GalleryError.self) { try gallery.register(specification(2, name: "another")) }
    #expect(try gallery.info().schemaVersion == 99)
    #expect(try gallery.info().embeddings == 1)
  }

  @Test("opened read-only, a gallery answers, follows others' commits, and refuses to be written")
  func readOnly() throws {
    let scratch = try Scratch()
    let writer = try makeGallery(scratch.path(), 1)
    let reader = try Gallery(path: scratch.path(), configuration: quiet { $0.readOnly = true })
    try writer.enroll([1], as: "Ada")
    #expect(try reader.query(.vector([1])).candidates.map(\.identity) == ["Ada"])
    let error = try #require(throws: GalleryError.self) { try reader.rename("Ada", to: "Grace") }
    #expect(error.description.hasSuffix("cannot be written: it was opened read-only, as its configuration asks"))
  }

  /// Whether this user may write what nobody may write.
  private static var isRoot: Bool {
    #if canImport(Glibc)
      geteuid() == 0
    #else
      false
    #endif
  }

  @Test(
    "a file and a folder without the right to write open for reading",
    .enabled(if: !isRoot, "root may write everything"))
  func withoutTheRight() throws {
    let scratch = try Scratch()
    try makeGallery(scratch.path(), 1).enroll([1], as: "Ada")
    let manager = FileManager.default
    try manager.setAttributes([.posixPermissions: 0o444], ofItemAtPath: scratch.path())
    let gallery = try Gallery(path: scratch.path())
    #expect(try gallery.query(.vector([1])).candidates.count == 1)
    #expect(gallery.isReadOnly)
    try gallery.close()
    try manager.setAttributes([.posixPermissions: 0o555], ofItemAtPath: scratch.folder.path)
    defer { try? manager.setAttributes([.posixPermissions: 0o755], ofItemAtPath: scratch.folder.path) }
    let frozen = try Gallery(path: scratch.path())
    #expect(try frozen.query(.vector([1])).candidates.count == 1)
    #expect(throws: GalleryError.self) { try frozen.enroll([2], as: "Grace") }
    #expect(try refusal(scratch.path("new.gallery")).description.contains("you may not write in the folder"))
  }

  #if canImport(Glibc)
    /// Whether this user may mount a file system here: root may, outside of most containers.
    private static let canMount: Bool = {
      guard let scratch = try? Scratch(), mount("tmpfs", scratch.folder.path, "tmpfs", 0, nil) == 0 else {
        return false
      }
      umount2(scratch.folder.path, Int32(MNT_DETACH))
      return true
    }()

    @Test(
      "on a read-only file system a gallery opens, answers and uses its saved index, and refuses to be written",
      .enabled(if: canMount, "nothing may be mounted here, which root may outside of containers"))
    func readOnlyFileSystem() throws {
      let scratch = try Scratch()
      try #require(mount("tmpfs", scratch.folder.path, "tmpfs", 0, nil) == 0)
      defer { umount2(scratch.folder.path, Int32(MNT_DETACH)) }
      var random = Seeded(17)
      let rows = (0..<300).map { Enrollment(identity: "p\($0)", vector: random.vector(8)) }
      let written = try makeGallery(scratch.path(), 8) { $0.snapshotThreshold = 100 }
      try written.enroll(rows)
      let open = try makeGallery(scratch.path("open.gallery"), 8)
      try open.enroll(rows)
      for suffix in ["", "-wal"] {
        try FileManager.default.copyItem(
          atPath: scratch.path("open.gallery") + suffix, toPath: scratch.path("away.gallery") + suffix)
      }
      try open.close()
      try written.close()
      try #require(mount("tmpfs", scratch.folder.path, "tmpfs", UInt(MS_REMOUNT | MS_RDONLY), nil) == 0)

      let gallery = try Gallery(path: scratch.path(), configuration: quiet())
      #expect(gallery.openedFromSnapshot)
      #expect(gallery.readOnlyReason?.hasPrefix("its file system, or its folder, is read-only") == true)
      for row in rows { #expect(try gallery.query(.vector(row.vector), k: 1).candidates[0].identity == row.identity) }
      #expect(try gallery.verify(sample: 5).isSound)
      #expect(throws: GalleryError.self) { try gallery.enroll(rows[0].vector, as: "Ada") }
      #expect(throws: GalleryError.self) { try gallery.saveSnapshot() }
      #expect(throws: GalleryError.self) { try gallery.forget("p1") }
      try gallery.close()
      // Rows that are only in the log would be missed.
      let refused = try refusal(scratch.path("away.gallery")).description
      #expect(refused.contains("away.gallery-wal holds rows that are not in it yet"))
      #expect(try refusal(scratch.path("new.gallery")).description.contains("you may not write in the folder"))
    }

    @Test(
      "on a disk without a free byte a gallery opens and answers",
      .enabled(if: canMount, "nothing may be mounted here, which root may outside of containers"))
    func fullFileSystem() throws {
      let scratch = try Scratch()
      try #require(mount("tmpfs", scratch.folder.path, "tmpfs", 0, "size=2m") == 0)
      defer { umount2(scratch.folder.path, Int32(MNT_DETACH)) }
      let written = try makeGallery(scratch.path(), 8)
      try written.enroll([1, 2, 3, 4, 5, 6, 7, 8], as: "Ada")
      try written.close()
      let filler = try #require(fopen(scratch.path("filler"), "w"))
      let bytes = [UInt8](repeating: 1, count: 4_096)
      while fwrite(bytes, 1, bytes.count, filler) == bytes.count, fflush(filler) == 0 {}
      let gallery = try Gallery(path: scratch.path(), configuration: quiet())
      #expect(gallery.readOnlyReason?.hasPrefix("its disk is full") == true)
      #expect(try gallery.query(.vector([1, 2, 3, 4, 5, 6, 7, 8]), k: 1).candidates.map(\.identity) == ["Ada"])
      #expect(throws: GalleryError.self) { try gallery.forget("Ada") }
      try gallery.close()
      fclose(filler)
      try FileManager.default.removeItem(atPath: scratch.path("filler"))
      let roomy = try Gallery(path: scratch.path(), configuration: quiet())
      #expect(!roomy.isReadOnly)
    }
  #endif

  @Test("a gallery is opened by a symbolic link as by its own name: what is beside it counts")
  func symbolicLink() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 3)
    try gallery.enroll([1, 0, 0], as: "Ada")
    try FileManager.default.createDirectory(atPath: scratch.path("links"), withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      atPath: scratch.path("links/second"), withDestinationPath: "../people.gallery")
    try FileManager.default.createSymbolicLink(
      atPath: scratch.path("first"), withDestinationPath: scratch.path("links/second"))
    let linked = try Gallery(path: scratch.path("first"), configuration: quiet())
    #expect(linked.path.hasSuffix("/people.gallery"))
    #expect(try linked.info().logBytes > 0)
    try linked.enroll([0, 1, 0], as: "Grace")
    #expect(try gallery.query(.vector([0, 1, 0]), k: 1).candidates[0].identity == "Grace")
    #expect(try files(in: scratch.folder.appendingPathComponent("links")).count == 1)
    #expect(try Gallery.diagnose(path: scratch.path("first"), configuration: quiet()).isHealthy)
    // One that leads in a circle is a sentence.
    try FileManager.default.createSymbolicLink(atPath: scratch.path("round"), withDestinationPath: "round")
    #expect(throws: GalleryError.self) { try Gallery(path: scratch.path("round"), configuration: quiet()) }
  }

  @Test(
    "a gallery without its write-ahead log, which another program took from it, answers and takes rows",
    arguments: ["BEGIN IMMEDIATE", "BEGIN; SELECT count(*) FROM embedding"])
  func withoutLog(lock: String) throws {
    let scratch = try Scratch()
    let made = try makeGallery(scratch.path(), 3)
    try made.enroll([1, 0, 0], as: "Ada")
    try made.close()
    let hand = try otherHand(scratch.path())
    try hand.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA journal_mode = DELETE; \(lock)") }
    let gallery = try Gallery(path: scratch.path(), configuration: quiet { $0.busyTimeout = 0.2 })
    #expect(try gallery.query(.vector([1, 0, 0]), k: 1).candidates.map(\.identity) == ["Ada"])
    #expect(throws: GalleryError.self) { try gallery.enroll([0, 1, 0], as: "Grace") }
    try hand.writeWithoutTransaction { db in try db.execute(sql: "COMMIT") }
    try gallery.enroll([0, 1, 0], as: "Grace")
    try hand.write { db in try db.execute(sql: "UPDATE identity SET name = 'Ada Lovelace' WHERE name = 'Ada'") }
    #expect(try gallery.query(.vector([1, 0, 0]), k: 2).candidates.map(\.identity) == ["Ada Lovelace", "Grace"])
    try hand.write { db in
      try db.execute(
        sql:
          "INSERT INTO embedding (identity_id, embedder_id, vector) SELECT identity_id, embedder_id, vector FROM embedding"
      )
    }
    #expect(try gallery.query(.vector([1, 0, 0]), k: 2).gallerySize.embeddings == 4)
    #expect(try gallery.forget("Grace").erasure == .complete)
    try gallery.close()
    try hand.close()
    let again = try Gallery(path: scratch.path(), configuration: quiet())
    #expect(try again.verify(sample: 5).isSound)
    #expect(try otherHand(scratch.path()).read { db in try String.fetchOne(db, sql: "PRAGMA journal_mode") } == "wal")
  }

  @Test("while another process writes, reads go on and a write is refused in bounded time, with a sentence")
  func locked() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 1) { $0.busyTimeout = 0.02 }
    try gallery.enroll([1], as: "Ada")
    let hand = try otherHand(scratch.path())
    try hand.inDatabase { db in
      try db.execute(sql: "BEGIN IMMEDIATE; DELETE FROM identity")
      #expect(try gallery.query(.vector([1])).candidates.count == 1)
      // Opening is reading.
      #expect(try Gallery(path: scratch.path()).query(.vector([1])).candidates.count == 1)
      let error = try #require(throws: GalleryError.self) { try gallery.enroll([2], as: "Grace") }
      guard case .locked(_, 0.02, let holder) = error else {
        Issue.record("\(error)")
        return
      }
      #if os(Linux)
        #expect(holder == "this one, through another Gallery")
      #endif
      #expect(error.description.contains("is writing to \(scratch.path()) and did not finish within 0.02 s"))
      try db.execute(sql: "ROLLBACK")
    }
    try gallery.enroll([2], as: "Grace")
    #expect(try gallery.query(.vector([1])).candidates.count == 2)
  }

  @Test("a full disk leaves nothing half-written, and the gallery goes on when there is room again")
  func diskFull() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 64)
    var random = Seeded(9)
    try gallery.enroll(random.vector(64), as: "before")
    try gallery.limitPages(60)
    let rows = (0..<2_000).map { Enrollment(identity: "p\($0)", vector: random.vector(64)) }
    #expect(throws: GalleryError.diskFull(path: scratch.path())) { try gallery.enroll(rows) }
    #expect(try gallery.identities().map(\.name) == ["before"])
    #expect(try gallery.query(.vector(rows[0].vector)).gallerySize == .init(identities: 1, embeddings: 1))
    try gallery.limitPages(1_000_000)
    try gallery.enroll(rows)
    #expect(try gallery.query(.vector(rows[1_999].vector)).candidates.first?.identity == "p1999")
    #expect(try gallery.indexDisagreements().isEmpty)
  }

  @Test("a file whose pages were overwritten is an error with a sentence, never a crash", arguments: 0..<12)
  func corrupted(seed: Int) throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 16)
    var random = Seeded(UInt64(seed))
    try gallery.enroll((0..<400).map { Enrollment(identity: "p\($0)", vector: random.vector(16)) })
    try gallery.close()
    var bytes = try Data(contentsOf: URL(fileURLWithPath: scratch.path()))
    if seed % 3 == 0 {
      bytes = bytes.prefix(bytes.count / 2)
    } else {
      for _ in 0..<3 {
        let start = Int.random(in: 100..<bytes.count - 600, using: &random)
        for index in start..<start + 500 { bytes[index] = UInt8.random(in: 0...255, using: &random) }
      }
    }
    let path = try scratch.write(bytes, to: "damaged")
    do {
      let opened = try Gallery(path: path, configuration: quiet())
      _ = try opened.query(.vector(random.vector(16)), k: 400)
      _ = try opened.identities()
      _ = try opened.info()
      try opened.enroll(random.vector(16), as: "p1")
      try opened.forget("p1")
    } catch let error as GalleryError {
      #expect(!error.description.isEmpty)
    }
  }

  @Test("a file that calls itself a gallery and has other tables is an error, never a crash")
  func hostile() throws {
    let scratch = try Scratch()
    let hand = try otherHand(scratch.path())
    try hand.write { db in
      try db.execute(
        sql: """
          PRAGMA application_id = 1279871813; PRAGMA user_version = 1;
          CREATE TABLE identity (id, name, attributes, created_at);
          CREATE TABLE embedder (id, name, kind, dimension, metric, sha256, card, created_at, model);
          CREATE TABLE embedding (id, identity_id, embedder_id, source, source_sha256, quality, attributes, created_at,
            vector);
          CREATE TABLE change (sequence INTEGER PRIMARY KEY AUTOINCREMENT, embedding_id, kind);
          INSERT INTO identity VALUES (NULL, NULL, 17, x'00'), ('x', x'ff', '[', 1.5);
          INSERT INTO embedder VALUES (1, NULL, NULL, 2, 'cosine', 4, NULL, NULL, 'text');
          INSERT INTO embedding VALUES (1, 'x', 1, 3, 4, 'q', NULL, NULL, 'not a blob'), (NULL, 1, 1, 1, 1, 1, 1, 1, 1),
            ('y', 1, 1, 1, 1, 1, 1, 1, x'0000803f0000803f'), (-9223372036854775808, 1, 1, 1, 1, 1, 1, 1, NULL);
          """)
    }
    do {
      let gallery = try Gallery(path: scratch.path(), configuration: quiet { $0.readOnly = true })
      _ = try gallery.embedder
      _ = try gallery.identities()
      _ = try gallery.embeddings(of: "x")
      _ = try gallery.query(.vector([1, 1]), k: 10)
      _ = try gallery.info()
    } catch let error as GalleryError {
      #expect(!error.description.isEmpty)
    }
    try hand.write { db in try db.execute(sql: "UPDATE embedder SET dimension = 9223372036854775807") }
    #expect(throws: GalleryError.self) { try Gallery(path: scratch.path(), configuration: quiet()) }
  }

  @Test("a closed gallery says so")
  func closed() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 1)
    try gallery.enroll([1], as: "Ada")
    try gallery.close()
    #expect(throws: GalleryError.closed(path: scratch.path())) { try gallery.query(.vector([1])) }
    #expect(throws: GalleryError.closed(path: scratch.path())) { try gallery.enroll([1], as: "Ada") }
    #expect(throws: GalleryError.closed(path: scratch.path())) { try gallery.identities() }
    #expect(!FileManager.default.fileExists(atPath: scratch.path() + "-wal"))
  }

  @Test("a gallery that only writes builds no index until the first query")
  func indexingLater() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 1) { $0.indexing = .onFirstQuery }
    try gallery.enroll([1], as: "Ada")
    #expect(!gallery.hasIndex)
    #expect(try gallery.query(.vector([1])).candidates.count == 1)
    #expect(gallery.hasIndex)
    try gallery.enroll([2], as: "Grace")
    #expect(try gallery.query(.vector([1])).candidates.count == 2)
  }
}
