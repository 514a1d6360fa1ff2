import Foundation
import Testing
import VectorFiles

/// What a file of vectors takes the place of.
@Suite("A file of vectors takes the place of its like alone")
struct ReplacingTests {
  private static let formats: [VectorFileFormat] = [.npy, .fvecs, .csv, .jsonl, .word2vec, .projector]

  private func write(
    _ path: String, _ format: VectorFileFormat, names: String? = nil, dimension: Int = 2, identities: [String] = ["Ada"]
  ) throws {
    let writer = try VectorFile.writer(
      path: path, format: format, dimension: dimension, names: names, rows: identities.count)
    for identity in identities {
      try writer.write(VectorRow(identity: identity, vector: [Float](repeating: 0.5, count: dimension)))
    }
    try writer.finish()
  }

  @Test("a text, a picture, a program or a database stays as it is, with a sentence", arguments: formats)
  func others(format: VectorFileFormat) throws {
    let scratch = try Scratch()
    let path = scratch.path("there")
    for content in [
      Data("Dear diary, today I met Ada.\n".utf8), Data([0x89, 0x50, 0x4E, 0x47, 13, 10, 26, 10, 0, 0]),
      Data("#!/bin/sh\necho 1\n".utf8), Data("SQLite format 3\0".utf8), Data("milk 2\neggs 12\n".utf8),
      Data(count: 100), Data("name,age\nAda,36\n".utf8), Data("{\"name\":\"Ada\"}\n".utf8), Data("x".utf8),
      Data("\u{FEFF}Grüße".utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }),
    ] {
      try content.write(to: URL(fileURLWithPath: path))
      let error = try #require(throws: VectorFileError.self, "\(content)") { try write(path, format) }
      #expect(error.reason.hasPrefix("is there already") && error.reason.contains("remove it first"))
      #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == content)
    }
    #expect(try scratch.files() == ["there"])
  }

  @Test("a file of vectors, and an empty one, gives way; one of another format does not", arguments: formats)
  func likes(format: VectorFileFormat) throws {
    let scratch = try Scratch()
    let path = scratch.path("vectors.\(format.rawValue)")
    try Data().write(to: URL(fileURLWithPath: path))
    for dimension in [1, 3, 300] {
      try write(path, format, dimension: dimension, identities: ["Ada Lovelace", "Grace"])
    }
    for other in Self.formats where other != format {
      let before = try Data(contentsOf: URL(fileURLWithPath: path))
      #expect(throws: VectorFileError.self, "\(other)") { try write(path, other) }
      #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
    }
    let link = scratch.path("link")
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
    try write(link, format)
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == path)
  }

  @Test("a database that is in use is not even opened")
  func databases() throws {
    let scratch = try Scratch()
    try write(scratch.path("a.csv"), .csv)
    try Data().write(to: URL(fileURLWithPath: scratch.path("a.csv-wal")))
    #expect(throws: VectorFileError.self) { try write(scratch.path("a.csv"), .csv) }
  }

  @Test("a file that names are given to gives way if it is a list of names", arguments: [VectorFileFormat.npy, .fvecs])
  func names(format: VectorFileFormat) throws {
    let scratch = try Scratch()
    let (path, list) = (scratch.path("v"), scratch.path("list.txt"))
    let url = URL(fileURLWithPath: list)
    for content in ["somebody's\nnotes\nof a day\n", "\0\u{1}\u{2}"] {
      try Data(content.utf8).write(to: url)
      let error = try #require(throws: VectorFileError.self) { try write(path, format, names: list) }
      #expect(error.path == list && error.reason.contains("is not the list of names"))
      #expect(try String(contentsOf: url, encoding: .utf8) == content)
      #expect(try scratch.files() == ["list.txt"])
    }
    try Data().write(to: url)
    try write(path, format, names: list, identities: ["Ada", "Grace"])
    #expect(try String(contentsOf: url, encoding: .utf8) == "Ada\nGrace\n")
    // As many lines as the file beside it has rows.
    try write(path, format, names: list, identities: ["Eve"])
    #expect(try String(contentsOf: url, encoding: .utf8) == "Eve\n")
    try Data("two\nlines\n".utf8).write(to: url)
    #expect(throws: VectorFileError.self) { try write(path, format, names: list) }
    // What is called so can be nothing else, as long as it is text.
    let usual = scratch.path("other.names")
    try Data("two\nlines\n".utf8).write(to: URL(fileURLWithPath: usual))
    try write(path, format, names: usual)
    try Data([0xFF, 0xD8, 0xFF, 0xE0]).write(to: URL(fileURLWithPath: usual))
    #expect(throws: VectorFileError.self) { try write(path, format, names: usual) }
  }

  @Test("labels take the place of labels alone")
  func labels() throws {
    let scratch = try Scratch()
    let (path, labels) = (scratch.path("v.tsv"), scratch.path("labels.tsv"))
    try write(path, .projector, names: labels)
    try write(path, .projector, names: labels, identities: ["Ada", "Eve"])
    try Data("city\tcountry\n".utf8).write(to: URL(fileURLWithPath: labels))
    #expect(throws: VectorFileError.self) { try write(path, .projector, names: labels) }
  }

  @Test("vectors and their names are never one file, however it is spelled")
  func sameFile() throws {
    let scratch = try Scratch()
    let path = scratch.path("v.npy")
    try FileManager.default.createSymbolicLink(atPath: scratch.path("link"), withDestinationPath: "v.npy")
    let spelled = scratch.folder.path + "/../" + scratch.folder.lastPathComponent + "/./v.npy"
    for names in [path, spelled, scratch.path("link")] {
      #expect { try write(path, .npy, names: names) } throws: { "\($0)".contains("name another file for one of them") }
    }
    #expect(throws: VectorFileError.self) { try write(scratch.path("v.names"), .npy) }
    #expect(try scratch.files() == ["link"])
  }
}
