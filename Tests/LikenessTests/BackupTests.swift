import Foundation
import GRDB
import Likeness
import Seeded
import Testing

@Suite struct BackupTests {
  private func sample(_ scratch: Scratch, _ count: Int = 500) throws -> (gallery: Gallery, vectors: [[Float]]) {
    let gallery = try makeGallery(scratch.path(), 16)
    var random = Seeded(31)
    let vectors = (0..<count).map { _ in random.vector(16) }
    try gallery.enroll(vectors.enumerated().map { Enrollment(identity: "p\($0 / 4)", vector: $1) })
    return (gallery, vectors)
  }

  private func refusal(_ gallery: Gallery, _ path: String, replacing: Bool = false) throws -> GalleryError {
    try #require(throws: GalleryError.self) { try gallery.backup(to: path, replacing: replacing) }
  }

  @Test("a backup is one whole file that holds every row, and opens and answers like the gallery")
  func whole() throws {
    let scratch = try Scratch()
    let (gallery, vectors) = try sample(scratch)
    let receipt = try gallery.backup(to: scratch.path("copy.gallery"))
    #expect(receipt.identities == 125)
    #expect(receipt.embeddings == 500)
    #expect(try receipt.contentSHA256 == gallery.verify(sample: 0).contentSHA256)
    #expect(try !files(in: scratch.folder).contains { $0.contains("copy.gallery-") || $0.contains(".partial-") })
    let copy = try Gallery(path: scratch.path("copy.gallery"), configuration: quiet())
    #expect(try copy.verify().isSound)
    for vector in vectors.prefix(20) {
      #expect(try copy.query(.vector(vector), k: 8) == gallery.query(.vector(vector), k: 8))
    }
    #expect(!copy.isReadOnly)
  }

  @Test("a backup made while others write is the gallery at one moment: batches are in it wholly or not at all")
  func inUse() async throws {
    let scratch = try Scratch()
    let (gallery, _) = try sample(scratch)
    let isDone = StopSign()
    let path = scratch.path()
    try await withThrowingTaskGroup(of: Int.self) { group in
      for writer in 0..<2 {
        group.addTask {
          let other = try Gallery(
            path: path,
            configuration: quiet {
              $0.indexing = .onFirstQuery
              // SQLite does not queue those who wait: on a slow machine one may wait long.
              $0.busyTimeout = 300
            })
          var random = Seeded(UInt64(writer))
          var round = 0
          repeat {
            try other.enroll(
              (0..<10).map { _ in Enrollment(identity: "w\(writer)-\(round)", vector: random.vector(16)) })
            round += 1
          } while !isDone.isUp
          return round
        }
      }
      for number in 0..<6 {
        let copy = scratch.path("copy\(number)")
        let receipt = try gallery.backup(to: copy)
        let opened = try Gallery(path: copy, configuration: quiet { $0.indexing = .onFirstQuery })
        let counts = try opened.identities().filter { $0.name.hasPrefix("w") }.map(\.embeddings)
        #expect(counts.allSatisfy { $0 == 10 })
        #expect(receipt.embeddings == 500 + 10 * counts.count)
      }
      isDone.raise()
      var written = 0
      for try await rounds in group { written += rounds }
      #expect(written > 0)
    }
    #expect(try gallery.verify(sample: 5).isSound)
  }

