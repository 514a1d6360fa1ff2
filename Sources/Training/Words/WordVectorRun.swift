import CNetworks
import Foundation
import Networks
import Synchronization

/// What a training of words says while it runs.
public enum WordTrainingEvent: Sendable {
  /// So many of so many bytes of the corpus were read.
  case reading(Int, of: Int)
  /// The corpus is read.
  case corpus(words: Int, tokens: Int)
  /// A stage with a name is this far: `vectors`, `gaps`.
  case progress(stage: String, done: Int, of: Int, loss: Double)
  /// An epoch ended.
  case epoch(WordEpochRecord)
}

/// One epoch of a training of words.
public struct WordEpochRecord: Sendable, Hashable, Codable {
  /// What was trained: `vectors`, `gaps`.
  public var stage: String
  /// Counted from 1.
  public var epoch: Int
  /// The mean loss an example.
  public var loss: Double
  /// The learning rate at its end.
  public var rate: Double
  /// Words of the corpus a second.
  public var wordsPerSecond: Double
  /// Seconds since the stage began.
  public var seconds: Double

  enum CodingKeys: String, CodingKey {
    case stage, epoch, loss, rate, seconds
    case wordsPerSecond = "words_per_second"
  }
}

/// One training of word2vec's two matrices.
struct WordVectorRun {
  let corpus: WordCorpus
  let settings: WordSettings
  let workers: Workers
  /// Ends the training early, with the rate falling to nothing by then.
  var seconds: Double?
  let onEvent: (WordTrainingEvent) -> Void

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
      let kept =
        settings.subsample > 0
        ? min(1, ((share / settings.subsample).squareRoot() + 1) * settings.subsample / share) : 1
      return Double(settings.drawn) * examples * weight / drawn + share * kept * (examples + reach)
    }
    let batch = Self.mostMeetings / (meetings.max() ?? 1)
    return max(1, min(Self.longestPiece, Int(batch) / Self.pieces))
  }

  func train() throws -> SkipGramRows {
    try settings.check()
    let rows = SkipGramRows(counts: corpus.counts, settings: settings)
    try corpus.withTokens { tokens in
      let clock = CorpusClock(total: tokens.count * settings.epochs, peak: settings.peakRate, seconds: seconds)
      var epoch = 0
      while epoch < settings.epochs, !clock.isOver {
        let (loss, examples) = rows.withDescription { description in
          settings.isDeterministic
            ? ordered(rows, description, tokens, epoch: epoch, clock)
            : free(rows, description, tokens, epoch: epoch, clock)
        }
        epoch += 1
        guard loss.isFinite else { throw WordTrainingError.notFinite(epoch: epoch) }
        let elapsed = clock.elapsed
        onEvent(
          .epoch(
            WordEpochRecord(
              stage: "vectors", epoch: epoch, loss: loss / Double(max(1, examples)), rate: clock.rate,
              wordsPerSecond: Double(corpus.tokenCount * epoch) / max(elapsed, 1e-9), seconds: elapsed)))
      }
    }
    return rows
  }

  /// Threads take pieces and write into the matrices without locks.
  private func free(
    _ rows: SkipGramRows, _ description: UnsafePointer<cn_words>, _ tokens: UnsafeBufferPointer<Int32>, epoch: Int,
    _ clock: CorpusClock
  ) -> (loss: Double, examples: Int) {
    let pieces = (tokens.count + Self.freePiece - 1) / Self.freePiece
    let memories = (0..<min(workers.count, max(1, pieces))).map { _ in
      WordExamples(tokens: Self.freePiece, rows: rows)
    }
    let sums = Mutex((loss: 0.0, examples: 0))
    workers.forEach(pieces) { piece, worker in
      if clock.isOver { return }
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
      if worker == 0 { onEvent(.progress(stage: "vectors", done: clock.done, of: clock.total, loss: mean)) }
    }
    return sums.withLock { $0 }
  }

  /// Batches: gradients of all pieces at the weights as they are, then every row's sum in the pieces' order.
  private func ordered(
    _ rows: SkipGramRows, _ description: UnsafePointer<cn_words>, _ tokens: UnsafeBufferPointer<Int32>, epoch: Int,
    _ clock: CorpusClock
  ) -> (loss: Double, examples: Int) {
    let size = orderedPiece
    let memories = (0..<Self.pieces).map { _ in OrderedPiece(tokens: size, rows: rows) }
    var (loss, count) = (0.0, 0)
    var start = 0
    while start < tokens.count, !clock.isOver {
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
      onEvent(.progress(stage: "vectors", done: clock.done, of: clock.total, loss: loss / Double(max(1, count))))
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

/// How far a training is, by tokens and by the time it was given, and the rate that belongs to it.
final class CorpusClock: Sendable {
  let total: Int
  private let peak: Double
  private let seconds: Double?
  private let start = ContinuousClock.now
  private let tokens = Atomic<Int>(0)

  init(total: Int, peak: Double, seconds: Double?) {
    (self.total, self.peak, self.seconds) = (total, peak, seconds)
  }

  var done: Int { tokens.load(ordering: .relaxed) }
  func advance(_ count: Int) { tokens.wrappingAdd(count, ordering: .relaxed) }

  var elapsed: Double {
    let time = (ContinuousClock.now - start).components
    return Double(time.seconds) + Double(time.attoseconds) / 1e18
  }

  var isOver: Bool { seconds.map { elapsed >= $0 } ?? false }

  /// The rate falls in a straight line, by whichever of tokens and time is farther; not below a ten-thousandth.
  var rate: Double {
    var share = Double(done) / Double(max(1, total))
    if let seconds { share = max(share, elapsed / seconds) }
    return peak * max(1 - share, 1e-4)
  }
}
