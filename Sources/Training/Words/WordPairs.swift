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
    /// Spearman's rank correlation of the vectors' cosines with people's scores; ties have their mean rank.
    public var spearman: Double
    /// Pairs in the file.
    public var pairs: Int
    /// Pairs of which the model knows both words.
    public var pairsUsed: Int

    enum CodingKeys: String, CodingKey {
      case spearman, pairs
      case pairsUsed = "pairs_used"
    }
  }

  /// The pairs in the file's order.
  public let pairs: [Pair]

  /// Reads lines `word⇥word⇥score`; further columns are passed over, and so is a first line without a score.
  ///
  /// - Throws: ``WordEvaluation/FileError`` naming the first line that is no pair.
  public init(_ text: String) throws {
    var pairs: [Pair] = []
    for (index, line) in WordEvaluation.lines(of: text).enumerated() {
      let fields = WordEvaluation.fields(line.text)
      guard fields.count >= 3, let score = Double(fields[2]), score.isFinite else {
        if index == 0, fields.count >= 3 { continue }
        throw WordEvaluation.FileError(
          description: "line \(line.number) is not a pair: write word, word and score with tabs between them")
      }
      pairs.append(Pair(first: fields[0], second: fields[1], score: score))
    }
    guard pairs.count >= 2 else {
      throw WordEvaluation.FileError(description: "\(pairs.count) pairs have no order: give at least two")
    }
    self.pairs = pairs
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
    return Report(
      spearman: RankCorrelation.spearman(likeness, scores), pairs: pairs.count, pairsUsed: scores.count)
  }
}

/// Spearman's rank correlation.
enum RankCorrelation {
  /// Pearson's correlation of the ranks; 0 where one side is all ties.
  static func spearman(_ a: [Double], _ b: [Double]) -> Double {
    let (x, y) = (ranks(a), ranks(b))
    let mean = Double(a.count + 1) / 2
    var (both, first, second) = (0.0, 0.0, 0.0)
    for (x, y) in zip(x, y) {
      both += (x - mean) * (y - mean)
      first += (x - mean) * (x - mean)
      second += (y - mean) * (y - mean)
    }
    return first > 0 && second > 0 ? both / (first * second).squareRoot() : 0
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
