import Foundation
import LikenessTraining
import Networks
import Testing

@Suite("Training words")
struct WordTrainerTests {
  private static func trainer(_ change: (inout WordTrainer) -> Void = { _ in }) -> WordTrainer {
    var trainer = WordTrainer()
    trainer.settings.dimension = 24
    trainer.settings.subsample = 0
    trainer.settings.epochs = 12
    trainer.gaps = nil
    trainer.workers = 1
    change(&trainer)
    return trainer
  }

  @Test(
    "forms that are the same step everywhere are found by arithmetic",
    arguments: [WordSettings.Method.cbow, .skipGram])
  func analogies(method: WordSettings.Method) throws {
    let file = try TextFile(SyntheticCorpora.grammar(kinds: 8, forms: 3, sentences: 4_000, seed: 3))
    let trained = try Self.trainer { $0.settings.method = method }.train(path: file.path)
    let questions = try Analogies(SyntheticCorpora.questions(kinds: 8))
    let report = try questions.evaluate(trained.model)
    #expect(report.answered == 56)
    #expect(report.accuracy > 0.9)
    #expect(report.sections["forms"]?.asked == 56)
  }

  @Test(
    "by flag the vectors are the same, bit for bit, on 1, 2 and 4 threads",
    arguments: [WordSettings.Method.cbow, .skipGram])
  func deterministic(method: WordSettings.Method) throws {
    let file = try TextFile(SyntheticCorpora.grammar(kinds: 8, forms: 3, sentences: 1_500, seed: 4))
    let files = try [1, 2, 4].map { workers in
      try Self.trainer {
        ($0.workers, $0.settings.isDeterministic, $0.settings.epochs) = (workers, true, 2)
        ($0.settings.method, $0.settings.subsample) = (method, 1e-2)
        $0.gaps = GapSettings()
        $0.gaps?.epochs = 1
      }.train(path: file.path).model.encoded()
    }
    #expect(files[0] == files[1])
    #expect(files[0] == files[2])
    let other = try Self.trainer {
      ($0.settings.isDeterministic, $0.settings.epochs, $0.settings.seed) = (true, 2, 2)
      ($0.settings.method, $0.settings.subsample) = (method, 1e-2)
    }.train(path: file.path)
    #expect(try other.model.vectors != WordModel(files[0]).vectors)
  }

  @Test("the loss, negatives included, falls while the vectors learn", arguments: [false, true])
  func loss(isDeterministic: Bool) throws {
    let file = try TextFile(SyntheticCorpora.grammar(kinds: 8, forms: 3, sentences: 2_000, seed: 3))
    let trained = try Self.trainer { $0.settings.isDeterministic = isDeterministic }.train(path: file.path)
    let losses = trained.epochs.map(\.loss)
    // Rows of zeros, before the first step, give ln 2 for each of 16 words.
    #expect(losses[0] < 16 * 0.7 && losses[0] > 2)
    #expect(try #require(losses.last) < losses[0] * 0.9)
  }

  @Test("in a fixed order the vectors are as good as in free order")
  func quality() throws {
    let file = try TextFile(SyntheticCorpora.grammar(kinds: 8, forms: 3, sentences: 4_000, seed: 3))
    let trained = try Self.trainer { $0.settings.isDeterministic = true }.train(path: file.path)
    #expect(try Analogies(SyntheticCorpora.questions(kinds: 8)).evaluate(trained.model).accuracy > 0.9)
  }

  @Test("the encoder fills gaps that no pair of neighbours tells")
  func gaps() throws {
    let file = try TextFile(SyntheticCorpora.agreement(kinds: 10, sentences: 3_000, seed: 5))
    let trained = try Self.trainer {
      $0.settings.epochs = 1
      var gaps = GapSettings()
      (gaps.dimension, gaps.hidden, gaps.subsample, gaps.drawn, gaps.batch) = (32, 64, 1, 32, 64)
      $0.gaps = gaps
    }.train(path: file.path)
    let held = try GapEvaluation(SyntheticCorpora.agreement(kinds: 10, sentences: 100, seed: 6))
    let report = try held.evaluate(trained.model)
    #expect(report.gaps == 600)
    #expect(report.figures.mrr > report.bigram.mrr + 0.1)
    #expect(report.bigram.mrr > report.unigram.mrr + 0.1)
    // Only the thing is chance.
    #expect(report.figures.mrr > 0.8)
  }

