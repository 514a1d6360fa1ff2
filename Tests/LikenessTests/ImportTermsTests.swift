import Foundation
import GRDB
import Likeness
import Seeded
import Testing
import VectorFiles

@Suite("An import goes on as it was begun, or not at all")
struct ImportTermsTests {
  /// An import of a file with a row at fault, cut off behind the rows before it; then the file is mended.
  private struct CutOff {
    let scratch: Scratch
    let file: String
    let names: String
    let gallery: Gallery
    var options = ImportOptions()

    init(_ ending: String, rows: Int = 40, change: (inout ImportOptions) -> Void = { _ in }) throws {
      scratch = try Scratch()
      file = scratch.path("rows.\(ending)")
      names = scratch.path("rows.names")
      gallery = try Gallery(path: scratch.path("gallery"), configuration: quiet())
      options.embedder = "letters"
      options.batch = 10
      if ending == "fvecs" { options.names = names }
      change(&options)
      try write(rows, bad: 35)
      #expect(throws: ImportError.self) { try VectorImport(file: file, options: options).run(into: gallery) }
      try write(rows, bad: nil)
    }

    func write(_ rows: Int, bad: Int?, changed: Int? = nil) throws {
      let writer = try VectorFile.writer(path: file, dimension: 2)
      for row in 0..<rows {
        let vector: [Float] = row == bad ? [.nan, 0] : row == changed ? [9, 9] : [Float(row), 1]
        try writer.write(VectorRow(identity: "person \(row)", vector: vector))
      }
      try writer.finish()
    }

    /// What going on says, with other options; nil where it goes on to the end.
    func goOn(_ change: (inout ImportOptions) -> Void = { _ in }) throws -> String? {
      var options = options
      options.resumes = true
      change(&options)
      do {
        try VectorImport(file: file, options: options).run(into: gallery)
        return nil
      } catch let error as VectorFileError {
        return error.description
      }
    }
  }

  @Test("names that were given at the beginning have to be given again")
  func names() throws {
    let cut = try CutOff("fvecs")
    let forgotten = try cut.goOn { $0.names = nil }
    #expect(forgotten?.contains("was begun with the names in \(cut.names): go on with them") == true)
    let others = cut.scratch.path("other.names")
    try Data((0..<40).map { "other \($0)\n" }.joined().utf8).write(to: URL(fileURLWithPath: others))
    #expect(try cut.goOn { $0.names = others }?.contains("these are others") == true)
    #expect(try cut.gallery.info().embeddings == 30)
    // The same names are the same wherever they are.
    let moved = cut.scratch.path("moved.names")
    try FileManager.default.copyItem(atPath: cut.names, toPath: moved)
    #expect(try cut.goOn { $0.names = moved } == nil)
    #expect(try cut.gallery.embeddings(of: "person 39").count == 1)
    #expect(try cut.gallery.info().embeddings == 40)
  }

  @Test("an import without names does not go on with some, nor one in one way in another")
  func otherTerms() throws {
    let nameless = try CutOff("fvecs") { $0.names = nil }
    #expect(try nameless.goOn { $0.names = nameless.names }?.contains("without a file of names") == true)
    #expect(try nameless.goOn() == nil)
    let plain = try CutOff("csv")
    #expect(try plain.goOn { $0.replacing = .sameSource }?.contains("was begun without replacing") == true)
    #expect(try plain.goOn { $0.skipsBadRows = true } == nil)
    let replacing = try CutOff("csv") { $0.replacing = .sameSource }
    #expect(try replacing.goOn { $0.replacing = .nothing }?.contains("was begun replacing") == true)
    #expect(try replacing.goOn() == nil)
  }

  @Test("a change in the middle of what is enrolled is told, though the file is as long as it was")
  func changedInTheMiddle() throws {
    // Longer than what is looked at in the first place.
    let cut = try CutOff("fvecs", rows: 40_000) {
      $0.batch = 20_000
      $0.replacing = .sameSource
      $0.skipsBadRows = false
    }
    #expect(try cut.goOn() == nil)
    #expect(try cut.goOn() == nil)
    try cut.write(40_000, bad: nil, changed: 20_000)
    let refusal = try cut.goOn()
    #expect(refusal?.contains("was changed in the 40000 rows that are enrolled of it") == true)
    try VectorImport(file: cut.file, options: cut.options).run(into: cut.gallery)
    #expect(try cut.gallery.query(.vector([9, 9]), k: 1).candidates[0].distance == 0)
  }

