import Foundation
import Testing

@Suite("The whole line with words")
struct WordLineTests {
  /// A folder with a corpus, a model trained on it and a gallery of its words.
  private final class Line: Sendable {
    let folder: TemporaryFolder
    var gallery: String { folder.path + "/words.db" }
    var model: String { folder.path + "/words.model" }

    init() throws {
      folder = try TemporaryFolder()
      let lines = (0..<900).map { line in
        let (who, what) = [("cat", "fish"), ("dog", "bones"), ("horse", "hay")][line % 3]
        return "The \(who) in the \(["house", "garden", "street", "barn"][line % 4]) eats \(what) today."
      }
      try Data(lines.joined(separator: "\n").utf8).write(to: URL(fileURLWithPath: folder.path + "/corpus.txt"))
    }

    func train(_ more: String...) throws -> CommandRun {
      try CommandRun.run(
        CommandRun.likeness,
        ["train", "words", "--data", folder.path + "/corpus.txt", "--out", model, "--dimension", "8", "--json"] + more)
    }
  }

  @Test("train, enroll, query, evaluate: what other programs read")
  func line() throws {
    let line = try Line()
    let trained = try line.train("--word2vec", line.folder.path + "/words.txt", "--subsample", "0")
    try #require(trained.status == 0, "\(trained.errors)")
    let summary = try trained.json()
    #expect(summary["words"] as? Int == 14)
    #expect((summary["peak_memory_bytes"] as? Int ?? 0) > 0)
    let text = try String(contentsOfFile: line.folder.path + "/words.txt", encoding: .utf8)
    #expect(text.hasPrefix("14 8\nthe "))

    let enrolled = try CommandRun.likeness("enroll", line.gallery, "--model", line.model, "--json")
    try #require(enrolled.status == 0, "\(enrolled.errors)")
    #expect(try enrolled.json()["enrolled"] as? Int == 14)
    let again = try CommandRun.likeness("enroll", line.gallery, "--json")
    #expect(try again.json()["already_enrolled"] as? Int == 14)

    let sum = try CommandRun.likeness("query", line.gallery, "cat - fish + hay", "-k", "3", "--json")
    try #require(sum.status == 0, "\(sum.errors)")
    let answer = try sum.json()
    let candidates = try #require(answer["candidates"] as? [[String: Any]]).compactMap { $0["identity"] as? String }
    #expect(candidates.count == 3)
    #expect(Set(candidates).isDisjoint(with: ["cat", "fish", "hay"]))
    #expect(answer["probe"] as? String == "cat - fish + hay")
    #expect((answer["note"] as? String)?.contains("all 14 words") == true)

    let fill = try CommandRun.likeness(
      "query", line.gallery, "--fill", "The ______ in the barn eats hay today", "-k", "2", "--vocabulary-limit", "13",
      "--json")
    try #require(fill.status == 0, "\(fill.errors)")
    #expect((try fill.json()["candidates"] as? [[String: Any]])?.count == 2)
    #expect((try fill.json()["note"] as? String)?.contains("13 most frequent of 14 words") == true)
    #expect((try fill.json()["note"] as? String)?.contains("today") == false)
    // A condition and a distance hold for gaps as for every probe.
    func words(_ options: String...) throws -> (words: [String], run: CommandRun) {
      let run = try CommandRun.run(
        CommandRun.likeness,
        ["query", line.gallery, "--fill", "The ______ in the barn eats hay today", "-k", "14", "--json"] + options)
      let candidates = run.status == 0 ? try run.json()["candidates"] as? [[String: Any]] : []
      return ((candidates ?? []).compactMap { $0["identity"] as? String }, run)
    }
    let all = try words()
    #expect(all.words.count == 14)
    let allowed = try words("--where", "identity.name IN ('barn', 'dog')")
    #expect(allowed.words == all.words.filter { ["barn", "dog"].contains($0) }, "\(allowed.run.errors)")
    #expect(try allowed.run.json()["found_by"] as? String == "filtered")
    let noSQL = try words("--where", "no sql (")
    #expect(noSQL.run.status == 1 && noSQL.run.errors.contains("is no SQL expression"), "\(noSQL.run.errors)")
    let none = try words("--max-distance", "0")
    #expect(none.words.isEmpty)
    #expect(try none.run.json()["decision"] as? String == "no_match")
    #expect((try none.run.json()["note"] as? String)?.contains("beyond 0") == true)
    let near = try words("--max-distance", "1")
    #expect(near.words == all.words)
    #expect(try near.run.json()["decision"] as? String == "match")
    // What the encoder does not know is said, and so is that it knows nothing.
    for (sentence, note) in [
      ("The ______ in the qwerty eats hay, qwerty zxcvb", "not known, and passed over: qwerty, zxcvb"),
      ("qwerty ______ zxcvb", "the model knows no word beside the gap"), ("______", "there is no word beside the gap"),
    ] {
      let said = try CommandRun.likeness("query", line.gallery, "--fill", sentence, "--json")
      #expect((try said.json()["note"] as? String)?.contains(note) == true, "\(said.output) \(said.errors)")
    }
    let long = try CommandRun.likeness("query", line.gallery, String(repeating: "qwerty ", count: 6_000))
    #expect(long.status == 1 && long.errors.utf8.count < 5_000, "\(long.errors.utf8.count) bytes")
  }

