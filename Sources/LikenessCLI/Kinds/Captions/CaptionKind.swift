import ArgumentParser
import Foundation
import Likeness
import LikenessEmbedders
import LikenessTraining

/// Models that embed pictures and sentences into one space: pictures are enrolled, or sentences; a probe is a picture's
/// file, and whatever is no file is a sentence.
struct CaptionKind: Kind {
  let inputs = "pictures and sentences"
  let embedder: CaptionEmbedder

  init?(_ embedder: any Embedder) {
    guard let embedder = embedder as? CaptionEmbedder else { return nil }
    self.embedder = embedder
  }

  func source(_ request: EnrollmentRequest) throws -> any EnrollmentSource {
    guard !request.paths.isEmpty else {
      throw ValidationError("Name pictures, folders of pictures, or a .txt file of sentences, a line each.")
    }
    let sentences = request.paths.filter(SentenceSource.isSentences)
    guard sentences.isEmpty || sentences.count == request.paths.count else {
      throw ValidationError("Enroll pictures and files of sentences in calls of their own.")
    }
    if !sentences.isEmpty {
      return try SentenceSource(
        paths: sentences, name: request.name, embedder: embedder, skipsBroken: request.skipsBroken,
        replaces: request.replaces)
    }
    return PictureSource(
      list: try EnrollmentList(paths: request.paths, name: request.name, isLooseOwn: true), embedder: embedder,
      skipsBroken: request.skipsBroken, replaces: request.replaces)
  }

  func doubt(about text: String) -> String? {
    guard !FileManager.default.fileExists(atPath: text), ProbeArgument.looksLikeFile(text) else { return nil }
    return "\(text): there is no such file, so it is taken as a sentence"
  }

  func answer(_ text: String, _ request: QueryRequest, from gallery: Gallery) throws -> Answer {
    let isFile = FileManager.default.fileExists(atPath: text)
    return try request.ask(gallery, .input(isFile ? .file(path: text) : .text(text)))
  }

  func evaluate(_ request: EvaluationRequest) throws -> any EvaluationOutcome {
    let bar = ProgressBar("Reading", unit: "pictures")
    let sheet = try CaptionSheet(path: request.data, skipsBroken: request.skipsBroken)
    let data = try CaptionedPictures(
      sheet, preprocessing: embedder.preprocessing, skipsBroken: request.skipsBroken
    ) { bar.update($0, of: $1) }
    bar.finish()
    let known = TrainedIdentities(card: embedder.specification.card)?.note(
      of: data.conceptNames, files: data.files,
      nouns: .init(names: "concepts", files: "pictures", unseen: "concepts never seen"))
    let report = try embedder.model.evaluate(on: data)
    return CaptionOutcome(
      report: report, skipped: data.skipped, skippedLines: sheet.skippedLines,
      notes: [
        known, Self.note(onUnknown: report),
        // What knows no word is wrong however few there are.
        report.unknownCaptions ?? 0 == 0 ? Self.note(onChoice: min(report.pictures, report.captions)) : nil,
      ].compactMap { $0 })
  }

  /// What the model can say nothing of.
  private static func note(onUnknown report: CaptionReport) -> String? {
    guard let count = report.unknownCaptions, count > 0 else { return nil }
    return "of \(count) of the \(report.captions) captions the model knows no word: "
      + (count == 1 ? "it finds nothing, and nothing finds it" : "they find nothing, and nothing finds them")
  }

  /// What figures say little of, where there is so little to choose from.
  private static func note(onChoice count: Int) -> String? {
    guard count <= 10 else { return nil }
    let given = [1, 5, 10].filter { $0 >= count }.map { "recall@\($0)" }.joined(separator: ", ")
    return "with \(count == 1 ? "one" : "\(count)") to choose from, \(given) \(count > 5 ? "is" : "are") 1 whatever "
      + "the model says: give more pictures with captions"
  }
}

/// The figures of both directions.
private struct CaptionOutcome: EvaluationOutcome {
  let report: CaptionReport
  let skipped: [LabelledInputs.Skipped]
  let skippedLines: Int
  let notes: [String]

  private enum CodingKeys: String, CodingKey {
    case skipped, notes
    case skippedLines = "skipped_lines"
  }

  var text: String {
    let broken = skipped.count + skippedLines
    let left = broken == 0 ? [] : ["left out \(broken) pictures or lines that are broken"]
    return (notes.map { "note: \($0)" } + [report.summary] + left).joined(separator: "\n")
  }

  func encode(to encoder: any Encoder) throws {
    try report.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(skipped, forKey: .skipped)
    try container.encode(skippedLines, forKey: .skippedLines)
    try container.encode(notes, forKey: .notes)
  }
}
