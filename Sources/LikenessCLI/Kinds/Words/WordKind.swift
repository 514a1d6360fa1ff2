import ArgumentParser
import Foundation
import Likeness
import LikenessEmbedders
import LikenessTraining

/// Models that embed words: the vocabulary is enrolled, an identity a word; probes are words, sums of words, and
/// sentences with a gap.
struct WordKind: Kind {
  let inputs = "words"
  let embedder: WordEmbedder

  init?(_ embedder: any Embedder) {
    guard let embedder = embedder as? WordEmbedder else { return nil }
    self.embedder = embedder
  }

  func source(_ request: EnrollmentRequest) throws -> any EnrollmentSource {
    guard request.paths.isEmpty, request.name == nil else {
      throw ValidationError("A model of words enrolls its vocabulary: give no path and no --as.")
    }
    return VocabularySource(embedder: embedder)
  }

  func answer(_ text: String, _ request: QueryRequest, from gallery: Gallery) throws -> Answer {
    let limit = request.words.vocabularyLimit ?? Self.vocabularyLimit
    if request.words.fill != nil {
      return try GapAnswer(embedder: embedder, limit: limit).answer(text, k: request.k, from: gallery)
    }
    let expression = try WordExpression(text)
    let asked = Set(try embedder.numbers(of: expression).map { embedder.model.words[$0] })
    let vector = try embedder.embed(.text(text))
    return try answer(vector, without: asked, limit: limit, request, from: gallery)
  }

  func evaluate(_ request: EvaluationRequest) throws -> any EvaluationOutcome {
    let check = try WordCheck(path: request.data, isGaps: request.words.gaps, seed: request.seed)
    let bar = ProgressBar("Filling", unit: "gaps")
    defer { bar.finish() }
    return try check.outcome(of: embedder.model, vocabularyLimit: request.words.vocabularyLimit) {
      bar.update($0, of: $1)
    }
  }

  /// Rare words have vectors that chance has placed: by default they are no answers.
  static let vocabularyLimit = 30_000

  /// Asks for more until k are left that are neither the probe's own words nor rare ones.
  private func answer(
    _ vector: [Float], without asked: Set<String>, limit: Int, _ request: QueryRequest, from gallery: Gallery
  ) throws -> Answer {
    var wider = request
    wider.k = request.k + asked.count
    while true {
      var answer = try wider.ask(gallery, .vector(vector))
      let found = answer.candidates.count
      answer.candidates.removeAll { candidate in
        asked.contains(candidate.identity)
          || embedder.model.number(of: candidate.identity).map { $0 >= limit } ?? false
      }
      if answer.candidates.count >= request.k || found < wider.k || wider.k >= answer.gallerySize.embeddings {
        answer.candidates = Array(answer.candidates.prefix(request.k))
        answer.note = note(without: asked, limit: limit, short: answer.candidates.count < request.k, answer.note)
        return answer
      }
      wider.k = min(wider.k * 4, max(answer.gallerySize.embeddings, wider.k + 1))
    }
  }

  private func note(without asked: Set<String>, limit: Int, short: Bool, _ note: String?) -> String {
    let words = embedder.model.words.count
    let among = limit < words ? "the \(limit) most frequent of \(words) words" : "all \(words) words"
    let own = "among \(among), the probe's own (\(asked.sorted().joined(separator: ", "))) left out"
    return short ? [own, note].compactMap { $0 }.joined(separator: "; ") : own
  }
}

/// A model's whole vocabulary.
private struct VocabularySource: EnrollmentSource {
  let noun = (one: "word", many: "words")
  let embedder: WordEmbedder

  func batch(for gallery: Gallery, progress: (Int, Int) -> Void) throws -> EnrollmentBatch {
    let known = Set(try gallery.identities().filter { $0.embeddings > 0 }.map(\.name))
    let model = embedder.model
    var batch = EnrollmentBatch()
    for (number, word) in model.words.enumerated() {
      if known.contains(word) {
        batch.alreadyEnrolled += 1
      } else {
        batch.enrollments.append(
          Enrollment(
            identity: word, vector: model.vector(number),
            attributes: ["count": .integer(Int64(model.counts[number])), "rank": .integer(Int64(number + 1))]))
      }
    }
    progress(model.words.count, model.words.count)
    return batch
  }
}

/// Words for a gap, those that the gallery holds.
private struct GapAnswer {
  let embedder: WordEmbedder
  let limit: Int

  func answer(_ sentence: String, k: Int, from gallery: Gallery) throws -> Answer {
    let info = try gallery.info()
    let size = Answer.GallerySize(identities: info.identities, embeddings: info.embeddings)
    var candidates: [Candidate] = []
    for filling in try embedder.fill(sentence, count: embedder.model.words.count, limit: limit) {
      guard candidates.count < k else { break }
      guard try gallery.identity(named: filling.word) != nil,
        let embedding = try gallery.embeddings(of: filling.word).first
      else { continue }
      candidates.append(
        Candidate(
          identity: filling.word, distance: 1 - filling.share, embedding: embedding.id, source: embedding.source))
    }
    let words = embedder.model.words.count
    let among = limit < words ? "the \(limit) most frequent of \(words) words" : "all \(words) words"
    var note = "ranked by the model's encoder of gaps among \(among); a distance here is 1 - the word's share"
    if let context = self.note(onContext: sentence) { note += "; " + context }
    return Answer(
      candidates: candidates, foundBy: .exact, gallerySize: size, embedder: embedder.specification.name, note: note)
  }

  /// What the encoder could not look at, or that it had nothing to look at.
  private func note(onContext sentence: String) -> String? {
    let unknown = embedder.model.unknownWords(in: sentence)
    guard !embedder.model.numbers(in: sentence).isEmpty else {
      return (unknown.isEmpty ? "there is no word beside the gap" : "the model knows no word beside the gap")
        + ": this is what stands anywhere"
    }
    guard !unknown.isEmpty else { return nil }
    let named = unknown.prefix(3).joined(separator: ", ")
    return "not known, and passed over: \(named)" + (unknown.count > 3 ? " and \(unknown.count - 3) others" : "")
  }
}
