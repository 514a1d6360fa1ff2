extension WordModel {
  /// The word of the vocabulary that takes the fewest changed, missing, additional or swapped characters, the more frequent
  /// of equals; nil where all are farther than about a third of the word.
  public func nearestSpelling(to word: String) -> String? {
    let wanted = Array(word.lowercased())
    // Of one character every word of one or two is as near.
    guard (2...WordTokenizer.longestWord).contains(wanted.count) else { return nil }
    let farthest = max(1, (wanted.count + 1) / 3)
    var (best, fewest) = (String?.none, farthest + 1)
    for candidate in words where abs(candidate.count - wanted.count) < fewest {
      let changes = Self.changes(wanted, Array(candidate), below: fewest)
      if changes < fewest { (best, fewest) = (candidate, changes) }
      if fewest == 1 { break }
    }
    return best
  }

  /// Damerau's distance, neighbours swapped at most once; `below` or more where it is not smaller.
  private static func changes(_ a: [Character], _ b: [Character], below: Int) -> Int {
    var before = [Int]()
    var last = Array(0...b.count)
    for (i, x) in a.enumerated() {
      var row = [i + 1]
      for (j, y) in b.enumerated() {
        var least = min(last[j] + (x == y ? 0 : 1), last[j + 1] + 1, row[j] + 1)
        if i > 0, j > 0, x == b[j - 1], a[i - 1] == y { least = min(least, before[j - 1] + 1) }
        row.append(least)
      }
      guard row.contains(where: { $0 < below }) else { return below }
      (before, last) = (last, row)
    }
    return last[b.count]
  }
}
