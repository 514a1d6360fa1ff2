/// How word vectors are trained. Defaults are word2vec's own, but for what small corpora ask.
public struct WordSettings: Sendable, Hashable, Codable {
  /// What is predicted from what (Mikolov et al. 2013).
  public enum Method: String, Sendable, Hashable, Codable, CaseIterable {
    /// A word from the mean of the words around it.
    case cbow
    /// A word from each word around it, one at a time.
    case skipGram = "skip-gram"
  }

  /// What is predicted from what.
  public var method = Method.cbow
  /// Values a vector.
  public var dimension = 200
  /// The farthest word of a context; each context's reach is drawn from 1 to this. Nil: 8 for CBOW, 5 for skip-gram.
  public var window: Int?
  /// Words drawn against each true one, from the counts to the power of 0.75. Nil: 15 for CBOW, 10 for skip-gram.
  public var negatives: Int?
  /// Passes over the corpus.
  public var epochs = 10
  /// Words more frequent than this share are left out in part: one of share f stays with (√(f/t) + 1) t/f. 0: never.
  public var subsample = 1e-4
  /// The learning rate at the beginning; it falls in a straight line to nothing. Nil: 0.05 for CBOW, 0.025 for skip-gram.
  public var rate: Double?
  /// The seed of everything chance decides.
  public var seed: UInt64 = 1
  /// Whether the vectors are the same for any number of threads: batches whose sums are made in a fixed order, instead
  /// of threads that write without locks.
  public var isDeterministic = false

  /// What is joined to word2vec's vectors; nil for those alone.
  public var join: Join? = Join()

  /// What a small corpus says of its words besides: weights beside word2vec's, which is 1.
  public struct Join: Sendable, Hashable, Codable {
    /// Principal components of the words' neighbourhoods: better likeness.
    public var components = 1.0
    /// The part of the vectors that follows from spelling: better grammar, and better vectors of rare words.
    public var spelling = 0.75

    /// Larger corpora are not decomposed: their pairs of words would not fit into memory, and word2vec has enough to learn from.
    static let mostTokens = 50_000_000

    /// Weights as they are by default.
    public init() {}
  }

  /// Settings as they are by default.
  public init() {}

  var reach: Int { window ?? (method == .cbow ? 8 : 5) }
  var drawn: Int { negatives ?? (method == .cbow ? 15 : 10) }
  var peakRate: Double { rate ?? (method == .cbow ? 0.05 : 0.025) }

  /// The part of a word's occurrences that stays, of one that is so large a share of the corpus.
  func kept(ofShare share: Double) -> Double {
    subsample > 0 ? min(1, ((share / subsample).squareRoot() + 1) * subsample / share) : 1
  }

  /// - Parameter counts: of each word of the corpus.
  /// - Throws: ``WordTrainingError/badSetting(name:reason:)`` where nothing would stay.
  func check(of counts: [Int]) throws {
    let total = Double(counts.reduce(0, +))
    let kept = counts.reduce(0.0) { $0 + Double($1) * self.kept(ofShare: Double($1) / total) }
    guard kept * Double(epochs) >= 1 else {
      throw WordTrainingError.badSetting(
        name: "--subsample",
        reason:
          "is \(subsample): not one of \(Int(total)) words would be left to learn from: choose a larger one, or 0 "
          + "for all")
    }
  }

  /// - Throws: ``WordTrainingError/badSetting(name:reason:)``.
  func check() throws {
    func check(_ name: String, _ value: Int, _ range: ClosedRange<Int>) throws {
      guard range.contains(value) else {
        throw WordTrainingError.badSetting(
          name: name, reason: "is \(value): choose \(range.lowerBound) to \(range.upperBound)")
      }
    }
    // The cosine of single numbers is 1 or -1, whatever they are.
    try check("--dimension", dimension, 2...4096)
    try check("--window", reach, 1...64)
    try check("--negative", drawn, 1...64)
    try check("--epochs", epochs, 1...10_000)
    guard subsample.isFinite, (0...1).contains(subsample) else {
      throw WordTrainingError.badSetting(name: "--subsample", reason: "is \(subsample): choose 0 to 1, 0 for none")
    }
    guard peakRate > 0, peakRate <= 1 else {
      throw WordTrainingError.badSetting(name: "--rate", reason: "is \(peakRate): choose a number above 0, at most 1")
    }
  }
}
