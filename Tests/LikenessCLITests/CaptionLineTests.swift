import Foundation
import Testing

@Suite("Captions, through the built command")
struct CaptionLineTests {
  /// Squares and bars of four colours, with captions.
  struct Drawings {
    let folder: TemporaryFolder
    var path: String { folder.path }
    var list: String { folder.path + "/captions.tsv" }

    init() throws {
      folder = try TemporaryFolder()
      try FileManager.default.createDirectory(atPath: folder.path + "/pictures", withIntermediateDirectories: true)
      var lines: [String] = []
      let colours = [
        ("red", [220, 20, 20]), ("green", [20, 180, 30]), ("blue", [30, 40, 220]), ("black", [0, 0, 0]),
      ]
      for (name, rgb) in colours {
        for (kind, range) in [("square", (4..<20, 4..<20)), ("bar", (10..<14, 2..<22)), ("pole", (2..<22, 10..<14))] {
          let pixels = (0..<24 * 24).flatMap { place -> [UInt8] in
            let isInside = range.0.contains(place / 24) && range.1.contains(place % 24)
            return rgb.map { isInside ? UInt8($0) : 255 }
          }
          let file = "pictures/\(name)-\(kind).ppm"
          try (Data("P6\n24 24\n255\n".utf8) + Data(pixels)).write(to: URL(fileURLWithPath: "\(folder.path)/\(file)"))
          lines.append("\(file)\t\(name) \(kind)")
        }
      }
      try write(lines)
    }

