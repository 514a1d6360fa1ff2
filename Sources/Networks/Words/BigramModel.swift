import Foundation

/// Words for a gap by the word before and the word after: P(w | before) P(after | w), each an absolutely discounted bigram
/// interpolated with the single words (Ney, Essen & Kneser 1994). The model that an encoder of gaps has to beat.
package struct BigramModel: Sendable {
  private let counts: BigramCounts
  private let words: Int
  /// The share of each word and, last, of the border.
  private let single: [Double]
  /// How often each word stands first.
  private let firsts: [Double]
  /// The share of a first word's followers that the discount leaves to single words.
  private let left: [Double]
  /// For each follower the entries it stands in: first word and count.
  private let before: [[(word: Int32, count: Int32)]]

  private static let discount = 0.75

  package init(_ counts: BigramCounts, words: Int) {
    self.counts = counts
    self.words = words
    var (firsts, seconds) = ([Double](repeating: 0, count: words + 1), [Double](repeating: 0, count: words + 1))
    var before = [[(word: Int32, count: Int32)]](repeating: [], count: words + 1)
    for first in 0...words {
      for entry in counts.start[first]..<counts.start[first + 1] {
        firsts[first] += Double(counts.counts[entry])
        seconds[Int(counts.next[entry])] += Double(counts.counts[entry])
        before[Int(counts.next[entry])].append((Int32(first), counts.counts[entry]))
      }
    }
    let total = seconds.reduce(0, +) + Double(words + 1)
    single = seconds.map { ($0 + 1) / total }
    self.firsts = firsts
    left = (0...words).map { first in
      firsts[first] == 0 ? 1 : Self.discount * Double(counts.start[first + 1] - counts.start[first]) / firsts[first]
    }
    self.before = before
  }

  /// The logarithm of each word's score between two words; `words` is the border.
  package func scores(before first: Int, after second: Int) -> [Float] {
    var forward = single[..<words].map { $0 * left[first] }
    for entry in counts.start[first]..<counts.start[first + 1] where counts.next[entry] < words {
      forward[Int(counts.next[entry])] += (Double(counts.counts[entry]) - Self.discount) / firsts[first]
    }
    var backward = left[..<words].map { $0 * single[second] }
    for (word, count) in before[second] where word < words {
      backward[Int(word)] += (Double(count) - Self.discount) / firsts[Int(word)]
    }
    return zip(forward, backward).map { Float(log($0 * $1)) }
  }
}
