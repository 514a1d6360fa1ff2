import Foundation
import Likeness
import Testing

/// Who may read what is made of a gallery.
@Suite struct FileRightsTests {
  private func rights(_ path: String) throws -> Int {
    try #require(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
  }

  private func sample(_ scratch: Scratch, _ rights: Int) throws -> Gallery {
    let gallery = try makeGallery(scratch.path(), 4)
    try gallery.enroll([[1, 0, 0, 0], [0, 1, 0, 0]].enumerated().map { Enrollment(identity: "p\($0)", vector: $1) })
    try FileManager.default.setAttributes([.posixPermissions: rights], ofItemAtPath: scratch.path())
    return gallery
  }

  @Test("a copy is for those whom the gallery is for, also in the place of another", arguments: [0o600, 0o640, 0o664])
  func backup(wanted: Int) throws {
    let scratch = try Scratch()
    let gallery = try sample(scratch, wanted)
    let copy = scratch.path("copy")
    try gallery.backup(to: copy)
    #expect(try rights(copy) == wanted)
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: copy)
    try gallery.backup(to: copy, replacing: true)
    #expect(try rights(copy) == wanted)
    try Gallery.restore(from: copy, to: scratch.path("new"), configuration: quiet())
    #expect(try rights(scratch.path("new")) == wanted)
    #expect(try Gallery(path: scratch.path("new"), configuration: quiet()).info().embeddings == 2)
  }

  @Test("a private gallery that was put aside is followed by a private one")
  func aside() throws {
    let scratch = try Scratch()
    let gallery = try sample(scratch, 0o644)
    try gallery.backup(to: scratch.path("copy"))
    let broken = try scratch.write(Data(repeating: 7, count: 5_000), to: "broken")
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: broken)
    let receipt = try Gallery.restore(
      from: scratch.path("copy"), to: broken, replacing: true, configuration: quiet())
    #expect(try rights(#require(receipt.damagedFile)) == 0o600)
    #expect(try rights(broken) == 0o600)
  }

  @Test("the copy before a migration is as private as the gallery")
  func migration() throws {
    let scratch = try Scratch()
    let path = try Fixture.gallery(1, in: scratch)
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    try Gallery(path: path, configuration: quiet()).close()
    #expect(try rights(path + ".v1-backup") == 0o600)
  }

  @Test("what doctor keeps of the rows that it removes is as private as the gallery")
  func doctor() throws {
    let scratch = try Scratch()
    try sample(scratch, 0o600).close()
    try otherHand(scratch.path()).write { db in
      try db.execute(sql: "UPDATE embedding SET vector = CAST(x'0000C07F' || substr(vector, 5) AS BLOB) WHERE id = 1")
    }
    _ = try Gallery.diagnose(path: scratch.path(), configuration: quiet(), fixing: true)
    #expect(try rights(scratch.path() + ".before-doctor") == 0o600)
    #expect(try rights(scratch.path() + ".removed-rows.jsonl") == 0o600)
  }
}
