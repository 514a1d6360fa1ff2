import Foundation
import Networks

/// An encoder of gaps that learns from a corpus an epoch at a time.
struct GapLearner: Learner {
  let corpus: WordCorpus
  let settings: GapSettings
  let seed: UInt64
  let workers: Workers
  private let keep: [Double]
  private let expected: [Float]
  private let alias: AliasTable
  private let training: GapTraining
  private var random: SeededRandom
  private var batch: GapBatch
  private var isOver = false

  /// - Parameter start: vectors that the encoder's begin with, `[words, width]`; nil for random ones.
  init(
    corpus: WordCorpus, settings: GapSettings, start: (rows: [Float], width: Int)?, seed: UInt64, workers: Workers
  ) {
    (self.corpus, self.settings, self.seed, self.workers) = (corpus, settings, seed, workers)
    let words = corpus.words.count
    let total = Double(corpus.tokenCount)
    let shares = corpus.counts.map { Double($0) / total }
    let keep = shares.map { min(1, (settings.subsample / $0).squareRoot()) }
    // Seen through the subsampling, frequent words are rarer by what is left out.
    let seen = zip(shares, keep).map { $0 * $1 }
    let seenTotal = seen.reduce(0, +)
    let drawing = seen.map { pow($0, 0.75) }
    let drawingTotal = drawing.reduce(0, +)
    alias = AliasTable(drawing)
    expected = drawing.map { Float(log(Double(settings.drawn) * $0 / drawingTotal)) }
    self.keep = keep
    training = GapTraining(
      .init(words: words, reach: settings.reach, dimension: settings.dimension, hidden: settings.hidden),
      bias: seen.map { Float(log($0 / seenTotal)) },
      start: Self.startingRows(start, words: words, width: settings.dimension, seed: seed), seed: seed,
      workers: workers)
    random = SeededRandom(seed: seed).split(0x6472_6177)
    batch = GapBatch(reach: settings.reach, border: Int32(words))
  }

  mutating func learn(
    _ place: inout TrainingPlace, clock: TrainingClock, onEvent: (TrainingEvent) -> Void
  ) throws -> WordEpochRecord {
    let clock = CorpusClock(
      total: corpus.tokenCount * settings.epochs, done: place.step, peak: 1, clock: clock)
    var (loss, examples) = (0.0, 0)
    try corpus.withTokens { tokens in
      for start in order(of: tokens.count, &random) {
        // One step in any case: nothing can be said of none.
        if clock.isOver, examples > 0 { break }
        let range = start..<min(start + Self.stretch, tokens.count)
        if Self.isAside(start) { continue }
        for place in range where tokens[place] >= 0 {
          guard random.uniform() < keep[Int(tokens[place])] else { continue }
          batch.append(tokens, place)
          guard batch.truths.count == settings.batch else { continue }
          let drawn = (0..<settings.drawn).map { _ in alias.draw(&random) }
          let rate = clock.rate
          loss += training.step(
            contexts: batch.contexts, truths: batch.truths, drawn: drawn, expected: expected,
            rowRate: Float(settings.rowRate * rate), rate: Float(settings.rate * rate))
          examples += batch.truths.count
          batch.removeAll()
        }
        clock.advance(range.count)
        onEvent(clock.event(loss: loss / Double(max(1, examples))))
      }
    }
    place.step = max(1, clock.done)
    guard loss.isFinite else {
      throw TrainingError.lossNotFinite(step: place.step, epoch: place.epoch, kept: nil)
    }
    place.progress = clock.isOver || place.epoch >= settings.epochs ? 1 : Double(place.epoch) / Double(settings.epochs)
    isOver = place.progress >= 1
    return WordEpochRecord(
      stage: "gaps", epoch: place.epoch, loss: loss / Double(max(1, examples)), rate: settings.rate * clock.rate,
      wordsPerSecond: Double(min(corpus.tokenCount * place.epoch, clock.done)) / max(clock.elapsed, 1e-9),
      seconds: clock.elapsed)
  }

  /// Nothing steers: the last is kept.
  mutating func prefers(_ epoch: WordEpochRecord, to kept: WordEpochRecord?, at place: TrainingPlace) -> Bool { true }

  func isStale(epochs: Int, at place: TrainingPlace) -> Bool { false }

  /// The encoder as it is, and how much neighbouring pairs count beside it.
  func finished() throws -> (encoder: GapEncoder, mix: Float) {
    let encoder = try training.encoder(correction: keep.map { Float(-log($0)) })
    return (encoder, try mix(encoder))
  }

  /// The first values of the vectors given, of mean length 1; small random ones where there are fewer than wanted.
  private static func startingRows(
    _ start: (rows: [Float], width: Int)?, words: Int, width: Int, seed: UInt64
  ) -> [Float]? {
    guard let start else { return nil }
    var random = SeededRandom(seed: seed).split(0x7374_6172)
    let noise = 0.1 / Double(width).squareRoot()
    var rows = (0..<words * width).map { _ in Float(random.uniform(-noise, noise)) }
    for word in 0..<words {
      for i in 0..<min(width, start.width) { rows[word * width + i] = start.rows[word * start.width + i] }
    }
    let length = rows.reduce(0.0) { $0 + Double($1) * Double($1) }
    let scale = Float((Double(words) / max(length, 1e-30)).squareRoot())
    for i in rows.indices { rows[i] *= scale }
    return rows
  }

