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
  let seed: UInt64
  let workers: Workers
  var seconds: Double?
  let onEvent: (WordTrainingEvent) -> Void

  func train() throws -> GapEncoder {
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
      bias: seen.map { Float(log($0 / seenTotal)) }, seed: seed, workers: workers)
    let clock = TrainingClock(total: corpus.tokenCount * settings.epochs, peak: 1, seconds: seconds)
    var random = SeededRandom(seed: seed).split(0x6472_6177)
    try corpus.withTokens { tokens in
      var batch = GapBatch(reach: settings.reach, border: Int32(words))
      for epoch in 1...settings.epochs where !clock.isOver {
        var (loss, examples) = (0.0, 0)
        for start in order(of: tokens.count, &random) {
          if clock.isOver { break }
          let range = start..<min(start + Self.stretch, tokens.count)
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
    return try training.encoder(correction: keep.map { Float(-log($0)) })
  }

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
