import Foundation
import GRDB
import Likeness
import Seeded
import Testing

/// The line that is advised where a file's pages are damaged, run as it is.
@Suite("What is readable of a damaged gallery", .enabled(if: Tool.sqlite3 != nil))
struct RescueTests {
  private let scratch: Scratch
  private let path: String
  private let middle: [Float]
  private var recovered: String { scratch.path("recovered.gallery") }

  /// A gallery of 900 vectors, under a name that a shell would take apart.
  init() throws {
    scratch = try Scratch()
    path = scratch.path("Ada's people.gallery")
    let gallery = try makeGallery(path, 16)
    var random = Seeded(71)
    let vectors = (0..<900).map { _ in random.vector(16) }
    middle = vectors[450]
    try gallery.enroll(
      vectors.enumerated().map { Enrollment(identity: "p\($0 / 3)", vector: $1, source: "a\nb \($0).jpg") })
    try gallery.close()
  }

  /// Overwrites the page with a vector in the middle.
  private func damage() throws {
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    let start = try #require(bytes.range(of: blob(middle))).lowerBound / 4_096 * 4_096
    let file = try #require(FileHandle(forUpdatingAtPath: path))
    try file.seek(toOffset: UInt64(start))
    try file.write(contentsOf: Data(repeating: 0xA5, count: 4_096))
    try file.close()
  }

  /// The line in a sentence.
  private func line(_ sentence: String) throws -> String {
    let start = try #require(sentence.range(of: "save what is readable: "), "\(sentence)")
    let end = try #require(sentence.range(of: ", and see 'likeness doctor recovered.gallery --fix'"), "\(sentence)")
    return String(sentence[start.upperBound..<end.lowerBound])
  }

  private func run(_ line: String) throws {
    _ = try Tool(path: "/bin/sh").run(["-c", "cd '\(scratch.folder.path)' && \(line)"])
  }

  @Test("goes into another gallery by the line that doctor and the error give")
  func rescue() throws {
    try damage()
    let diagnosis = try Gallery.diagnose(path: path, configuration: quiet())
    let mend = try #require(diagnosis.complaints.map(\.mend).first { $0.contains("sqlite3") })
    try run(line(mend))
    let fixed = try Gallery.diagnose(path: recovered, configuration: quiet(), fixing: true)
    #expect(fixed.opens && fixed.isHealthy, "\(fixed.complaints)")
    let gallery = try Gallery(path: recovered, configuration: quiet())
    #expect(try gallery.verify().isSound)
    let info = try gallery.info()
    #expect((850..<900).contains(info.embeddings) && info.identities == 300, "\(info.embeddings)")
    #expect(try gallery.embeddings(of: "p299").last?.source == "a\nb 899.jpg")

    let error = GalleryError.damagedFile(path: path, reason: "…")
    #expect(try line(error.description) == line(mend))
  }

  @Test("is a gallery of the version it was")
  func version() throws {
    let old = try Fixture.gallery(2, in: scratch)
    try run(line(GalleryError.damagedFile(path: old, reason: "…").description))
    #expect(try Fixture.version(recovered) == 2)
    #expect(try Fixture.content(recovered) == Fixture.content(old))
    // Brought up, it has the schema that it should, each with what it had.
    let verifications = try [old, recovered].map { try Gallery(path: $0, configuration: quiet()).verify() }
    #expect(verifications[0].contentSHA256 == verifications[1].contentSHA256)
    #expect(verifications[1].checks.first { $0.name == "schema" }?.outcome == .proved)
  }
}