  /// The proportion of encoder and neighbouring pairs that ranks best where neither has looked.
  private func mix(_ encoder: GapEncoder) throws -> Float {
    let counts = try BigramCounts(corpus, leavingOut: Self.isAside)
    let ranker = GapRanker(encoder, BigramModel(counts, words: corpus.words.count), mix: 0)
    let gaps = try corpus.withTokens { asideGaps($0) }
    if gaps.isEmpty { return 0 }
    var sums = [Double](repeating: 0, count: Self.mixes.count)
    for start in stride(from: 0, to: gaps.count, by: 100) {
      let block = Array(gaps[start..<min(start + 100, gaps.count)])
      let own = ranker.encoderScores(block, workers: workers)
      let pairs = ranker.pairScores(block, workers: workers)
      let ranks = workers.map(Array(block.indices)) { row in
        let truth = Int(block[row].sentence[block[row].place])
        return Self.mixes.map { mix in
          GapEvaluation.rank(of: truth, in: zip(own[row], pairs[row]).map { $0 + mix * $1 })
        }
      }
      for row in ranks {
        for (place, rank) in row.enumerated() { sums[place] += 1 / Double(rank) }
      }
    }
    return Self.mixes[sums.indices.max { sums[$0] < sums[$1] } ?? 0]
  }

  /// Gaps of the part that was set aside, evenly drawn.
  private func asideGaps(_ tokens: UnsafeBufferPointer<Int32>) -> [Gap] {
    let aside = tokens.indices.filter { tokens[$0] >= 0 && Self.isAside($0) }
    let step = max(1, aside.count / Self.mostAside)
    return stride(from: step / 2, to: aside.count, by: step).map { index in
      let place = aside[index]
      var (first, last) = (place, place)
      // Beyond what any encoder looks at, a sentence is as good as ended.
      while first > 0, tokens[first - 1] >= 0, place - first < 32 { first -= 1 }
      while last + 1 < tokens.count, tokens[last + 1] >= 0, last - place < 32 { last += 1 }
      return Gap(sentence: Array(tokens[first...last]), place: place - first, hidesWord: true)
    }
  }

  private static let mixes: [Float] = [0, 0.1, 0.2, 0.35, 0.5, 0.7, 1, 1.5]
  private static let mostAside = 1_000
  /// One stretch in so many is set aside.
  private static let asideEvery = 50

  private static func isAside(_ place: Int) -> Bool { place / stretch % asideEvery == asideEvery / 2 }

  /// Tokens that are read one after another: neighbouring stretches of a corpus are of one subject, and stand apart in
  /// an epoch.
  private static let stretch = 512

  private func order(of count: Int, _ random: inout SeededRandom) -> [Int] {
    var starts = Array(stride(from: 0, to: count, by: Self.stretch))
    for i in stride(from: starts.count - 1, to: 0, by: -1) {
      starts.swapAt(i, Int(random.uniform() * Double(i + 1)))
    }
    return starts
  }
}

extension GapLearner {
  /// What is no tensor of it.
  struct State: Sendable, Codable {
    var random: SeededRandom
    var batch: GapBatch
  }

  var state: State { State(random: random, batch: batch) }
  var tensors: [String: [String: Tensor]] { ["gaps": training.state] }
  var weights: [String: Tensor] { isOver ? training.state : [:] }

  mutating func restore(_ tensors: [String: [String: Tensor]], _ state: State) throws {
    let words = Int32(corpus.words.count)
    guard state.batch.contexts.count == state.batch.truths.count * 2 * settings.reach,
      state.batch.truths.count < settings.batch, state.batch.reach == settings.reach, state.batch.border == words,
      state.batch.truths.allSatisfy({ (0..<words).contains($0) }),
      state.batch.contexts.allSatisfy({ (0...words).contains($0) })
    else { throw NetworkError("the order of words belongs to another corpus") }
    try restore(tensors["gaps"] ?? [:])
    (random, batch) = (state.random, state.batch)
  }

  /// Takes over the ``weights`` of a training that is finished.
  func restore(_ weights: [String: Tensor]) throws { try training.restore(weights) }
}

/// Gaps that are collected until they fill a batch.
struct GapBatch: Sendable, Codable {
  let reach: Int
  let border: Int32
  private(set) var contexts: [Int32] = []
  private(set) var truths: [Int32] = []

  init(reach: Int, border: Int32) {
    (self.reach, self.border) = (reach, border)
  }

  mutating func append(_ tokens: UnsafeBufferPointer<Int32>, _ place: Int) {
    var left = [Int32](repeating: border, count: reach)
    for distance in 1...reach {
      guard place - distance >= 0, tokens[place - distance] >= 0 else { break }
      left[reach - distance] = tokens[place - distance]
    }
    contexts += left
    var isOutside = false
    for distance in 1...reach {
      isOutside = isOutside || place + distance >= tokens.count || tokens[place + distance] < 0
      contexts.append(isOutside ? border : tokens[place + distance])
    }
    truths.append(tokens[place])
  }

  mutating func removeAll() {
    contexts.removeAll(keepingCapacity: true)
    truths.removeAll(keepingCapacity: true)
  }
}

extension AliasTable {
  /// A value of the distribution.
  func draw(_ random: inout SeededRandom) -> Int32 {
    let bits = random.next()
    let place = Int(((bits >> 32) &* UInt64(chance.count)) >> 32)
    return UInt32(truncatingIfNeeded: bits) < chance[place] ? Int32(place) : other[place]
  }
}
