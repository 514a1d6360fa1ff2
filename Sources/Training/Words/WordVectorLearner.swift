import CNetworks
import Foundation
import Networks
import Synchronization

/// word2vec's two matrices, learned from a corpus an epoch at a time.
struct WordVectorLearner: Learner {
  let corpus: WordCorpus
  let settings: WordSettings
  let workers: Workers
  private(set) var rows: SkipGramRows
  private var isOver = false

  init(corpus: WordCorpus, settings: WordSettings, workers: Workers) {
    (self.corpus, self.settings, self.workers) = (corpus, settings, workers)
    rows = SkipGramRows(counts: corpus.counts, settings: settings)
  }

  /// Tokens a piece where threads write freely.
  private static let freePiece = 4_096
  /// Pieces of a batch where the order of sums is fixed.
  private static let pieces = 8
  /// Tokens a piece at most.
  private static let longestPiece = 256
  /// How often a row may be met in a batch, on average. All gradients of a batch are taken at the same weights: with
  /// more, the sums for frequent words overshoot.
  private static let mostMeetings = 100.0

  /// Tokens a piece: it follows from corpus and settings, as it decides the result.
  private var orderedPiece: Int {
    let total = Double(corpus.tokenCount)
    let weights = corpus.counts.map { pow(Double($0), 0.75) }
    let drawn = weights.reduce(0, +)
    let reach = Double(settings.reach + 1)
    // A token's examples: one a window, or one a word of it.
    let examples = settings.method == .skipGram ? reach : 1
    let meetings = zip(corpus.counts, weights).map { count, weight in
      let share = Double(count) / total
      let kept = settings.kept(ofShare: share)
      return Double(settings.drawn) * examples * weight / drawn + share * kept * (examples + reach)
    }
    let batch = Self.mostMeetings / (meetings.max() ?? 1)
    return max(1, min(Self.longestPiece, Int(batch) / Self.pieces))
  }

  mutating func learn(
    _ place: inout TrainingPlace, clock: TrainingClock, onEvent: (TrainingEvent) -> Void
  ) throws -> WordEpochRecord {
    let epoch = place.epoch - 1
    let total = try corpus.withTokens { $0.count } * settings.epochs
    let clock = CorpusClock(total: total, done: place.step, peak: settings.peakRate, clock: clock)
    let (loss, examples) = try corpus.withTokens { tokens in
      rows.withDescription { description in
        settings.isDeterministic
          ? ordered(description, tokens, epoch: epoch, clock, onEvent)
          : free(description, tokens, epoch: epoch, clock, onEvent)
      }
    }
    place.step = clock.done
    guard loss.isFinite else {
      throw TrainingError.lossNotFinite(step: place.step, epoch: place.epoch, kept: nil)
    }
    place.progress =
      clock.isOver || place.epoch >= settings.epochs ? 1 : min(1, Double(clock.done) / Double(max(1, total)))
    isOver = place.progress >= 1
    return WordEpochRecord(
      stage: "vectors", epoch: place.epoch, loss: loss / Double(max(1, examples)), rate: clock.rate,
      wordsPerSecond: Double(min(corpus.tokenCount * place.epoch, clock.done)) / max(clock.elapsed, 1e-9),
      seconds: clock.elapsed)
  }

  /// Nothing steers: the last is kept.
  mutating func prefers(_ epoch: WordEpochRecord, to kept: WordEpochRecord?, at place: TrainingPlace) -> Bool { true }

  func isStale(epochs: Int, at place: TrainingPlace) -> Bool { false }

  /// Threads take pieces and write into the matrices without locks.
  private func free(
    _ description: UnsafePointer<cn_words>, _ tokens: UnsafeBufferPointer<Int32>, epoch: Int, _ clock: CorpusClock,
    _ onEvent: (TrainingEvent) -> Void
  ) -> (loss: Double, examples: Int) {
    let pieces = (tokens.count + Self.freePiece - 1) / Self.freePiece
    let memories = (0..<min(workers.count, max(1, pieces))).map { _ in
      WordExamples(tokens: Self.freePiece, rows: rows)
    }
    let sums = Mutex((loss: 0.0, examples: 0))
    workers.forEach(pieces) { piece, worker in
      // The first in any case: nothing can be said of none.
      if clock.isOver, piece > 0 { return }
      let range = piece * Self.freePiece..<min((piece + 1) * Self.freePiece, tokens.count)
      let memory = memories[worker]
      var random = Self.stream(settings.seed, epoch: epoch, piece: piece)
      memory.draw(description, tokens[range], &random)
      var examples = memory.examples
      let loss = cn_words_step(description, &examples, 0, memory.count, Float(clock.rate), memory.spare)
      clock.advance(range.count)
      let mean = sums.withLock { sums in
        sums.loss += loss
        sums.examples += memory.count
        return sums.loss / Double(max(1, sums.examples))
      }
      if worker == 0 { onEvent(clock.event(loss: mean)) }
    }
    return sums.withLock { $0 }
  }

