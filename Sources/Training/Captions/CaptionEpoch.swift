/// One epoch of a training of two towers.
public struct CaptionEpoch: TrainedEpoch, Hashable {
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

  /// The rest by name.
  public var metrics: [String: Double] {
    var metrics = ["accuracy": accuracy, "temperature": temperature, "rate": rate]
    metrics["score"] = score
    metrics["text_to_image_recall_at_1"] = validation?.textToImage.recallAt1
    metrics["text_to_image_recall_at_10"] = validation?.textToImage.recallAt10
    metrics["image_to_text_recall_at_1"] = validation?.imageToText.recallAt1
    return metrics
  }
}
