import Foundation
import GRDB
import Likeness
import Seeded
import Testing
import VectorFiles

@Suite("Import and export")
struct ImportExportTests {
  private static let formats: [VectorFileFormat] = [.npy, .fvecs, .csv, .jsonl, .word2vec]

  private func options(_ change: (inout ImportOptions) -> Void = { _ in }) -> ImportOptions {
    var options = ImportOptions()
    options.embedder = "numbers"
    change(&options)
    return options
  }

  private func gallery(_ scratch: Scratch, _ name: String) throws -> Gallery {
    try Gallery(path: scratch.path(name), configuration: quiet { $0.indexing = .onFirstQuery })
  }

  /// Names and vectors, in the order of enrolment.
  private func content(_ path: String, _ columns: String = "i.name, hex(e.vector)") throws -> [String] {
    try otherHand(path).read { db in
      try Row.fetchAll(
        db, sql: "SELECT \(columns) FROM embedding e JOIN identity i ON i.id = e.identity_id ORDER BY e.id"
      ).map(\.description)
    }
  }

  private func vectors(_ count: Int, _ dimension: Int, seed: UInt64) -> [[Float]] {
    var random = Seeded(seed)
    return (0..<count).map { _ in random.vector(dimension).map { $0 * Float.random(in: 1e-6...1e6, using: &random) } }
  }

  @Test("what is exported and imported again is the same, bit for bit", arguments: formats)
  func roundTrip(format: VectorFileFormat) throws {
    let scratch = try Scratch()
    let first = try makeGallery(scratch.path("first"), 7, .cosine) { $0.indexing = .onFirstQuery }
    let rows = vectors(300, 7, seed: 3).enumerated().map { place, vector in
      Enrollment(
        identity: "Émilie, \"du\" Châtelet 👩‍🔬 \(place % 11)", vector: vector,
        source: place % 2 == 0 ? "\(place).jpg" : nil,
        sourceSHA256: place % 3 == 0 ? String(repeating: "ab", count: 32) : nil, quality: place % 4 == 0 ? 0.1 : nil,
        attributes: place % 5 == 0 ? ["place": .integer(Int64(place)), "text": "a\nb"] : [:])
    }
    try first.enroll(rows)
    let file = scratch.path("out.\(format.rawValue)")
    let exported = try first.exportVectors(to: file, format: format)
    #expect(exported.exported == 300 && exported.leftOut == 0)
    #expect(exported.names == (format.hasNames ? nil : scratch.path("out.names")))

    let second = try gallery(scratch, "second")
    let receipt = try VectorImport(
      file: file,
      options: options {
        $0.format = format
        $0.metric = .cosine
        $0.names = exported.names
        $0.batch = 70
      }
    ).run(into: second)
    #expect(receipt.enrolled == 300 && receipt.batches == 5)
    #expect(try content(scratch.path("second")) == content(scratch.path("first")))
    #expect(try second.embedder?.metric == .cosine)
    if format == .jsonl {
      let all = "i.name, e.source_sha256, e.quality, e.attributes"
      #expect(try content(scratch.path("second"), all) == content(scratch.path("first"), all))
    }
  }

  @Test(
    "a row at fault is named with its place and what is stored already; nothing of its batch is", arguments: formats)
  func rowAtFault(format: VectorFileFormat) throws {
    let scratch = try Scratch()
    let file = scratch.path("rows.\(format.rawValue)")
    var rows = vectors(50, 3, seed: 4)
    rows[33][1] = .nan
    let writer = try VectorFile.writer(path: file, format: format, dimension: 3, rows: 50)
    for (place, row) in rows.enumerated() { try writer.write(VectorRow(identity: "n\(place)", vector: row)) }
    try writer.finish()
    let store = try gallery(scratch, "gallery")
    let error = try #require(throws: ImportError.self) {
      try VectorImport(
        file: file,
        options: options {
          $0.batch = 10; $0.format = format
        }
      ).run(into: store)
    }
    let place = ["csv": "line 35", "jsonl": "line 34", "word2vec": "line 35"][format.rawValue] ?? "row 33"
    #expect(error.description.hasPrefix("\(file), \(place): "), "\(error)")
    #expect(error.description.contains("has the value nan at 1"))
    #expect(error.description.contains("its first 30 rows are enrolled, in 3 batches"))
    #expect(error.enrolled == 30 && error.canResume && error.isRowFault)
    #expect(try store.info().embeddings == 30)

