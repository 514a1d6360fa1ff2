import ArgumentParser
import Foundation
import Likeness
import LikenessEmbedders
import LikenessTraining

/// Models that embed pictures: identities are folders, probes are files, the evaluation is the identity protocol.
struct PictureKind: Kind {
  let inputs = "pictures"
  let embedder: ImageEmbedder

  init?(_ embedder: any Embedder) {
    guard let embedder = embedder as? ImageEmbedder else { return nil }
    self.embedder = embedder
  }

  func source(_ request: EnrollmentRequest) throws -> any EnrollmentSource {
    guard !request.paths.isEmpty else {
      throw ValidationError("Name pictures, folders of pictures, or folders of folders.")
    }
    return PictureSource(
      list: try EnrollmentList(paths: request.paths, name: request.name), embedder: embedder,
      skipsBroken: request.skipsBroken, replaces: request.replaces)
  }

  func answer(_ text: String, _ request: QueryRequest, from gallery: Gallery) throws -> Answer {
    guard FileManager.default.fileExists(atPath: text) else {
      throw CommandFailure("\(text): there is no such file: give a picture, vector:…, id:… or @file.npy")
    }
    return try request.ask(gallery, .input(.file(path: text)))
  }

  func evaluate(_ request: EvaluationRequest) throws -> any EvaluationOutcome {
    let bar = ProgressBar("Embedding", unit: "pictures")
    let set = try EmbeddedFolder(path: request.data, embedder: embedder, skipBroken: request.skipsBroken) {
      bar.update($0, of: $1)
    }
    bar.finish()
    let report = try Evaluation.evaluate(
      embeddings: set.embeddings.flatMap { $0 }, dimension: embedder.specification.dimension, labels: set.labels,
      metric: embedder.specification.metric == .cosine ? .cosine : .euclidean, draws: request.pictures.draws ?? 20,
      bootstrap: request.pictures.bootstrap ?? 200, seed: request.seed)
    let fewShot = try FewShot(seed: request.seed).evaluate(
      embeddings: set.embeddings.flatMap { $0 }, dimension: embedder.specification.dimension, labels: set.labels,
      metric: embedder.specification.metric == .cosine ? .cosine : .euclidean)
    let known = TrainedIdentities(card: embedder.specification.card)?.note(
      of: Set(set.labels).map { set.names[$0] }, files: set.files,
      nouns: .init(names: "identities", files: "pictures", unseen: "people or things never seen"))
    return PictureOutcome(
      report: report, fewShot: fewShot, skipped: set.skipped,
      notes: [known].compactMap { $0 } + set.notes + report.notes)
  }
}

/// The report of the identity protocol, and few-shot recognition beside it.
private struct PictureOutcome: EvaluationOutcome {
  let report: IdentificationReport
  let fewShot: FewShotReport
  let skipped: [EnrollmentBatch.Skipped]
  /// The report's own among them.
  let notes: [String]

  private enum CodingKeys: String, CodingKey {
    case skipped, notes
    case fewShot = "few_shot"
  }

  var text: String {
    let own = notes.filter { !report.notes.contains($0) }.map { "note: \($0)" }
    let left = skipped.isEmpty ? [] : ["left out \(counted(skipped.count, "picture")) that cannot be read"]
    return (own + [report.summary, fewShot.summary] + left).joined(separator: "\n")
  }

  func encode(to encoder: any Encoder) throws {
    try report.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(fewShot, forKey: .fewShot)
    try container.encode(skipped, forKey: .skipped)
    try container.encode(notes + fewShot.notes, forKey: .notes)
  }
}