    func write(_ lines: [String]) throws {
      try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: list))
    }
  }

  private func train(_ drawings: Drawings, to model: String) throws -> CommandRun {
    try CommandRun.likeness(
      "train", "captions", "--data", drawings.path, "--out", model, "--epochs", "1", "--batch", "12", "--dimension",
      "16", "--towers", "1", "--json")
  }

  @Test("train, evaluate, enroll pictures, ask with a sentence and with a picture; ask sentences with a picture")
  func wholeLine() throws {
    let drawings = try Drawings()
    let model = drawings.path + "/captions.model"
    let trained = try train(drawings, to: model)
    #expect(trained.status == 0, "\(trained.errors)")
    #expect(try trained.json()["pictures"] as? Int == 12)

    let evaluated = try CommandRun.likeness("evaluate", model, drawings.list, "--json")
    #expect(evaluated.status == 0, "\(evaluated.errors)")
    for direction in ["text_to_image", "image_to_text"] {
      let figures = try #require(try evaluated.json()[direction] as? [String: Double])
      #expect(Set(figures.keys) == ["recall_at_1", "recall_at_5", "recall_at_10", "median_rank", "probes"])
      #expect(figures["recall_at_5"] ?? 0 > 0.5)
    }

    let gallery = drawings.path + "/gallery.db"
    let enrolled = try CommandRun.likeness("enroll", gallery, drawings.path + "/pictures", "--model", model, "--json")
    #expect(enrolled.status == 0, "\(enrolled.errors)")
    #expect(try enrolled.json()["identities"] as? Int == 12)
    // The gallery alone answers: it carries both towers.
    try FileManager.default.removeItem(atPath: model)
    let sentence = try CommandRun.likeness("query", gallery, "the green square", "-k", "5", "--json")
    #expect(sentence.status == 0, "\(sentence.errors)")
    let found = try #require(try sentence.json()["candidates"] as? [[String: Any]])
    #expect(found.contains { $0["identity"] as? String == "green-square" })
    let picture = try CommandRun.likeness(
      "query", gallery, drawings.path + "/pictures/blue-bar.ppm", "-k", "1", "--json")
    let first = try #require((try picture.json()["candidates"] as? [[String: Any]])?.first)
    #expect(first["identity"] as? String == "blue-bar")
    #expect(first["distance"] as? Double ?? 1 < 1e-3)
    // A mistyped file's name is a sentence like any other, but for a note.
    for probe in ["red.pgn", "my red square.PNG", "./red", drawings.path + "/pictures/red", "red.jpgg"] {
      let mistyped = try CommandRun.likeness("query", gallery, probe, "--json")
      #expect(mistyped.status == 0, "\(mistyped.errors)")
      #expect(mistyped.errors.contains("note: \(probe): there is no such file"), "\(probe): \(mistyped.errors)")
      #expect((try mistyped.json()["note"] as? String)?.hasPrefix("\(probe): there is no such file") == true)
    }
    for probe in [
      "the red square", "red/green", "a square. a pole", "and/or red", "red.", "U.S.A. red", "red e.g. green",
    ] {
      let sentence = try CommandRun.likeness("query", gallery, probe, "--json")
      #expect(!sentence.errors.contains("no such file"), "\(probe): \(sentence.errors)")
      #expect((try sentence.json()["note"] as? String)?.contains("no such file") != true)
    }
    // Sentences of one file under one name each have a row, also where some replace others.
    let lines = drawings.path + "/lines.txt"
    for (text, count) in [("the red bar\n\na green pole\n", 2), ("a blue square\nthe red bar\n\na green pole\n", 3)] {
      try Data(text.utf8).write(to: URL(fileURLWithPath: lines))
      let enrolled = try CommandRun.likeness("enroll", gallery, lines, "--as", "said", "--replace", "--json")
      #expect(enrolled.status == 0, "\(enrolled.errors)")
      let shown = try CommandRun.likeness("show", gallery, "said", "--json").json()
      #expect((shown["embeddings"] as? [Any])?.count == count, "\(shown)")
    }
    let unknown = try CommandRun.likeness("query", gallery, "zzqxkw")
    #expect(unknown.status == 1 && unknown.errors.contains("no word of it was seen in training"))
    // The concepts on the card are captions; that the model has seen this one's picture is known by the picture.
    let receipt = try CommandRun.likeness("forget", gallery, "blue-bar", "--json")
    let models = try #require(try receipt.json()["models"] as? [[String: Any]])
    #expect(models.compactMap { $0["evidence"] as? String } == ["its model card, in this gallery, by a file of it"])
  }

  @Test("a training that a gallery keeps has its pictures for members, as they would be enrolled")
  func members() throws {
    let drawings = try Drawings()
    let gallery = drawings.path + "/runs.db"
    let trained = try CommandRun.likeness(
      "train", "captions", "--data", drawings.path, "--out", drawings.path + "/m", "--epochs", "1", "--batch", "12",
      "--dimension", "16", "--towers", "1", "--gallery", gallery)
    try #require(trained.status == 0, "\(trained.errors)")
    let model = drawings.path + "/m"
    #expect(
      try CommandRun.likeness("enroll", gallery, drawings.path + "/pictures/red-bar.ppm", "--model", model).status == 0)
    let receipt = try CommandRun.likeness("forget", gallery, "red-bar", "--json").json()
    let evidence = try #require(receipt["models"] as? [[String: Any]]).compactMap { $0["evidence"] as? String }
    #expect(evidence == ["training 1 in this gallery"])
    #expect(receipt["training_sets"] as? Int == 1, "\(receipt)")
  }

  @Test("sentences can be enrolled, and a picture asks for them")
  func sentences() throws {
    let drawings = try Drawings()
    let model = drawings.path + "/captions.model"
    #expect(try train(drawings, to: model).status == 0)
    let gallery = drawings.path + "/sentences.db"
    let enrolled = try CommandRun.likeness("enroll", gallery, drawings.list, "--model", model, "--json")
    #expect(enrolled.status == 0, "\(enrolled.errors)")
    #expect(try enrolled.json()["enrolled"] as? Int == 12)
    let again = try CommandRun.likeness("enroll", gallery, drawings.list, "--json")
    #expect(try again.json()["already_enrolled"] as? Int == 12)
    let asked = try CommandRun.likeness("query", gallery, drawings.path + "/pictures/red-pole.ppm", "-k", "5", "--json")
    let found = try #require(try asked.json()["candidates"] as? [[String: Any]])
    #expect(found.contains { ($0["identity"] as? String)?.hasPrefix("red") == true })
  }

  @Test("a missing picture and an empty caption are named with their lines, and counted with --skip-broken")
  func broken() throws {
    let drawings = try Drawings()
    let model = drawings.path + "/captions.model"
    let lines = try String(contentsOfFile: drawings.list, encoding: .utf8).split(separator: "\n").map(String.init)
    try drawings.write(lines + ["pictures/nowhere.ppm\tnowhere"])
    let missing = try train(drawings, to: model)
    #expect(missing.status == 1)
    #expect(missing.errors.contains("line 13: pictures/nowhere.ppm: there is no such file"))
    try drawings.write(lines + ["pictures/red-bar.ppm\t"])
    #expect(try train(drawings, to: model).errors.contains("line 13: has no caption for pictures/red-bar.ppm"))
    let latin =
      Data((lines[0] + "\n" + lines[1] + "\n").utf8) + Data("pictures/red-bar.ppm\tna".utf8) + Data([0xEF, 10])
    try latin.write(to: URL(fileURLWithPath: drawings.list))
    #expect(try train(drawings, to: model).errors.contains("captions.tsv, line 3: is not UTF-8 text"))
    try drawings.write(lines + ["pictures/nowhere.ppm\tnowhere", "no tab"])
    let skipped = try CommandRun.likeness(
      "train", "captions", "--data", drawings.path, "--out", model, "--epochs", "1", "--batch", "4", "--dimension", "8",
      "--towers", "1", "--patch-towers", "1", "--skip-broken", "--json")
    #expect(skipped.status == 0, "\(skipped.errors)")
    #expect((try skipped.json()["skipped"] as? [Any])?.count == 1)
    #expect(try skipped.json()["skipped_lines"] as? Int == 1)
  }

  @Test("a model of pictures is trained on folders within folders, and evaluated by few shots")
  func pictures() throws {
    let faces = try DrawnFaces(people: 8, pictures: 6, seed: 21)
    let nested = try TemporaryFolder()
    for (place, name) in faces.people.enumerated() {
      let home = "\(nested.path)/group\(place % 2)"
      try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
      try FileManager.default.copyItem(atPath: faces.person(place), toPath: "\(home)/\(name)")
    }
    let model = nested.path + "/pictures.model"
    let trained = try CommandRun.likeness(
      "train", "pictures", "--data", nested.path, "--out", model, "--epochs", "1", "--networks", "1", "--dimension",
      "16", "--json")
    #expect(trained.status == 0, "\(trained.errors)")
    #expect(try trained.json()["identities"] as? Int == 8)
    let evaluated = try CommandRun.likeness("evaluate", model, nested.path, "--json")
    #expect(evaluated.status == 0, "\(evaluated.errors)")
    let fewShot = try #require(try evaluated.json()["few_shot"] as? [String: Any])
    #expect(Set(fewShot.keys) == ["5_way_1_shot", "5_way_5_shot", "20_way_1_shot", "20_way_5_shot"])
    let figure = try #require(fewShot["5_way_1_shot"] as? [String: Double])
    #expect(figure["value"] ?? 0 > 0.3)
    #expect(fewShot["20_way_1_shot"] is NSNull)
    let notes = try #require(try evaluated.json()["notes"] as? [String])
    #expect(notes.contains("20_way_1_shot: null, as it needs 20 classes of 2 pictures or more"), "\(notes)")
    #expect(!notes.contains { $0.hasPrefix("5_way") })
    #expect(try evaluated.json()["eer"] is [String: Any])
  }
}
