extension WordModel {
  /// Joins words that the vocabulary holds as a phrase, `new_york`, from left to right, as training did with phrases: where
  /// it did, `new york` stands in no sentence as two words. Without phrases in the vocabulary nothing is joined.
  ///
  /// - Parameter words: of one sentence, as ``WordTokenizer`` cuts them; words that are in no vocabulary too, as they keep
  ///   others apart.
  public func joined(_ words: [String]) -> [String] {
    guard hasPhrases else { return words }
    var joined: [String] = []
    var place = 0
    while place < words.count {
      if place + 1 < words.count, let phrase = number(of: words[place] + "_" + words[place + 1]) {
        joined.append(self.words[phrase])
        place += 2
      } else {
        joined.append(words[place])
        place += 1
      }
    }
    return joined
  }

  /// The numbers of a text's known words, phrases joined; the others are left out, as in training.
  public func numbers(in text: String) -> [Int] {
    joined(WordTokenizer.words(in: text)).compactMap { number(of: $0) }
  }

  /// The words of a text that the model does not know, each once, phrases joined.
  public func unknownWords(in text: String) -> [String] {
    var seen: Set<String> = []
    return joined(WordTokenizer.words(in: text)).filter { number(of: $0) == nil && seen.insert($0).inserted }
  }

  /// The place of what people write for one word: as it stands in the vocabulary, or several words, `New York` or
  /// `new-york`, that are a phrase of it.
  public func number(ofTerm term: String) -> Int? {
    if let number = number(of: term) { return number }
    guard hasPhrases else { return nil }
    let parts = WordTokenizer.words(in: term)
    return parts.count > 1 ? number(of: parts.joined(separator: "_")) : nil
  }
}
