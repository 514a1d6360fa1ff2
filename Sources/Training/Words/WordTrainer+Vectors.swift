import Foundation
import Networks

extension WordTrainer {
  /// What of a corpus is joined to word2vec's vectors.
  struct Joined: Codable {
    var components: Bool
    var spelling: Bool

    /// What was left out of it for want of time, as a sentence; nil where nothing was.
    func note(wanted: Joined) -> String? {
      let missing = [
        wanted.components && !components ? "principal components" : nil,
        wanted.spelling && !spelling ? "spelling" : nil,
      ].compactMap { $0 }
      if missing.isEmpty { return nil }
      let isOne = missing == ["spelling"]
      return "\(missing.joined(separator: " and ")) \(isOne ? "was" : "were") not joined to the vectors: there was no "
        + "time (--minutes) for \(isOne ? "it" : "them")"
    }
  }

  /// word2vec's vectors and, unless they are wanted plain, what else a small corpus says of its words.
  ///
  /// - Parameters:
  ///   - folder: keeps what there was time for, for a training that is resumed.
  ///   - deadline: what is not ready by then is left out; nil for none.
  /// - Returns: the vectors, and what is to be said of them.
  func vectors(
    _ corpus: WordCorpus, _ rows: SkipGramRows, workers: Workers, keeping folder: CheckpointFolder?,
    by deadline: Deadline?
  ) throws -> (vectors: [Float], note: String?) {
    guard let join = settings.join, corpus.words.count > 4 * settings.dimension else { return (rows.vectors, nil) }
    let wanted = Joined(
      components: join.components > 0 && corpus.tokenCount <= WordSettings.Join.mostTokens, spelling: join.spelling > 0)
    var found: [WordJoin.Source]?
    func decide() throws -> Joined {
      let (sources, joined) = try sources(wanted, join, corpus, rows, workers: workers, by: deadline)
      found = sources
      return joined
    }
    let joined = try deadline == nil ? wanted : folder?.settled("join", decide) ?? decide()
    let others = try found ?? sources(joined, join, corpus, rows, workers: workers, by: nil).sources
    let note = joined.note(wanted: wanted)
    // Word2vec's alone are not worth turning where there was no time for others.
    if others.isEmpty, note != nil { return (rows.vectors, note) }
    let own = WordJoin.Source(rows: rows.paddedVectors, width: rows.stride, weight: 1)
    return (
      try WordJoin([own] + others, words: corpus.words.count).vectors(dimension: settings.dimension), note
    )
  }

  private func sources(
    _ wanted: Joined, _ join: WordSettings.Join, _ corpus: WordCorpus, _ rows: SkipGramRows, workers: Workers,
    by deadline: Deadline?
  ) throws -> (sources: [WordJoin.Source], joined: Joined) {
    var sources: [WordJoin.Source] = []
    var joined = wanted
    if wanted.components {
      do {
        sources.append(
          .init(
            rows: try corpus.principalComponents(
              settings.dimension, seed: settings.seed, workers: workers, by: deadline),
            width: settings.dimension, weight: join.components))
      } catch is BaselineError {
        // A corpus whose words have so few neighbourhoods has nothing to add.
      } catch is Deadline.Passed {
        joined.components = false
      }
    }
    if wanted.spelling {
      do {
        try deadline?.check()
        let forms = try WordForms(corpus.words).explained(
          rows.unitVectors, width: rows.stride, workers, by: deadline)
        sources.append(.init(rows: forms, width: rows.stride, weight: join.spelling))
      } catch is Deadline.Passed {
        joined.spelling = false
      }
    }
    return (sources, joined)
  }
}

extension WordCorpus {
  /// How far apart words are neighbours.
  static let neighbourhood = 16
  /// The power of a component's singular value that scales it: 1 is their true size, 0 makes all alike.
  private static let componentPower = 0.25

  /// Principal components of the words' neighbourhoods, as positive pointwise mutual information of words up to 16 apart;
  /// each scaled by the fourth root of its singular value (Levy, Goldberg & Dagan 2015 on such powers).
  ///
  /// - Returns: `[words, dimension]`.
  /// - Throws: `BaselineError` where the corpus is too small for so many directions; `Deadline.Passed`.
  func principalComponents(
    _ dimension: Int, seed: UInt64, workers: Workers, by deadline: Deadline? = nil
  ) throws -> [Float] {
    let counts = try CoOccurrence(
      self, words: words.count, window: Self.neighbourhood, workers: workers, by: deadline)
    var (vectors, values) = try counts.components(dimension, seed: seed, workers: workers, by: deadline)
    let scales = values.map { Float(pow($0, Self.componentPower)) }
    for row in stride(from: 0, to: vectors.count, by: dimension) {
      for k in 0..<dimension { vectors[row + k] *= scales[k] }
    }
    return vectors
  }
}
