import Foundation
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

@Suite("What a training is told, and what it tells")
struct TrainingChoiceTests {
  private static func train(_ faces: String, _ out: String, _ more: String...) throws -> CommandRun {
    try CommandRun.run(
      CommandRun.likeness,
      ["train", "faces", "--data", faces, "--out", out, "--networks", "1", "--epochs", "1", "--json"] + more)
  }

  @Test(
    "every loss and miner trains a model that answers",
    arguments: [
      ["--loss", "arcface", "--margin", "0.4", "--scale", "24"], ["--loss", "supcon", "--temperature", "0.2"],
      ["--loss", "proxy-anchor", "--miner", "index"], ["--loss", "soft-margin", "--miner", "distance-weighted"],
    ])
  func choices(_ choice: [String]) throws {
    let folder = try TemporaryFolder()
    let faces = try DrawnFaces(people: 8, pictures: 4, seed: 61)
    let run = try CommandRun.run(
      CommandRun.likeness,
      [
        "train", "faces", "--data", faces.path, "--out", folder.path + "/m", "--networks", "1", "--epochs", "2",
        "--json",
      ]
        + choice)
    #expect(run.status == 0, "\(run.errors)")
    let card = try CommandRun.likeness("model", "card", folder.path + "/m").json()
    let configuration = try #require(card["configuration"] as? [String: Any])
    #expect((configuration["loss"] as? [String: Any])?["kind"] as? String == choice[1])
    #expect(configuration["batches"] as? String == (choice.contains("index") ? "confused" : "shuffled"))
  }

  @Test("numbers that a loss does not have are refused by name")
  func refusals() throws {
    let folder = try TemporaryFolder()
    let faces = try DrawnFaces(people: 6, pictures: 3, seed: 62)
    for (choice, word) in [
      (["--loss", "supcon", "--margin", "0.2"], "margin"), (["--temperature", "0.2"], "temperature"),
      (["--loss", "arcface", "--miner", "semi-hard"], "miner"), (["--margin=-1"], "margin"),
    ] {
      let run = try CommandRun.run(
        CommandRun.likeness, ["train", "faces", "--data", faces.path, "--out", folder.path + "/m"] + choice)
      #expect(run.status == 1 && run.errors.contains("likeness: \(word)"), "\(run.status) \(run.errors)")
      #expect(!FileManager.default.fileExists(atPath: folder.path + "/m"))
    }
  }

