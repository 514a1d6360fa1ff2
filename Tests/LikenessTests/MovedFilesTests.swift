import Foundation
import GRDB
import Likeness
import Testing

@Suite("A gallery whose files are not at their paths any more")
struct MovedFilesTests {
  private func people(_ path: String) throws -> Gallery {
    let gallery = try makeGallery(path, 1) { $0.busyTimeout = 1 }
    try gallery.enroll((0..<20).map { Enrollment(identity: "p\($0)", vector: [Float($0)], source: "s") })
    return gallery
  }

  /// Every method that writes.
  private func writes(_ gallery: Gallery, run: TrainingRunID, file: String) -> [(String, () throws -> Void)] {
    [
      ("enroll", { try gallery.enroll([1], as: "new") }),
      ("replace", { try gallery.enroll([1], as: "p3", source: "s", replacing: .sameSource) }),
      ("bulk", { try gallery.enroll(contentsOf: [Enrollment(identity: "new", vector: [1])]) }),
      ("import", { try VectorImport(file: file).run(into: gallery) }),
      ("forget", { try gallery.forget("p1") }),
      ("remove", { try gallery.remove(embedding: EmbeddingID(3)) }),
      ("merge", { try gallery.merge("p1", into: "p2") }),
      ("rename", { try gallery.rename("p1", to: "somebody") }),
      ("attributes", { try gallery.setAttributes(["a": .integer(1)], of: "p1") }),
      ("compact", { try gallery.compact() }),
      ("training", { try gallery.recordTraining(TrainingStart(recipe: "faces")) }),
      ("epoch", { try gallery.recordEpoch(TrainingEpoch(epoch: 1, loss: 1), of: run) }),
      ("result", { try gallery.recordTrainingResult([:], of: run) }),
      ("snapshot", { try gallery.saveSnapshot() }),
    ]
  }

  private func isMoved(_ error: any Error, _ file: String) -> Bool {
    if case GalleryError.moved(_, file) = error { return true }
    if let reason = (error as? BulkError)?.reason { return isMoved(reason, file) }
    // An import says how far it came.
    return (error as? ImportError)?.fault.contains("\(file) was moved, deleted or replaced") ?? false
  }

  @Test(
    "nothing is written once a file was deleted under it, and queries go on",
    arguments: [["", "-wal", "-shm"], [""], ["-wal"], ["-shm"]])
  func deleted(suffixes: [String]) throws {
    let scratch = try Scratch()
    let gallery = try people(scratch.path())
    let run = try gallery.recordTraining(TrainingStart(recipe: "faces"))
    let file = try scratch.write(Data("identity,v0\nnew,1\n".utf8), to: "rows.csv")
    for suffix in suffixes { try FileManager.default.removeItem(atPath: gallery.path + suffix) }
    for (name, write) in writes(gallery, run: run, file: file) {
      let error = #expect(throws: (any Error).self, "\(name)") { try write() }
      #expect(error.map { isMoved($0, gallery.path + suffixes[0]) } ?? false, "\(name): \(error.map { "\($0)" } ?? "")")
    }
    // Each on a connection of its own, some of which would have to be opened.
    DispatchQueue.concurrentPerform(iterations: 8) { _ in
      for _ in 0..<20 { _ = try? gallery.query(.vector([3]), k: 1) }
    }
    #expect(try gallery.query(.vector([3]), k: 1).candidates.map(\.identity) == ["p3"])
    #expect(try gallery.identities().count == 20)
    #expect(suffixes.allSatisfy { !FileManager.default.fileExists(atPath: gallery.path + $0) })
    // What it held can be saved.
    try gallery.backup(to: scratch.path("saved"))
    #expect(try Gallery(path: scratch.path("saved"), configuration: quiet()).identities().count == 20)
    try gallery.close()
  }

  @Test("a copy that was put in its place is not what is written to, and no receipt says that somebody is gone from it")
  func replaced() throws {
    let scratch = try Scratch()
    let gallery = try people(scratch.path())
    try gallery.backup(to: scratch.path("copy"))
    for suffix in ["-wal", "-shm"] { try FileManager.default.removeItem(atPath: gallery.path + suffix) }
    #expect(rename(scratch.path("copy"), gallery.path) == 0)
    #expect(throws: GalleryError.moved(path: gallery.path, file: gallery.path)) { try gallery.forget("p1") }
    #expect(throws: GalleryError.moved(path: gallery.path, file: gallery.path)) { try gallery.enroll([1], as: "new") }
    try gallery.close()
    let there = try Gallery(path: scratch.path(), configuration: quiet())
    #expect(try there.identity(named: "p1") != nil)
    #expect(try there.identity(named: "new") == nil)
    #expect(try there.forget("p1").erasure == .complete)
  }

  @Test("a gallery whose folder was renamed says so, and is whole where it is now")
  func folder() throws {
    let scratch = try Scratch()
    try FileManager.default.createDirectory(atPath: scratch.path("one"), withIntermediateDirectories: true)
    let gallery = try people(scratch.path("one/people.gallery"))
    try FileManager.default.moveItem(atPath: scratch.path("one"), toPath: scratch.path("two"))
    #expect(throws: GalleryError.moved(path: gallery.path, file: gallery.path)) { try gallery.enroll([1], as: "new") }
    #expect(try gallery.query(.vector([3]), k: 1).candidates.map(\.identity) == ["p3"])
    try FileManager.default.moveItem(atPath: scratch.path("two"), toPath: scratch.path("one"))
    try gallery.enroll([50], as: "new")
    try FileManager.default.moveItem(atPath: scratch.path("one"), toPath: scratch.path("two"))
    try gallery.close()
    let there = try Gallery(path: scratch.path("two/people.gallery"), configuration: quiet())
    #expect(try there.query(.vector([50]), k: 1).candidates.map(\.identity) == ["new"])
    #expect(try there.identities().count == 21)
  }

  @Test("the link that it was opened by may go")
  func link() throws {
    let scratch = try Scratch()
    try people(scratch.path()).close()
    try FileManager.default.createSymbolicLink(atPath: scratch.path("link"), withDestinationPath: scratch.path())
    let gallery = try Gallery(path: scratch.path("link"), configuration: quiet())
    try FileManager.default.removeItem(atPath: scratch.path("link"))
    try gallery.enroll([50], as: "new")
    #expect(try gallery.query(.vector([50]), k: 1).candidates.map(\.identity) == ["new"])
  }
}
