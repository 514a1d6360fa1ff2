import Foundation
import Networks
import Synchronization

/// How often words stand near each other, as positive pointwise mutual information (Levy, Goldberg & Dagan 2015):
/// max(0, log(n(w,c) N / (n(w) n(c)^0.75)) ) d(w,c).
///
/// A pair k words apart counts 1 − (k − 1) / window. The factor d = n(w,c) / (n(w,c) + 1) · m / (m + 20), m the lesser of
/// n(w) and n(c), takes away from information that rests on few meetings (after Pantel & Lin 2002).
struct CoOccurrence: Sendable {
  /// The information of the row's word about the column's.
  private(set) var information = SparseRows()
  /// The same with rows and columns changed about.
  private(set) var transposed = SparseRows()

  /// Rows; words beyond them are not counted.
  var count: Int { information.count }

  /// - Parameters:
  ///   - corpus: the corpus.
  ///   - words: how many of its most frequent words are looked at.
  ///   - window: the farthest distance.
  ///   - deadline: when it must be over; nil for whenever it is.
  /// - Throws: `Deadline.Passed`.
  init(_ corpus: WordCorpus, words: Int, window: Int, workers: Workers, by deadline: Deadline? = nil) throws {
    let rows = try corpus.withTokens { tokens in
      try Self.rows(
        tokens, places: Places(tokens, counts: corpus.counts, words: words), window: window, workers, by: deadline)
    }
    try deadline?.check()
    let one = Double(window)
    let sums = rows.map { row in Double(row.reduce(0) { $0 + Int($1.weight) }) / one }
    let smoothed = sums.map { pow($0, 0.75) }
    let total = smoothed.reduce(0, +)
    for (row, entries) in rows.enumerated() {
      if row % Self.rowsBetweenLooks == 0 { try deadline?.check() }
      for entry in entries {
        let (weight, column) = (Double(entry.weight) / one, Int(entry.column))
        let lesser = min(sums[row], sums[column])
        let share = weight / (weight + 1) * lesser / (lesser + Self.fewMeetings)
        // Counts are symmetric, so that the transposed matrix has its entries in the same places.
        let own = log(weight * total / (sums[row] * smoothed[column]))
        let other = log(weight * total / (sums[column] * smoothed[row]))
        if own > 0 { information.append(entry.column, Float(own * share)) }
        if other > 0 { transposed.append(entry.column, Float(other * share)) }
      }
      information.endRow()
      transposed.endRow()
    }
  }

  private static let fewMeetings = 20.0
  /// Looking at the clock costs as much as some entries.
  private static let rowsBetweenLooks = 64

  private struct Entry {
    var column: Int32
    /// In parts of a window, so that sums are exact.
    var weight: UInt32
  }

  private static func rows(
    _ tokens: UnsafeBufferPointer<Int32>, places: Places, window: Int, _ workers: Workers, by deadline: Deadline?
  ) -> [[Entry]] {
    let words = places.words
    let memories = (0..<workers.count).map { _ in Counter(words: words) }
    return [[Entry]](unsafeUninitializedCapacity: words) { rows, count in
      nonisolated(unsafe) let rows = rows
      workers.forEach(words) { word, worker in
        let counter = memories[worker]
        for (number, place) in places.of(word).enumerated() {
          // The most frequent words stand in a large part of all places. What is missing then is used for nothing.
          if number % 4_096 == 0, deadline?.hasPassed ?? false { break }
          for step in [-1, 1] {
            for distance in 1...window {
              let other = place + step * distance
              guard other >= 0, other < tokens.count, tokens[other] >= 0 else { break }
              if tokens[other] < words { counter.add(tokens[other], UInt32(window + 1 - distance)) }
            }
          }
        }
        let entries = counter.taken().map { Entry(column: $0.0, weight: $0.1) }
        (rows.baseAddress! + word).initialize(to: entries)
      }
      count = words
    }
  }

  /// Where each word stands, in the corpus's order.
  private struct Places: Sendable {
    let words: Int
    private let start: [Int]
    private let places: [UInt32]

    init(_ tokens: UnsafeBufferPointer<Int32>, counts: [Int], words: Int) throws {
      // Places are 32-bit.
      guard tokens.count < Int(UInt32.max) else { throw WordTrainingError.tooManyWords }
      self.words = words
      var start = [0]
      for count in counts[..<words] { start.append(start[start.count - 1] + count) }
      var next = start
      var places = [UInt32](repeating: 0, count: start[words])
      for (place, token) in tokens.enumerated() where token >= 0 && token < words {
        places[next[Int(token)]] = UInt32(place)
        next[Int(token)] += 1
      }
      self.start = start
      self.places = places
    }

    func of(_ word: Int) -> some Sequence<Int> { places[start[word]..<start[word + 1]].lazy.map { Int($0) } }
  }

  /// Weights by word, and which words have any.
  private final class Counter: @unchecked Sendable {
    // Unchecked: one worker's own.
    private var weights: [UInt32]
    private var seen: [Int32] = []

    init(words: Int) { weights = [UInt32](repeating: 0, count: words) }

    func add(_ word: Int32, _ weight: UInt32) {
      if weights[Int(word)] == 0 { seen.append(word) }
      weights[Int(word)] &+= weight
    }

    /// What was counted, by word; afterwards nothing is.
    func taken() -> [(Int32, UInt32)] {
      seen.sort()
      let entries = seen.map { ($0, weights[Int($0)]) }
      for word in seen { weights[Int(word)] = 0 }
      seen.removeAll(keepingCapacity: true)
      return entries
    }
  }
}
