import Foundation
import Images
import LikenessTraining
import Networks
import Testing

@Suite("Training on captions")
struct CaptionTrainerTests {
  private static func trainer(steps: Int, towers: Int = 1, patchTowers: Int = 0, workers: Int = 2) -> CaptionTrainer {
    var trainer = CaptionTrainer()
    trainer.configuration.steps = steps
    trainer.configuration.stepsPerEpoch = 10
    trainer.configuration.members = towers
    trainer.configuration.patchTowers = patchTowers
    trainer.configuration.batch = 16
    trainer.configuration.dimension = 16
    trainer.configuration.width = 16
    trainer.configuration.validationShare = 0
    trainer.workers = workers
    return trainer
  }

  private static func pictures(_ drawn: DrawnCaptions) throws -> CaptionedPictures {
    let small = try Preprocessing(
      colour: .rgb, width: 16, height: 16, normalization: .meanDeviation(mean: 0.75, deviation: 0.35))
    return try CaptionedPictures(CaptionSheet(path: drawn.path), preprocessing: small)
  }

  @Test("sentences find the drawings they describe, and new ones of known words drawings never trained on")
  func learns() throws {
    let data = try Self.pictures(DrawnCaptions())
    let unseen = ["red-ring", "green-cross", "blue-disc", "yellow-frame", "red-bar", "blue-cross"]
    let isUnseen = data.names.map { name in unseen.contains { name.contains($0) } }
    let known = data.rows(data.names.indices.filter { !isUnseen[$0] })
    let others = data.rows(data.names.indices.filter { isUnseen[$0] })
    #expect(known.count == 28 && others.count == 12)
    let trained = try Self.trainer(steps: 150).train(known)
    let report = try trained.model.evaluate(on: known)
    #expect(report.textToImage.recallAt5 > 0.9)
    #expect(report.imageToText.recallAt5 > 0.9)
    let own = try trained.model.evaluate(on: others)
    #expect(own.pictures == 12 && own.textToImage.recallAt1 > 0.9)
    let regression = try CaptionBaseline(known, components: 10).evaluate(on: others)
    #expect(regression.textToImage.recallAt1 > 0.9)
    let one = try CaptionBaseline(known, components: 1).evaluate(on: others)
    #expect(own.textToImage.recallAt1 > one.textToImage.recallAt1 + 0.2)
  }

  @Test("towers of patches find new drawings of known words where the trained ones learned nothing")
  func patches() throws {
    let data = try Self.pictures(DrawnCaptions())
    let isUnseen = data.names.map { name in ["red-ring", "green-cross", "blue-disc"].contains { name.contains($0) } }
    let known = data.rows(data.names.indices.filter { !isUnseen[$0] })
    let others = data.rows(data.names.indices.filter { isUnseen[$0] })
    let model = try Self.trainer(steps: 1, patchTowers: 2).train(known).model
    #expect(model.dimension == 48 && model.texts.count == 3)
    let own = try CaptionModel(
      pictures: EmbeddingModel(members: Array(model.pictures.members.dropFirst())),
      texts: Array(model.texts.dropFirst()))
    #expect(try own.evaluate(on: known).textToImage.recallAt5 > 0.9)
    #expect(try own.evaluate(on: others).textToImage.recallAt1 > 0.7)
    #expect(try CaptionModel(model.encoded()).embed(["red ring"]) == model.embed(["red ring"]))
  }

  @Test("towers of patches keep to the time: where there is none for them they are left out, which the card says")
  func patchesInTime() throws {
    let data = try Self.pictures(DrawnCaptions())
    var trainer = Self.trainer(steps: 1, patchTowers: 2)
    trainer.seconds = 600
    let usual = try trainer.train(data)
    #expect(usual.model.texts.count == 3 && usual.card.notes == nil)
    trainer.seconds = 0.001
    let hasty = try trainer.train(data)
    #expect(hasty.model.texts.count == 1 && hasty.card.configuration.patchTowers == 0)
    #expect(hasty.card.notes?.count == 1 && hasty.card.notes?[0].contains("2 were left out") == true)
    // Also of what is gone on with when time is left: what was settled stays.
    let path = NSTemporaryDirectory() + "likeness-captions-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: path) }
    (trainer.checkpoints, trainer.resumes) = (path, true)
    #expect(try trainer.train(data).model.texts.count == 1)
    trainer.seconds = 600
    #expect(try trainer.train(data).model.texts.count == 1)
  }

