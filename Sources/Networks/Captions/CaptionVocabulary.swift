/// The features that a text tower knows, each with a row of its table.
///
/// A sentence becomes a bag of rows with weights that add up to at most 1. Every word has the same share of them; half
/// of a word's share is its own row's, the other half its pieces'. What was never seen in training has no row and no
/// weight: a word of unknown pieces counts the less, and a made-up word counts nothing.
public struct CaptionVocabulary: Sendable, Hashable {
  /// A row of the table and its weight in a sentence.
  public struct Entry: Sendable, Hashable {
    /// The row.
    public let row: Int
    /// Its weight.
    public let weight: Float

    package init(row: Int, weight: Float) {
      self.row = row
      self.weight = weight
    }
  }

  /// The known features' hashes, ascending; their places are their rows.
  public let hashes: [UInt64]
  private let rows: [UInt64: Int]

  /// A vocabulary of these features.
  public init(hashes: some Sequence<UInt64>) {
    self.hashes = Set(hashes).sorted()
    rows = Dictionary(uniqueKeysWithValues: zip(self.hashes, 0...))
  }

  /// The vocabulary of some sentences: every word, and every piece that two or more different words have. A piece of a
  /// single word would tell nothing that the word does not.
  public init(captions: some Sequence<String>) {
    var words: Set<UInt64> = []
    var pieces: [UInt64: Int] = [:]
    for caption in captions {
      for word in CaptionFeatures.features(caption) where words.insert(word.whole).inserted {
        for piece in word.pieces { pieces[piece, default: 0] += 1 }
      }
    }
    self.init(hashes: Array(words) + pieces.filter { $0.value > 1 }.map(\.key))
  }

  /// The number of rows.
  public var count: Int { hashes.count }

  /// The row of a feature; nil where it is not known.
  public func row(of feature: UInt64) -> Int? { rows[feature] }

  /// A sentence as rows with weights; empty where nothing of it is known.
  public func bag(_ text: String) -> [Entry] { bag(CaptionFeatures.features(text)) }

  /// Words as rows with weights.
  public func bag(_ words: [CaptionFeatures.Word]) -> [Entry] {
    let share = 1 / Float(max(1, words.count))
    var entries: [Entry] = []
    for word in words {
      let isPieced = !word.pieces.isEmpty
      if let row = rows[word.whole] { entries.append(Entry(row: row, weight: isPieced ? share / 2 : share)) }
      let each = share / 2 / Float(max(1, word.pieces.count))
      for piece in word.pieces {
        if let row = rows[piece] { entries.append(Entry(row: row, weight: each)) }
      }
    }
    return entries
  }
}
