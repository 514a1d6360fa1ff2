/// One epoch of a training of words.
public struct WordEpochRecord: TrainedEpoch, Hashable {
  /// What was trained: `vectors`, `gaps`.
  public var stage: String
  /// Counted from 1.
  public var epoch: Int
  /// The mean loss an example.
  public var loss: Double
  /// The learning rate at its end.
  public var rate: Double
  /// Words of the corpus a second.
  public var wordsPerSecond: Double
  /// Seconds since the stage began.
  public var seconds: Double

  enum CodingKeys: String, CodingKey {
    case stage, epoch, loss, rate, seconds
    case wordsPerSecond = "words_per_second"
  }

  /// The same as the epoch: a corpus has no steps that mean anything to people.
  public var step: Int { epoch }

  /// The rest by name.
  public var metrics: [String: Double] { ["rate": rate, "words_per_second": wordsPerSecond] }
}