  @Test("the card says the data, whom by hashes, how, how well with intervals, when, and under what licence")
  func card() throws {
    let folder = try TemporaryFolder()
    let faces = try DrawnFaces(people: 10, pictures: 4, seed: 63, prefix: "Zoë")
    let run = try Self.train(faces.path, folder.path + "/m", "--licence", "ours alone")
    #expect(run.status == 0, "\(run.errors)")
    let card = try CommandRun.likeness("model", "card", folder.path + "/m").json()
    let hashes = try #require(card["identitiesSHA256"] as? [String])
    #expect(hashes.count == 10 && hashes == hashes.sorted() && hashes.allSatisfy { $0.count == 64 })
    #expect((card["dataSHA256"] as? String)?.count == 64)
    #expect(card["licence"] as? String == "ours alone")
    #expect((card["date"] as? String)?.count == 10)
    let figures = try #require(card["figures"] as? [String: [String: Any]])
    #expect(figures.count == 3)
    for report in figures.values {
      let eer = try #require(report["eer"] as? [String: Any])
      #expect(eer["low"] is Double && eer["high"] is Double)
    }
    let text = try String(decoding: Data(contentsOf: URL(fileURLWithPath: folder.path + "/m")), as: UTF8.self)
    #expect(!text.contains("Zoë1") && !text.contains(folder.path) && !text.contains(faces.path))
    #expect((try run.json()["peak_memory_bytes"] as? Int ?? 0) > 1 << 20)

    // The digest is one that anybody can compute.
    let sum = try CommandRun.run(
      "/bin/sh",
      [
        "-c", "cd \"$0\" && find . -type f | sed 's|^./||' | LC_ALL=C sort | xargs -d '\\n' sha256sum | sha256sum",
        faces.path,
      ])
    if sum.status == 0 { #expect(sum.output.hasPrefix(card["dataSHA256"] as? String ?? "none")) }
  }

  @Test("a model trained further keeps its shape and names its parent")
  func further() throws {
    let folder = try TemporaryFolder()
    let faces = try DrawnFaces(people: 8, pictures: 4, seed: 64)
    let parent = try TrainedModel.get()
    let run = try CommandRun.likeness(
      "train", "faces", "--data", faces.path, "--out", folder.path + "/m", "--from", parent.path, "--epochs", "1",
      "--json")
    #expect(run.status == 0, "\(run.errors)")
    #expect(try run.json()["dimension"] as? Int == 32)
    let card = try CommandRun.likeness("model", "card", folder.path + "/m").json()
    let said = try #require(card["parent"] as? [String: Any])
    let own = try CommandRun.likeness("model", "card", parent.path).json()
    #expect(said["dataSHA256"] as? String == own["dataSHA256"] as? String)
    #expect((said["sha256"] as? String)?.count == 64)
    let rate = try #require((card["configuration"] as? [String: Any])?["peakRate"] as? Double)
    let before = try #require((own["configuration"] as? [String: Any])?["peakRate"] as? Double)
    #expect(rate < before)
    let other = try CommandRun.likeness(
      "train", "faces", "--data", faces.path, "--out", folder.path + "/n", "--from", parent.path, "--networks", "3")
    #expect(other.status == 1 && other.errors.contains("networks comes from the model"), "\(other.errors)")
    let none = try CommandRun.likeness(
      "train", "faces", "--data", faces.path, "--out", folder.path + "/n", "--from", faces.picture(0, 1))
    #expect(none.status == 1 && none.errors.contains("to train from"), "\(none.errors)")
  }

  @Test("minutes never make more epochs than were asked for")
  func epochsByTime() throws {
    let folder = try TemporaryFolder()
    let faces = try DrawnFaces(people: 6, pictures: 4, seed: 21)
    let run = try CommandRun.likeness(
      "train", "faces", "--data", faces.path, "--out", folder.path + "/m", "--minutes", "1.9", "--epochs", "1",
      "--networks", "1", "--dimension", "16", "--validation", "0", "--json")
    try #require(run.status == 0, "\(run.errors)")
    let networks = try #require(try run.json()["networks"] as? [[String: Any]])
    #expect(networks.map { ($0["epochs"] as? [Any])?.count } == [1])
  }

  @Test("what cannot be done, or kept, is refused before the training")
  func refusedBefore() throws {
    let line = try TrainingKind.Line(.series)
    #expect(try CommandRun.run(CommandRun.likeness, line.arguments(line.path("m"))).status == 0)
    func refused(_ status: Int32, _ words: String, _ arguments: [String]) throws {
      let run = try CommandRun.run(CommandRun.likeness, arguments)
      #expect(run.status == status && run.errors.contains(words), "\(arguments): \(run.errors)")
      #expect(!FileManager.default.fileExists(atPath: line.path("other")))
    }
    let data = ["--data", line.path("streams"), "--out", line.path("other")]
    try refused(
      1, "--encoder comes from the model",
      ["train", "series"] + data + ["--from", line.path("m"), "--encoder", "per-step"])
    try refused(1, "the report needs a folder", ["train", "series"] + data + ["--report", ""])
    try refused(1, "check the path", ["train", "series"] + data + ["--from", line.path("nope")])
    let seed = ["--seed", "9223372036854775808"]
    for kind in ["series", "words", "captions", "faces", "pictures", "pca", "fisherfaces"] {
      try refused(64, "--seed must be from 0 to 9223372036854775807", ["train", kind] + data + seed)
    }
    try refused(64, "--seed must be", ["evaluate", line.path("m"), line.path("streams")] + seed)
  }

  @Test("with minutes to keep there is a model, and its figures, at the end")
  func minutes() throws {
    let folder = try TemporaryFolder()
    let faces = try DrawnFaces(people: 10, pictures: 4, seed: 65)
    let run = try CommandRun.likeness(
      "train", "faces", "--data", faces.path, "--out", folder.path + "/m", "--minutes", "0.06", "--json")
    #expect(run.status == 0, "\(run.errors)")
    let networks = try #require(try run.json()["networks"] as? [[String: Any]])
    #expect(!networks.isEmpty)
    // The rate has come down by the end, however many steps that were.
    let epochs = try #require(networks.last?["epochs"] as? [[String: Any]])
    #expect(try #require(epochs.last?["rate"] as? Double) < 1e-3)
    #expect(try CommandRun.likeness("evaluate", folder.path + "/m", faces.path, "--json").status == 0)
  }

  @Test("pictures that are missing or broken are named, with what to do")
  func data() throws {
    let folder = try TemporaryFolder()
    let out = folder.path + "/m"
    func refused(_ path: String, saying words: String...) throws {
      let run = try Self.train(path, out)
      #expect(run.status == 1)
      for word in words { #expect(run.errors.contains(word), "\"\(word)\" is not in: \(run.errors)") }
      #expect(!FileManager.default.fileExists(atPath: out))
    }
    try FileManager.default.createDirectory(atPath: folder.path + "/empty/person", withIntermediateDirectories: true)
    try refused(folder.path + "/empty", saying: "no pictures")
    let single = try DrawnFaces(people: 6, pictures: 1, seed: 66)
    try refused(single.path, saying: "a single one", "person1", "add pictures")
    try refused(folder.path + "/nowhere", saying: "nowhere")
    let broken = try DrawnFaces(people: 6, pictures: 3, seed: 67)
    try Data("P5\n46 56\n255\nshort".utf8).write(to: URL(fileURLWithPath: broken.picture(2, 2)))
    try refused(broken.path, saying: broken.picture(2, 2), "--skip-broken")
    let skipping = try Self.train(broken.path, out, "--skip-broken")
    #expect(skipping.status == 0, "\(skipping.errors)")
    let skipped = try #require(try skipping.json()["skipped"] as? [[String: Any]])
    #expect(skipped.map { $0["path"] as? String } == [broken.picture(2, 2)])

    // Someone with one picture among others is said, and the others train.
    try FileManager.default.removeItem(atPath: broken.picture(0, 1))
    try FileManager.default.removeItem(atPath: broken.picture(0, 2))
    let some = try Self.train(broken.path, out, "--skip-broken")
    #expect(some.status == 0, "\(some.errors)")
    #expect(try some.json()["identities_with_one_picture"] as? [String] == ["person1"])

    let nowhere = try Self.train(broken.path, folder.path + "/no/m", "--skip-broken")
    #expect(nowhere.status == 1 && nowhere.errors.contains("no folder"), "\(nowhere.errors)")
  }

  @Test("a gallery keeps the training, its epochs and its people, for SQL to ask, also when it was cut off between")
  func gallery() throws {
    try #require(CommandRun.exists("sqlite3"), "the sqlite3 command is needed: make setup installs it")
    let folder = try TemporaryFolder()
    let faces = try DrawnFaces(people: 8, pictures: 4, seed: 69)
    let arguments = [
      "train", "faces", "--data", faces.path, "--out", folder.path + "/m", "--networks", "1", "--epochs", "4", "--json",
      "--gallery", folder.path + "/g.db",
    ]
    let process = try CommandRun.start(
      CommandRun.likeness, arguments, output: folder.path + "/o", errors: folder.path + "/e")
    let checkpoint = folder.path + "/m.checkpoints/training-1.checkpoint"
    while process.isRunning, !FileManager.default.fileExists(atPath: checkpoint) { usleep(5_000) }
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    let run = try CommandRun.run(CommandRun.likeness, arguments + ["--resume"])
    #expect(run.status == 0, "\(run.errors)")
    func ask(_ sql: String) throws -> String {
      try CommandRun.run("sqlite3", [folder.path + "/g.db", sql]).output.trimmingCharacters(in: .newlines)
    }
    #expect(
      try ask("SELECT recipe, seed, epochs, identities, finished_at IS NOT NULL FROM training_runs") == "faces|1|4|8|1")
    #expect(try ask("SELECT count(*) FROM training_epoch WHERE metrics ->> 'score' BETWEEN 0 AND 1") == "4")
    // Each epoch has its own time, also the first one after it was cut off.
    let scout = try #require((try run.json()["scout"] as? [String: Any])?["epochs"] as? [[String: Any]])
    let last = try #require(scout.last?["seconds"] as? Double)
    let sum = try #require(Double(try ask("SELECT sum(seconds) FROM training_epoch")))
    #expect(abs(sum - last) < 1e-3, "\(sum) s in \(last)")
    #expect(try #require(try run.json()["seconds"] as? Double) >= last)
    #expect(try ask("SELECT configuration ->> '$.loss.kind' FROM training_run") == "triplet")
    let hashes = try ask("SELECT group_concat(name_sha256, ',') FROM (SELECT * FROM training_member ORDER BY 2)")
    let card = try CommandRun.likeness("model", "card", folder.path + "/m").json()
    #expect(hashes.split(separator: ",").map(String.init).sorted() == card["identitiesSHA256"] as? [String])

    // Enrolling with the model ties the two together.
    #expect(
      try CommandRun.likeness("enroll", folder.path + "/g.db", faces.path, "--model", folder.path + "/m").status == 0)
    #expect(try ask("SELECT count(*) FROM training_run JOIN embedder ON embedder.id = training_run.embedder_id") == "1")
    #expect(try ask("SELECT card ->> 'dataSHA256' FROM embedder") == card["dataSHA256"] as? String)
  }