  @Test("what ends before there is anything to go on with leaves no checkpoints")
  func nothingLeft() throws {
    let drawn = try DrawnCaptions()
    let path = NSTemporaryDirectory() + "likeness-captions-" + UUID().uuidString
    var trainer = Self.trainer(steps: 1)
    trainer.checkpoints = path
    let names = try CaptionSheet(path: drawn.path).entries.map(\.name)
    let list = drawn.path + "/wordless.tsv"
    try names.enumerated().map { "\($1)\t\(String(repeating: "!", count: $0 + 1))\n" }.joined()
      .write(toFile: list, atomically: true, encoding: .utf8)
    #expect(throws: CaptionError.self) { try trainer.train(CaptionSheet(path: list)) }
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test("a training further keeps what words mean that the new captions lack")
  func further() throws {
    let data = try Self.pictures(DrawnCaptions())
    let first = try Self.trainer(steps: 60, patchTowers: 1).train(data)
    let path = NSTemporaryDirectory() + "likeness-captions-" + UUID().uuidString + ".model"
    try first.file().write(to: URL(fileURLWithPath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    let isRed = data.names.map { $0.contains("red-") }
    var trainer = Self.trainer(steps: 10)
    trainer.parent = try CaptionParent(contentsOf: path)
    let trained = try trainer.train(data.rows(data.names.indices.filter { isRed[$0] }))
    #expect(trained.model.texts.count == 2)
    let notes = trained.card.notes ?? []
    #expect(notes.contains { $0.hasPrefix("1 of the 2 pairs of towers is of patches") }, "\(notes)")
    #expect(trained.card.parent?.kept.hasSuffix("2 pairs of towers to begin with, 1 of them of patches") == true)
    let others = data.rows(data.names.indices.filter { !isRed[$0] })
    #expect(try trained.model.evaluate(on: others).textToImage.recallAt5 > 0.7)
  }

  @Test("the same seed gives the same file on one worker and on two, and another seed another")
  func determinism() throws {
    let data = try Self.pictures(DrawnCaptions())
    let files = try [(1, UInt64(1)), (2, 1), (2, 2)].map { workers, seed in
      var trainer = Self.trainer(steps: 12, towers: 2, patchTowers: 2, workers: workers)
      trainer.configuration.seed = seed
      trainer.configuration.validationShare = 0.5
      return try trainer.train(data).file()
    }
    #expect(files[0] == files[1])
    #expect(files[0] != files[2])
  }

  @Test("the best epoch is found by concepts that are not trained on, and training ends where they gain nothing")
  func steering() throws {
    var trainer = Self.trainer(steps: 2_000)
    trainer.configuration.stepsPerEpoch = 2
    trainer.configuration.validationShare = 0.5
    trainer.configuration.patience = 3
    trainer.configuration.peakRate = 1e-9
    let trained = try trainer.train(try Self.pictures(DrawnCaptions()))
    #expect(trained.epochs[0].count < 1_000)
    #expect(trained.epochs[0].allSatisfy { $0.validation?.pictures == 20 })
    let reports = try #require(try trained.validationReports())
    #expect(reports.count == 2)
  }

  @Test("a time limit ends the training with a model")
  func limit() throws {
    var trainer = Self.trainer(steps: 1_000_000)
    trainer.minutes = 0.01
    let trained = try trainer.train(try Self.pictures(DrawnCaptions()))
    #expect(trained.epochs[0].last?.step ?? 0 < 1_000_000)
    #expect(try CaptionModel(trained.file()).dimension == 16)
  }

  @Test("settings out of range are refused with a sentence")
  func settings() throws {
    let data = try Self.pictures(DrawnCaptions(hands: 1))
    for change: (inout CaptionTrainer) -> Void in [
      { $0.configuration.batch = 1 }, { $0.configuration.peakRate = .nan }, { $0.configuration.dropout = 1 },
      { $0.minutes = -1 }, { $0.configuration.dimension = 0 },
    ] {
      var trainer = Self.trainer(steps: 1)
      change(&trainer)
      #expect(throws: TrainingError.self) { try trainer.train(data) }
    }
  }
}

@Suite("A list of captions that begins with a mark of its encoding")
struct MarkedCaptionSheetTests {
  @Test("has the first picture's path without it")
  func mark() throws {
    let sheet = try CaptionSheet("\u{FEFF}a.png\tone\nb.png\ttwo\n", path: "list.tsv")
    #expect(sheet.entries.map(\.name) == ["a.png", "b.png"])
    #expect(sheet.entries.map(\.file) == ["a.png", "b.png"])
  }
}

@Suite("A list of captions")
struct CaptionSheetTests {
  private func message(_ text: String, skipsBroken: Bool = false) -> String {
    do {
      _ = try CaptionSheet(text, path: "list.tsv", skipsBroken: skipsBroken)
      return ""
    } catch {
      return "\(error)"
    }
  }

  @Test("several lines are several captions of one picture, repeated ones count once")
  func lines() throws {
    let sheet = try CaptionSheet("a.png\tone\r\nb/c.png\ttwo\n\na.png\tthree\na.png\tone\n", path: "/x/list.tsv")
    #expect(sheet.entries.map(\.name) == ["a.png", "b/c.png"])
    #expect(sheet.entries[0].captions == ["one", "three"])
    #expect(sheet.entries.map(\.file) == ["/x/a.png", "/x/b/c.png"])
    #expect(sheet.entries.map(\.line) == [1, 2])
  }

  @Test("a line without a tab, a picture or a caption is named, and left out where that is asked for")
  func broken() throws {
    #expect(message("a.png\tone\nb.png two").contains("line 2: has no tab"))
    #expect(message("a.png\t ").contains("line 1: has no caption for a.png"))
    #expect(message("\tone").contains("line 1: names no picture"))
    #expect(message("\n \n").contains("has no line"))
    let sheet = try CaptionSheet("a.png\tone\nb.png two\nc.png\t\n", path: "list.tsv", skipsBroken: true)
    #expect(sheet.entries.count == 1 && sheet.skippedLines == 2)
  }

  @Test("a picture that is missing is named with its line, and counted where it may be left out")
  func missing() throws {
    let drawn = try DrawnCaptions(hands: 1)
    try drawn.write(drawn.lines + ["nowhere.png\ta picture that is not there"])
    let sheet = try CaptionSheet(path: drawn.path)
    let preprocessing = try CaptionTrainer.preprocessing()
    do {
      _ = try CaptionedPictures(sheet, preprocessing: preprocessing)
      Issue.record("a missing picture was read")
    } catch {
      #expect("\(error)".contains("line \(drawn.lines.count + 1): nowhere.png: there is no such file"))
    }
    let data = try CaptionedPictures(sheet, preprocessing: preprocessing, skipsBroken: true)
    #expect(data.count == 20 && data.skipped.count == 1)
  }
}
