import Foundation
import Networks

/// How an encoder of gaps is trained beside word vectors.
public struct GapSettings: Sendable, Hashable, Codable {
  /// How many words on either side are looked at.
  public var reach = 4
  /// Values a vector of the encoder's own, a multiple of 16.
  public var dimension = 96
  /// Hidden units.
  public var hidden = 256
  /// Words drawn for a batch, a multiple of 16.
  public var drawn = 512
  /// Gaps a batch.
  public var batch = 256
  /// Passes over the corpus.
  public var epochs = 4
  /// Gaps of words more frequent than this share are left out in part, and made up for afterwards.
  public var subsample = 3e-4
  /// The peak rate of the embedding's AdaGrad.
  public var rowRate = 0.1
  /// The peak rate of the layers' AdamW.
  public var rate = 2e-3

  /// Settings as they are by default.
  public init() {}
}

/// One training of an encoder of gaps on a corpus.
struct GapRun {
  let corpus: WordCorpus
  let settings: GapSettings
  /// Vectors that the encoder's begin with, `[words, width]`.
  let start: (rows: [Float], width: Int)?
  let seed: UInt64
  let workers: Workers
  var seconds: Double?
  let onEvent: (WordTrainingEvent) -> Void

  func train() throws -> (encoder: GapEncoder, mix: Float) {
    let words = corpus.words.count
    let total = Double(corpus.tokenCount)
    let shares = corpus.counts.map { Double($0) / total }
    let keep = shares.map { min(1, (settings.subsample / $0).squareRoot()) }
    // Seen through the subsampling, frequent words are rarer by what is left out.
    let seen = zip(shares, keep).map { $0 * $1 }
    let seenTotal = seen.reduce(0, +)
    let drawing = seen.map { pow($0, 0.75) }
    let drawingTotal = drawing.reduce(0, +)
    let alias = AliasTable(drawing)
    let expected = drawing.map { Float(log(Double(settings.drawn) * $0 / drawingTotal)) }
    let training = GapTraining(
      .init(words: words, reach: settings.reach, dimension: settings.dimension, hidden: settings.hidden),
      bias: seen.map { Float(log($0 / seenTotal)) }, start: startingRows(), seed: seed, workers: workers)
    let clock = CorpusClock(total: corpus.tokenCount * settings.epochs, peak: 1, seconds: seconds)
    var random = SeededRandom(seed: seed).split(0x6472_6177)
    try corpus.withTokens { tokens in
      var batch = GapBatch(reach: settings.reach, border: Int32(words))
      for epoch in 1...settings.epochs where !clock.isOver {
        var (loss, examples) = (0.0, 0)
        for start in order(of: tokens.count, &random) {
          if clock.isOver { break }
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
          onEvent(
            .progress(stage: "gaps", done: clock.done, of: clock.total, loss: loss / Double(max(1, examples))))
        }
        guard loss.isFinite else { throw WordTrainingError.notFinite(epoch: epoch) }
        onEvent(
          .epoch(
            WordEpochRecord(
              stage: "gaps", epoch: epoch, loss: loss / Double(max(1, examples)), rate: settings.rate * clock.rate,
              wordsPerSecond: Double(corpus.tokenCount * epoch) / max(clock.elapsed, 1e-9), seconds: clock.elapsed)))
      }
    }
    let encoder = try training.encoder(correction: keep.map { Float(-log($0)) })
    return (encoder, try mix(encoder))
  }

  /// The first values of the vectors given, of mean length 1; small random ones where there are fewer than wanted.
  private func startingRows() -> [Float]? {
    guard let start else { return nil }
    let (words, width) = (corpus.words.count, settings.dimension)
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

/// Gaps that are collected until they fill a batch.
private struct GapBatch {
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
