import Files
import Foundation
import Likeness
import Seeded
import Testing

/// Paths of every kind at every door.
@Suite struct PathTests {
  @Test("the parts of ordinary paths are those that Foundation tells")
  func ordinary() throws {
    var random = Seeded(11)
    let pieces = ["ab", "x.csv", "été", "a b", ".hidden", "~x", "漢字", "two.dots.gz", "..", "👩‍🚀👍", "-wal"]
    for _ in 0..<5_000 {
      let parts = (0..<Int.random(in: 1...5, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "ab" }
      let (before, behind) = (Bool.random(using: &random) ? "/" : "", Bool.random(using: &random) ? "/" : "")
      let path = before + parts.joined(separator: "/") + behind
      let foundation = path as NSString
      #expect(PathParts.folder(of: path) == foundation.deletingLastPathComponent, "\(path)")
      #expect(PathParts.name(of: path) == foundation.lastPathComponent, "\(path)")
      let folder = PathParts.folder(of: path)
      #expect(PathParts.joined(folder, "name") == (folder as NSString).appendingPathComponent("name"), "\(path)")
      let absolute = "/" + path
      let standard = URL(fileURLWithPath: absolute).standardizedFileURL.path
      #expect(PathParts.standardized(absolute, from: "/nowhere") == standard, "\(absolute)")
      if !path.hasPrefix("/") {
        #expect(PathParts.standardized(path, from: "/") == standard, "\(path)")
      }
    }
    #expect(PathParts.folder(of: "/") == "/" && PathParts.name(of: "/") == "/" && PathParts.folder(of: "") == "")
  }

  @Test("every text has a folder and a last part, which together are the text again")
  func everyText() {
    var random = Seeded(12)
    let pieces = ["", " ", "  ", ".", "/", "//", "a", "~", "\0", "\n", "\u{301}", "👍", "é", "ab"]
    for _ in 0..<20_000 {
      let path = (0..<Int.random(in: 0...5, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }
        .joined()
      let (folder, name) = (PathParts.folder(of: path), PathParts.name(of: path))
      #expect(Array(path.utf8).starts(with: Array(folder.utf8)))
      #expect(name == "/" || !name.utf8.contains(UInt8(ascii: "/")))
      #expect(name.isEmpty == path.isEmpty)
      func parts(_ path: String) -> [[UInt8]] { path.utf8.split(separator: UInt8(ascii: "/")).map { Array($0) } }
      #expect(parts(PathParts.joined(folder, name)) == parts(path), "\(path.debugDescription)")
      _ = Links.absolute(path)
      UnfinishedFiles.end(UnfinishedFiles.begin(path))
    }
  }

  @Test("what is no path is refused by a sentence wherever a file is written or read", arguments: ["", "\0", "a\0b"])
  func noPath(path: String) throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 2)
    try gallery.enroll([1, 2], as: "Ada")
    try gallery.backup(to: scratch.path("copy"))
    let before = try FileManager.default.contentsOfDirectory(atPath: scratch.folder.path).sorted()
    func refused(_ body: () throws -> Void) {
      #expect { try body() } throws: { "\($0)".contains("this is no path: name a file") }
    }
    refused { _ = try Gallery(path: path, configuration: quiet()) }
    refused { try gallery.backup(to: path) }
    refused { _ = try Gallery.restore(from: scratch.path("copy"), to: path) }
    refused { _ = try Gallery.restore(from: path, to: scratch.path("new")) }
    var options = ImportOptions()
    options.format = .csv
    refused { _ = try VectorImport(file: path, options: options) }
    for format in VectorFileFormat.allCases where format != .bvecs {
      refused { try gallery.exportVectors(to: path, format: format) }
    }
    refused { try gallery.exportVectors(to: scratch.path("out.npy"), names: path) }
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.folder.path).sorted() == before)
    #expect(!FileManager.default.fileExists(atPath: ".names"))
  }

  @Test("~ is a folder's name like any other, and where there is none that is said")
  func home() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 2)
    #expect { try gallery.backup(to: "~/copy") } throws: {
      "\($0)".contains("there is no folder ~: make it first, or ")
    }
    #expect { try Gallery(path: "~/new", configuration: quiet()) } throws: {
      "\($0)".contains("there is no folder ~: make it first, or ")
    }
    try FileManager.default.createDirectory(atPath: scratch.path("~"), withIntermediateDirectories: false)
    try gallery.backup(to: scratch.path("~/ "))
    #expect(try Gallery(path: scratch.path("~/ "), configuration: quiet()).info().embeddings == 0)
  }
}
