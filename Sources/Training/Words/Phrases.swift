/// Words that stand together much more often than by chance become one token (Mikolov et al. 2013, section 4).
enum Phrases {
  /// Joins pairs whose score, `(n(ab) − δ) n / (n(a) n(b))`, is above the threshold, from left to right, in place. A pair
  /// whose words mostly belong to the pair before, such as "york times" in "new york times", is none: the rare token would
  /// take its words with it out of the corpus.
  ///
  /// - Parameters:
  ///   - tokens: numbers of `words`, -1 for borders.
  ///   - words: gets the phrases, `new_york`, and loses the occurrences that became part of them.
  ///   - minimumCount: δ, and the least number of times that a pair must occur.
  /// - Returns: how many tokens are left, at the beginning of `tokens`.
  static func join(
    _ tokens: UnsafeMutableBufferPointer<Int32>, words: inout WordTable, minimumCount: Int, threshold: Double = 100
  ) throws -> Int {
    var pairs: [UInt64: Int32] = [:]
    var total = 0
    for (first, second) in zip(tokens, tokens.dropFirst()) {
      total += first >= 0 ? 1 : 0
      guard first >= 0, second >= 0, words.counts[Int(first)] >= minimumCount,
        words.counts[Int(second)] >= minimumCount
      else { continue }
      pairs[key(first, second), default: 0] += 1
    }
    let found = pairs.filter { pair, count in
      guard count >= minimumCount else { return false }
      let (first, second) = (Int(pair >> 32), Int(pair & 0xFFFF_FFFF))
      let expected = Double(words.counts[first]) * Double(words.counts[second])
      return Double(Int(count) - minimumCount) * Double(total) / expected > threshold
    }
    var phrases: [UInt64: Int32] = [:]
    for (pair, count) in joins(tokens, found).sorted(by: { $0.key < $1.key }) where count >= minimumCount {
      let (first, second) = (Int(pair >> 32), Int(pair & 0xFFFF_FFFF))
      let name = Array(words.bytes(first)) + [UInt8(ascii: "_")] + Array(words.bytes(second))
      guard let id = name.withUnsafeBufferPointer({ words.add($0, times: 0) }) else {
        throw WordTrainingError.tooManyWords
      }
      phrases[pair] = id
    }
    return replace(tokens, phrases: phrases, words: &words)
  }

  /// How often each pair is joined where joining goes from left to right.
  private static func joins(
    _ tokens: UnsafeMutableBufferPointer<Int32>, _ pairs: [UInt64: Int32]
  ) -> [UInt64: Int] {
    var joins: [UInt64: Int] = [:]
    var place = 0
    while place + 1 < tokens.count {
      let (first, second) = (tokens[place], tokens[place + 1])
      if first >= 0, second >= 0, pairs[key(first, second)] != nil {
        joins[key(first, second), default: 0] += 1
        place += 1
      }
      place += 1
    }
    return joins
  }

  private static func replace(
    _ tokens: UnsafeMutableBufferPointer<Int32>, phrases: [UInt64: Int32], words: inout WordTable
  ) -> Int {
    var (from, to) = (0, 0)
    while from < tokens.count {
      let token = tokens[from]
      if from + 1 < tokens.count, token >= 0, tokens[from + 1] >= 0, let phrase = phrases[key(token, tokens[from + 1])]
      {
        words.remove(token, times: 1)
        words.remove(tokens[from + 1], times: 1)
        words.remove(phrase, times: -1)
        tokens[to] = phrase
        from += 2
      } else {
        tokens[to] = token
        from += 1
      }
      to += 1
    }
    return to
  }

  private static func key(_ first: Int32, _ second: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: first)) << 32 | UInt64(UInt32(bitPattern: second))
  }
}