  /// Batches: gradients of all pieces at the weights as they are, then every row's sum in the pieces' order.
  private func ordered(
    _ description: UnsafePointer<cn_words>, _ tokens: UnsafeBufferPointer<Int32>, epoch: Int, _ clock: CorpusClock,
    _ onEvent: (TrainingEvent) -> Void
  ) -> (loss: Double, examples: Int) {
    let size = orderedPiece
    let memories = (0..<Self.pieces).map { _ in OrderedPiece(tokens: size, rows: rows) }
    var (loss, count) = (0.0, 0)
    var start = 0
    while start < tokens.count, start == 0 || !clock.isOver {
      let batch = start..<min(start + Self.pieces * size, tokens.count)
      let rate = Float(clock.rate)
      workers.forEach(Self.pieces) { piece, _ in
        let first = min(batch.lowerBound + piece * size, batch.upperBound)
        let part = first..<min(first + size, batch.upperBound)
        var random = Self.stream(settings.seed, epoch: epoch, piece: first / size)
        memories[piece].gradient(description, tokens[part], rate, &random)
      }
      workers.forEach(workers.count) { share, _ in
        for memory in memories { memory.apply(description, share: share, of: workers.count) }
      }
      for memory in memories {
        loss += memory.loss
        count += memory.examples.count
      }
      clock.advance(batch.count)
      start = batch.upperBound
      onEvent(clock.event(loss: loss / Double(max(1, count))))
    }
    return (loss, count)
  }

  private static func stream(_ seed: UInt64, epoch: Int, piece: Int) -> UInt64 {
    var random = SeededRandom(seed: seed).split(UInt64(epoch)).split(UInt64(piece))
    return random.next()
  }
}

/// A piece of a batch: its examples, and what they would change.
private final class OrderedPiece: @unchecked Sendable {
  // Unchecked: one worker writes at a time, and all read afterwards.

  let examples: WordExamples
  private(set) var loss = 0.0
  private let hidden: UnsafeMutablePointer<Float>
  private let error: UnsafeMutablePointer<Float>
  private let slope: UnsafeMutablePointer<Float>

  init(tokens: Int, rows: SkipGramRows) {
    examples = WordExamples(tokens: tokens, rows: rows)
    hidden = .allocate(capacity: examples.capacity * rows.stride)
    error = .allocate(capacity: examples.capacity * rows.stride)
    slope = .allocate(capacity: examples.capacity * (rows.negatives + 1))
  }

  deinit {
    hidden.deallocate()
    error.deallocate()
    slope.deallocate()
  }

  func gradient(
    _ rows: UnsafePointer<cn_words>, _ tokens: UnsafeBufferPointer<Int32>.SubSequence, _ rate: Float,
    _ random: inout UInt64
  ) {
    examples.draw(rows, tokens, &random)
    var drawn = examples.examples
    loss = cn_words_gradient(rows, &drawn, 0, drawn.count, rate, hidden, error, slope)
  }

  func apply(_ rows: UnsafePointer<cn_words>, share: Int, of shares: Int) {
    var drawn = examples.examples
    cn_words_apply(rows, &drawn, drawn.count, hidden, error, slope, Int32(share), Int32(shares))
  }
}

extension WordVectorLearner {
  /// Everything chance decides follows from the seed, the epoch and the place in the corpus.
  struct State: Sendable, Codable {}

  var state: State { State() }
  var tensors: [String: [String: Tensor]] { ["rows": rows.state] }
  var weights: [String: Tensor] { isOver ? rows.state : [:] }

  mutating func restore(_ tensors: [String: [String: Tensor]], _ state: State) throws {
    try rows.restore(tensors["rows"] ?? [:])
  }
}
