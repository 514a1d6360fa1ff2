import Foundation
import Seeded
import Testing
import VectorFiles

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

@Suite("import and export")
struct ImportCommandTests {
  private func text(_ folder: TemporaryFolder, _ name: String, _ text: String) throws -> String {
    let path = folder.path + "/" + name
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    return path
  }

  private func vectors(_ path: String, _ count: Int, _ dimension: Int, seed: UInt64) throws {
    var random = Seeded(seed)
    let writer = try VectorFile.writer(path: path, dimension: dimension, rows: count)
    for row in 0..<count {
      try writer.write(
        VectorRow(identity: "n\(row)", vector: (0..<dimension).map { _ in Float(random.uniform(-1, 1)) }))
    }
    try writer.finish()
  }

  @Test("an import makes the gallery and its embedder, says what it enrolled, and its rows are found")
  func makes() throws {
    let folder = try TemporaryFolder()
    let gallery = folder.path + "/words.gallery"
    let file = try text(
      folder, "words.jsonl",
      """
      {"identity":"king","vector":[1,0,0.5]}
      {"identity":"queen","vector":[0,1,0.5],"source":"b","attributes":{"n":1}}
      """)
    let run = try CommandRun.likeness("import", gallery, file, "--embedder", "words", "--metric", "cosine", "--json")
    #expect(run.status == 0, "\(run.errors)")
    let summary = try run.json()
    #expect(summary["enrolled"] as? Int == 2 && summary["left_out"] as? Int == 0 && summary["batches"] as? Int == 1)
    let answer = try CommandRun.likeness("query", gallery, "vector:1,0,0.4", "-k", "1", "--json").json()
    let candidates = try #require(answer["candidates"] as? [[String: Any]])
    #expect(candidates.first?["identity"] as? String == "king")
    #expect(candidates.first?["source"] as? String == file + ":1")
    let info = try CommandRun.likeness("info", gallery, "--json").json()
    let embedder = try #require(info["embedder"] as? [String: Any])
    #expect(embedder["name"] as? String == "words" && embedder["metric"] as? String == "cosine")
    #expect(embedder["kind"] as? String == "vector")
  }

  @Test(
    "an import from a pipe makes the gallery as one from a file does, whatever the format",
    arguments: [
      ("jsonl", "{\"identity\":\"a\",\"vector\":[1,2]}\n{\"identity\":\"b\",\"vector\":[3,4]}\n", 1),
      ("csv", "identity,v0,v1\na,1,2\nb,3,4\n", 2), ("word2vec", "2 2\na 1 2\nb 3 4\n", 2),
      ("word2vec", "a 1 2\nb 3 4\n", 1),
    ])
  func pipe(format: String, content: String, line: Int) throws {
    let folder = try TemporaryFolder()
    let (gallery, file) = (folder.path + "/g", try text(folder, "piped", content))
    func run(_ input: String, _ more: String = "") throws -> CommandRun {
      let command = "\(CommandRun.likeness) import \(gallery) /dev/stdin --format \(format) --embedder e --json \(more)"
      return try CommandRun.run("/bin/sh", ["-c", "\(input) | \(command)"])
    }
    let made = try run("cat \(file)")
    #expect(made.status == 0, "\(made.errors)")
    #expect(try made.json()["enrolled"] as? Int == 2)
    #expect(try CommandRun.likeness("show", gallery, "a").output.contains("/dev/stdin:\(line)"))
    #expect(try CommandRun.likeness("query", gallery, "vector:3,4", "-k", "1").output.contains(" b "))
    // The first row comes once, also where the gallery is there.
    #expect(try run("cat \(file)").json()["enrolled"] as? Int == 2)
    #expect(try CommandRun.likeness("verify", gallery).output.contains("4 embeddings sound"))
  }

