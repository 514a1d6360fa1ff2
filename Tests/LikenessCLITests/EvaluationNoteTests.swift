import Foundation
import Testing

@Suite("What figures are said to be of")
struct EvaluationNoteTests {
  private static func notes(_ run: CommandRun) throws -> [String] {
    try #require(run.status == 0, "\(run.errors)")
    return try #require(try run.json()["notes"] as? [String])
  }

  @Test("pictures of people that the model was trained on are counted, in text and JSON; strangers are not")
  func people() throws {
    let folder = try TemporaryFolder()
    let known = try DrawnFaces(people: 4, pictures: 4, seed: 3, prefix: "known")
    let model = folder.path + "/pca"
    #expect(
      try CommandRun.likeness("train", "pca", "--data", known.path, "--out", model, "--dimension", "6").status == 0)
    let strangers = try DrawnFaces(people: 4, pictures: 4, seed: 4, prefix: "stranger")
    let apart = try Self.notes(try CommandRun.likeness("evaluate", model, strangers.path, "--json"))
    #expect(!apart.contains { $0.contains("in its training") }, "\(apart)")
    try FileManager.default.copyItem(atPath: known.person(2), toPath: strangers.path + "/known3")
    let mixed = try Self.notes(try CommandRun.likeness("evaluate", model, strangers.path, "--json"))
    #expect(mixed.contains { $0.contains("1 of the 5 identities here was in its training") }, "\(mixed)")
    // What a model learned before it was trained further, it has seen too.
    let (parent, child) = (try TrainedModel.get(), folder.path + "/child")
    let others = try DrawnFaces(people: 8, pictures: 4, seed: 12, prefix: "other")
    let further = try CommandRun.likeness(
      "train", "faces", "--data", others.path, "--out", child, "--from", parent.path, "--epochs", "1")
    try #require(further.status == 0, "\(further.errors)")
    let before = try DrawnFaces(people: 3, pictures: 4, seed: 13, prefix: "known")
    let seen = try Self.notes(try CommandRun.likeness("evaluate", child, before.path, "--json"))
    let alike = "3 of the 3 identities here have names that were in its training, and none of the pictures: if"
    #expect(seen.contains { $0.contains(alike) }, "\(seen)")
    let text = try CommandRun.likeness("evaluate", model, known.path)
    #expect(text.output.contains("4 of the 4 identities here were in its training"), "\(text.output)")
  }

  @Test("of more people than a card lists in full, evaluate and forget know whom a model was trained on, too")
  func many() throws {
    let folder = try TemporaryFolder()
    let (data, model, gallery) = (folder.path + "/data", folder.path + "/pca", folder.path + "/g.db")
    for person in 0..<2_010 {
      try FileManager.default.createDirectory(atPath: "\(data)/p\(person)", withIntermediateDirectories: true)
      for number in 0..<2 {
        let pixels = (0..<64).map { UInt8(($0 * (person % 251 + 3) + person + number * 40) % 256) }
        try (Data("P5\n8 8\n255\n".utf8) + Data(pixels))
          .write(to: URL(fileURLWithPath: "\(data)/p\(person)/\(number).pgm"))
      }
    }
    let trained = try CommandRun.likeness("train", "pca", "--data", data, "--out", model, "--dimension", "6")
    try #require(trained.status == 0, "\(trained.errors)")
    let size = try FileManager.default.attributesOfItem(atPath: model)[.size] as? Int ?? 0
    #expect(size < 150_000, "\(size) bytes")
    let some = folder.path + "/some"
    try FileManager.default.createDirectory(atPath: some, withIntermediateDirectories: true)
    for (old, new) in [("p7", "p7"), ("p2009", "p2009"), ("p8", "stranger")] {
      try FileManager.default.copyItem(atPath: "\(data)/\(old)", toPath: "\(some)/\(new)")
    }
    let notes = try Self.notes(try CommandRun.likeness("evaluate", model, some, "--json"))
    #expect(
      notes.contains {
        $0.contains("2 of the 3 identities here were in its training, by name, and 6 of the 6 pictures, byte for byte")
      }, "\(notes)")
    try (Data("P5\n8 8\n255\n".utf8) + Data(repeating: 9, count: 64))
      .write(to: URL(fileURLWithPath: "\(folder.path)/other.pgm"))
    #expect(try CommandRun.likeness("enroll", gallery, some, "--model", model).status == 0)
    #expect(try CommandRun.likeness("enroll", gallery, "\(folder.path)/other.pgm", "--as", "another").status == 0)
    // Whoever has another name now is known by the pictures.
    for (name, evidence) in [
      ("p2009", "its model card, in this gallery"), ("stranger", "its model card, in this gallery, by 2 files of it"),
      ("another", nil),
    ] {
      let receipt = try CommandRun.likeness("forget", gallery, name, "--json").json()
      let models = try #require(receipt["models"] as? [[String: Any]])
      #expect(models.compactMap { $0["evidence"] as? String } == [evidence].compactMap { $0 }, "\(name): \(receipt)")
    }
  }

  @Test(
    "pictures that the training read are counted under other names and in other folders, renamed or trained further on")
  func pictures() throws {
    let folder = try TemporaryFolder()
    let known = try DrawnFaces(people: 8, pictures: 4, seed: 21, prefix: "known")
    let (parent, child, renamed) = (folder.path + "/parent", folder.path + "/child", folder.path + "/renamed")
    let line = ["--epochs", "1"]
    #expect(
      try CommandRun.run(
        CommandRun.likeness, ["train", "faces", "--data", known.path, "--out", parent] + line
      ).status == 0)
    let others = try DrawnFaces(people: 8, pictures: 4, seed: 22, prefix: "other")
    #expect(
      try CommandRun.run(
        CommandRun.likeness, ["train", "faces", "--data", others.path, "--out", child, "--from", parent] + line
      ).status == 0)
    try FileManager.default.createDirectory(atPath: renamed + "/deep", withIntermediateDirectories: true)
    for person in 0..<2 {
      try FileManager.default.copyItem(atPath: known.person(person), toPath: "\(renamed)/deep/x\(person)")
    }
    let strangers = try DrawnFaces(people: 2, pictures: 4, seed: 23, prefix: "stranger")
    try FileManager.default.copyItem(atPath: strangers.path, toPath: renamed + "/strangers")
    for model in [parent, child] {
      let notes = try Self.notes(try CommandRun.likeness("evaluate", model, renamed, "--json"))
      #expect(
        notes.contains { $0.contains("8 of the 16 pictures here were in its training, byte for byte") }, "\(notes)")
      let apart = try Self.notes(try CommandRun.likeness("evaluate", model, strangers.path, "--json"))
      #expect(!apart.contains { $0.contains("in its training") }, "\(apart)")
    }
    let card = try CommandRun.likeness("model", "card", child, "--json").output
    #expect(!card.contains(known.path), "no path stands in a card")
  }

  @Test("folders without pictures are said by every command that reads them; a baseline's card says day and data")
  func emptyFolders() throws {
    let faces = try DrawnFaces(people: 3, pictures: 3, seed: 54)
    for name in ["nobody", "deep/none", "texts"] {
      try FileManager.default.createDirectory(atPath: "\(faces.path)/\(name)", withIntermediateDirectories: true)
    }
    try Data("no picture".utf8).write(to: URL(fileURLWithPath: "\(faces.path)/texts/a.txt"))
    let folder = try TemporaryFolder()
    let model = folder.path + "/m"
    let wanted = "has 3 folders without pictures (deep/none, nobody, texts), which are passed over"
    for arguments in [
      ["train", "pca", "--data", faces.path, "--out", model, "--json"],
      ["enroll", folder.path + "/g.db", faces.path, "--model", model, "--json"],
      ["evaluate", model, faces.path, "--json"],
    ] {
      let run = try CommandRun.run(CommandRun.likeness, arguments)
      #expect(run.status == 0)
      #expect((run.output + run.errors).contains(wanted), "\(arguments): \(run.output) \(run.errors)")
    }
    let card = try CommandRun.likeness("model", "card", model, "--json").json()
    let stated = (card["card"] as? [String: Any]) ?? card
    #expect(stated["date"] is String && stated["licence"] is String)
    #expect((stated["dataSHA256"] as? String)?.utf8.count == 64, "\(card)")
  }

  @Test("subjects of series and concepts of captions are counted too")
  func subjectsAndConcepts() throws {
    let line = try TrainingKind.Line(.series)
    #expect(try CommandRun.run(CommandRun.likeness, line.arguments(line.path("m"))).status == 0)
    let (known, unseen) = (line.path("streams"), line.path("unseen"))
    try SeriesLineTests.write(7..<9, to: unseen)
    let apart = try Self.notes(
      try CommandRun.likeness("evaluate", line.path("m"), unseen, "--labelled", known, "--json"))
    #expect(!apart.contains { $0.contains("in its training") }, "\(apart)")
    try FileManager.default.copyItem(atPath: known + "/m1_1.csv", toPath: unseen + "/m1_1.csv")
    let mixed = try Self.notes(
      try CommandRun.likeness("evaluate", line.path("m"), unseen, "--labelled", known, "--json"))
    #expect(mixed.contains { $0.contains("1 of the 3 subjects here was in its training") }, "\(mixed)")

    let drawings = try CaptionLineTests.Drawings()
    let model = line.path("captions")
    let trained = try CommandRun.likeness(
      "train", "captions", "--data", drawings.path, "--out", model, "--epochs", "1", "--batch", "12", "--dimension",
      "16", "--towers", "1")
    try #require(trained.status == 0, "\(trained.errors)")
    let lines = try String(contentsOfFile: drawings.list, encoding: .utf8).split(separator: "\n").map(String.init)
    // Some other words for the same pictures are other concepts.
    try drawings.write(lines[..<3] + lines[3...].map { $0 + " painted" })
    let some = try Self.notes(try CommandRun.likeness("evaluate", model, drawings.list, "--json"))
    #expect(some.contains { $0.contains("3 of the 12 concepts here were in its training") }, "\(some)")
    try drawings.write(lines.map { $0 + " painted" })
    let same = try Self.notes(try CommandRun.likeness("evaluate", model, drawings.list, "--json"))
    #expect(same.contains { $0.contains("12 of the 12 pictures here were in its training, byte for byte") }, "\(same)")
    // Sentences of unknown words are counted, and find nothing.
    try drawings.write([String(lines[0].split(separator: "\t")[0]) + "\tзелёный круг"])
    let strange = try CommandRun.likeness("evaluate", model, drawings.list, "--json")
    #expect(try Self.notes(strange).contains { $0.contains("of 1 of the 1 captions the model knows no word") })
    #expect(try strange.json()["unknown_captions"] as? Int == 1)
    #expect((try strange.json()["text_to_image"] as? [String: Double])?["recall_at_10"] == 0)
    #expect((try strange.json()["image_to_text"] as? [String: Double])?["probes"] == 1)
    // Two to choose from say little.
    try drawings.write(Array(lines[..<2]))
    let few = try Self.notes(try CommandRun.likeness("evaluate", model, drawings.list, "--json"))
    #expect(few.contains { $0.contains("with 2 to choose from, recall@5, recall@10 are 1 whatever") }, "\(few)")
  }

  @Test("pictures that are broken or in other formats are counted wherever folders are read")
  func leftOut() throws {
    let folder = try TemporaryFolder()
    let faces = try DrawnFaces(people: 4, pictures: 4, seed: 5)
    try Data("P5\n46 56\n255\nshort".utf8).write(to: URL(fileURLWithPath: faces.picture(1, 2)))
    for name in ["a.webp", "b.GIF", "c.webp", "notes.md"] {
      try Data("RIFF".utf8).write(to: URL(fileURLWithPath: faces.person(2) + "/" + name))
    }
    let (model, said) = (folder.path + "/m", "3 pictures that are not decoded here (1 gif, 2 webp)")
    let trained = try CommandRun.likeness(
      "train", "pca", "--data", faces.path, "--out", model, "--dimension", "6", "--skip-broken", "--json")
    #expect(try Self.notes(trained).contains { $0.contains(said) }, "\(trained.output)")
    let evaluated = try CommandRun.likeness("evaluate", model, faces.path, "--skip-broken", "--json")
    #expect(try Self.notes(evaluated).contains { $0.contains(said) }, "\(evaluated.output)")
    let skipped = try #require(try evaluated.json()["skipped"] as? [[String: Any]])
    #expect(skipped.map { $0["path"] as? String } == [faces.picture(1, 2)])
    for path in [faces.path, faces.person(2)] {
      let enrolled = try CommandRun.likeness(
        "enroll", folder.path + "/g.db", path, "--as", "all", "--model", model, "--skip-broken", "--json")
      #expect(try Self.notes(enrolled).contains { $0.contains(said) }, "\(enrolled.output)")
    }
    let text = try CommandRun.likeness("enroll", folder.path + "/h.db", faces.path, "--model", model, "--skip-broken")
    #expect(text.output.contains(said), "\(text.output)")

    let alone = try TemporaryFolder()
    try FileManager.default.createDirectory(atPath: alone.path + "/ada", withIntermediateDirectories: true)
    try Data("RIFF".utf8).write(to: URL(fileURLWithPath: alone.path + "/ada/1.webp"))
    let refused = try CommandRun.likeness("train", "pca", "--data", alone.path, "--out", model)
    #expect(refused.status == 1 && refused.errors.contains("1 picture that is not decoded here (1 webp)"))
  }

  @Test("a series that cannot be read ends a training or an evaluation, or is left out and counted")
  func brokenSeries() throws {
    let line = try TrainingKind.Line(.series)
    let broken = line.path("streams/m9_1.csv")
    try Data("t_ms,x,y\n0,1,what\n".utf8).write(to: URL(fileURLWithPath: broken))
    let refused = try CommandRun.run(CommandRun.likeness, line.arguments(line.path("m")))
    #expect(refused.status == 1 && refused.errors.contains("m9_1.csv"), "\(refused.errors)")
    let trained = try CommandRun.run(CommandRun.likeness, line.arguments(line.path("m")) + ["--skip-broken"])
    try #require(trained.status == 0, "\(trained.errors)")
    func skipped(_ run: CommandRun) throws -> [String?] {
      try #require(try run.json()["skipped"] as? [[String: Any]]).map { $0["path"] as? String }
    }
    #expect(try skipped(trained).map { $0?.hasSuffix("m9_1.csv") } == [true])
    let moments = try ["moments", "training_moments", "validation_moments"].map { name in
      try #require(try trained.json()[name] as? Int)
    }
    #expect(moments[2] > 0 && moments[0] == moments[1] + moments[2])
    let arguments = ["evaluate", line.path("m"), line.path("streams"), "--labelled", line.path("streams"), "--json"]
    #expect(try CommandRun.run(CommandRun.likeness, arguments).status == 1)
    let evaluated = try CommandRun.run(CommandRun.likeness, arguments + ["--skip-broken"])
    try #require(evaluated.status == 0, "\(evaluated.errors)")
    #expect(try skipped(evaluated).count == 2)
  }
}
