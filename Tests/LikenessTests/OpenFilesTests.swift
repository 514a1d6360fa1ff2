import Foundation
import GRDB
import Likeness
import Testing
import VectorFiles

/// Closing a file drops all of a process's locks on it, those of SQLite too: the next program that closes the gallery would
/// take the log away under it, and with it what is enrolled after that.
@Suite("The files of an open gallery are opened by SQLite alone", .enabled(if: Tool.sqlite3 != nil))
struct OpenFilesTests {
  private func people(_ path: String) throws -> Gallery {
    let gallery = try makeGallery(path, 1)
    try gallery.enroll((0..<20).map { Enrollment(identity: "p\($0)", vector: [Float($0)]) })
    return gallery
  }

  /// Whether what is enrolled is there for others after another program has come and gone.
  private func keepsWhatIsEnrolled(_ gallery: Gallery) throws -> Bool {
    let sqlite3 = try #require(Tool.sqlite3)
    try sqlite3.run([gallery.path], input: "SELECT count(*) FROM embedding;")
    guard FileManager.default.fileExists(atPath: gallery.path + "-wal") else { return false }
    let name = UUID().uuidString
    try gallery.enroll([1], as: name)
    let sql = "SELECT count(*) FROM identity WHERE name = '\(name)';"
    return try sqlite3.run([gallery.path], input: sql) == "1\n"
  }

  private func refused(_ what: String, _ body: () throws -> Void) {
    let error = #expect(throws: (any Error).self, "\(what)") { try body() }
    #expect(
      error.map { "\($0)" }?.contains("this process has open") ?? false, "\(what): \(error.map { "\($0)" } ?? "")")
  }

  @Test(
    "not to read vectors or names from them, by whatever name", arguments: ["", "-wal", "-shm"],
    ["itself", "symbolic link", "hard link"])
  func reading(suffix: String, name: String) throws {
    let scratch = try Scratch()
    let gallery = try people(scratch.path())
    var path = gallery.path + suffix
    if name != "itself" {
      let other = scratch.path("other")
      if name == "hard link" {
        try FileManager.default.linkItem(atPath: path, toPath: other)
      } else {
        try FileManager.default.createSymbolicLink(atPath: other, withDestinationPath: path)
      }
      path = other
    }
    for format in [VectorFileFormat.npy, .fvecs, .bvecs, .csv, .jsonl, .word2vec] {
      var options = ImportOptions()
      options.format = format
      refused("\(format)") { try VectorImport(file: path, options: options).run(into: gallery) }
    }
    try gallery.exportVectors(to: scratch.path("rows.fvecs"))
    var options = ImportOptions()
    options.names = path
    refused("names") { try VectorImport(file: scratch.path("rows.fvecs"), options: options).run(into: gallery) }
    #expect(try keepsWhatIsEnrolled(gallery))
  }

  @Test("not to put exports, backups or lists of names in their place")
  func writing() throws {
    let scratch = try Scratch()
    let gallery = try people(scratch.path())
    let other = try people(scratch.path("other"))
    let link = scratch.path("link.csv")
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: other.path)
    refused("export") { try gallery.exportVectors(to: other.path, format: .csv) }
    refused("export by a link") { try gallery.exportVectors(to: link) }
    refused("names") { try gallery.exportVectors(to: scratch.path("rows.npy"), names: other.path) }
    refused("backup") { try gallery.backup(to: other.path, replacing: true) }
    #if os(Linux)
      for number in try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
        let file = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(number)")
        guard file == other.path else { continue }
        refused("a number") { try gallery.exportVectors(to: "/dev/fd/\(number)", format: .csv) }
      }
    #endif
    #expect(try keepsWhatIsEnrolled(other))
    #expect(try keepsWhatIsEnrolled(gallery))
    // Once it is closed it is a file like any other.
    try other.close()
    try gallery.backup(to: other.path, replacing: true)
    let error = #expect(throws: VectorFileError.self) { try gallery.exportVectors(to: other.path, format: .csv) }
    #expect(error?.reason.contains("is no csv file of vectors") == true)
  }

  @Test("not to see whether one is the index of another gallery")
  func index() throws {
    let scratch = try Scratch()
    let gallery = try people(scratch.path("people-index"))
    do {
      let other = try makeGallery(scratch.path("people"), 1)
      try other.enroll((0..<100).map { Enrollment(identity: "p\($0)", vector: [Float($0)]) })
      #expect(throws: GalleryError.self) { try other.saveSnapshot() }
      try other.forget("p1")
      _ = try other.verify(sample: 1)
      try other.close()
    }
    try Gallery(path: scratch.path("people"), configuration: quiet()).close()
    _ = try Gallery.diagnose(path: scratch.path("people"), configuration: quiet())
    #expect(try keepsWhatIsEnrolled(gallery))
  }
}