  @Test("what an older version noted goes on where nothing is missing, and is refused in a sentence where it is")
  func older() throws {
    func age(_ cut: CutOff) throws {
      try otherHand(cut.scratch.path("gallery")).write { db in
        try db.execute(sql: "UPDATE import_progress SET settings = json_remove(settings, '$.terms', '$.sha256')")
      }
    }
    let named = try CutOff("csv")
    try age(named)
    #expect(try named.goOn() == nil)
    #expect(try named.gallery.info().embeddings == 40)
    let nameless = try CutOff("fvecs")
    try age(nameless)
    #expect(try nameless.goOn()?.contains("was begun by an older version") == true)
  }

  @Test("an import during which a copy takes the gallery's place says so, and goes on where the copy ends")
  func restored() throws {
    let cut = try CutOff("csv")
    let gallery = try Gallery(path: cut.scratch.path("other"), configuration: quiet())
    let copy = cut.scratch.path("copy")
    var batches = 0
    do {
      try VectorImport(file: cut.file, options: cut.options).run(into: gallery) { _ in
        batches += 1
        if batches == 1 { _ = try? gallery.backup(to: copy) }
        if batches == 3 {
          _ = try? Gallery.restore(from: copy, to: gallery.path, replacing: true, configuration: quiet())
        }
      }
      Issue.record("was imported")
    } catch let error as ImportError {
      #expect(error.enrolled == 10 && error.canResume)
      #expect(error.description.contains("is not as the import of \(cut.file) left it"), "\(error)")
    }
    #expect(batches == 3)
    var options = cut.options
    options.resumes = true
    #expect(try VectorImport(file: cut.file, options: options).run(into: gallery).enrolled == 30)
    #expect(try gallery.identities().map(\.name).sorted() == (0..<40).map { "person \($0)" }.sorted())
    #expect(try gallery.info().embeddings == 40)
  }

