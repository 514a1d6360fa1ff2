import Foundation
import Testing

@Suite("Refusals: one line on stderr, exit code 1, nothing half-written")
struct RefusalTests {
  /// Expects a failed run that says each of `words`, in one line that begins with the command's name.
  private func expectRefusal(
    _ run: CommandRun, saying words: String..., sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(run.status == 1, "exit code \(run.status): \(run.errors)", sourceLocation: sourceLocation)
    #expect(run.output.isEmpty, "stdout is not empty: \(run.output)", sourceLocation: sourceLocation)
    let lines = run.errors.split(separator: "\n")
    #expect(lines.last?.hasPrefix("likeness: ") == true, "\(run.errors)", sourceLocation: sourceLocation)
    for word in words {
      #expect(run.errors.contains(word), "\"\(word)\" is not in: \(run.errors)", sourceLocation: sourceLocation)
    }
  }

  @Test("a gallery that is not there is not made by asking it")
  func missingGallery() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/no.db"
    expectRefusal(try CommandRun.likeness("query", path, "vector:1,2", "--json"), saying: "no.db")
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test("a file that is no gallery is refused and left as it was")
  func notAGallery() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/notes.txt"
    let text = String(repeating: "these are notes, not a gallery\n", count: 200)
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    expectRefusal(try CommandRun.likeness("info", path, "--json"), saying: "notes.txt")
    #expect(try String(contentsOfFile: path, encoding: .utf8) == text)
  }

  @Test(
    "an empty file is not made a gallery by asking it",
    arguments: ["info", "identities", "verify", "compact", "doctor"])
  func emptyFile(command: String) throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/empty.db"
    try Data().write(to: URL(fileURLWithPath: path))
    let run = try CommandRun.likeness(command, path)
    #expect(run.status == 1)
    #expect((run.output + run.errors).contains("empty.db"))
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)).isEmpty)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["empty.db"])
  }

  @Test("a database of another program is refused and left as it was")
  func foreignDatabase() throws {
    try #require(CommandRun.exists("sqlite3"), "the sqlite3 command is needed: make setup installs it")
    let folder = try TemporaryFolder()
    let path = folder.path + "/other.db"
    #expect(try CommandRun.run("sqlite3", [path, "CREATE TABLE notes(x); INSERT INTO notes VALUES(1)"]).status == 0)
    let before = try Data(contentsOf: URL(fileURLWithPath: path))
    expectRefusal(try CommandRun.likeness("info", path), saying: "other.db")
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
  }

  @Test("a probe of the wrong dimension, or with values that are no numbers, is refused by name")
  func badVectors() throws {
    let gallery = try EnrolledGallery()
    expectRefusal(try CommandRun.likeness("query", gallery.path, "vector:1,2,3"), saying: "3", "32")
    let nan = (["nan"] + [String](repeating: "0.1", count: 31)).joined(separator: ",")
    expectRefusal(try CommandRun.likeness("query", gallery.path, "vector:" + nan), saying: "value nan")
    let infinite = (["inf"] + [String](repeating: "0.1", count: 31)).joined(separator: ",")
    expectRefusal(try CommandRun.likeness("query", gallery.path, "vector:" + infinite), saying: "value inf")
    expectRefusal(try CommandRun.likeness("query", gallery.path, "vector:1,two,3"), saying: "two")
    expectRefusal(try CommandRun.likeness("query", gallery.path, "id:999999"), saying: "999999")
  }

  @Test("an unknown identity is named")
  func unknownIdentity() throws {
    let gallery = try EnrolledGallery()
    for command in [["forget"], ["show"], ["rename", "x"], ["merge", "person1"]] {
      let run = try CommandRun.run(
        CommandRun.likeness, [command[0], gallery.path, "nobody"] + command.dropFirst())
      expectRefusal(run, saying: "nobody")
    }
  }

  @Test("an empty name enrolls nobody")
  func emptyName() throws {
    let gallery = try EnrolledGallery()
    expectRefusal(
      try CommandRun.likeness("enroll", gallery.path, gallery.people.picture(0, 1), "--as", "  "), saying: "name")
  }

  @Test("a broken picture is named and enrolls nothing, or is left out and counted")
  func brokenPicture() throws {
    let people = try DrawnFaces(people: 2, pictures: 2, seed: 50)
    let broken = people.picture(1, 2)
    try Data("P5\n46 56\n255\nshort".utf8).write(to: URL(fileURLWithPath: broken))
    let folder = try TemporaryFolder()
    let gallery = folder.path + "/g.db"
    let model = try TrainedModel.get().path
    expectRefusal(
      try CommandRun.likeness("enroll", gallery, people.path, "--model", model), saying: broken, "--skip-broken")
    let listed = try CommandRun.likeness("identities", gallery, "--json")
    #expect(
      listed.status != 0 || listed.output.trimmingCharacters(in: .whitespacesAndNewlines) == "[\n\n]"
        || listed.output.filter { !$0.isWhitespace } == "[]")
    let skipping = try CommandRun.likeness(
      "enroll", gallery, people.path, "--model", model, "--skip-broken", "--json")
    #expect(skipping.status == 0, "\(skipping.errors)")
    #expect(try skipping.json()["enrolled"] as? Int == 3)
    #expect((try skipping.json()["skipped"] as? [[String: Any]])?.first?["path"] as? String == broken)
  }

  @Test("an embedder other than the gallery's is refused by name")
  func otherEmbedder() throws {
    let gallery = try EnrolledGallery()
    let other = gallery.folder.path + "/other.model"
    let faces = try DrawnFaces(people: 8, pictures: 6, seed: 12)
    let trained = try TrainedModel.train(on: faces, to: other, seed: 9)
    try #require(trained.status == 0, "\(trained.errors)")
    expectRefusal(
      try CommandRun.likeness("enroll", gallery.path, gallery.people.path, "--model", other), saying: "faces-")
  }

  @Test("a model file that is none, or is cut short, is refused")
  func brokenModel() throws {
    let folder = try TemporaryFolder()
    let people = try DrawnFaces(people: 2, pictures: 2, seed: 51)
    let whole = try Data(contentsOf: URL(fileURLWithPath: try TrainedModel.get().path))
    var flipped = whole
    flipped[flipped.count - 99] ^= 16
    for (name, bytes) in [
      ("empty", Data()), ("text", Data("not a model".utf8)), ("cut", whole.prefix(whole.count / 2)),
      ("flipped", flipped),
    ] {
      let model = folder.path + "/" + name
      try bytes.write(to: URL(fileURLWithPath: model))
      expectRefusal(
        try CommandRun.likeness("enroll", folder.path + "/g.db", people.path, "--model", model), saying: name)
    }
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/g.db"))
  }

  @Test("too few people to train on is said, and no model is written")
  func tooFewPeople() throws {
    let folder = try TemporaryFolder()
    let faces = try DrawnFaces(people: 1, pictures: 4, seed: 52)
    let run = try CommandRun.likeness("train", "faces", "--data", faces.path, "--out", folder.path + "/m")
    expectRefusal(run, saying: "only 1 identity")
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/m"))
  }

  @Test("what is written takes the place of nothing but what it may: neither of a gallery nor of the data")
  func outputs() throws {
    let folder = try TemporaryFolder()
    let faces = try DrawnFaces(people: 3, pictures: 4, seed: 53)
    let gallery = folder.path + "/g.db"
    try "{\"identity\":\"Ada\",\"vector\":[1,2]}\n".write(
      toFile: folder.path + "/a.jsonl", atomically: true, encoding: .utf8)
    #expect(
      try CommandRun.likeness("import", gallery, folder.path + "/a.jsonl", "--embedder", "e").status == 0)
    let corpus = folder.path + "/corpus.txt"
    try String(repeating: "the cat sat on the mat and the dog sat too\n", count: 200).write(
      toFile: corpus, atomically: true, encoding: .utf8)
    let picture = try #require(
      FileManager.default.enumerator(atPath: faces.path)?.compactMap { $0 as? String }.first { $0.hasSuffix("gm") }
        .map { faces.path + "/" + $0 })
    let before = try [gallery, corpus, picture].map { try Data(contentsOf: URL(fileURLWithPath: $0)) }
    let trains: [[String]] = [
      ["faces", "--data", faces.path, "--out", gallery], ["faces", "--data", faces.path, "--out", picture],
      ["pca", "--data", faces.path, "--out", gallery], ["words", "--data", corpus, "--out", corpus],
      ["words", "--data", corpus, "--out", folder.path + "/m", "--word2vec", gallery],
      ["words", "--data", corpus, "--out", folder.path + "/m", "--word2vec", corpus],
    ]
    for arguments in trains {
      let run = try CommandRun.run(CommandRun.likeness, ["train"] + arguments)
      expectRefusal(run, saying: "is not replaced: choose another name")
    }
    expectRefusal(
      try CommandRun.likeness(
        "train", "faces", "--data", faces.path, "--out", folder.path + "/new", "--gallery", folder.path + "/new"),
      saying: "a gallery is a file of its own")
    expectRefusal(
      try CommandRun.likeness("train", "pca", "--data", faces.path, "--out", ""), saying: "give it a name")
    #expect(try [gallery, corpus, picture].map { try Data(contentsOf: URL(fileURLWithPath: $0)) } == before)
    let demo = try TemporaryFolder()
    try Data("mine".utf8).write(to: URL(fileURLWithPath: demo.path + "/gallery.db"))
    let sentence = "no report of a demo beside it"
    let crowd = try DrawnFaces(people: 6, pictures: 4, seed: 54)
    func show(in out: String) throws -> CommandRun {
      try CommandRun.likeness("demo", "--faces", crowd.path, "--unseen", "2", "--out", out)
    }
    expectRefusal(try show(in: demo.path), saying: sentence)
    // A page of something else is no report of a demo, nor is it written over.
    for files in [["gallery.db", "report.html"], ["report.html"]] {
      let own = try TemporaryFolder()
      for file in files { try Data("mine".utf8).write(to: URL(fileURLWithPath: own.path + "/" + file)) }
      expectRefusal(try show(in: own.path), saying: sentence)
      for file in files {
        #expect(FileManager.default.contents(atPath: own.path + "/" + file) == Data("mine".utf8))
      }
    }
    #expect(FileManager.default.contents(atPath: demo.path + "/gallery.db") == Data("mine".utf8))
    // A model gives way to another.
    for _ in 0..<2 {
      #expect(
        try CommandRun.likeness("train", "pca", "--data", faces.path, "--out", folder.path + "/m.model").status == 0)
    }
  }

  @Test("an argument that is not UTF-8 is refused before anything is done: as text it would be another name")
  func notUTF8() throws {
    let gallery = try SmallGallery(["Ada": [1, 2]])
    let folder = gallery.folder.path
    let before = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    for command in [
      "import \"$odd\" small.jsonl --embedder e", "backup small.gallery \"$odd\" --force", "info -- \"$odd\"",
    ] {
      let script = "cd \(folder); odd=$(printf 'x\\303\\274\\376.db'); exec \(CommandRun.likeness) \(command)"
      let run = try CommandRun.run("/bin/sh", ["-c", script])
      #expect(run.status == 64 && run.output.isEmpty, "\(command): \(run.status)")
      #expect(run.errors.contains("\"xü\\xFE.db\", is not UTF-8") && run.errors.contains("link"), "\(run.errors)")
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == before)
  }

  @Test("wrong usage ends with another exit code than a failed run")
  func usage() throws {
    let run = try CommandRun.likeness("query")
    #expect(run.status == 64 || run.status == 2)
    // What is found out only while running is said with the command's own usage as well.
    let model = try TrainedModel.get().path
    let late = try CommandRun.likeness("enroll", model + ".db", "--model", model)
    #expect(late.status == 64 && late.output.isEmpty, "\(late.status)")
    #expect(late.errors.contains("Error: Name pictures"), "\(late.errors)")
    #expect(late.errors.contains("Usage: likeness enroll <gallery>"), "\(late.errors)")
    #expect(late.errors.contains("See 'likeness enroll --help'"), "\(late.errors)")
    #expect(run.errors.contains("gallery"))
  }

  @Test(
    "--help and --version are answers, on standard output",
    arguments: [["--help"], ["query", "--help"], ["--version"]])
  func help(arguments: [String]) throws {
    let run = try CommandRun.run(CommandRun.likeness, arguments)
    #expect(run.status == 0)
    #expect(run.errors.isEmpty)
    #expect(run.output.contains(arguments.last == "--help" ? "USAGE" : "0."))
  }
}
