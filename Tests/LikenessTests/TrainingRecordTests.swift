import Foundation
import GRDB
import Likeness
import Testing

@Suite struct TrainingRecordTests {
  @Test("a training is kept from its beginning, pass by pass, to what came of it")
  func kept() throws {
    let scratch = try Scratch()
    let gallery = try Gallery(path: scratch.path(), configuration: quiet())
    let run = try gallery.recordTraining(
      TrainingStart(
        recipe: "faces", configuration: ["margin": .number(0.2)], seed: .max, identities: ["Ada", "Ada", "Grace"]))
    #expect(try gallery.trainingRuns().first?.finishedAt == nil)
    for epoch in 0..<3 {
      try gallery.recordEpoch(
        TrainingEpoch(
          epoch: epoch, loss: 1 / Double(epoch + 1), validationLoss: epoch == 0 ? .nan : 0.5,
          metrics: ["rank1": .number(0.5)], seconds: 2), of: run)
    }
    try gallery.recordEpoch(TrainingEpoch(epoch: 2, loss: 0.125), of: run)
    let model = Data("weights".utf8)
    try gallery.recordTrainingResult(["eer": .number(0.05)], modelName: "faces-1", model: model, of: run)
    let kept = try #require(try gallery.trainingRuns().first)
    #expect(kept.id == run)
    #expect(kept.configuration == ["margin": .number(0.2)])
    #expect(kept.identities == 2)
    #expect(kept.epochs.map(\.loss) == [1, 0.5, 0.125])
    #expect(kept.epochs.map(\.validationLoss) == [nil, 0.5, nil])
    #expect(kept.result == ["eer": .number(0.05)])
    #expect(kept.modelName == "faces-1")
    #expect(kept.finishedAt != nil)
    let seed = try otherHand(scratch.path()).read { db in try Int64.fetchOne(db, sql: "SELECT seed FROM training_run") }
    #expect(seed == -1)

    // The model becomes the gallery's embedder: SQL sees that it is the same.
    try gallery.register(
      EmbedderSpecification(name: "my faces", kind: "image", dimension: 4, metric: .cosine, model: model))
    #expect(try gallery.trainingRuns().first?.modelName == "my faces")
    let view = try otherHand(scratch.path()).read { db in
      try Row.fetchOne(db, sql: "SELECT model, epochs, best_loss, identities FROM training_runs")
    }
    #expect(view == ["model": "my faces", "epochs": 3, "best_loss": 0.125, "identities": 2])
  }

  @Test("names are hashed, in whatever form they are written, and never kept")
  func hashed() throws {
    let scratch = try Scratch()
    let gallery = try Gallery(path: scratch.path(), configuration: quiet())
    #expect(TrainingStart.hash(ofName: "Ju\u{308}rgen") == TrainingStart.hash(ofName: "J\u{fc}rgen"))
    #expect(
      TrainingStart.hash(ofName: "Ada") == "99a563ab2f6e21e96998f9fddd2a2bab82b70ac019579502b8d7fc0032ff62bb")
    try gallery.recordTraining(TrainingStart(recipe: "faces", identities: ["Somebody Unheard-of"]))
    try gallery.close()
    let bytes = try Data(contentsOf: URL(fileURLWithPath: scratch.path()))
    #expect(bytes.range(of: Data("Unheard".utf8)) == nil)
  }

  @Test("a training that does not exist, and a loss that is no number, are refused with a sentence")
  func refused() throws {
    let scratch = try Scratch()
    let gallery = try Gallery(path: scratch.path(), configuration: quiet())
    let nowhere = TrainingRunID(rawValue: 77)
    let error = try #require(throws: GalleryError.self) {
      try gallery.recordEpoch(TrainingEpoch(epoch: 0, loss: 1), of: nowhere)
    }
    #expect(error.description == "there is no training 77 in this gallery: recordTraining(_:) makes one")
    #expect(throws: GalleryError.self) { try gallery.recordTrainingResult([:], of: nowhere) }
    let run = try gallery.recordTraining(TrainingStart(recipe: "pca"))
    #expect(throws: GalleryError.self) { try gallery.recordEpoch(TrainingEpoch(epoch: 0, loss: .nan), of: run) }
    #expect(throws: GalleryError.self) { try gallery.recordEpoch(TrainingEpoch(epoch: -1, loss: 1), of: run) }
  }

  @Test("whoever gets a name that somebody had in a training is not taken for that one, nor is that one forgotten")
  func sameName() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 2)
    try gallery.enroll([1, 2], as: "Ada")
    let run = try gallery.recordTraining(
      TrainingStart(recipe: "faces", configuration: [:], seed: 1, identities: ["Ada"]))
    try gallery.recordTrainingResult([:], modelName: "faces-1", model: Data("weights".utf8), of: run)
    try gallery.rename("Ada", to: "Ada Lovelace")
    try gallery.enroll([3, 4], as: "Ada")
    let other = try gallery.forget("Ada")
    #expect(other.models.isEmpty && other.trainingSets == 0)
    let receipt = try gallery.forget("Ada Lovelace")
    #expect(receipt.models.map(\.name) == ["faces-1"] && receipt.trainingSets == 1)
  }
}