    let lenient = try gallery(scratch, "lenient")
    let receipt = try VectorImport(
      file: file,
      options: options {
        $0.skipsBadRows = true; $0.format = format
      }
    )
    .run(into: lenient)
    #expect(receipt.enrolled == 49 && receipt.leftOutCount == 1)
    #expect(receipt.leftOut[0].place == place)
    #expect(receipt.leftOut[0].reason.contains("nan"))
    #expect(try lenient.info().embeddings == 49)
  }

  @Test("an import that was cut off goes on with the first row that is missing, wherever it was", arguments: formats)
  func resumed(format: VectorFileFormat) throws {
    let scratch = try Scratch()
    let rows = vectors(60, 3, seed: 5)
    let file = scratch.path("rows.\(format.rawValue)")
    let names = scratch.path("rows.names")
    func write(nanAt bad: Int?) throws {
      let writer = try VectorFile.writer(path: file, format: format, dimension: 3, rows: 60)
      for (place, row) in rows.enumerated() {
        try writer.write(VectorRow(identity: "person \(place % 7)", vector: place == bad ? [.nan, 0, 0] : row))
      }
      try writer.finish()
    }
    try write(nanAt: nil)
    let whole = try gallery(scratch, "whole")
    let named = options {
      $0.format = format
      $0.names = format.hasNames ? nil : names
      $0.batch = 7
    }
    try VectorImport(file: file, options: named).run(into: whole)
    let expected = try content(scratch.path("whole"), "i.name, hex(e.vector), e.source")
    #expect(expected.count == 60)
    var again = named
    again.resumes = true
    for bad in stride(from: 3, to: 60, by: 8) {
      let path = "cut \(bad)"
      let store = try gallery(scratch, path)
      try write(nanAt: bad)
      #expect(throws: ImportError.self) { try VectorImport(file: file, options: named).run(into: store) }
      try write(nanAt: nil)
      if bad >= 7 {
        // Not by accident twice.
        let refusal = try #require(throws: ImportError.self) {
          try VectorImport(file: file, options: named).run(into: store)
        }
        #expect(refusal.description.contains("was cut off; its first \(bad / 7 * 7) rows are enrolled"))
      }
      let receipt = try VectorImport(file: file, options: again).run(into: store)
      #expect(receipt.skippedAsDone == bad / 7 * 7)
      #expect(receipt.enrolled == 60 - bad / 7 * 7)
      #expect(try content(scratch.path(path), "i.name, hex(e.vector), e.source") == expected)
      // It is done: nothing is missing any more.
      #expect(try VectorImport(file: file, options: again).run(into: store).enrolled == 0)
      #expect(try store.info().embeddings == 60)
    }
  }

  @Test("a file that was moved goes on; one that is another, or was changed in what is stored, is refused")
  func otherFile() throws {
    let scratch = try Scratch()
    let line = { (place: Int, value: String) in "{\"identity\":\"p\(place)\",\"vector\":[\(place),\(value)]}\n" }
    let good = (0..<20).map { line($0, "1") }
    let store = try gallery(scratch, "gallery")
    let file = try scratch.write(Data((good.prefix(10).joined() + "oops\n").utf8), to: "a.jsonl")
    #expect(throws: ImportError.self) {
      try VectorImport(file: file, options: options { $0.batch = 4 }).run(into: store)
    }
    let moved = try scratch.write(Data(good.joined().utf8), to: "b.jsonl")
    var again = options { $0.resumes = true }
    again.batch = 4
    #expect(try VectorImport(file: moved, options: again).run(into: store).skippedAsDone == 8)
    #expect(try store.info().embeddings == 20)
    let changed = [line(0, "2")] + good.dropFirst()
    _ = try scratch.write(Data(changed.joined().utf8), to: "b.jsonl")
    let error = #expect(throws: VectorFileError.self) { try VectorImport(file: moved, options: again).run(into: store) }
    #expect(error?.description.contains("was changed") == true)
    // A file that grew: what is new is enrolled.
    _ = try scratch.write(Data((good + (20..<25).map { line($0, "1") }).joined().utf8), to: "b.jsonl")
    #expect(try VectorImport(file: moved, options: again).run(into: store).enrolled == 5)
    #expect(try store.info().embeddings == 25)
  }

  @Test(
    "importing a file again in place of what came from it leaves as many rows, and what changed", arguments: formats)
  func again(format: VectorFileFormat) throws {
    let scratch = try Scratch()
    let file = scratch.path("rows.\(format.rawValue)")
    var rows = vectors(80, 2, seed: 6)
    func write() throws {
      let writer = try VectorFile.writer(path: file, format: format, dimension: 2, rows: 80)
      for row in rows { try writer.write(VectorRow(identity: "one and all", vector: row)) }
      try writer.finish()
    }
    let store = try gallery(scratch, "gallery")
    let upsert = options {
      $0.format = format
      $0.replacing = .sameSource
      $0.batch = 30
      $0.names = format.hasNames ? nil : scratch.path("rows.names")
    }
    try write()
    for _ in 0..<2 { try VectorImport(file: file, options: upsert).run(into: store) }
    rows[41] = [5, 6]
    try write()
    try VectorImport(file: file, options: upsert).run(into: store)
    #expect(try store.info().embeddings == 80)
    #expect(try store.info().identities == 1)
    #expect(try store.query(.vector([5, 6]), k: 1).candidates[0].distance == 0)
    #expect(try content(scratch.path("gallery"), "hex(e.vector)").count == 80)
  }

  @Test("a receipt says what gave way, across batches, and what an import before has to do with it")
  func receipts() throws {
    let scratch = try Scratch()
    let store = try gallery(scratch, "gallery")
    func write(_ values: [Int], to name: String = "rows.jsonl") throws -> String {
      let lines = values.enumerated().map {
        "{\"identity\":\"p\",\"vector\":[\($1),1],\"source\":\"\($0 % 3)\"}\n"
      }
      return try scratch.write(Data(lines.joined().utf8), to: name)
    }
    let upsert = options {
      $0.replacing = .sameSource
      $0.batch = 2
    }
    let file = try write(Array(1...9))
    var receipt = try VectorImport(file: file, options: upsert).run(into: store)
    #expect(receipt.isNewEmbedder && receipt.metric == .euclidean)
    #expect(receipt.enrolled == 3 && receipt.replaced == 0 && receipt.unchanged == 0 && receipt.superseded == 6)
    #expect(try store.info().embeddings == 3)
    _ = try write([7, 8, 1])
    receipt = try VectorImport(file: file, options: upsert).run(into: store)
    #expect(!receipt.isNewEmbedder)
    #expect(receipt.enrolled == 3 && receipt.replaced == 1 && receipt.unchanged == 2 && receipt.superseded == 0)

    // A file that is enrolled already, as it is.
    #expect(receipt.enrolledAgain == 0)
    receipt = try VectorImport(file: file, options: options()).run(into: store)
    #expect(receipt.enrolled == 3 && receipt.enrolledAgain == 3)
    #expect(try VectorImport(file: file, options: options { $0.resumes = true }).run(into: store).enrolledAgain == 0)
    let another = try write([5], to: "other.jsonl")
    #expect(try VectorImport(file: another, options: options()).run(into: store).enrolledAgain == 0)

    // Another name of a file whose rows are known by the first.
    let named = try scratch.write(Data("{\"identity\":\"q\",\"vector\":[1,2]}\n".utf8), to: "named.jsonl")
    _ = try VectorImport(file: named, options: upsert).run(into: store)
    let other = scratch.folder.path + "/./named.jsonl"
    receipt = try VectorImport(file: other, options: upsert).run(into: store)
    #expect(receipt.enrolled == 1 && receipt.replaced == 0 && receipt.otherLabel == named)
    #expect(try VectorImport(file: other, options: upsert).run(into: store).unchanged == 1)
  }

  @Test("rows without names are called by their number from 0, and have their file and place as source")
  func numbers() throws {
    let scratch = try Scratch()
    let file = scratch.path("a.npy")
    let writer = try VectorFile.writer(path: file, dimension: 1)
    for value in 0..<3 { try writer.write(VectorRow(identity: "x", vector: [Float(value)])) }
    try writer.finish()
    let store = try gallery(scratch, "gallery")
    try VectorImport(file: file, options: options()).run(into: store)
    #expect(try store.identities().map(\.name) == ["0", "1", "2"])
    #expect(try store.embeddings(of: "2")[0].source == "\(file):2")
    _ = try scratch.write(Data("only one\n".utf8), to: "names")
    let error = #expect(throws: VectorFileError.self) {
      try VectorImport(file: file, options: options { $0.names = scratch.path("names") })
    }
    #expect(error?.description.contains("holds 1 names, and") == true)
  }

  @Test("vectors of another embedder, metric or length stop before the first")
  func otherEmbedder() throws {
    let scratch = try Scratch()
    let store = try makeGallery(scratch.path(), 3)
    let csv = try scratch.write(Data("identity,v0,v1\na,1,2\n".utf8), to: "a.csv")
    let lines = try scratch.write(Data("{\"identity\":\"a\",\"vector\":[1,2]}\n".utf8), to: "a.jsonl")
    func refusal(_ file: String, _ change: (inout ImportOptions) -> Void) -> String {
      do {
        try VectorImport(file: file, options: options(change)).run(into: store)
        return "nothing"
      } catch {
        return "\(error)"
      }
    }
    #expect(refusal(csv) { $0.embedder = "letters" }.contains("not by \"letters\" (another name)"))
    #expect(refusal(csv) { $0.metric = .dot }.contains("the metric dot instead of euclidean"))
    #expect(refusal(csv) { $0.embedder = nil }.contains("2 values a vector"))
    #expect(refusal(lines) { _ in }.contains("line 1: the vector for \"a\" has 2 values"))
    #expect(try store.info().embeddings == 0)
    let empty = try Gallery(path: scratch.path("empty"), configuration: quiet())
    #expect(throws: GalleryError.noEmbedder(path: scratch.path("empty"))) {
      try VectorImport(file: csv).run(into: empty)
    }
  }

  @Test("an import runs once: asked again, it says so instead of what it did before")
  func once() throws {
    let scratch = try Scratch()
    let file = try scratch.write(Data("identity,v0\nAda,1\n".utf8), to: "rows.csv")
    let (first, second) = (try gallery(scratch, "first"), try gallery(scratch, "second"))
    let rows = try VectorImport(file: file, options: options())
    #expect(try rows.run(into: first).enrolled == 1)
    for store in [first, second] {
      #expect { try rows.run(into: store) } throws: { "\($0)".contains("make another VectorImport") }
    }
    #expect(try first.info().embeddings == 1 && second.info().embeddings == 0 && second.embedder == nil)
    #expect(try VectorImport(file: file, options: options()).run(into: second).enrolled == 1)
  }

  @Test("an export takes the place of one like it, and of nothing else")
  func replacing() throws {
    let scratch = try Scratch()
    let store = try makeGallery(scratch.path("store"), 2)
    try store.enroll([1, 2], as: "Ada")
    let notes = try scratch.write(Data("Dear diary\n".utf8), to: "notes.npy")
    #expect(throws: VectorFileError.self) { try store.exportVectors(to: notes) }
    let out = scratch.path("out.npy")
    #expect(throws: VectorFileError.self) { try store.exportVectors(to: out, names: notes) }
    #expect(throws: VectorFileError.self) { try store.exportVectors(to: out, names: out) }
    #expect(try String(contentsOfFile: notes, encoding: .utf8) == "Dear diary\n")
    #expect(!FileManager.default.fileExists(atPath: out))
    for _ in 0..<2 { #expect(try store.exportVectors(to: out).names == scratch.path("out.names")) }
    #expect(throws: GalleryError.self) {
      try store.exportVectors(to: scratch.path("out.csv"), names: scratch.path("unused"))
    }
    #expect(try store.exportVectors(to: scratch.path("out.csv")).names == nil)
  }

  @Test("an export leaves out what is damaged and says so, and never writes over the gallery")
  func damaged() throws {
    let scratch = try Scratch()
    let store = try makeGallery(scratch.path(), 2) { $0.indexing = .onFirstQuery }
    for value in 0..<4 { try store.enroll([Float(value), 1], as: "p\(value)") }
    try otherHand(scratch.path()).write { db in
      try db.execute(
        sql: "UPDATE embedding SET vector = ? WHERE id = 2", arguments: [blob([.nan, 1])])
    }
    for ending in ["npy", "csv", "jsonl", "vec", "tsv", "fvecs"] {
      let receipt = try store.exportVectors(to: scratch.path("out.\(ending)"))
      #expect(receipt.exported == 3 && receipt.leftOut == 1)
    }
    #expect(try VectorTable(path: scratch.path("out.vec")).values == [0, 1, 2, 1, 3, 1])
    #expect(throws: GalleryError.self) { try store.exportVectors(to: scratch.path(), format: .csv) }
    #expect(throws: VectorFileError.self) { try store.exportVectors(to: scratch.path("out")) }
    #expect(try store.info().embeddings == 4)
  }

  @Test("files of other programs: names with NUL are refused by line, long ones with quotes and emoji taken")
  func hostileNames() throws {
    let scratch = try Scratch()
    let long = String(repeating: "😀'\"", count: 2_500)
    let text = """
      {"identity":"\(long.replacing("\"", with: "\\\""))","vector":[1]}
      {"identity":"a\\u0000b","vector":[1]}
      {"identity":"  ","vector":[1]}
      {"identity":"ok","vector":[1],"attributes":{"a":nonsense}}
      {"identity":"ok","vector":[1],"source_sha256":"ABC"}
      {"identity":"ok","vector":[1e39]}
      {"identity":"ok","vector":[1,2]}
      {"identity":"ok","vector":[1]}
      """
    let file = try scratch.write(Data(text.utf8), to: "a.jsonl")
    let store = try gallery(scratch, "gallery")
    let receipt = try VectorImport(file: file, options: options { $0.skipsBadRows = true }).run(into: store)
    #expect(receipt.leftOut.map(\.place) == ["line 2", "line 3", "line 4", "line 5", "line 6", "line 7"])
    #expect(try store.identities().map(\.name) == ["ok", long])
  }
}