  @Test("rows at fault before the first sound one of a pipe are left out once, or stop it before there is a gallery")
  func faultyPipe() throws {
    let folder = try TemporaryFolder()
    let gallery = folder.path + "/g"
    let file = try text(folder, "piped", "no\n{\"identity\":\"a\",\"vector\":[1,2]}\nnor this\n")
    func run(_ input: String, _ more: String) throws -> CommandRun {
      let command = "\(CommandRun.likeness) import \(gallery) /dev/stdin --format jsonl --embedder e --json \(more)"
      return try CommandRun.run("/bin/sh", ["-c", "\(input) | \(command)"])
    }
    for (input, sentence) in [("cat \(file)", "line 1: it is no JSON object"), (":", "holds no vector")] {
      let refused = try run(input, "")
      #expect(refused.status == 1 && refused.errors.contains(sentence), "\(refused.errors)")
      #expect(!FileManager.default.fileExists(atPath: gallery))
    }
    let summary = try run("cat \(file)", "--skip-bad").json()
    #expect(summary["enrolled"] as? Int == 1 && summary["left_out"] as? Int == 2)
    let places = (summary["left_out_rows"] as? [[String: Any]])?.compactMap { $0["place"] as? String }
    #expect(places == ["line 1", "line 3"])
  }

  @Test("attributes are shown as they are: text without quotes, anything else as JSON")
  func attributes() throws {
    try #require(CommandRun.exists("sqlite3"), "the sqlite3 command is needed: make setup installs it")
    let gallery = try SmallGallery(["Ada": [1, 2]])
    let sql = #"UPDATE identity SET attributes = '{"team":"red","n":[1,"a/b"],"o":{"x":null}}'"#
    #expect(try CommandRun.run("sqlite3", [gallery.path, sql]).status == 0)
    let shown = try CommandRun.likeness("show", gallery.path, "Ada").output
    #expect(shown.contains("\n  n: [1,\"a/b\"]\n  o: {\"x\":null}\n  team: red\n"), "\(shown)")
  }