  @Test("of two imports of one file at once one goes on, and every row is there once")
  func twice() throws {
    let cut = try CutOff("csv")
    let gallery = try Gallery(path: cut.scratch.path("other"), configuration: quiet())
    var options = cut.options
    options.replacing = .sameSource
    let (file, whole) = (cut.file, options)
    var isFirst = true
    #expect(throws: ImportError.self) {
      try VectorImport(file: file, options: options).run(into: gallery) { _ in
        if isFirst { _ = try? VectorImport(file: file, options: whole).run(into: gallery) }
        isFirst = false
      }
    }
    #expect(try gallery.info().embeddings == 40)
    options.resumes = true
    #expect(try VectorImport(file: file, options: options).run(into: gallery).enrolled == 0)
  }

  @Test("attributes are stored to the letter, or the row is refused with what is wrong")
  func attributes() throws {
    let scratch = try Scratch()
    let gallery = try Gallery(path: scratch.path("gallery"), configuration: quiet())
    var options = ImportOptions()
    options.embedder = "letters"
    let text = #"{"account":12345678901234567891, "b": 1.0,"a":-0.0}"#
    let file = try scratch.write(
      Data(#"{"identity":"a","vector":[1,2],"attributes":\#(text)}"#.utf8), to: "rows.jsonl")
    try VectorImport(file: file, options: options).run(into: gallery)
    let stored = try otherHand(gallery.path).read { db in
      try String.fetchOne(db, sql: "SELECT attributes FROM embedding")
    }
    #expect(stored == text)
    // Exported and imported again it is the same.
    let again = try Gallery(path: scratch.path("again"), configuration: quiet())
    try gallery.exportVectors(to: scratch.path("out.jsonl"))
    try VectorImport(file: scratch.path("out.jsonl"), options: options).run(into: again)
    #expect(
      try otherHand(again.path).read { db in try String.fetchOne(db, sql: "SELECT attributes FROM embedding") } == text)
    let bad = try scratch.write(
      Data(#"{"identity":"a","vector":[1,2],"attributes":{"ok":1,"c":1e999}}"#.utf8), to: "bad.jsonl")
    do {
      try VectorImport(file: bad, options: options).run(into: gallery)
      Issue.record("was imported")
    } catch {
      #expect("\(error)".contains("the attributes have under \"c\" what cannot be read"), "\(error)")
    }
  }

  @Test("a first import that stores nothing leaves the gallery free for another embedder")
  func withdrawn() throws {
    let scratch = try Scratch()
    let gallery = try Gallery(path: scratch.path(), configuration: quiet())
    let wrong = try scratch.write(Data("identity,v0\nx,q\n".utf8), to: "wrong.csv")
    let right = try scratch.write(Data("identity,v0,v1\nx,1,2\n".utf8), to: "right.csv")
    func run(_ file: String, _ name: String) throws {
      var options = ImportOptions()
      options.embedder = name
      try VectorImport(file: file, options: options).run(into: gallery)
    }
    #expect(throws: (any Error).self) { try run(wrong, "typo") }
    #expect(try gallery.embedder == nil)
    try run(right, "meant")
    #expect(try gallery.embedder?.name == "meant")
    #expect(try gallery.query(.vector([1, 2]), k: 1).candidates.first?.identity == "x")
  }

  @Test("files that have their header in common are not one file")
  func headers() throws {
    let scratch = try Scratch()
    let gallery = try Gallery(path: scratch.path("gallery"), configuration: quiet())
    var options = ImportOptions()
    (options.embedder, options.resumes, options.replacing) = ("letters", true, .sameSource)
    for (day, rows) in ["ada,1,2\n", "", "grace,3,4\n", "grace,5,6\n"].enumerated() {
      let file = try scratch.write(Data(("identity,v0,v1\n" + rows).utf8), to: "day\(day).csv")
      try VectorImport(file: file, options: options).run(into: gallery)
    }
    let sources = try gallery.embeddings(of: "grace").compactMap(\.source)
    #expect(sources == [2, 3].map { scratch.path("day\($0).csv:2") })
  }

  @Test("a last line without its end keeps its number when lines come after it; one that was cut off is refused")
  func lastLine() throws {
    let scratch = try Scratch()
    let gallery = try Gallery(path: scratch.path("gallery"), configuration: quiet())
    var options = ImportOptions()
    (options.embedder, options.resumes) = ("letters", true)
    for (number, end) in ["\n", "\r\n"].enumerated() {
      func file(_ text: String) throws -> String {
        try scratch.write(
          Data(("identity,v0,v1\n" + text).replacing("\n", with: end).utf8), to: "rows\(number).csv")
      }
      var resuming = options
      try VectorImport(file: file("ada\(number),1,2"), options: resuming).run(into: gallery)
      let grown = try file("ada\(number),1,2\nbob\(number),3,4\n")
      #expect(try VectorImport(file: grown, options: resuming).run(into: gallery).enrolled == 1)
      #expect(try gallery.embeddings(of: "bob\(number)").map(\.source) == [grown + ":3"])
      (resuming.resumes, resuming.replacing) = (false, .sameSource)
      let receipt = try VectorImport(file: grown, options: resuming).run(into: gallery)
      #expect(receipt.unchanged == 2 && receipt.enrolled == 2 && receipt.replaced == 0)
      #expect(try gallery.info().embeddings == 2 * (number + 1))
    }
    let cut = try scratch.write(Data("identity,v0,v1\neve,1,2".utf8), to: "cut.csv")
    try VectorImport(file: cut, options: options).run(into: gallery)
    _ = try scratch.write(Data("identity,v0,v1\neve,1,25\n".utf8), to: "cut.csv")
    let error = #expect(throws: VectorFileError.self) {
      try VectorImport(file: cut, options: options).run(into: gallery)
    }
    #expect(error?.description.contains("line 2: was cut off") == true, "\(String(describing: error))")
  }

  @Test("a file that gets the name of the one that is read is not taken for it")
  func swapped() throws {
    let scratch = try Scratch()
    let gallery = try Gallery(path: scratch.path("gallery"), configuration: quiet())
    var options = ImportOptions()
    (options.embedder, options.batch) = ("letters", 1)
    func rows(_ first: Int) -> Data {
      Data("identity,v0,v1\np0,0,1\n".utf8 + (first..<first + 3).flatMap { Array("p\($0),\($0),1\n".utf8) })
    }
    let file = try scratch.write(rows(1), to: "rows.csv")
    let error = #expect(throws: ImportError.self) {
      try VectorImport(file: file, options: options).run(into: gallery) { _ in
        let other = scratch.path("other.csv")
        try? rows(11).write(to: URL(fileURLWithPath: other))
        rename(other, file)
      }
    }
    #expect(error?.description.contains("another file has got its name") == true, "\(String(describing: error))")
    #expect(try gallery.info().embeddings == 1)
  }
}
