import Networks

extension BigramCounts {
  /// More pairs than this are not kept: those that stand once go.
  private static let most = 8 << 20

  /// Counts a corpus's neighbouring words.
  ///
  /// - Parameter aside: places of tokens that are not counted.
  init(_ corpus: WordCorpus, leavingOut aside: (Int) -> Bool = { _ in false }) throws {
    let words = corpus.words.count
    let (start, firsts) = try corpus.withTokens { tokens in
      // By first word: what follows it, in the corpus's order.
      var start = [Int](repeating: 0, count: words + 2)
      var before = words
      for (place, token) in tokens.enumerated() {
        let token = token < 0 || aside(place) ? words : Int(token)
        if before != words || token != words { start[before + 1] += 1 }
        before = token
      }
      for word in 0...words { start[word + 1] += start[word] }
      var place = start
      var followers = [Int32](repeating: 0, count: start[words + 1])
      before = words
      for (position, token) in tokens.enumerated() {
        let token = token < 0 || aside(position) ? words : Int(token)
        if before != words || token != words {
          followers[place[before]] = Int32(token)
          place[before] += 1
        }
        before = token
      }
      return (start, followers)
    }
    var (own, next, counts) = ([0], [Int32](), [Int32]())
    let rarest: Int32 = firsts.count > Self.most ? 2 : 1
    for word in 0...words {
      var run: (word: Int32, count: Int32) = (-1, 0)
      func close() {
        guard run.count >= rarest else { return }
        next.append(run.word)
        counts.append(run.count)
      }
      for follower in firsts[start[word]..<start[word + 1]].sorted() {
        if follower == run.word {
          run.count = run.count == .max ? .max : run.count + 1
        } else {
          close()
          run = (follower, 1)
        }
      }
      close()
      own.append(next.count)
    }
    self.init(start: own, next: next, counts: counts)
  }
}
