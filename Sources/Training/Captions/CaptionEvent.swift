/// What a training of two towers says while it runs.
public enum CaptionEvent: Sendable {
  /// A pair of towers begins, on so many pictures and captions, with others set aside.
  case started(pictures: Int, captions: Int, validationPictures: Int, parameters: Int)
  /// A step is done; the share of the training that is over, 0…1.
  case step(Int, share: Double, loss: Double)
  /// An epoch ended.
  case epoch(CaptionEpoch)
}

/// One epoch of a training of two towers.
public struct CaptionEpoch: Sendable, Codable, Hashable {
  /// Counted from 1.
  public var epoch: Int
  /// Steps done at its end.
  public var step: Int
  /// The mean loss over the epoch's steps.
  public var loss: Double
  /// The share of pictures whose own text was the nearest of the batch.
  public var accuracy: Double
  /// The learned temperature τ at its end.
  public var temperature: Double
  /// The learning rate at its end.
  public var rate: Double
  /// How the averaged towers do on the concepts that were set aside; nil where none were.
  public var validation: CaptionReport?
  /// Seconds since training began.
  public var seconds: Double

  /// The figure by which the best epoch is chosen: the mean of recall@1, @5 and @10 over both directions.
  public var score: Double? {
    validation.map { report in
      [report.textToImage, report.imageToText].reduce(0) { $0 + $1.recallAt1 + $1.recallAt5 + $1.recallAt10 } / 6
    }
  }
}
