import Foundation
import Images
import Testing

@Suite("Folders of pictures")
struct PictureFolderTests {
  @Test("identities and their pictures come in natural order")
  func order() throws {
    let folder = try TemporaryFolder()
    for name in ["s10/2.pgm", "s10/10.pgm", "s10/1.pgm", "s2/a.png", "s1/x.JPG", "S1/x.ppm", "s02/x.jpeg"] {
      try folder.write([1], name)
    }
    let read = try PictureFolder(path: folder.path)
    #expect(read.identities.map(\.name) == ["S1", "s1", "s02", "s2", "s10"])
    #expect(read.identities[4].files.map { ($0 as NSString).lastPathComponent } == ["1.pgm", "2.pgm", "10.pgm"])
    #expect(read.pictureCount == 7 && read.skippedFiles == 0)
  }

  @Test("a folder deeper down is named by its path below the root")
  func nested() throws {
    let folder = try TemporaryFolder()
    for name in ["Greek/alpha/1.png", "Greek/beta/1.png", "Latin/a/1.png", "Latin/loose.png"] {
      try folder.write([1], name)
    }
    let read = try PictureFolder(path: folder.path + "/")
    #expect(read.identities.map(\.name) == ["Greek/alpha", "Greek/beta", "Latin", "Latin/a"])
    #expect(read.identities.allSatisfy { $0.files.allSatisfy { FileManager.default.fileExists(atPath: $0) } })
  }

  @Test("folders whose names differ only in how characters are composed are one identity")
  func composed() throws {
    let folder = try TemporaryFolder()
    for name in ["Jos\u{e9}/1.png", "Jose\u{301}/2.png", "Josef/1.png"] { try folder.write([1], name) }
    let read = try PictureFolder(path: folder.path)
    #expect(read.identities.map(\.files.count).sorted() == (read.identities.count == 2 ? [1, 2] : []))
    #expect(read.pictureCount == 3)
  }

  @Test("hidden files are passed over, other files are counted")
  func skipped() throws {
    let folder = try TemporaryFolder()
    for name in [
      "a/1.png", "a/notes.txt", "a/.DS_Store", "a/.hidden.png", ".git/x/1.png", "a/jpg", "README.md", "b/x.txt",
    ] {
      try folder.write([1], name)
    }
    try folder.write([1], "loose.png")
    try FileManager.default.createSymbolicLink(atPath: "\(folder.path)/a/gone.png", withDestinationPath: "nowhere.png")
    let read = try PictureFolder(path: folder.path)
    #expect(read.identities.map(\.name) == ["a"] && read.pictureCount == 1)
    #expect(read.skippedFiles == 5 && read.loosePictures == 1)
  }

  @Test("links are followed, and circles of links end")
  func links() throws {
    let folder = try TemporaryFolder()
    let elsewhere = try TemporaryFolder()
    try folder.write([1], "zoe/1.png")
    try elsewhere.write([1], "ada/1.png")
    func link(_ from: String, _ to: String) throws {
      try FileManager.default.createSymbolicLink(atPath: from, withDestinationPath: to)
    }
    try link("\(folder.path)/zoe/round", folder.path)
    try link("\(folder.path)/alias", "\(folder.path)/zoe")
    try link("\(folder.path)/more", elsewhere.path)
    try link("\(elsewhere.path)/ada/back", elsewhere.path)
    let read = try PictureFolder(path: folder.path)
    #expect(read.identities.map(\.name) == ["more/ada", "zoe"])
  }

  @Test("without identities there is a sentence that says what is wanted")
  func refusals() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write([1], "1.png")
    let cases = [
      (folder.path, "1 pictures lie in no folder"), (file, "this is a file"), (folder.path + "/none", "no such folder"),
    ]
    for (path, words) in cases {
      let error = try #require(refusal { _ = try PictureFolder(path: path) })
      #expect(error.path == path && error.reason.contains(words), "\(error)")
    }
    let empty = try TemporaryFolder()
    #expect(refusal { _ = try PictureFolder(path: empty.path) }?.reason.contains("no pictures") == true)
  }
}
