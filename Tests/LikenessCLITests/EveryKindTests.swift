import Foundation
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

@Suite("What every training can be told")
struct EveryKindTests {
  @Test(
    "a gallery keeps the training and its epochs, the report is one page that needs nothing from elsewhere, the card says when, on what and under what licence",
    arguments: TrainingKind.allCases)
  func record(_ kind: TrainingKind) throws {
    try #require(CommandRun.exists("sqlite3"), "the sqlite3 command is needed: make setup installs it")
    let line = try TrainingKind.Line(kind)
    let run = try CommandRun.run(
      CommandRun.likeness,
      line.arguments(line.path("m")) + [
        "--gallery", line.path("g.db"), "--report", line.path("report"), "--licence", "<ours> alone",
      ])
    try #require(run.status == 0, "\(run.errors)")
    func ask(_ sql: String) throws -> String {
      try CommandRun.run("sqlite3", [line.path("g.db"), sql]).output.trimmingCharacters(in: .newlines)
    }
    #expect(
      try ask("SELECT recipe, seed, finished_at IS NOT NULL FROM training_runs ORDER BY id LIMIT 1")
        == "\(kind.rawValue)|5|1")
    let epochs = ["faces": 5, "pictures": 1, "captions": 2, "series": 6, "words": 7][kind.rawValue]
    #expect(try ask("SELECT count(*) FROM training_epoch WHERE loss > 0") == "\(epochs ?? 0)")
    if kind == .words {
      // The encoder of gaps has losses of its own, in a run of its own.
      #expect(try ask("SELECT recipe, epochs FROM training_runs ORDER BY id") == "words|4\nwords gaps|3")
      let epochs = try #require(try run.json()["epochs"] as? [[String: Any]])
      for (stage, recipe) in [("vectors", "words"), ("gaps", "words gaps")] {
        let best = try #require(
          epochs.filter { $0["stage"] as? String == stage }.compactMap { $0["loss"] as? Double }.min())
        let kept = try #require(Double(try ask("SELECT best_loss FROM training_runs WHERE recipe = '\(recipe)'")))
        #expect(abs(kept - best) < 1e-6 * best)
      }
      #expect(try ask("SELECT count(*) FROM training_runs WHERE finished_at IS NULL") == "0")
    }
    let measured = kind == .series ? "6|1" : "0|0"
    #expect(
      try ask(
        "SELECT count(validation_loss), ifnull(max(validation_loss = metrics ->> 'validation_loss'), 0) FROM training_epoch"
      ) == measured)
    let configuration = try ask("SELECT configuration FROM training_run")
    #expect(configuration.hasPrefix("{\""), "\(configuration)")

    let path = try #require(try run.json()["report"] as? String)
    let page = try String(contentsOfFile: path, encoding: .utf8)
    for part in ["How it learned", "<svg", "map of", "The model card", "&lt;ours&gt; alone"] {
      #expect(page.contains(part), "\(part) is missing")
    }
    // A single epoch is a point, or its chart would be empty.
    let section = try #require(page.components(separatedBy: "<h2>").first { $0.hasPrefix("How it learned") })
    #expect(section.contains(epochs == 1 ? "<circle" : "<polyline"))
    #expect(!page.contains("identitiesSHA256"), "people are told how many hashes there are")
    #expect(!page.contains("<script") && !page.contains("src=\"http") && !page.contains("href=\"http"))
    #expect(run.errors.contains("epoch 1: loss") && run.errors.contains(" left"), "\(run.errors)")

    let bytes = try Data(contentsOf: URL(fileURLWithPath: line.path("m")))
    let text = String(decoding: bytes, as: UTF8.self)
    #expect(text.contains("<ours> alone") && text.contains("date"))
    #expect(!text.contains(line.folder.path), "no path stands in a model")
  }

  @Test(
    "a model is trained further, keeps its shape and names its parent",
    arguments: [TrainingKind.faces, .pictures, .captions, .series])
  func further(_ kind: TrainingKind) throws {
    let line = try TrainingKind.Line(kind)
    let whole = line.arguments(line.path("parent"))
    let parent = try CommandRun.run(CommandRun.likeness, whole)
    try #require(parent.status == 0, "\(parent.errors)")
    func further(_ more: String...) throws -> CommandRun {
      var arguments = line.arguments(line.path("child")) + ["--from", line.path("parent")] + more
      for shape in ["--dimension", "--networks", "--towers"] {
        if let place = arguments.firstIndex(of: shape) { arguments.removeSubrange(place...place + 1) }
      }
      return try CommandRun.run(CommandRun.likeness, arguments)
    }
    let child = try further()
    try #require(child.status == 0, "\(child.errors)")
    #expect(try child.json()["dimension"] as? Int == parent.json()["dimension"] as? Int)
    let text = try String(decoding: Data(contentsOf: URL(fileURLWithPath: line.path("child"))), as: UTF8.self)
    let digest = try CommandRun.run("sha256sum", [line.path("parent")]).output.prefix(64)
    #expect(digest.count == 64 && text.contains(digest), "the parent's digest is in the card")
    let (own, earlier) = (
      try CommandRun.likeness("model", "card", line.path("child")).json(),
      try CommandRun.likeness("model", "card", line.path("parent")).json()
    )
    let listed = try #require(earlier["identitiesSHA256"] as? [String])
    #expect(!listed.isEmpty && (own["parent"] as? [String: Any])?["identitiesSHA256"] as? [String] == listed)
    let shaped = try CommandRun.run(
      CommandRun.likeness, line.arguments(line.path("other")) + ["--from", line.path("parent")])
    #expect(shaped.status == 1 && shaped.errors.contains("comes from the model"), "\(shaped.errors)")
    let wrong = try further("--from", line.path("nothing"))
    #expect(wrong.status == 1 && wrong.errors.contains("to train from"), "\(wrong.errors)")
  }

  @Test("what a kind cannot do is refused with a sentence, never ignored")
  func refusals() throws {
    let line = try TrainingKind.Line(.words)
    for (more, words) in [
      (["--patience", "2"], "nothing set aside"), (["--from", "x"], "cannot be trained further"),
      (["--minutes", "0"], "--minutes must be"), (["--loss", "triplet"], "--loss"),
    ] {
      let run = try CommandRun.run(CommandRun.likeness, line.arguments(line.path("m")) + more)
      #expect(run.status == 64 && run.errors.contains(words), "\(run.status) \(run.errors)")
      #expect(!FileManager.default.fileExists(atPath: line.path("m")))
    }
  }

  @Test(
    "with minutes to keep there is a model, and what was used before it was cut off counts",
    arguments: [TrainingKind.captions, .series, .words])
  func minutes(_ kind: TrainingKind) throws {
    let line = try TrainingKind.Line(kind)
    // So many epochs that only the clock ends it.
    let arguments = line.arguments(line.path("m")) + ["--epochs", "9000", "--minutes", "0.1"]
    let process = try CommandRun.start(
      CommandRun.likeness, arguments, output: line.path("o"), errors: line.path("e"))
    let checkpoint = line.path("m.checkpoints/training-1.checkpoint")
    while process.isRunning, !FileManager.default.fileExists(atPath: checkpoint) { usleep(5_000) }
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    let run = try CommandRun.run(CommandRun.likeness, arguments + ["--resume"])
    try #require(run.status == 0, "\(run.errors)")
    #expect(run.errors.contains("goes on after epoch"))
    let epochs: [[String: Any]] =
      kind == .captions
      ? try #require((try run.json()["towers"] as? [[[String: Any]]])?.first)
      : try #require(try run.json()["epochs"] as? [[String: Any]])
    let seconds = epochs.compactMap { $0["seconds"] as? Double }
    // The first epoch was trained before it was cut off: the clock goes on from there.
    #expect(seconds.count == epochs.count && (seconds.max() ?? 0) < 60)
    #expect(epochs.count < 9000)
  }
}