  @Test("where training joined a phrase, sentences with gaps are measured with it joined")
  func phraseGaps() throws {
    let file = try TextFile(SyntheticCorpora.phrase(sentences: 4_000, seed: 5))
    let trained = try Self.trainer {
      ($0.phrases, $0.settings.epochs) = (true, 1)
      var gaps = GapSettings()
      (gaps.dimension, gaps.hidden, gaps.subsample, gaps.drawn, gaps.batch) = (32, 64, 1, 32, 64)
      $0.gaps = gaps
    }.train(path: file.path)
    try #require(trained.model.number(of: "lor_wen") != nil)
    #expect(trained.model.number(of: "lor") == nil)
    let report = try GapEvaluation("lor wen eats fish\nLor Wen eats fish.").evaluate(trained.model)
    #expect(report.unknown == 0)
    #expect(report.gaps == 6)
    // What is eaten follows from the phrase, and hay is eaten more often.
    let eaten = try GapEvaluation("fillera lor wen eats fish fillerb").evaluate(trained.model)
    #expect(eaten.gaps == 5 && eaten.figures.hitAt10 > 0.5)
  }

  @Test("principal components of the neighbourhoods tell topics apart")
  func components() throws {
    let file = try TextFile(SyntheticCorpora.grammar(kinds: 8, forms: 3, sentences: 4_000, seed: 7))
    let components = try Self.trainer { $0.settings.epochs = 1 }.train(path: file.path).principalComponents()
    func cosine(_ a: String, _ b: String) throws -> Float {
      let (a, b) = (try #require(components.vector(of: a)), try #require(components.vector(of: b)))
      return zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
    }
    #expect(try cosine("topicaa", "topicab") > cosine("topicaa", "topicbb") + 0.3)
  }

  @Test("a model's file gives the same model back, and the same bytes")
  func file() throws {
    let file = try TextFile(SyntheticCorpora.grammar(kinds: 3, forms: 2, sentences: 500, seed: 8))
    let trained = try Self.trainer {
      $0.settings.epochs = 1
      $0.gaps = GapSettings()
      $0.gaps?.epochs = 1
    }.train(path: file.path)
    let bytes = try trained.model.encoded()
    let again = try WordModel(bytes)
    #expect(again.words == trained.model.words)
    #expect(again.counts == trained.model.counts)
    #expect(again.vectors == trained.model.vectors)
    #expect(again.bigrams?.counts == trained.model.bigrams?.counts)
    #expect(try again.encoded() == bytes)
  }

  @Test("a damaged file is refused, whatever is damaged")
  func damaged() throws {
    let file = try TextFile(SyntheticCorpora.grammar(kinds: 3, forms: 2, sentences: 200, seed: 8))
    let bytes = try Self.trainer {
      $0.settings.epochs = 1
      $0.gaps = GapSettings()
      $0.gaps?.epochs = 1
    }.train(path: file.path).model.encoded()
    for cut in [0, 7, 100, bytes.count / 2, bytes.count - 1] {
      #expect(throws: ModelFileError.self) { try WordModel(bytes.prefix(cut)) }
    }
    var random = SeededRandom(seed: 1)
    for _ in 0..<80 {
      var copy = bytes
      for _ in 0..<3 {
        copy[copy.startIndex + Int(random.uniform() * Double(copy.count))] = UInt8(truncatingIfNeeded: random.next())
      }
      // Some damage leaves a sound model; none may end the process.
      if let model = try? WordModel(copy) { #expect(model.words.count > 0) }
    }
  }

  @Test("a corpus of a dozen words, which has few neighbourhoods, trains as well")
  func tiny() throws {
    let file = try TextFile(SyntheticCorpora.agreement(kinds: 2, sentences: 100, seed: 2))
    let trained = try Self.trainer { $0.settings.dimension = 3 }.train(path: file.path)
    #expect(trained.model.words.count == trained.corpus.words.count)
    #expect(trained.model.dimension == 3)
  }

  @Test(
    "windows are whole where sums are made in a fixed order, too, however few words a piece of that has",
    arguments: [WordSettings.Method.cbow, .skipGram])
  func wholeWindows(method: WordSettings.Method) throws {
    // A few words, each met often: a piece is a word or two.
    let file = try TextFile(SyntheticCorpora.grammar(kinds: 8, forms: 3, sentences: 4_000, seed: 3))
    let trained = try Self.trainer {
      ($0.settings.method, $0.settings.isDeterministic, $0.settings.join) = (method, true, nil)
    }.train(path: file.path)
    #expect(trained.epochs.allSatisfy { $0.loss > 0 })
    #expect(try Analogies(SyntheticCorpora.questions(kinds: 8)).evaluate(trained.model).accuracy > 0.8)
  }

  @Test("a corpus with a word a line has nothing to learn from, which is said")
  func alone() throws {
    let words = (0..<40).map { "w" + String(repeating: "a", count: $0 + 1) }
    let file = try TextFile((words + words + words).joined(separator: "\n"))
    for isDeterministic in [false, true] {
      let error = #expect(throws: WordTrainingError.self) {
        try Self.trainer {
          ($0.settings.dimension, $0.settings.isDeterministic, $0.minimumCount) = (4, isDeterministic, 1)
        }.train(path: file.path)
      }
      #expect(error == .noNeighbours)
    }
  }

  @Test("a subsampling that leaves nothing to learn from is refused; none at all is not")
  func nothingLeft() throws {
    let file = try TextFile(SyntheticCorpora.agreement(kinds: 2, sentences: 100, seed: 2))
    let error = #expect(throws: WordTrainingError.self) {
      try Self.trainer { ($0.settings.dimension, $0.settings.subsample) = (3, 1e-30) }.train(path: file.path)
    }
    #expect(error?.description.contains("not one of") == true, "\(String(describing: error))")
  }