  @Test("each file's figures have the keys of the contract")
  func evaluate() throws {
    let line = try Line()
    try #require(try line.train("--epochs", "2", "--gap-epochs", "1").status == 0)
    func keys(_ name: String, _ text: String, _ options: String...) throws -> Set<String> {
      let path = line.folder.path + "/" + name
      try Data(text.utf8).write(to: URL(fileURLWithPath: path))
      let run = try CommandRun.run(CommandRun.likeness, ["evaluate", line.model, path, "--json"] + options)
      try #require(run.status == 0, "\(run.errors)")
      return Set(try run.json().keys)
    }
    #expect(
      try keys("pairs.tsv", "cat\tdog\t8\ncat\ttoday\t1\nhouse\tbarn\t7\nno\tword\t1\n")
        == ["spearman", "pairs", "pairs_used"])
    #expect(
      try keys("analogies.txt", ": food\ncat fish dog bones\nCat fish zebra grass\n", "--vocabulary-limit", "14")
        == ["accuracy", "answered", "asked", "vocabulary_limit", "sections"])
    #expect(
      try keys("sentences.txt", "The cat in the barn eats fish today.\n", "--gaps").isSuperset(
        of: ["mrr", "hit_at_10", "unigram", "bigram"]))
  }

  @Test("refusals say what is wrong and what to do")
  func refusals() throws {
    let line = try Line()
    try #require(try line.train("--epochs", "1", "--no-gaps").status == 0)
    try #require(try CommandRun.likeness("enroll", line.gallery, "--model", line.model).status == 0)
    func expect(_ words: String, from arguments: String..., sourceLocation: SourceLocation = #_sourceLocation) throws {
      let run = try CommandRun.run(CommandRun.likeness, arguments)
      #expect(run.status == 1, "\(run.errors)", sourceLocation: sourceLocation)
      #expect(
        run.errors.hasPrefix("likeness: ") && run.errors.contains(words), "\(run.errors)",
        sourceLocation: sourceLocation)
    }
    try expect("did you mean \"horse\"?", from: "query", line.gallery, "hrose")
    try expect("no encoder of gaps", from: "query", line.gallery, "--fill", "The ______ eats")
    try expect("--gaps", from: "evaluate", line.model, line.folder.path + "/corpus.txt")
    try expect("--draws is for", from: "evaluate", line.model, line.folder.path + "/corpus.txt", "--draws", "5")
    let empty = line.folder.path + "/empty.txt"
    try Data("1 2 3\n".utf8).write(to: URL(fileURLWithPath: empty))
    try expect("not a word", from: "train", "words", "--data", empty, "--out", line.folder.path + "/m")
    #expect(!FileManager.default.fileExists(atPath: line.folder.path + "/m"))
    let usage = try CommandRun.likeness("query", line.gallery, "cat", "--fill", "The ______")
    #expect(usage.status == 64)
    let paths = try CommandRun.likeness("enroll", line.gallery, line.folder.path)
    #expect(paths.status == 64)
  }

  @Test("an option of words is refused for a model of pictures")
  func otherKind() throws {
    let people = try DrawnFaces(people: 2, pictures: 2, seed: 50)
    let run = try CommandRun.likeness("evaluate", try TrainedModel.get().path, people.path, "--gaps")
    #expect(run.status == 1)
    #expect(run.errors.contains("--gaps") && run.errors.contains("pictures"))
  }
}