  @Test("a backup overwrites nothing it was not told to, and never the gallery or what belongs to it")
  func refusals() throws {
    let scratch = try Scratch()
    let (gallery, _) = try sample(scratch, 20)
    let other = try scratch.write(Data("dear to somebody".utf8), to: "letter")
    #expect(try refusal(gallery, other).description.contains("it exists already: name another file, or replace it"))
    #expect(try Data(contentsOf: URL(fileURLWithPath: other)) == Data("dear to somebody".utf8))
    #expect(try gallery.backup(to: other, replacing: true).embeddings == 20)

    let link = scratch.path("link")
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: scratch.path())
    for path in [scratch.path(), scratch.folder.path + "/./people.gallery", link] {
      #expect(try refusal(gallery, path, replacing: true).description.contains("it is the gallery itself"))
    }
    for suffix in ["-wal", "-shm", "-journal", "-index"] {
      #expect(
        try refusal(gallery, scratch.path() + suffix, replacing: true).description.contains("belongs to the gallery"))
    }
    #expect(try refusal(gallery, scratch.path("nowhere/copy")).description.contains("there is no folder"))
    #expect(try refusal(gallery, scratch.folder.path).description.contains("it is a directory"))
    #expect(try refusal(gallery, "").description.contains("this is no path"))
    // SQLite would take it for a part of the copy.
    _ = try scratch.write(Data("x".utf8), to: "fresh-wal")
    #expect(try refusal(gallery, scratch.path("fresh")).description.contains("holds commits of another file"))
    #expect(try gallery.verify(sample: 5).isSound)
  }

  @Test("where a backup fails, nothing of it is left")
  func failing() throws {
    let scratch = try Scratch()
    let (gallery, _) = try sample(scratch, 2_000)
    try gallery.close()
    var bytes = try Data(contentsOf: URL(fileURLWithPath: scratch.path()))
    for index in bytes.count / 2..<bytes.count / 2 + 4_096 { bytes[index] = 0xAA }
    let path = try scratch.write(bytes, to: "damaged.gallery")
    let damaged = try Gallery(path: path, configuration: quiet { $0.indexing = .onFirstQuery })
    #expect(throws: GalleryError.self) { try damaged.backup(to: scratch.path("copy")) }
    #expect(try files(in: scratch.folder).filter { $0.contains("copy") }.isEmpty)
  }

  @Test("a backup of a gallery with an erasure pending holds nothing of who was forgotten")
  func erasurePending() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 64) { $0.busyTimeout = 0.01 }
    var random = Seeded(32)
    let mine = (0..<40).map { _ in random.vector(64) }
    let others = (0..<400).map { Enrollment(identity: "p\($0 % 7)", vector: random.vector(64)) }
    try gallery.enroll(others + mine.map { Enrollment(identity: "Ada", vector: $0) } + others)
    try otherHand(scratch.path()).inDatabase { db in
      try db.execute(sql: "BEGIN")
      _ = try Int.fetchOne(db, sql: "SELECT count(*) FROM embedding")
      #expect(try gallery.forget("Ada").erasure == .pending)
      try gallery.backup(to: scratch.path("copy"))
      #expect(try traces(of: mine, in: [scratch.path("copy")]) == 0)
      try db.execute(sql: "COMMIT")
    }
    #expect(try Gallery(path: scratch.path("copy"), configuration: quiet()).info().erasurePending == false)
  }

  @Test("who is forgotten while a backup is made hears of it, and one that fails is not noted")
  func forgottenMeanwhile() throws {
    let scratch = try Scratch()
    let (gallery, _) = try sample(scratch)
    let folder = scratch.path("elsewhere")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let path = folder + "/copy.gallery"
    let other = try Gallery(path: scratch.path(), configuration: quiet())
    var receipt: ForgetReceipt?
    var isNoted: Bool?
    try gallery.backup(to: path) { _ in
      guard receipt == nil else { return }
      receipt = try? other.forget("p3")
      // Whoever is killed right after it has its name leaves one that is known.
      isNoted = try? otherHand(scratch.path()).read { db in
        try Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM copy WHERE path = ?)", arguments: [path])
      }
    }
    #expect(isNoted == true)
    #expect(receipt?.copies.first?.path == path && receipt?.copies.first?.state == .unknown)
    // What is there of it by then may be named, too.
    #expect(receipt?.copies.dropFirst().allSatisfy { $0.path.hasPrefix(path + ".partial-") } == true)
    #expect(try Gallery(path: path, configuration: quiet()).identity(named: "p3") != nil)
    #expect(try gallery.forget("p4").copies.map(\.state) == [.holds])

    let noted = try otherHand(scratch.path()).read { try String.fetchAll($0, sql: "SELECT path FROM copy") }
    _ = try refusal(gallery, folder + "/missing/copy.gallery")
    try #require(throws: GalleryError.self) {
      try gallery.backup(to: folder + "/other.gallery") { _ in
        // Something in its place, which is not replaced.
        try? Data("x".utf8).write(to: URL(fileURLWithPath: folder + "/other.gallery"))
      }
    }
    #expect(try otherHand(scratch.path()).read { try String.fetchAll($0, sql: "SELECT path FROM copy") } == noted)
  }
}