  @Test("what there is no time for is left out and said: no encoder without a step, no loss of nothing")
  func noTime() throws {
    let file = try TextFile(SyntheticCorpora.grammar(kinds: 8, forms: 3, sentences: 1_500, seed: 8))
    let path = NSTemporaryDirectory() + "likeness-words-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: path) }
    let trained = try Self.trainer {
      ($0.gaps, $0.minutes, $0.settings.dimension, $0.checkpoints) = (GapSettings(), 1e-9, 4, path)
    }.train(path: file.path)
    #expect(trained.model.gaps == nil && trained.card.gaps == nil && trained.card.losses["gaps"] == nil)
    #expect(trained.epochs.map(\.stage) == ["vectors"])
    #expect(trained.epochs.allSatisfy { $0.loss > 0 && $0.wordsPerSecond < 1e8 })
    let notes = trained.card.notes ?? []
    for said in [
      "the encoder of gaps was left out", "principal components and spelling were not joined", "the vectors saw ",
    ] {
      #expect(notes.contains { $0.contains(said) }, "\(notes)")
    }
    #expect(try WordModel(trained.model.encoded()).gaps == nil)
    // Where there is time for all there is nothing to say.
    let whole = try Self.trainer { $0.gaps = GapSettings() }.train(path: file.path)
    #expect(whole.card.notes == nil && whole.model.gaps != nil)
  }

  @Test("time that is given is kept, and the model is whole")
  func minutes() throws {
    let file = try TextFile(SyntheticCorpora.grammar(kinds: 8, forms: 3, sentences: 2_000, seed: 3))
    let trained = try Self.trainer { ($0.settings.epochs, $0.minutes) = (10_000, 0.02) }.train(path: file.path)
    #expect(trained.epochs.count < 10_000)
    #expect(try WordModel(trained.model.encoded()).words.count == trained.corpus.words.count)
  }
}
