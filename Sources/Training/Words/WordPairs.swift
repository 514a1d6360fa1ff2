import Foundation
import Networks

/// Pairs of words whose likeness people have judged, as WordSim-353 and SimLex-999 have them.
public struct WordPairs: Sendable {
  /// One pair.
  public struct Pair: Sendable, Hashable {
    /// One word.
    public var first: String
    /// The other.
    public var second: String
    /// How alike people find them; more is more alike.
    public var score: Double
  }

  /// How a model's order of the pairs agrees with people's.
  public struct Report: Sendable, Hashable, Codable {
    /// Spearman's rank correlation of the vectors' cosines with people's scores; ties have their mean rank. Nil where all
    /// scores, or all cosines, are the same: then there is no order to agree with.
    public var spearman: Double?
    /// Pairs in the file.
    public var pairs: Int
    /// Pairs of which the model knows both words.
    public var pairsUsed: Int
    /// What is to be said of the file, as sentences.
    public var notes: [String] = []

    enum CodingKeys: String, CodingKey {
      case spearman, pairs, notes
      case pairsUsed = "pairs_used"
    }

    /// Encodes `null` for a correlation that there is none of, and notes only where there are any.
    public func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(spearman, forKey: .spearman)
      try container.encode(pairs, forKey: .pairs)
      try container.encode(pairsUsed, forKey: .pairsUsed)
      if !notes.isEmpty { try container.encode(notes, forKey: .notes) }
    }

    /// Decodes what ``encode(to:)`` wrote.
    public init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      spearman = try container.decode(Double?.self, forKey: .spearman)
      pairs = try container.decode(Int.self, forKey: .pairs)
      pairsUsed = try container.decode(Int.self, forKey: .pairsUsed)
      notes = try container.decodeIfPresent([String].self, forKey: .notes) ?? []
    }

    init(spearman: Double?, pairs: Int, pairsUsed: Int, notes: [String]) {
      (self.spearman, self.pairs, self.pairsUsed, self.notes) = (spearman, pairs, pairsUsed, notes)
    }
  }

  /// The pairs in the file's order.
  public let pairs: [Pair]
  /// The file's first line, where it is a heading.
  public let heading: String?

  /// Reads lines `word⇥word⇥score`; further columns are passed over, and so is a first line whose third field has no digit:
  /// a heading.
  ///
  /// - Throws: ``WordEvaluation/FileError`` naming the first line that is no pair.
  public init(_ text: String) throws {
    var pairs: [Pair] = []
    var heading: String?
    for (index, line) in WordEvaluation.lines(of: text).enumerated() {
      let fields = WordEvaluation.fields(line.text)
      guard fields.count >= 3, let score = Double(fields[2]), score.isFinite else {
        if index == 0, fields.count >= 3, Double(fields[2]) == nil, !fields[2].contains(where: \.isNumber) {
          heading = line.text
          continue
        }
        let reason =
          fields.count < 3 ? "has \(fields.count) of the three fields" : "has no number for a score (\"\(fields[2])\")"
        throw WordEvaluation.FileError(
          description: "line \(line.number) \(reason): write word, word and score with tabs between them")
      }
      pairs.append(Pair(first: fields[0], second: fields[1], score: score))
    }
    guard pairs.count >= 2 else {
      throw WordEvaluation.FileError(description: "\(pairs.count) pairs have no order: give at least two")
    }
    self.pairs = pairs
    self.heading = heading
  }

  /// Measures a model.
  ///
  /// - Throws: ``WordEvaluation/FileError`` where it knows fewer than two pairs.
  public func evaluate(_ model: WordModel) throws -> Report {
    var (likeness, scores) = ([Double](), [Double]())
    for pair in pairs {
      guard let one = model.number(ofTerm: pair.first), let other = model.number(ofTerm: pair.second) else { continue }
      let (first, second) = (model.vector(one), model.vector(other))
      likeness.append(zip(first, second).reduce(0) { $0 + Double($1.0) * Double($1.1) })
      scores.append(pair.score)
    }
    guard scores.count >= 2 else {
      throw WordEvaluation.FileError(
        description:
          "the model knows \(scores.count) of \(pairs.count) pairs, at least two are needed: train on more text")
    }
    let spearman = RankCorrelation.spearman(likeness, scores)
    var notes = heading.map { ["the first line is taken for a heading: \($0.replacing("\t", with: " "))"] } ?? []
    if spearman == nil { notes.append("all scores, or all cosines, are the same: they have no order to compare") }
    return Report(spearman: spearman, pairs: pairs.count, pairsUsed: scores.count, notes: notes)
  }
}

/// Spearman's rank correlation.
enum RankCorrelation {
  /// Pearson's correlation of the ranks; nil where one side is all ties.
  static func spearman(_ a: [Double], _ b: [Double]) -> Double? {
    let (x, y) = (ranks(a), ranks(b))
    let mean = Double(a.count + 1) / 2
    var (both, first, second) = (0.0, 0.0, 0.0)
    for (x, y) in zip(x, y) {
      both += (x - mean) * (y - mean)
      first += (x - mean) * (x - mean)
      second += (y - mean) * (y - mean)
    }
    return first > 0 && second > 0 ? both / (first * second).squareRoot() : nil
  }

  private static func ranks(_ values: [Double]) -> [Double] {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var ranks = [Double](repeating: 0, count: values.count)
    var start = 0
    while start < order.count {
      var end = start
      while end + 1 < order.count, values[order[end + 1]] == values[order[start]] { end += 1 }
      for place in start...end { ranks[order[place]] = Double(start + end) / 2 + 1 }
      start = end + 1
    }
    return ranks
  }
}
