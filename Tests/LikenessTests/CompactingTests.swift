import Foundation
import GRDB
import Likeness
import Seeded
import Testing

@Suite struct CompactingTests {
  @Test("after compacting, the file is as small as its rows, and what others deleted is nowhere in it")
  func smaller() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 64)
    var random = Seeded(41)
    let vectors = (0..<4_000).map { _ in random.vector(64) }
    try gallery.enroll(vectors.enumerated().map { Enrollment(identity: "p\($0 / 10)", vector: $1) })
    // Without secure_delete, as sqlite3 and Python delete.
    try otherHand(scratch.path()).inDatabase { db in try db.execute(sql: "DELETE FROM embedding WHERE id % 10 <> 0") }
    let deleted = vectors.enumerated().filter { ($0.offset + 1) % 10 != 0 }.map(\.element)
    #expect(try traces(of: deleted, in: [scratch.path(), scratch.path() + "-wal"]) > 0)

    let report = try gallery.compact()
    #expect(report.bytesFreed > report.bytesBefore / 2)
    #expect(report.bytesAfter < 400 * 64 * 4 * 3)
    #expect(report.changesPruned > 1_000)
    #expect(!report.erasurePending)
    #expect(
      try report.bytesAfter
        == files(in: scratch.folder).filter { !$0.hasSuffix("-shm") && !$0.hasSuffix("-index") }
        .reduce(0) { try $0 + Data(contentsOf: URL(fileURLWithPath: $1)).count })
    #expect(try traces(of: deleted, in: files(in: scratch.folder).filter { !$0.hasSuffix("-index") }) == 0)
    #expect(try gallery.verify().isSound)
    #expect(try gallery.query(.vector(vectors[9]), k: 1, by: .embedding).candidates.first?.embedding.rawValue == 10)
  }

  @Test("erased bytes stay erased")
  func erased() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 48)
    var random = Seeded(42)
    let mine = (0..<60).map { _ in random.vector(48) }
    let others = (0..<900).map { Enrollment(identity: "p\($0 % 9)", vector: random.vector(48)) }
    try gallery.enroll(others.prefix(450) + mine.map { Enrollment(identity: "Ada", vector: $0) } + others.suffix(450))
    try gallery.compact()
    #expect(try gallery.forget("Ada").erasure == .complete)
    #expect(try traces(of: mine, in: files(in: scratch.folder)) == 0)
    try gallery.compact()
    #expect(try traces(of: mine, in: files(in: scratch.folder)) == 0)
    #expect(try gallery.verify(sample: 10).isSound)
  }

  @Test("with other galleries open on the file it works, and they go on")
  func othersOpen() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 8)
    var random = Seeded(43)
    let vectors = (0..<600).map { _ in random.vector(8) }
    try gallery.enroll(vectors.map { Enrollment(identity: "p", vector: $0) })
    let other = try Gallery(path: scratch.path(), configuration: quiet())
    _ = try other.query(.vector(vectors[0]))
    try gallery.forget("p")
    try gallery.enroll(vectors.prefix(30).map { Enrollment(identity: "q", vector: $0) })
    #expect(try gallery.compact().bytesFreed > 0)
    #expect(try other.query(.vector(vectors[5]), k: 1).candidates.first?.distance == 0)
    try other.enroll(vectors[40], as: "r")
    #expect(try gallery.query(.vector(vectors[40]), k: 1).candidates.first?.identity == "r")
    #expect(try other.verify(sample: 10).isSound)
  }

  @Test("a reader or a writer in the way is an error that names it, and the gallery is as it was")
  func inTheWay() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 4) { $0.busyTimeout = 0.01 }
    try gallery.enroll([1, 2, 3, 4], as: "Ada")
    let hand = try otherHand(scratch.path())
    try hand.inDatabase { db in
      try db.execute(sql: "BEGIN")
      _ = try Int.fetchOne(db, sql: "SELECT count(*) FROM embedding")
      // A commit that this reader does not see.
      try gallery.enroll([2, 3, 4, 5], as: "Grace")
      let error = try #require(throws: GalleryError.self) { try gallery.compact() }
      #if os(Linux)
        #expect(
          error.description.contains("was not made smaller: this process is in the middle of reading older pages"))
      #endif
      #expect(error.description.hasSuffix("End that, or wait for it, and repeat"))
      try db.execute(sql: "COMMIT; BEGIN IMMEDIATE")
      let busy = try #require(throws: GalleryError.self) { try gallery.compact() }
      #expect(busy.description.contains("is writing to \(scratch.path()) and did not finish within 0.01 s"), "\(busy)")
      try db.execute(sql: "COMMIT")
    }
    try gallery.compact()
    #expect(try gallery.identities().count == 2)
  }

  @Test("a gallery opened read-only is not compacted")
  func readOnly() throws {
    let scratch = try Scratch()
    try makeGallery(scratch.path(), 4).close()
    let gallery = try Gallery(path: scratch.path(), configuration: quiet { $0.readOnly = true })
    #expect(throws: GalleryError.self) { try gallery.compact() }
  }
}