  @Test("the first question saves the index beside the gallery, and no command leaves a log behind")
  func saved() throws {
    let folder = try TemporaryFolder()
    func files() throws -> [String] {
      try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasPrefix("many.gallery") }.sorted()
    }
    let (gallery, file) = (folder.path + "/many.gallery", folder.path + "/many.fvecs")
    try vectors(file, 3_000, 8, seed: 5)
    #expect(try CommandRun.likeness("import", gallery, file, "--embedder", "e").status == 0)
    #expect(try files() == ["many.gallery"])
    let first = try CommandRun.likeness("query", gallery, "id:7", "-k", "3", "--json")
    #expect(first.status == 0, "\(first.errors)")
    #expect(try files() == ["many.gallery", "many.gallery-index"])
    let saved = try Data(contentsOf: URL(fileURLWithPath: gallery + "-index"))
    #expect(try CommandRun.likeness("query", gallery, "id:7", "-k", "3", "--json").output == first.output)
    // A command that fails ends the same way.
    #expect(try CommandRun.likeness("query", gallery, "vector:1,2").status == 1)
    #expect(try files() == ["many.gallery", "many.gallery-index"])
    #expect(try Data(contentsOf: URL(fileURLWithPath: gallery + "-index")) == saved)
  }

  @Test("what goes wrong leaves one line that says where, what is stored and how to go on")
  func refusals() throws {
    let folder = try TemporaryFolder()
    let gallery = folder.path + "/people.gallery"
    func refused(_ arguments: String..., saying words: [String]) throws {
      let run = try CommandRun.run(CommandRun.likeness, ["import", gallery] + arguments + ["--json"])
      #expect(run.status == 1 && run.output.isEmpty, "\(run.status) \(run.output)")
      #expect(run.errors.split(separator: "\n").count == 1 && run.errors.hasPrefix("likeness: "), "\(run.errors)")
      for word in words { #expect(run.errors.contains(word), "\"\(word)\" is not in: \(run.errors)") }
    }
    let good = try text(folder, "good.csv", "identity,v0,v1\nAda,1,2\n")
    try refused(good, saying: ["--embedder NAME"])
    try refused(folder.path + "/no.csv", "--embedder", "e", saying: ["no.csv", "cannot be opened"])
    try refused(try text(folder, "a.xyz", "x"), "--embedder", "e", saying: ["a.xyz"])
    try refused(try text(folder, "bad.npy", "x"), "--embedder", "e", saying: ["bad.npy", "numpy.save"])
    try refused(try text(folder, "bad.csv", "name,x\n"), "--embedder", "e", saying: ["bad.csv", "line 1", "identity"])
    #expect(!FileManager.default.fileExists(atPath: gallery))

    let rows = (0..<10).map { "p\($0),\($0),1\n" }
    let cut = try text(folder, "cut.csv", "identity,v0,v1\n" + rows.joined() + "Grace,1,x\n")
    try refused(
      cut, "--embedder", "e", "--batch", "4",
      saying: [
        "cut.csv, line 12: value 1, \"x\", is not a number", "first 8 rows are enrolled, in 2 batches", "--skip-bad",
        "--resume",
      ])
    try refused(cut, "--embedder", "e", saying: ["was cut off", "--resume"])
    try refused(good, "--embedder", "other", saying: ["not by \"other\""])
    let usage = try CommandRun.likeness("import", gallery, good, "--metric", "manhattan")
    #expect(usage.status == 64 && usage.output.isEmpty)

    _ = try text(folder, "cut.csv", "identity,v0,v1\n" + rows.joined() + "Grace,1,7\n")
    let run = try CommandRun.likeness("import", gallery, cut, "--resume", "--json")
    #expect(try run.json()["enrolled"] as? Int == 3 && run.json()["done_before"] as? Int == 8)
    #expect(try CommandRun.likeness("info", gallery, "--json").json()["embeddings"] as? Int == 11)
  }

  @Test("importing a file again with --upsert leaves as many rows, and --skip-bad counts and names what it leaves out")
  func upsert() throws {
    let folder = try TemporaryFolder()
    let gallery = folder.path + "/people.gallery"
    let file = try text(folder, "a.vec", "the 1 2\nnan 0 nan\nof 3 4\n, 5\n")
    for _ in 0..<3 {
      let run = try CommandRun.likeness(
        "import", gallery, file, "--embedder", "w", "--upsert", "--skip-bad", "--json")
      let summary = try run.json()
      #expect(summary["enrolled"] as? Int == 2 && summary["left_out"] as? Int == 2)
      let rows = try #require(summary["left_out_rows"] as? [[String: Any]])
      #expect(rows.map { $0["place"] as? String } == ["line 2", "line 4"])
    }
    #expect(try CommandRun.likeness("info", gallery, "--json").json()["embeddings"] as? Int == 2)
  }

  @Test("a receipt says what gave way, in words and JSON, and notes say what nobody asked for")
  func receipts() throws {
    let folder = try TemporaryFolder()
    let gallery = folder.path + "/people.gallery"
    let file = try text(
      folder, "a.jsonl",
      """
      {"identity":"a","vector":[1,0],"source":"s"}
      {"identity":"a","vector":[2,0],"source":"s"}
      {"identity":"a","vector":[3,0],"source":"t"}
      """)
    func run(_ arguments: String...) throws -> CommandRun {
      try CommandRun.run(CommandRun.likeness, ["import", gallery] + arguments)
    }
    let first = try run(file, "--embedder", "e", "--upsert")
    #expect(first.output.contains("enrolled 2 rows of"), "\(first.output)")
    #expect(first.output.contains("; 1 row gave way to later ones of the same source"))
    #expect(first.output.contains("note: vectors of \(gallery) are compared by euclidean: no --metric was given"))
    let other = try text(
      folder, "b.jsonl",
      """
      {"identity":"a","vector":[9,0],"source":"s"}
      {"identity":"a","vector":[3,0],"source":"t"}
      """)
    let replaced = try run(other, "--upsert", "--json").json()
    #expect(replaced["enrolled"] as? Int == 2)
    #expect(replaced["replaced"] as? Int == 1 && replaced["unchanged"] as? Int == 1)
    #expect(replaced["metric"] as? String == "euclidean" && (replaced["notes"] as? [String])?.isEmpty == true)
    #expect(try run(file, "--upsert").output.contains("; 2 embeddings of the same source gave way") == false)
    let twice = try run(file)
    let note = "note: \(file) was imported before, so that 3 rows of it may be there twice now: --upsert"
    #expect(twice.output.contains(note), "\(twice.output)")

    for (row, words) in [
      (#""source_sha256":"abc""#, "the source_sha256 \"abc\" is not 64 lower-case hexadecimal digits"),
      (#""quality":"x""#, "the quality, \"x\", is not a number"),
    ] {
      let bad = try run(try text(folder, "bad.jsonl", "{\"identity\":\"a\",\"vector\":[1,2],\(row)}\n"))
      #expect(bad.status == 1 && bad.errors.contains("bad.jsonl, line 1: " + words), "\(bad.errors)")
    }
  }

  @Test("a distance of zero has no sign, options that nothing looks at are refused, and one long name widens one line")
  func small() throws {
    let long = String(repeating: "x", count: 5_000)
    let gallery = try SmallGallery(["Ada": [1, 2], long: [3, 4]], metric: "dot")
    let zero = try gallery.query("vector:0,0", ["--json"])
    #expect(zero.status == 0 && zero.output.contains("\"distance\" : 0,"), "\(zero.output.prefix(400))")
    for flags in [["--at", "5"], ["--vocabulary-limit", "10"]] {
      for probe in ["vector:1,2", "id:1"] {
        let refused = try gallery.query(probe, flags)
        #expect(refused.status == 64 && refused.errors.contains("\(flags[0]) is for probes"), "\(refused.errors)")
      }
    }
    let lines = try CommandRun.likeness("identities", gallery.path).output.split(separator: "\n")
    #expect(lines.count == 4 && lines.filter { $0.count > 200 }.count == 1)
  }

  @Test("numbers of attributes are shown to the letter, also beyond 64 bits")
  func longNumbers() throws {
    let folder = try TemporaryFolder()
    let gallery = folder.path + "/people.gallery"
    let file = try text(
      folder, "a.jsonl",
      #"{"identity":"a","vector":[1,0],"attributes":{"n":12345678901234567890,"m":[-7,0.25,1e300,"12"]}}"#)
    #expect(try CommandRun.likeness("import", gallery, file, "--embedder", "e").status == 0)
    let shown = try CommandRun.likeness("show", gallery, "a", "--json")
    #expect(shown.output.contains("12345678901234567890"), "\(shown.output)")
    let embeddings = try #require(try shown.json()["embeddings"] as? [[String: Any]])
    let attributes = try #require(embeddings.first?["attributes"] as? [String: Any])
    let list = try #require(attributes["m"] as? [Any])
    #expect(list[0] as? Int == -7 && list[1] as? Double == 0.25 && list[2] as? Double == 1e300)
    #expect(list[3] as? String == "12")
  }

  @Test("every format goes out and comes in; the Projector gets its labels")
  func formats() throws {
    let folder = try TemporaryFolder()
    let gallery = folder.path + "/a.gallery"
    let base = folder.path + "/base.fvecs"
    try vectors(base, 40, 5, seed: 1)
    let names = folder.path + "/base.names"
    #expect(
      try CommandRun.likeness("import", gallery, base, "--embedder", "e", "--names", names).status == 0)
    for file in ["b.npy", "b.fvecs", "b.csv", "b.jsonl", "b.vec", "vectors.tsv"] {
      let path = folder.path + "/" + file
      let run = try CommandRun.likeness("export", gallery, path, "--json")
      #expect(run.status == 0, "\(run.errors)")
      let summary = try run.json()
      #expect(summary["exported"] as? Int == 40)
      if file == "vectors.tsv" {
        #expect(summary["names"] as? String == folder.path + "/metadata.tsv")
        continue
      }
      #expect(try VectorTable(path: path).values == VectorTable(path: base).values)
      let copy = folder.path + "/\(file).gallery"
      let arguments = ["import", copy, path, "--embedder", "e"]
      let named = (summary["names"] as? String).map { ["--names", $0] } ?? []
      #expect(try CommandRun.run(CommandRun.likeness, arguments + named).status == 0)
      let listed = try CommandRun.likeness("identities", copy, "--json").output
      #expect(listed.contains("\"n39\"") && listed.contains("\"n0\""))
    }
    let refused = try CommandRun.likeness("export", gallery, folder.path + "/b.unknown")
    #expect(refused.status == 1 && refused.errors.contains("b.unknown"))
    // Nor is a place taken that belongs to the gallery, whether a file is there or not.
    for own in ["", "-index", "-wal", "-journal"] {
      for arguments in [[gallery + own, "--format", "csv"], [folder.path + "/own.npy", "--names", gallery + own]] {
        let run = try CommandRun.run(CommandRun.likeness, ["export", gallery] + arguments)
        #expect(run.status == 1 && run.errors.contains("belongs to it"), "\(arguments): \(run.errors)")
      }
    }
    #expect(try CommandRun.likeness("info", gallery, "--json").json()["embeddings"] as? Int == 40)
  }

  @Test("a file of names that belongs to no file of vectors is not replaced unless somebody names it")
  func namesOfOthers() throws {
    let folder = try TemporaryFolder()
    let (gallery, file, names) = (folder.path + "/g.db", folder.path + "/v.npy", folder.path + "/v.names")
    try Data("identity,v0,v1\nada,1,2\ngrace,3,4\n".utf8).write(to: URL(fileURLWithPath: folder.path + "/v.csv"))
    #expect(try CommandRun.likeness("import", gallery, folder.path + "/v.csv", "--embedder", "e").status == 0)
    try Data("somebody's notes\n".utf8).write(to: URL(fileURLWithPath: names))
    for other in ["v.npy", "v.fvecs"] {
      let refused = try CommandRun.likeness("export", gallery, "\(folder.path)/\(other)")
      #expect(refused.status == 1 && refused.errors.contains("v.names: is there already"), "\(refused.errors)")
      #expect(try String(contentsOfFile: names, encoding: .utf8) == "somebody's notes\n")
      #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/\(other)"))
    }
    #expect(try CommandRun.likeness("export", gallery, file, "--names", names).status == 0)
    // The same names may serve two files, and whoever replaces a file replaces its names.
    #expect(try CommandRun.likeness("export", gallery, folder.path + "/v.fvecs").status == 0)
    #expect(try CommandRun.likeness("forget", gallery, "ada").status == 0)
    #expect(try CommandRun.likeness("export", gallery, file).status == 0)
    #expect(try String(contentsOfFile: names, encoding: .utf8) == "grace\n")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).allSatisfy { !$0.contains("partial") })
  }

  @Test("an import killed again and again goes on with --resume: in the end every row is there once, in order")
  func killed() throws {
    let folder = try TemporaryFolder()
    let file = folder.path + "/base.fvecs"
    let count = 12_000
    try vectors(file, count, 24, seed: 2)
    func arguments(_ gallery: String) -> [String] {
      ["import", gallery, file, "--embedder", "e", "--batch", "150", "--resume", "--json"]
    }
    let started = ContinuousClock.now
    #expect(try CommandRun.run(CommandRun.likeness, arguments(folder.path + "/whole.gallery")).status == 0)
    let whole = (ContinuousClock.now - started).components
    let microseconds = Double(whole.seconds) * 1e6 + Double(whole.attoseconds) / 1e12
    var random = Seeded(12)
    for round in 0..<4 {
      let gallery = folder.path + "/\(round).gallery"
      for attempt in 0..<5 {
        let output = folder.path + "/out"
        let process = try CommandRun.start(
          CommandRun.likeness, arguments(gallery), output: output, errors: output + ".err")
        // Anywhere in the run, the last moments too.
        usleep(UInt32(random.uniform(0.05, attempt == 4 ? 1.2 : 0.5) * microseconds))
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
      }
      let last = try CommandRun.run(CommandRun.likeness, arguments(gallery))
      #expect(last.status == 0, "\(last.errors)")
      let summary = try last.json()
      #expect(try #require(summary["enrolled"] as? Int) + #require(summary["done_before"] as? Int) == count)
      let exported = folder.path + "/\(round).fvecs"
      #expect(try CommandRun.likeness("export", gallery, exported).status == 0)
      #expect(FileManager.default.contentsEqual(atPath: exported, andPath: file), "round \(round)")
      #expect(try CommandRun.likeness("verify", gallery, "--json").status == 0)
    }
  }

  @Test("enroll --replace leaves one embedding of a picture's path, the newest")
  func replacing() throws {
    let gallery = try EnrolledGallery(people: 1, pictures: 2)
    let name = gallery.people.people[0]
    let folder = gallery.people.path + "/" + name
    let pictures = try FileManager.default.contentsOfDirectory(atPath: folder).sorted().map { folder + "/" + $0 }
    // Another picture under the same path.
    let other = try DrawnFaces(people: 1, pictures: 1, seed: 777, prefix: "other")
    let otherFolder = other.path + "/" + other.people[0]
    let source = try #require(try FileManager.default.contentsOfDirectory(atPath: otherFolder).first)
    try FileManager.default.removeItem(atPath: pictures[0])
    try FileManager.default.copyItem(atPath: otherFolder + "/" + source, toPath: pictures[0])
    let run = try CommandRun.likeness("enroll", gallery.path, gallery.people.path, "--replace", "--json")
    #expect(run.status == 0, "\(run.errors)")
    #expect(try run.json()["enrolled"] as? Int == 1 && run.json()["replaced"] as? Int == 1)
    let shown = try CommandRun.likeness("info", gallery.path, "--json").json()
    #expect(shown["embeddings"] as? Int == 2)
  }

  @Test("enroll --replace of a folder whose files were numbered anew leaves every picture of it, once")
  func renumbered() throws {
    let gallery = try EnrolledGallery(people: 1, pictures: 2)
    let folder = gallery.people.path + "/" + gallery.people.people[0]
    let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    let old = try names.map { try Data(contentsOf: URL(fileURLWithPath: folder + "/" + $0)) }
    let other = try DrawnFaces(people: 1, pictures: 1, seed: 777, prefix: "other")
    let otherFolder = other.path + "/" + other.people[0]
    let source = try #require(try FileManager.default.contentsOfDirectory(atPath: otherFolder).first)
    let new = try Data(contentsOf: URL(fileURLWithPath: otherFolder + "/" + source))
    let last = folder + "/z." + (names[0] as NSString).pathExtension
    for (bytes, path) in zip([new] + old, names.map { folder + "/" + $0 } + [last]) {
      try bytes.write(to: URL(fileURLWithPath: path))
    }
    let run = try CommandRun.likeness("enroll", gallery.path, gallery.people.path, "--replace", "--json")
    #expect(run.status == 0, "\(run.errors)")
    #expect(try run.json()["enrolled"] as? Int == 3 && run.json()["replaced"] as? Int == 2)
    #expect(try CommandRun.likeness("info", gallery.path, "--json").json()["embeddings"] as? Int == 3)
    let again = try CommandRun.likeness("enroll", gallery.path, gallery.people.path, "--replace", "--json").json()
    #expect(again["enrolled"] as? Int == 0 && again["already_enrolled"] as? Int == 3)
    // A file that was renamed alone is there already.
    try FileManager.default.moveItem(atPath: last, toPath: folder + "/y." + (last as NSString).pathExtension)
    let renamed = try CommandRun.likeness("enroll", gallery.path, gallery.people.path, "--replace", "--json").json()
    #expect(renamed["enrolled"] as? Int == 0 && renamed["already_enrolled"] as? Int == 3)
  }

  @Test(
    "enroll --replace of one file after the other loses no picture that was moved, and no path keeps what it is no more"
  )
  func movedOver() throws {
    let gallery = try EnrolledGallery(people: 1, pictures: 3)
    let name = gallery.people.people[0]
    let folder = gallery.people.path + "/" + name
    let paths = try FileManager.default.contentsOfDirectory(atPath: folder).sorted().map { folder + "/" + $0 }
    let other = try DrawnFaces(people: 1, pictures: 1, seed: 777, prefix: "other")
    let otherFolder = other.path + "/" + other.people[0]
    let new = otherFolder + "/" + (try #require(try FileManager.default.contentsOfDirectory(atPath: otherFolder).first))
    func replace(_ path: String, by source: String, with arguments: [String]) throws {
      let bytes = try Data(contentsOf: URL(fileURLWithPath: source))
      try bytes.write(to: URL(fileURLWithPath: path))
      let run = try CommandRun.run(CommandRun.likeness, ["enroll", gallery.path] + arguments + ["--replace"])
      #expect(run.status == 0, "\(run.errors)")
    }
    func isFound(_ path: String) throws -> Bool {
      let answer = try CommandRun.likeness("query", gallery.path, path, "-k", "3", "--by", "embedding", "--json").json()
      let candidates = try #require(answer["candidates"] as? [[String: Any]])
      return candidates.contains { $0["source"] as? String == path && ($0["distance"] as? Double ?? 1) < 1e-4 }
    }
    // The second took the first's place, and another the second's.
    try replace(paths[0], by: paths[1], with: [paths[0], "--as", name])
    try replace(paths[1], by: new, with: [paths[1], "--as", name])
    #expect(try isFound(paths[0]) && isFound(paths[1]) && isFound(paths[2]))
    // A copy of another, in one call with it.
    try replace(paths[2], by: paths[1], with: [gallery.people.path])
    #expect(try isFound(paths[0]) && isFound(paths[1]) && isFound(paths[2]))
  }
}
