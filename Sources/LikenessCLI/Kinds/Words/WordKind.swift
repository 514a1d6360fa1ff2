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
      return try GapAnswer(embedder: embedder, limit: limit, request: request).answer(text, from: gallery)
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
    wider.k = min(request.k, Int.max - asked.count) + asked.count
    while true {
      var answer = try wider.ask(gallery, .vector(vector))
      let found = answer.candidates.count
      answer.candidates.removeAll { candidate in
        asked.contains(candidate.identity)
          || embedder.model.number(of: candidate.identity).map { $0 >= limit } ?? false
      }
      if answer.candidates.count >= request.k || found < wider.k || wider.k >= answer.gallerySize.embeddings {
        answer.candidates = Array(answer.candidates.prefix(request.k))
        // What is left decides, not the probe's own words.
        if answer.decision != nil { answer.decision = answer.candidates.isEmpty ? .noMatch : .match }
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
  let request: QueryRequest

  func answer(_ sentence: String, from gallery: Gallery) throws -> Answer {
    let info = try gallery.info()
    let size = Answer.GallerySize(identities: info.identities, embeddings: info.embeddings)
    let allowed = try allowed(in: gallery, embeddings: info.embeddings)
    var candidates: [Candidate] = []
    var farther: String?
    for filling in try embedder.fill(sentence, count: embedder.model.words.count, limit: limit) {
      guard candidates.count < request.k else { break }
      var found = try allowed.map { $0[filling.word] ?? [] } ?? held(filling.word, in: gallery)
      guard !found.isEmpty else { continue }
      for place in found.indices { found[place].distance = 1 - filling.share }
      if let most = request.maxDistance, 1 - filling.share > most {
        farther = "the next is at \(1 - filling.share), beyond \(most)"
        break
      }
      candidates += found
    }
    candidates = Array(candidates.prefix(request.k))
    let words = embedder.model.words.count
    let among = limit < words ? "the \(limit) most frequent of \(words) words" : "all \(words) words"
    var note = "ranked by the model's encoder of gaps among \(among); a distance here is 1 - the word's share"
    if let context = self.note(onContext: sentence) { note += "; " + context }
    if let farther { note += "; " + farther }
    return Answer(
      candidates: candidates, foundBy: allowed == nil ? .exact : .filtered, gallerySize: size,
      embedder: embedder.specification.name,
      decision: request.maxDistance.map { _ in candidates.isEmpty ? .noMatch : .match }, note: note)
  }

  /// What meets the query's condition, by word; nil where it has none. The gallery itself is asked, with a probe that decides
  /// nothing, so that a condition means what it means in every query.
  private func allowed(in gallery: Gallery, embeddings: Int) throws -> [String: [Candidate]]? {
    guard let condition = request.condition else { return nil }
    let all = try gallery.query(
      .vector(embedder.model.vector(0)), k: max(1, embeddings), by: request.grouping, where: condition)
    return Dictionary(grouping: all.candidates, by: \.identity)
  }

  private func held(_ word: String, in gallery: Gallery) throws -> [Candidate] {
    guard try gallery.identity(named: word) != nil else { return [] }
    let embeddings = try gallery.embeddings(of: word).map {
      Candidate(identity: word, distance: 0, embedding: $0.id, source: $0.source)
    }
    return request.grouping == .identity ? Array(embeddings.prefix(1)) : embeddings
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