  @Test("progress to a pipe is a line an epoch; the report is one page that needs nothing from elsewhere")
  func report() throws {
    let folder = try TemporaryFolder()
    let faces = try DrawnFaces(people: 10, pictures: 4, seed: 68, prefix: "<b>&")
    let run = try CommandRun.likeness(
      "train", "faces", "--data", faces.path, "--out", folder.path + "/m", "--networks", "1", "--epochs", "3", "--json",
      "--report", folder.path + "/report")
    #expect(run.status == 0, "\(run.errors)")
    let lines = run.errors.split(separator: "\n").filter { $0.contains("epoch") }
    #expect(lines.count == 6 && lines.allSatisfy { $0.contains("loss") && $0.contains("rate") && $0.contains("left") })
    let path = try #require(try run.json()["report"] as? String)
    let page = try String(contentsOfFile: path, encoding: .utf8)
    for part in [
      "How it learned", "ROC", "DET", "worst confusions", "map of the people", "model card", "fisherfaces",
      "data:image/png;base64,", "Mean distance in a batch",
    ] { #expect(page.contains(part), "\(part) is missing") }
    #expect(!page.contains("<script") && !page.contains("src=\"http") && !page.contains("href=\"http"))
    #expect(!page.contains("<b>&1"), "names are escaped")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path + "/report") == ["report.html"])
  }
}
