import Foundation
import GRDB
import Likeness
import Seeded
import Testing

/// The file of the saved index: what may be there instead, and when it is made and goes.
@Suite struct SnapshotFileTests {
  @Test("a snapshot of another gallery, embedder or configuration is refused, said once, and made anew")
  func foreign() throws {
    let saved = try Saved()
    let other = try Saved(seed: 77, name: "others")
    func swap(_ path: String) throws {
      try FileManager.default.removeItem(atPath: saved.index)
      try FileManager.default.copyItem(atPath: path, toPath: saved.index)
    }
    try swap(other.index)
    try saved.expectTruth(isRefused: true)
    try saved.expectTruth()
    let cosine = try Saved(.cosine)
    try swap(cosine.index)
    try saved.expectTruth(isRefused: true)
    try saved.expectTruth()
    try saved.expectTruth(isRefused: true) { $0.seed = 3 }
    try saved.expectTruth(isRefused: true) { $0.M = 12 }
    try saved.expectTruth(isRefused: true) { $0.compact = true }
  }

  @Test("a damaged snapshot costs a rebuild and a line in the log, never an error", arguments: 0..<11)
  func damaged(round: Int) throws {
    let saved = try Saved(count: 300)
    var bytes = try Data(contentsOf: URL(fileURLWithPath: saved.index))
    switch round {
    case 0: bytes = Data()
    case 1: bytes = Data(count: bytes.count)
    case 2: bytes = bytes.prefix(100)
    case 3: bytes = bytes.prefix(bytes.count / 2)
    case 4: bytes = bytes.dropLast()
    case 5: bytes.append(1)
    case 6: bytes[8] = 9  // the version
    default: bytes[bytes.count * (round - 7) / 4 + 600] ^= 4
    }
    try bytes.write(to: URL(fileURLWithPath: saved.index))
    try saved.expectTruth(isRefused: true)
    try saved.expectTruth()
  }

  @Test("bits that flipped in its first bytes do not make a snapshot somebody else's file")
  func firstBytes() throws {
    let saved = try Saved(count: 300)
    var bytes = try Data(contentsOf: URL(fileURLWithPath: saved.index))
    for place in 0..<3 { bytes[place] ^= 0x20 }
    try bytes.write(to: URL(fileURLWithPath: saved.index))
    try saved.expectTruth(isRefused: true)
    try saved.expectTruth()
  }

  @Test("another gallery, or another program's file, that has the name of a saved index is never touched")
  func foreignFile() throws {
    let scratch = try Scratch()
    var random = Seeded(91)
    let vectors = (0..<300).map { _ in random.vector(8) }
    let other = try makeGallery(scratch.path("p-index"), 8) { $0.snapshotThreshold = 64 }
    try other.enroll(vectors.map { Enrollment(identity: "theirs", vector: $0) })
    try other.close()
    let path = scratch.path("p")
    let before = try Data(contentsOf: URL(fileURLWithPath: scratch.path("p-index")))
    func look(_ name: String) throws {
      let gallery = try Gallery(path: path, configuration: quiet { $0.snapshotThreshold = 64 })
      #expect(throws: GalleryError.self) { try gallery.saveSnapshot() }
      #expect(try gallery.query(.vector(vectors[5]), k: 1).candidates[0].identity == "person 5")
      #expect(try gallery.forget(name).erasure == .complete)
      try gallery.close()
      let diagnosis = try Gallery.diagnose(path: path, configuration: quiet(), fixing: true)
      #expect(diagnosis.complaints.map(\.isFixable) == [false])
      #expect(diagnosis.complaints[0].what.contains("is another program's file, or another gallery: move it away"))
    }
    let gallery = try makeGallery(path, 8) { $0.snapshotThreshold = 64 }
    try gallery.enroll(vectors.enumerated().map { Enrollment(identity: "person \($0)", vector: $1) })
    let copy = scratch.path("copy")
    try gallery.backup(to: copy)
    try gallery.close()
    try look("person 7")
    try Gallery.restore(from: copy, to: path, replacing: true, configuration: quiet())
    try Data("no gallery".utf8).write(to: URL(fileURLWithPath: path))
    try Gallery.restore(from: copy, to: path, replacing: true, configuration: quiet())
    #expect(try Data(contentsOf: URL(fileURLWithPath: scratch.path("p-index"))) == before)
    #expect(
      try Gallery(path: scratch.path("p-index"), configuration: quiet()).query(.vector(vectors[5]), k: 1)
        .candidates[0].identity == "theirs")
    let note = Data("Notes of mine".utf8)
    try FileManager.default.removeItem(atPath: scratch.path("p-index"))
    try note.write(to: URL(fileURLWithPath: scratch.path("p-index")))
    try look("person 8")
    #expect(try Data(contentsOf: URL(fileURLWithPath: scratch.path("p-index"))) == note)
  }

  @Test("a read-only gallery opens with the snapshot and writes none")
  func readOnly() throws {
    let saved = try Saved()
    let gallery = try saved.open { $0.readOnly = true }
    #expect(gallery.openedFromSnapshot)
    #expect(throws: GalleryError.self) { try gallery.saveSnapshot() }
    try gallery.close()
    try FileManager.default.removeItem(atPath: saved.index)
    try saved.open { $0.readOnly = true }.close()
    #expect(!FileManager.default.fileExists(atPath: saved.index))
  }

  @Test("a small gallery leaves no file beside it, and asked to save one it does")
  func small() throws {
    let saved = try Saved()
    try FileManager.default.removeItem(atPath: saved.index)
    try saved.open { $0.snapshotThreshold = 2_000 }.close()
    try saved.open { $0.snapshots = .onDemand }.close()
    #expect(!FileManager.default.fileExists(atPath: saved.index))
    let gallery = try saved.open { $0.snapshots = .onDemand }
    #expect(try gallery.saveSnapshot())
    #expect(FileManager.default.fileExists(atPath: saved.index))
    try gallery.close()
  }

  @Test("forgetting removes the snapshot before it is done, also one that is being written")
  func eraseTemporaries() throws {
    let saved = try Saved()
    let temporary = saved.index + ".tmp-1-1"
    try Data("a process that was killed".utf8).write(to: URL(fileURLWithPath: temporary))
    let gallery = try saved.open { $0.snapshots = .onDemand }
    try gallery.forget("person 3")
    #expect(!FileManager.default.fileExists(atPath: temporary))
    #expect(!FileManager.default.fileExists(atPath: saved.index))
    try gallery.close()
  }

  @Test("an erasure that a crash interrupted removes the snapshot at the next opening")
  func interruptedErasure() throws {
    let saved = try Saved()
    let other = try otherHand(saved.path)
    try other.write { db in
      try db.execute(sql: "DELETE FROM identity WHERE name = 'person 5'; INSERT INTO erasure (id) VALUES (1)")
    }
    try other.close()
    let gallery = try saved.open { $0.snapshots = .onDemand }
    #expect(!FileManager.default.fileExists(atPath: saved.index))
    #expect(try gallery.info().erasurePending == false)
    try gallery.close()
  }

  @Test("what dead processes left half written is cleared away")
  func rubbish() throws {
    let saved = try Saved()
    let temporary = saved.index + ".tmp-4242-1"
    try Data("half".utf8).write(to: URL(fileURLWithPath: temporary))
    let gallery = try saved.open()
    try gallery.saveSnapshot()
    #expect(!FileManager.default.fileExists(atPath: temporary))
    try gallery.close()
  }
}
