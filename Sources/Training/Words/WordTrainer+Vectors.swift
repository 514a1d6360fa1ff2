import Foundation
import Networks

extension WordTrainer {
  /// word2vec's vectors and, unless they are wanted plain, what else a small corpus says of its words.
  func vectors(_ corpus: WordCorpus, _ rows: SkipGramRows, workers: Workers) throws -> [Float] {
    guard let join = settings.join, corpus.words.count > 4 * settings.dimension else { return rows.vectors }
    let words = corpus.words.count
    var sources = [WordJoin.Source(rows: rows.paddedVectors, width: rows.stride, weight: 1)]
    if join.components > 0, corpus.tokenCount <= WordSettings.Join.mostTokens {
      do {
        sources.append(
          .init(
            rows: try corpus.principalComponents(settings.dimension, seed: settings.seed, workers: workers),
            width: settings.dimension, weight: join.components))
      } catch is BaselineError {
        // A corpus whose words have so few neighbourhoods has nothing to add.
      }
    }
    if join.spelling > 0 {
      let forms = WordForms(corpus.words).explained(rows.unitVectors, width: rows.stride, workers)
      sources.append(.init(rows: forms, width: rows.stride, weight: join.spelling))
    }
    return try WordJoin(sources, words: words).vectors(dimension: settings.dimension)
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
  /// - Throws: `BaselineError` where the corpus is too small for so many directions.
  func principalComponents(_ dimension: Int, seed: UInt64, workers: Workers) throws -> [Float] {
    let counts = try CoOccurrence(self, words: words.count, window: Self.neighbourhood, workers: workers)
    var (vectors, values) = try counts.components(dimension, seed: seed, workers: workers)
    let scales = values.map { Float(pow($0, Self.componentPower)) }
    for row in stride(from: 0, to: vectors.count, by: dimension) {
      for k in 0..<dimension { vectors[row + k] *= scales[k] }
    }
    return vectors
  }
}
